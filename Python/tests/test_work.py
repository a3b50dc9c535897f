"""What takes its time: estimates, firmware, proofs; and what goes wrong."""

import dataclasses
import os
import signal
import subprocess
import sys
import textwrap
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import tricot
from conftest import EXAMPLE, ROOT
from tricot import reports


def test_estimate(quantized):
    estimate = quantized.estimate()
    assert sum(layer.resources.lut for layer in estimate.layers) == estimate.resources.lut
    assert estimate.latency_ns == estimate.latency_cycles * estimate.clock_period_ns
    assert "xcvu13p" in repr(estimate) and "<td" in estimate._repr_html_()


def test_compile(quantized, tmp_path):
    folder = tmp_path / "firmware"
    compiled = quantized.compile(folder)
    assert sorted(compiled.files) == sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    with pytest.raises(tricot.TricotError) as refusal:
        quantized.compile(folder)
    assert refusal.value.code == "output-exists" and "replace" in refusal.value.hint
    assert quantized.compile(folder, replace=True) == compiled
    hls = quantized.compile(tmp_path / "hls", backend="hls")
    assert hls.backend == "hls" and hls.resources is None
    with pytest.raises(tricot.TricotError, match="no backend"):
        quantized.compile(tmp_path / "other", backend="fortran")


@pytest.mark.skipif(subprocess.run(["which", "verilator"], capture_output=True).returncode != 0, reason="no Verilator")
def test_verify(tagger, calibration, jets):
    small = tagger.quantize(calibration, weight_bits=3, activation_bits=4, sparsity=0.8)
    expected = small.predict(jets[:40])
    report = small.verify(jets[:40], expected=expected)
    assert report and report.is_equal and report.samples == 40
    assert [c.against for c in report.comparisons] == ["netlist", "verilator", "expected"]
    assert report.comparisons[1].latency_cycles == small.estimate().latency_cycles
    expected[7, 2] += 0.5
    wrong = small.verify(jets[:40], expected=expected)
    assert not wrong and wrong.comparisons[2].mismatches == 1
    assert wrong.comparisons[2].differences[0].sample == 7


def test_report(quantized, jets, tmp_path):
    labels = np.load(EXAMPLE / "test-labels.npy")
    page = Path(quantized.report(tmp_path / "r.html", jets, labels=labels)).read_text()
    assert "<svg" in page and "fc1" in page
    with pytest.raises(tricot.TricotError) as refusal:
        quantized.report(tmp_path / "r.html")
    assert refusal.value.code == "output-exists"
    assert quantized.report(tmp_path / "r.html", replace=True)


def test_matrix():
    report = tricot.matrix([[1, 3], [5, 7]], effort="fast")
    assert report.verified and report.adders == 4 and report.depth >= report.least_depth
    halves = tricot.matrix(np.array([[0.5, 0.25]]), effort="fast")
    assert halves.fraction_bits == 2 and halves.adders == 0
    with pytest.raises(tricot.TricotError, match="no integers"):
        tricot.matrix([[1 / 3]])
    with pytest.raises(tricot.TricotError, match="shape"):
        tricot.matrix([1, 2, 3])


def test_matrix_as_verilog(tmp_path):
    path = tmp_path / "w.v"
    report = tricot.matrix([[1, 3], [5, 7]], effort="fast", verilog=path)
    assert report.firmware.latency_cycles >= 0 and "module" in path.read_text()


def test_refusals_say_what_to_do(tagger, quantized, jets):
    with pytest.raises(tricot.TricotError) as missing:
        tricot.load("no/such.keras")
    assert missing.value.code == "unreadable-file" and missing.value.file == "no/such.keras" and missing.value.hint
    for options, word in [
        ({"weight_bits": 99}, "weight_bits"),
        ({"weight_bits": "many"}, "weight_bits"),
        ({"weigth_bits": 8}, "did you mean 'weight_bits'"),
        ({"effort": "much"}, "fast, normal, high"),
        ({"sparsity_scope": "global"}, "sparsity"),
        ({"precision": "float"}, "precision"),
        ({"backend": "hls"}, "no option of a model"),
        ({"seed": -1}, "seed"),
    ]:
        with pytest.raises(tricot.TricotError, match=word):
            tagger.quantize(**options)
    for x, word in [
        (jets[:, :3], "shape"),
        (jets[0], "shape"),
        (jets.T, "shape"),
        (np.array([["a"] * 16]), "real numbers"),
        (jets.astype(complex), "real numbers"),
        (np.full((2, 16), np.nan), "nan"),
        (np.full((2, 16), np.inf), "inf"),
    ]:
        with pytest.raises(tricot.TricotError, match=word):
            quantized.predict(x)
    with pytest.raises(tricot.TricotError, match="no model"):
        tricot.load(object())
    with pytest.raises(tricot.TricotError, match="names no model"):
        tricot.load({"HLSConfig": {}})


