"""Arrays of events: what NumPy has, as the library wants it."""

from __future__ import annotations

import ctypes
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from ctypes import byref, c_void_p
from typing import Any

import numpy as np

from . import _library
from .errors import refusal

Array = np.ndarray[Any, Any]

#: Numbers that go to the library at once: Ctrl-C is looked at in between.
_CHUNK = 1 << 22


class Port:
    """An input or an output of a model.

    Attributes:
        name: As the model calls it.
        shape: Extents of one event.
        type: The type of its numbers, such as ``fixed<16,6>``; ``None`` in floating point.
    """

    def __init__(self, document: dict[str, Any]):
        self.name: str = document["name"]
        self.shape: tuple[int, ...] = tuple(document["shape"])
        self.type: str | None = document.get("type")
        self.size = math.prod(self.shape)

    def __repr__(self) -> str:
        return f"Port({self.name!r}, shape={self.shape}" + (f", type={self.type!r})" if self.type else ")")


def numeric(x: Any, role: str) -> Array:
    """An array of real numbers, of whatever holds one: a NumPy array, a data frame, a tensor of PyTorch's or JAX's."""
    if hasattr(x, "detach"):
        x = x.detach().cpu()
    array = np.asarray(x)
    if array.dtype.kind not in "fiub":
        raise refusal("bad-array", f"the {role} are {array.dtype}, not real numbers", "convert them to float32 or float64")
    return array


def events(x: Any, ports: Sequence[Port], role: str = "inputs") -> Array:
    """All numbers of an event in a row: ``[events, numbers]``, of any real type."""
    if len(ports) > 1 and isinstance(x, Mapping):
        missing = [port.name for port in ports if port.name not in x]
        if missing:
            raise refusal("wrong-shape", f"the {role} lack '{missing[0]}'", f"give {', '.join(p.name for p in ports)}")
        x = [x[port.name] for port in ports]
    if len(ports) > 1 and isinstance(x, (list, tuple)) and len(x) == len(ports) and np.ndim(x[0]) > 0:
        parts = [_rows(numeric(part, role), (port,), role) for part, port in zip(x, ports)]
        if len({len(part) for part in parts}) > 1:
            raise refusal("wrong-shape", f"the {role} have different numbers of events")
        return np.concatenate(parts, axis=1)
    return _rows(numeric(x, role), ports, role)


def _rows(array: Array, ports: Sequence[Port], role: str) -> Array:
    width = sum(port.size for port in ports)
    shapes = [(width,)] + ([ports[0].shape] if len(ports) == 1 else [])
    if array.ndim == 1 and width == 1:
        array = array[:, None]
    if array.ndim < 1 or array.shape[1:] not in shapes:
        wanted = " or ".join("[events, " + ", ".join(map(str, shape)) + "]" for shape in dict.fromkeys(shapes[::-1]))
        raise refusal("wrong-shape", f"the {role} have the shape {list(array.shape)}", f"give an array of shape {wanted}")
    return array.reshape(len(array), width)


def as_outputs(values: Array, ports: Sequence[Port]) -> Array | list[Array]:
    """Rows as the model's outputs: an array, or a list of them where the model has several outputs."""
    starts = np.cumsum([0] + [port.size for port in ports])
    parts = [
        values[:, start : start + port.size].reshape((len(values),) + port.shape) for start, port in zip(starts, ports)
    ]
    return parts[0] if len(parts) == 1 else parts


def blocks(rows: Array) -> Iterator[tuple[int, int, _library.Float64Array]]:
    """Pieces of many events in double precision; what is that already is not copied."""
    step = max(1, _CHUNK // max(1, rows.shape[1]))
    for start in range(0, max(1, len(rows)), step):
        block = np.ascontiguousarray(rows[start : start + step], dtype=np.float64)
        yield start, len(block), block


def simulate(
    function: Callable[..., int], handle: _library.Handle, rows: Array, width: int, dtype: type = np.float64
) -> Array:
    """Calls a function of the library for all events; other Python threads run meanwhile."""
    outputs: Array = np.empty((len(rows), width), dtype)
    for start, count, block in blocks(rows):
        problem = c_void_p()
        room = outputs[start : start + count]
        status = function(
            handle.number, block.ctypes.data, block.size, count, room.ctypes.data, room.size, byref(problem)
        )
        _library.check(status, problem)
    return outputs


def trace(handle: _library.Handle, rows: Array) -> dict[str, Array]:
    """The outputs of every layer by its name."""
    native = _library.library()
    parts: dict[str, list[Array]] = {}
    for _, count, block in blocks(rows):
        number, text, problem = ctypes.c_int64(), c_void_p(), c_void_p()
        status = native.tricot_trace_open(
            handle.number, block.ctypes.data, block.size, count, byref(number), byref(problem)
        )
        _library.check(status, problem)
        opened = _library.Handle(number.value)
        _library.check(native.tricot_trace_layers(opened.number, byref(text), byref(problem)), problem)
        for index, layer in enumerate(json.loads(_library.take(text) or "[]")):
            values: Array = np.empty((count, *layer["shape"]))
            status = native.tricot_trace_values(opened.number, index, values.ctypes.data, values.size, byref(problem))
            _library.check(status, problem)
            parts.setdefault(layer["layer"], []).append(values)
    return {name: blocks[0] if len(blocks) == 1 else np.concatenate(blocks) for name, blocks in parts.items()}
