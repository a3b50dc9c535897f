"""Models: as they were trained, and quantised."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Mapping
from typing import Any, Literal, Union

import numpy as np

from . import _events, _frameworks, _library, reports
from ._events import Array, Port
from .errors import Finding, TricotWarning, refusal

PathLike = Union[str, "os.PathLike[str]"]
Effort = Literal["fast", "normal", "high"]

__all__ = ["Model", "QuantizedModel", "load"]


def load(
    model: Any,
    example: Any = None,
    *,
    weights: PathLike | None = None,
    config: PathLike | Mapping[str, Any] | None = None,
    tree_output: Literal["margin", "probability"] | None = None,
) -> Model:
    """Reads a trained model.

    Args:
        model: A path: ``.keras``, ``.h5``, ``.onnx``, trees of XGBoost (``.json``, ``.ubj``), LightGBM (``.txt``), conifer
            (``.json``) or TMVA (``.xml``), an hls4ml ``.yml`` that names the model, a ``.tricot`` text, a folder that
            ``tricot optimize`` wrote. Or a model in memory: of Keras, PyTorch (by its ONNX export; with ``example``), ONNX,
            XGBoost, LightGBM, scikit-learn (by skl2onnx). Or a project of hls4ml's as a dictionary: ``KerasModel`` or
            ``OnnxModel``, a path or the model itself, beside its ``HLSConfig``.
        example: For PyTorch a batch of inputs, of shape ``[events, …]``; a tuple of them for several inputs.
        weights: The HDF5 weights of a Keras ``.json``.
        config: hls4ml's configuration, or conifer's; a path or a dictionary. With it, their arithmetic is computed to the bit.
        tree_output: What trees return, where the file does not say so: ``"margin"``, the default, or ``"probability"``.

    Raises:
        TricotError: for what cannot be read; ``code``, ``file``, ``place`` and ``hint`` say what, where, and what to do.
    """
    if isinstance(model, Mapping):
        named, project = _frameworks.hls4ml_project(model)
        config = project if config is None else config
        weights = named.get("KerasH5") if weights is None and "KerasJson" in named else weights
        model = next(iter(named.values()))
    options: dict[str, Any] = {"tree_output": tree_output}
    files: dict[str, bytes] = {}
    if isinstance(model, (str, os.PathLike)):
        options["model"] = os.fspath(model)
    else:
        files = _frameworks.files_of(model, example)
        options["model"] = next(iter(files))
    if weights is not None:
        options["weights"] = os.fspath(weights)
    return Model(options, files, config)


class _Compilation:
    """Options, files in memory, and what the library has made of them so far."""

    def __init__(self, options: dict[str, Any], files: dict[str, bytes]):
        self._options = options
        self._files = files
        self._handle = _library.open_compilation(options, files)

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_handle"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._handle = _library.open_compilation(self._options, self._files)

    @property
    def findings(self) -> list[Finding]:
        """Warnings and notes of everything done so far."""
        return _library.findings(self._handle)

    def _run(self, action: str, *arrays: Any, **arguments: Any) -> Any:
        return _library.run(self._handle, action, *arrays, **arguments)


class Model(_Compilation):
    """A trained model, before anything is quantised; made by :func:`load`.

    Attributes:
        name: As the file calls it.
        source: The family of files that it came from: ``keras``, ``onnx``, ``xgboost`` …
        inputs, outputs: Names and shapes.
        layers: Layers with their kinds, shapes and parameters; empty where the file holds a quantised model.
    """

    def __init__(
        self, options: dict[str, Any], files: dict[str, bytes], config: PathLike | Mapping[str, Any] | None = None
    ):
        super().__init__(options, files)
        self._config = config
        self.name: str = os.path.basename(options["model"])
        self.source = "tricot"
        self.inputs: list[Port] = []
        self.outputs: list[Port] = []
        self.layers: list[reports.LayerSummary] = []
        # The text of a quantised model, or the folder of a search, holds no trained one.
        if not self.name.endswith(".tricot") and not os.path.isdir(options["model"]):
            self._describe()

    def _describe(self) -> None:
        summary = self._run("describe")
        self.name, self.source = summary["name"], summary["source"]
        self.inputs = [Port(port) for port in summary["inputs"]]
        self.outputs = [Port(port) for port in summary["outputs"]]
        self.layers = [reports.LayerSummary.of(layer) for layer in summary["layers"]]

    def predict_float(self, x: Any) -> Array | list[Array]:
        """The trained model's own outputs in double precision, as Tricot has read it: nothing is quantised.

        Args:
            x: Events, ``[events, …]`` in the shape of the input or flat; a list or dictionary for several inputs. ``NaN``
                where trees may miss a feature.

        Returns:
            ``[events, …]`` in float64; a list of such for several outputs.
        """
        rows = _events.events(x, self.inputs or self.quantize().inputs)
        width = sum(port.size for port in self.outputs)
        values = _events.simulate(_library.library().tricot_evaluate, self._handle, rows, width)
        return _events.as_outputs(values, self.outputs)

    def quantize(
        self,
        calibration: Any = None,
        *,
        weight_bits: int | None = None,
        activation_bits: int | None = None,
        input_bits: int | list[int] | None = None,
        coverage: float | None = None,
        precision: str | None = None,
        input_precision: str | None = None,
        sparsity: float | None = None,
        sparsity_scope: Literal["layer", "global"] | None = None,
        config: PathLike | Mapping[str, Any] | None = None,
        arithmetic: Literal["native", "hls4ml", "trained", "conifer"] | None = None,
        part: str | None = None,
        clock_period: float | None = None,
        effort: Effort | None = None,
        extra_depth: int | None = None,
        strategy: str | None = None,
        reuse_factor: int | None = None,
        latency: int | None = None,
        io: Literal["parallel", "stream"] | None = None,
        adders: Literal["automatic", "binary", "ternary", "primitives"] | None = None,
        logic: Literal["automatic", "expressions", "primitives"] | None = None,
        hierarchy: Literal["automatic", "flat", "shared"] | None = None,
        recurrence: Literal["unrolled", "sequential"] | None = None,
        parallel_positions: int | None = None,
        threads: int | None = None,
        seed: int | None = None,
        **others: Any,
    ) -> QuantizedModel:
        """Gives every number of the model a fixed-point type. What is not given is chosen, or stands in the configuration.

        Args:
            calibration: Typical inputs, ``[events, …]``: activations take their ranges from them. An array, a list of arrays
                for several inputs, or the path of a ``.npy``.
            weight_bits: Bits of a weight, or of a tree's leaf.
            activation_bits: Bits of an activation.
            input_bits: Bits of an input whose type is not given; of trees' features also one by one.
            coverage: The fraction of calibration values that a range must cover, above 0 and at most 1.
            precision: The default type, such as ``"fixed<16,6>"``; in native arithmetic a cap.
            input_precision: The type of every input.
            sparsity: The fraction of weights to remove first, the smallest ones.
            sparsity_scope: That fraction of every layer, or over all.
            config: hls4ml's configuration, or conifer's; a path or a dictionary.
            arithmetic: Whose rules; by default those of what is given.
            part: The FPGA, such as ``"xcvu13p"``.
            clock_period: In nanoseconds.
            effort: How long adder graphs are optimised.
            extra_depth: Adder levels of a sum above the least possible; 1 by default. Fewer cost LUTs and save latency.
            strategy: ``"distributed_arithmetic"``, ``"latency"``, ``"resource"``, ``"multipliers"`` or ``"logic"``
                (no DSP blocks), for every layer.
            reuse_factor: hls4ml's, for every layer.
            latency: In cycles; registers are added to reach it.
            io: Events at once, or position by position.
            adders: Sums of two operands, or also of three as expressions or as AMD's primitives; by default as the logic is.
            logic: Logic of pipelines as expressions, or mapped to AMD's look-up tables and carry blocks; by default of tables
                and trees.
            hierarchy: Kernels at many positions as instances of one module, each by itself, or by size.
            recurrence: Step behind step, or one cell with its state.
            parallel_positions: Positions that a kernel computes at once.
            threads: Threads to use; all cores by default. No result depends on it.
            seed: Of everything random.
            **others: The remaining options of the command line, with ``_`` for ``-``: ``interface``, ``firmware_version``,
                ``ap_types``, ``unroll``, ``multiplierless``, ``reloadable``.

        Returns:
            A new model. Warnings, such as sums that can wrap, are given as :class:`TricotWarning`.
        """
        given = {key: value for key, value in locals().items() if key not in ("self", "others") and value is not None}
        return QuantizedModel(self, {**given, **others})

    def __repr__(self) -> str:
        shapes = ", ".join(str(port.shape) for port in self.inputs)
        return f"Model({self.name!r}, {self.source}, {len(self.layers)} layers, inputs {shapes})"

    def _repr_html_(self) -> str:
        return reports.summary_table(self.layers, f"{self.name}, from {self.source}")


class QuantizedModel(_Compilation):
    """A model of which every number has a fixed-point type; made by :meth:`Model.quantize`.

    Attributes:
        inputs, outputs: Names, shapes and types.
        layers: Layers with types, proven ranges, and what could overflow.
        arithmetic: Whose rules it was quantised by.
        part: What it is built for by default.
    """

    def __init__(self, model: Model, options: dict[str, Any]):
        self._model = model
        self._given = options
        options = dict(options)
        files = dict(model._files)
        config = options.pop("config", None)
        config = model._config if config is None else config
        if isinstance(config, Mapping):
            files["config.yml"] = _frameworks.configuration_text(config).encode()
            options["config"] = "config.yml"
        elif config is not None:
            options["config"] = os.fspath(config)
        calibration = options.pop("calibration", None)
        if isinstance(calibration, (str, os.PathLike)):
            options["calibration"] = os.fspath(calibration)
        elif calibration is not None:
            files["calibration.npy"] = _npy(_events.events(calibration, model.inputs, "calibration inputs"))
            options["calibration"] = "calibration.npy"
        super().__init__({**model._options, **options}, files)
        inspected = self._run("inspect")
        self.name: str = inspected["model"]
        self.arithmetic: str = inspected["arithmetic"]
        self.inputs = [Port(port) for port in inspected["inputs"]]
        self.outputs = [Port(port) for port in inspected["outputs"]]
        self.layers = [reports.Layer.of(layer) for layer in inspected["layers"]]
        for finding in self.findings:
            if finding.severity != "note":
                warnings.warn(str(finding), TricotWarning, stacklevel=3)

    def with_options(self, **options: Any) -> QuantizedModel:
        """The same with other options of :meth:`Model.quantize`; ``None`` takes one back."""
        return QuantizedModel(self._model, {k: v for k, v in {**self._given, **options}.items() if v is not None})

    def predict(self, x: Any, raw: bool = False) -> Array | list[Array]:
        """The outputs of the firmware, to the bit.

        Other Python threads run meanwhile. Arrays of float64 in C order go to the library as they are.

        Args:
            x: Events, ``[events, …]`` in the shape of the input or flat; a list or dictionary for several inputs. Numbers are
                rounded to the inputs' types as the firmware's users have to.
            raw: Whether to return the integers on the firmware's ports instead of the numbers that they stand for.

        Returns:
            ``[events, …]`` in float64, or int64 for ``raw``; a list of such for several outputs.
        """
        native = _library.library()
        rows = _events.events(x, self.inputs)
        width = sum(port.size for port in self.outputs)
        if raw:
            values = _events.simulate(native.tricot_simulate_raw, self._handle, rows, width, np.int64)
        else:
            values = _events.simulate(native.tricot_simulate, self._handle, rows, width)
        return _events.as_outputs(values, self.outputs)

    def trace(self, x: Any) -> dict[str, Array]:
        """The output of every layer by its name, ``[events, …]`` in float64: what goes on inside the firmware."""
        return _events.trace(self._handle, _events.events(x, self.inputs))

    def estimate(self, *, synthesize: bool = False, backend: str | None = None) -> reports.Estimate:
        """Latency and resources, per layer and in total, before any vendor's tool.

        Args:
            synthesize: Whether yosys counts the Verilog, too.
            backend: Whose: ``"verilog"``, the default, ``"hls"`` or ``"processors"``.
        """
        return reports.Estimate.of(self._run("estimate", synthesize=synthesize, backend=backend))

    def compile(self, directory: PathLike, *, backend: str | None = None, replace: bool = False) -> reports.Compiled:
        """Writes a firmware project into a new folder, whole or not at all.

        Args:
            directory: Its path.
            backend: ``"verilog"``, the default, ``"hls"`` or ``"processors"``.
            replace: Whether a folder that Tricot wrote may be replaced.
        """
        document = self._run("compile", output=os.fspath(directory), backend=backend, replace=replace)
        return reports.Compiled.of(document)

    def verify(
        self, x: Any = None, *, expected: Any = None, samples: int | None = None, backend: str | None = None
    ) -> reports.Verification:
        """Builds the firmware, runs it, and compares every bit of every output with :meth:`predict`.

        Args:
            x: Events as for :meth:`predict`; without them random ones over the whole range of the input types.
            expected: The outputs that every event must have, ``[events, …]``.
            samples: How many random events, or how many of ``x``; 10,000 random ones by default.
            backend: ``"verilog"``, the default, under Verilator; ``"hls"``, compiled by g++; ``"processors"``.

        Returns:
            A report that is true if all is equal.
        """
        if x is None:
            if expected is not None:
                raise refusal("no-events", "expected outputs belong to events", "give x, too")
            return reports.Verification.of(self._run("verify", samples=samples, backend=backend))
        rows = np.ascontiguousarray(_events.events(x, self.inputs)[:samples], np.float64)
        answers = None
        if expected is not None:
            answers = np.ascontiguousarray(_events.events(expected, self.outputs, "expected outputs")[:samples], np.float64)
        return reports.Verification.of(self._run("verify", rows, answers, samples=len(rows), backend=backend))

    def emulator(self, directory: PathLike, *, replace: bool = False) -> reports.Emulator:
        """Builds a shared library with a C interface that computes what the firmware computes, into a new folder."""
        return reports.Emulator.of(self._run("emulator", output=os.fspath(directory), replace=replace))

    def report(
        self, path: PathLike, x: Any = None, *, labels: Any = None, backend: str | None = None, replace: bool = False
    ) -> str:
        """Writes the page of the model: one HTML file with its layers, types, resources and pictures. Returns its path.

        Args:
            path: The file.
            x: Typical events, as for :meth:`predict`; by default the calibration data.
            labels: The class of each event, ``[events]``, or a column for each class.
            backend: Whose hardware: ``"verilog"``, the default, ``"hls"`` or ``"processors"``.
            replace: Whether a file that is there may be replaced.
        """
        if labels is not None and x is None:
            raise refusal("no-events", "labels belong to events", "give x, too")
        files = dict(self._files)
        if x is not None:
            files["events.npy"] = _npy(_events.events(x, self.inputs))
        if labels is not None:
            files["labels.npy"] = _npy(_events.numeric(labels, "labels"))
        handle = self._handle if x is None else _library.open_compilation(self._options, files)
        document = _library.run(
            handle,
            "report",
            output=os.fspath(path),
            input=None if x is None else "events.npy",
            labels=None if labels is None else "labels.npy",
            backend=backend,
            replace=replace,
        )
        written: str = document["output"]
        return written

    def text(self, form: Literal["model", "fixed-point", "netlist", "design"] = "fixed-point") -> str:
        """The model in one of its text forms, which read back."""
        text: str = self._run("text", form=form)["text"]
        return text

    def __repr__(self) -> str:
        types = ", ".join(str(port.type) for port in self.inputs)
        return f"QuantizedModel({self.name!r}, {self.arithmetic} arithmetic, {len(self.layers)} layers, inputs {types})"

    def _repr_html_(self) -> str:
        return reports.layer_table(self.layers, f"{self.name}, {self.arithmetic} arithmetic")


def _npy(rows: Array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, rows)
    return buffer.getvalue()
