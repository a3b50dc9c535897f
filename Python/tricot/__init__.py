"""Tricot: trained networks and trees as FPGA firmware, proven equal to its simulator bit by bit.

>>> import numpy, tricot
>>> model = tricot.load("jet-tagger.keras")
>>> q = model.quantize(calibration=numpy.load("calibration-jets.npy"))
>>> q.predict(x)            # the firmware's bits
>>> q.estimate()            # latency and resources
>>> q.compile("firmware")   # Verilog, test bench, scripts
>>> q.verify(x)             # the Verilog under Verilator, every bit
"""

from ._events import Port
from ._library import on_progress, version
from .errors import Finding, TricotError, TricotWarning
from .matrices import matrix
from .model import Model, QuantizedModel, load

__version__ = version()

__all__ = [
    "Finding",
    "Model",
    "Port",
    "QuantizedModel",
    "TricotError",
    "TricotWarning",
    "load",
    "matrix",
    "on_progress",
]
