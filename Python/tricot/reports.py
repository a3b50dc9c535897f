"""Reports: what Tricot found, as objects whose fields are those of the command line's JSON."""

from __future__ import annotations

import dataclasses
import html
import json
import types
import typing
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

_Report = TypeVar("_Report", bound="Report")


def _table(header: Sequence[str], rows: Iterable[Sequence[Any]], caption: str = "") -> str:
    """A table of HTML: words on the left, numbers on the right."""

    def cell(value: Any) -> str:
        if isinstance(value, bool) or value is None or isinstance(value, str):
            return f'<td style="text-align:left">{html.escape("" if value is None else str(value))}</td>'
        if isinstance(value, (list, tuple)):
            return f'<td style="text-align:left">{html.escape(" × ".join(map(str, value)))}</td>'
        text = f"{value:,}".replace(",", "\u202f") if isinstance(value, int) else f"{value:.6g}"
        return f'<td style="text-align:right">{text}</td>'

    head = "".join(f'<th style="text-align:left">{html.escape(title)}</th>' for title in header)
    body = "".join("<tr>" + "".join(map(cell, row)) + "</tr>" for row in rows)
    name = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    return f"<table>{name}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _convert(value: Any, kind: Any) -> Any:
    """A value of JSON as a field's type has it."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        kind = next(choice for choice in typing.get_args(kind) if choice is not type(None))
    if typing.get_origin(kind) is list:
        return [_convert(element, typing.get_args(kind)[0]) for element in value]
    if isinstance(kind, type) and issubclass(kind, Report):
        return kind.of(value)
    return value


@dataclass(frozen=True)
class Report:
    """Fields by name; those that do not apply are ``None``."""

    @classmethod
    def of(cls: type[_Report], document: dict[str, Any]) -> _Report:
        """The report that a JSON object holds; keys that are not known here are left out."""
        kinds = typing.get_type_hints(cls)
        names = [field.name for field in dataclasses.fields(cls) if document.get(field.name) is not None]
        return cls(**{name: _convert(document[name], kinds[name]) for name in names})

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries, lists, numbers and strings."""
        return dataclasses.asdict(self)

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=2, sort_keys=True)


@dataclass(frozen=True)
class Resources(Report):
    """Amounts of an FPGA's resources."""

    lut: int
    ff: int
    dsp: int
    bram36: int
    carry8: int = 0
    carry4: int = 0


@dataclass(frozen=True)
class Utilization(Report):
    """Percent of a part."""

    lut: float
    ff: float
    dsp: float
    bram36: float


@dataclass(frozen=True)
class LayerEstimate(Report):
    """One layer's part of the whole."""

    name: str
    kind: str
    resources: Resources
    adders: int
    """Two-operand adders."""
    adder_bits: int
    register_bits: int


@dataclass(frozen=True)
class Queue(Report):
    """What waits between two layers of a streaming design."""

    bits: int
    depth: int
    """Tokens that there is room for."""
    least_depth: int
    """The least room with which no event is stuck."""


@dataclass(frozen=True)
class Synthesis(Report):
    """What yosys counted."""

    tool: str
    resources: Resources
    seconds: float


@dataclass(frozen=True)
class Estimate(Report):
    """Latency and resources before any vendor's tool."""

    part: str
    clock_period_ns: float
    latency_cycles: int
    latency_ns: float
    initiation_interval: int
    """Cycles from one event to the next."""
    worst_stage_ns: float
    worst_module: str
    resources: Resources
    utilization: Utilization
    layers: list[LayerEstimate]
    queues: list[Queue] | None = None
    interval_bound: str | None = None
    """What bounds the interval, where it is more than a cycle: a loop or a layer."""
    synthesis: Synthesis | None = None

    def __repr__(self) -> str:
        used = self.resources
        return (
            f"Estimate({self.part}, {self.latency_cycles} cycles = {self.latency_ns:g} ns, interval "
            f"{self.initiation_interval}, {used.lut} LUT, {used.ff} FF, {used.dsp} DSP, {used.bram36} BRAM)"
        )

    def _repr_html_(self) -> str:
        def row(name: str, kind: str, used: Resources, bits: int | None) -> list[Any]:
            return [name, kind, used.lut, used.ff, used.dsp, used.bram36, bits]

        rows = [row(layer.name, layer.kind, layer.resources, layer.adder_bits) for layer in self.layers]
        rows.append(row("total", "", self.resources, sum(layer.adder_bits for layer in self.layers)))
        if self.synthesis is not None:
            rows.append(row(self.synthesis.tool, "", self.synthesis.resources, None))
        caption = (
            f"{self.part}, {self.clock_period_ns:g} ns: latency {self.latency_cycles} cycles "
            f"({self.latency_ns:g} ns), interval {self.initiation_interval}"
        )
        return _table(["layer", "kind", "LUT", "FF", "DSP", "BRAM", "adder bits"], rows, caption)


@dataclass(frozen=True)
class Difference(Report):
    """One output element that differs."""

    sample: int
    layer: str
    element: int
    simulator: float
    other: float


@dataclass(frozen=True)
class Comparison(Report):
    """The simulator against something else, all bits of all outputs."""

    against: str
    """``verilator``, ``hls``, ``netlist`` or ``expected``."""
    samples: int
    mismatches: int
    """Output elements that differ."""
    differences: list[Difference]
    """The first few."""
    latency_cycles: int | None = None
    """As measured."""
    initiation_interval: int | None = None
    promised_latency_cycles: int | None = None
    """What was promised, where the measurement disagrees."""
    promised_initiation_interval: int | None = None