def test_warnings_are_given():
    """hls4ml's softmax tables are coarse for wide types."""
    config = {"Model": {"Precision": "fixed<32,16>"}}
    with pytest.warns(tricot.TricotWarning):
        model = tricot.load(EXAMPLE / "jet-tagger.keras").quantize(config=config)
    assert any(finding.severity == "warning" and finding.hint for finding in model.findings)


def test_wrong_handles_are_refused():
    """What C could get wrong: closed handles, and no pointers."""
    from ctypes import byref, c_void_p

    from tricot import _library

    native = _library.library()
    for call in [
        lambda problem: native.tricot_simulate(12345, None, 0, 0, None, 0, problem),
        lambda problem: native.tricot_compilation_open(None, 0, None, None, None, None, problem),
        lambda problem: native.tricot_compilation_open(b"[]", 0, None, None, None, None, problem),
        lambda problem: native.tricot_compilation_open(b"{", 0, None, None, None, None, problem),
        lambda problem: native.tricot_compilation_open(b"{}", -1, None, None, None, None, problem),
        lambda problem: native.tricot_trace_values(1, 0, None, 0, problem),
        lambda problem: native.tricot_operation_start(0, b'{"action": "estimate"}', None, 0, None, 0, None, problem),
        lambda problem: native.tricot_operation_start(0, b'{"acton": "matrix"}', None, 0, None, 0, None, problem),
        lambda problem: native.tricot_operation_result(1 << 40, None, problem),
    ]:
        problem = c_void_p()
        status = call(byref(problem))
        if status == 0:
            continue  # The operation began; without a handle nobody can hear of its end.
        with pytest.raises(tricot.TricotError):
            _library.check(status, problem)
    native.tricot_close(12345)
    native.tricot_operation_cancel(12345)
    assert native.tricot_operation_wait(12345, 1.0) == 1
    assert native.tricot_operation_progress(12345) is None


def test_progress_is_told():
    heard = []
    tricot.on_progress(lambda words, seconds: heard.append((words, seconds)))
    try:
        # Long enough to be asked for: a search over many coefficients.
        tricot.matrix(np.random.default_rng(3).integers(-127, 128, (40, 40)), effort="normal")
    finally:
        tricot.on_progress(None)
    assert heard and heard[0][0] == "searching an adder graph" and heard[-1][1] > 0


def test_interruption(tmp_path):
    """Ctrl-C in the middle of a long search is a KeyboardInterrupt, at once."""
    script = textwrap.dedent(
        """
        import numpy, signal, tricot
        # Python ignores the signal where its parent does, as what a shell runs in the background.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        tricot.on_progress(lambda words, seconds: print(words, flush=True))
        try:
            tricot.matrix(numpy.random.default_rng(3).integers(-2000, 2001, (200, 200)), effort="high")
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    assert "interrupted" in process.communicate(timeout=60)[0]
    assert process.returncode == 0 and time.monotonic() - began < 30


def test_forked_processes_are_told(quantized, jets):
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            quantized.predict(jets)
        except tricot.TricotError as error:
            os.write(writer, error.code.encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    assert os.read(reader, 100) == b"forked-process"


def test_reports_have_the_fields_of_the_json():
    """docs/json.md is written from the library's types: every key of a report is a field here."""
    page = (ROOT / "docs/json.md").read_text()
    for block, report, left_out in [
        ("estimate", reports.Estimate, set()),
        ("verify", reports.Verification, set()),
        ("compile", reports.Compiled, {"pruning"}),
        ("emulator", reports.Emulator, set()),
        ("matrix", reports.Matrix, {"matrix"}),
    ]:
        text = page.split(f"<!-- {block} -->\n```\n")[1].split("```")[0]
        keys = {line.partition(":")[0].rstrip("?") for line in text.splitlines() if not line.startswith(" ")}
        fields = {field.name for field in dataclasses.fields(report)} - {"is_equal"}
        assert fields == keys - left_out, block


def test_no_frameworks_are_imported():
    code = "import sys, tricot; print([m for m in ('keras', 'torch', 'sklearn', 'onnx') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_package_is_typed():
    assert Path(tricot.__file__).with_name("py.typed").exists()
