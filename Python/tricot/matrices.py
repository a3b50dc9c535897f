"""Constant matrices as graphs of shared adders."""

from __future__ import annotations

import os
from typing import Any, Literal

import numpy as np

from . import _events, _library
from .errors import refusal
from .reports import Matrix


def matrix(
    W: Any,
    *,
    input_bits: int = 8,
    signed: bool = False,
    effort: Literal["fast", "normal", "high"] = "normal",
    maximum_depth: int | None = None,
    extra_depth: int | None = None,
    verilog: str | os.PathLike[str] | None = None,
    replace: bool = False,
    part: str | None = None,
    clock_period: float | None = None,
    seed: int | None = None,
    threads: int | None = None,
) -> Matrix:
    """Finds a small graph of adders that multiplies a vector by a constant matrix: ``y = x @ W``.

    Args:
        W: ``[inputs, outputs]``, integers or multiples of a power of two.
        input_bits: Bits of every input.
        signed: Whether inputs are two's complement.
        effort: How long is searched.
        maximum_depth: Most adder levels of any output; raised to the least possible.
        extra_depth: Most adder levels above the least possible.
        verilog: A file to write a pipelined module to.
        replace: Whether that file may be replaced.
        part: The FPGA that the module is cut for.
        clock_period: In nanoseconds; 5 by default.
        seed: Of everything random.
        threads: Threads to use; all cores by default.
    """
    values = np.ascontiguousarray(_events.numeric(W, "coefficients"), np.float64)
    if values.ndim != 2:
        raise refusal("wrong-shape", f"the coefficients have the shape {list(values.shape)}", "give [inputs, outputs]")
    document = _library.run(
        None,
        "matrix",
        values,
        rows=values.shape[0],
        columns=values.shape[1],
        input_bits=input_bits,
        signed=signed,
        effort=effort,
        maximum_depth=maximum_depth,
        extra_depth=extra_depth,
        output=None if verilog is None else os.fspath(verilog),
        replace=replace,
        part=part,
        clock_period=clock_period,
        seed=seed,
        threads=threads,
    )
    return Matrix.of(document)