@dataclass(frozen=True)
class Accuracy(Report):
    """How far the quantised model is from the trained one, on some events."""

    samples: int
    largest_difference: float
    mean_difference: float
    same_choice: float | None = None
    """The fraction of events whose largest output is the same."""


@dataclass(frozen=True)
class Trace(Report):
    """A machine of processors against its own simulator on every cycle."""

    cycles: int
    signals: int
    differences: int
    first_difference: str | None = None


@dataclass(frozen=True)
class Verification(Report):
    """What a proof found. True where everything that was compared is equal."""

    samples: int
    comparisons: list[Comparison]
    seconds: dict[str, float]
    is_equal: bool
    accuracy: Accuracy | None = None
    trace: Trace | None = None

    def __bool__(self) -> bool:
        return self.is_equal

    def __repr__(self) -> str:
        parts = [f"{c.against}: {c.mismatches} mismatches in {c.samples} events" for c in self.comparisons]
        return f"Verification({'equal' if self.is_equal else 'DIFFERENT'}; {'; '.join(parts)})"

    def _repr_html_(self) -> str:
        header = ["against", "events", "mismatches", "latency (cycles)", "interval"]
        rows = [
            [c.against, c.samples, c.mismatches, c.latency_cycles, c.initiation_interval] for c in self.comparisons
        ]
        return _table(header, rows, "equal, every bit" if self.is_equal else "DIFFERENT")


@dataclass(frozen=True)
class Compiled(Report):
    """A firmware project that was written."""

    output: str
    top: str
    backend: str
    part: str
    clock_period_ns: float
    files: list[str]
    latency_cycles: int | None = None
    initiation_interval: int | None = None
    worst_stage_ns: float | None = None
    worst_module: str | None = None
    resources: Resources | None = None

    def __repr__(self) -> str:
        return f"Compiled({self.output!r}, top={self.top!r}, backend={self.backend!r}, {len(self.files)} files)"

    def _repr_html_(self) -> str:
        return _table(["file"], [[name] for name in self.files], f"{self.output}: {self.top} for {self.part}")


@dataclass(frozen=True)
class Emulator(Report):
    """A shared library that was built: the firmware's bits behind a C interface."""

    output: str
    library: str
    header: str
    symbol: str
    version: str
    inputs: int
    outputs: int
    seconds: float


@dataclass(frozen=True)
class PossibleOverflow(Report):
    """Where values may not fit their type."""

    place: str
    type: str
    effect: str
    elements: int
    lower: float
    upper: float
    missing_integer_bits: int


@dataclass(frozen=True)
class Layer(Report):
    """One layer of a quantised model."""

    name: str
    kind: str
    shape: list[int]
    parameters: int
    nonzero_parameters: int
    type: str
    lower: float
    """The least value that can occur, proven."""
    upper: float
    overflows: list[PossibleOverflow]
    type_from: str | None = None
    """Who decided the type: ``trained``, ``configuration``, ``calibration``, ``proof`` …"""
    wraps: int | None = None
    """Wrong values on the calibration data."""
    saturations: int | None = None


@dataclass(frozen=True)
class LayerSummary(Report):
    """One layer of a trained model."""

    name: str
    kind: str
    shape: list[int]
    parameters: int


@dataclass(frozen=True)
class MatrixFirmware(Report):
    """A module that was written."""

    file: str
    top: str
    latency_cycles: int
    clock_period_ns: float
    resources: Resources


@dataclass(frozen=True)
class Matrix(Report):
    """A constant matrix as a graph of shared adders."""

    inputs: int
    outputs: int
    fraction_bits: int
    """The matrix is integers times ``2**-fraction_bits``."""
    adders: int
    """Two-operand adders and subtractors."""
    bits: int
    """Their bits."""
    depth: int
    """Adder levels of the deepest output."""
    least_depth: int
    seconds: float
    verified: bool
    """Whether the coefficients, recomputed from the graph alone, are the matrix."""
    effort: str
    seed: int
    firmware: MatrixFirmware | None = None

    def _repr_html_(self) -> str:
        names = ["inputs", "outputs", "adders", "bits", "depth", "least_depth", "verified", "seconds"]
        return _table(["", ""], [[name.replace("_", " "), getattr(self, name)] for name in names])


def layer_table(layers: Sequence[Layer], caption: str) -> str:
    """Layers of a quantised model, for a notebook."""
    rows = [
        [
            layer.name,
            layer.kind,
            layer.shape,
            layer.type,
            layer.lower,
            layer.upper,
            layer.nonzero_parameters,
            "; ".join(f"{o.place}: {o.effect}, {o.missing_integer_bits} bits short" for o in layer.overflows),
        ]
        for layer in layers
    ]
    header = ["layer", "kind", "shape", "type", "least", "greatest", "weights ≠ 0", "what could overflow"]
    return _table(header, rows, caption)


def summary_table(layers: Sequence[LayerSummary], caption: str) -> str:
    """Layers of a trained model, for a notebook."""
    rows = [[layer.name, layer.kind, layer.shape, layer.parameters] for layer in layers]
    return _table(["layer", "kind", "shape", "parameters"], rows, caption)
