"""From a model to numbers, against the command line and what lies in the repository."""

import pickle
import subprocess
import threading

import numpy as np
import pytest

import tricot
from conftest import EXAMPLE


def test_predictions_are_the_command_lines(quantized, jets, program, tmp_path):
    """Native arithmetic, and hls4ml's, to the bit."""
    for arguments, model in [
        ([EXAMPLE / "jet-tagger.keras", "--calibration", EXAMPLE / "calibration-jets.npy"], quantized),
        ([EXAMPLE / "config.yml"], tricot.load(EXAMPLE / "config.yml").quantize()),
    ]:
        output = tmp_path / "y.npy"
        subprocess.run(
            [program, "simulate", *arguments, "--input", EXAMPLE / "test-jets.npy", "-o", output, "--force", "-q"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        assert np.array_equal(model.predict(jets), np.load(output))


def test_predictions_are_the_fixture(quantized, jets):
    expected = np.load(EXAMPLE / "expected.npy")
    assert np.array_equal(quantized.predict(jets), expected)
    assert np.array_equal(quantized.predict(jets.astype(np.float64)), expected)
    assert np.array_equal(quantized.predict(np.asfortranarray(jets)), expected)
    assert np.array_equal(quantized.predict(jets[::-1])[::-1], expected)
    assert quantized.predict(jets[:0]).shape == (0, 5)


def test_raw_integers_are_the_numbers_bits(quantized, jets):
    raw = quantized.predict(jets, raw=True)
    assert raw.dtype == np.int64
    numbers = quantized.predict(jets)
    steps = numbers[raw != 0] / raw[raw != 0]
    # One type: one step, a power of two.
    assert len(np.unique(steps)) == 1 and np.log2(steps[0]) % 1 == 0
    assert np.array_equal(raw * steps[0], numbers)


def test_float_is_near(tagger, quantized, jets):
    distance = np.abs(tagger.predict_float(jets) - quantized.predict(jets))
    assert 0 < distance.max() < 0.1


def test_trace_ends_with_the_outputs(quantized, jets):
    trace = quantized.trace(jets)
    assert list(trace) == [layer.name for layer in quantized.layers]
    assert trace["fc1"].shape == (2000, 64)
    assert np.array_equal(list(trace.values())[-1], quantized.predict(jets))
    assert (trace["fc1_relu"] == np.maximum(trace["fc1_relu"], 0)).all()
    assert quantized.trace(jets[:0]) == {}


def test_blocks_do_not_change_anything(quantized, jets, monkeypatch):
    expected, layer = quantized.predict(jets), quantized.trace(jets)["fc2"]
    monkeypatch.setattr("tricot._events._CHUNK", 16 * 7)
    assert np.array_equal(quantized.predict(jets), expected)
    assert np.array_equal(quantized.trace(jets)["fc2"], layer)


def test_threads_share_a_model(quantized, jets):
    expected = quantized.predict(jets)
    equal = []
    threads = [
        threading.Thread(target=lambda: equal.append(np.array_equal(quantized.predict(jets), expected)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert equal == [True] * 8


def test_options_change_what_is_computed(tagger, calibration, jets):
    coarse = tagger.quantize(calibration, weight_bits=3)
    fine = coarse.with_options(weight_bits=10)
    wanted = tagger.predict_float(jets)
    assert np.abs(coarse.predict(jets) - wanted).mean() > np.abs(fine.predict(jets) - wanted).mean()
    slow = fine.with_options(clock_period=10, part="xcku115")
    assert np.array_equal(slow.predict(jets), fine.predict(jets))
    assert slow.estimate().clock_period_ns == 10 and slow.estimate().part == "xcku115"


def test_configuration_as_a_dictionary(jets):
    from_file = tricot.load(EXAMPLE / "config.yml").quantize()
    types = {"Model": {"Precision": "fixed<16,6>", "ReuseFactor": 1}}
    model = tricot.load(EXAMPLE / "jet-tagger.keras", config=types)
    assert model.quantize().arithmetic == from_file.arithmetic == "hls4ml"
    project = {"KerasModel": str(EXAMPLE / "jet-tagger.keras"), "HLSConfig": types, "ClockPeriod": 4}
    quantized = tricot.load(project).quantize()
    assert np.array_equal(quantized.predict(jets), model.quantize().predict(jets))
    assert quantized.estimate().clock_period_ns == 4
    finer = tricot.load(EXAMPLE / "jet-tagger.keras").quantize(config={"Model": {"Precision": "fixed<20,8>"}})
    assert not np.array_equal(finer.predict(jets), quantized.predict(jets))


def test_text_reads_back(quantized, jets, tmp_path):
    path = tmp_path / "jets.tricot"
    path.write_text(quantized.text("fixed-point"))
    assert np.array_equal(tricot.load(path).quantize().predict(jets), quantized.predict(jets))


def test_pickle(quantized, tagger, jets):
    for model in (tagger, quantized):
        copy = pickle.loads(pickle.dumps(model))
        assert repr(copy) == repr(model)
    assert np.array_equal(pickle.loads(pickle.dumps(quantized)).predict(jets), quantized.predict(jets))


def test_several_inputs_and_outputs():
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("Add", ["a", "b"], ["c"]), helper.make_node("Relu", ["a"], ["d"])],
        "two",
        [helper.make_tensor_value_info(name, kind, ["n", 3]) for name in "ab"],
        [helper.make_tensor_value_info(name, kind, ["n", 3]) for name in "cd"],
    )
    model = tricot.load(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]))
    generator = np.random.default_rng(1)
    a, b = generator.integers(-8, 8, (2, 50, 3)) / 4
    total, positive = model.predict_float({"a": a, "b": b})
    assert np.array_equal(total, a + b) and np.array_equal(positive, np.maximum(a, 0))
    quantized = model.quantize([a, b], input_precision="fixed<8,4>")
    assert np.array_equal(quantized.predict([a, b])[0], a + b)
    assert np.array_equal(quantized.predict({"b": b, "a": a})[1], np.maximum(a, 0))
    with pytest.raises(tricot.TricotError, match="lack 'b'"):
        quantized.predict({"a": a})
    with pytest.raises(tricot.TricotError, match="different numbers"):
        quantized.predict([a, b[:1]])


def test_tables_for_notebooks(tagger, quantized):
    for table in (tagger._repr_html_(), quantized._repr_html_(), quantized.estimate()._repr_html_()):
        assert table.startswith("<table>") and "fc1" in table and table.endswith("</table>")
