"""The native library and its C interface; see ``tricot.h``."""

from __future__ import annotations

import ctypes
import json
import os
import threading
import time
from collections.abc import Callable
from ctypes import POINTER, byref, c_char_p, c_double, c_int32, c_int64, c_uint8, c_void_p
from pathlib import Path
from typing import Any

import numpy as np

from .errors import Finding, TricotError, refusal

Float64Array = np.ndarray[Any, np.dtype[np.float64]]

_doubles = POINTER(c_double)
_text_out = POINTER(c_void_p)
_functions: dict[str, tuple[Any, list[Any]]] = {
    "tricot_version": (c_void_p, []),
    "tricot_text_release": (None, [c_void_p]),
    "tricot_close": (None, [c_int64]),
    "tricot_compilation_open": (
        c_int32,
        [c_char_p, c_int64, POINTER(c_char_p), POINTER(c_char_p), POINTER(c_int64), POINTER(c_int64), _text_out],
    ),
    "tricot_compilation_findings": (c_int32, [c_int64, _text_out, _text_out]),
    "tricot_simulate": (c_int32, [c_int64, c_void_p, c_int64, c_int64, c_void_p, c_int64, _text_out]),
    "tricot_simulate_raw": (c_int32, [c_int64, c_void_p, c_int64, c_int64, c_void_p, c_int64, _text_out]),
    "tricot_evaluate": (c_int32, [c_int64, c_void_p, c_int64, c_int64, c_void_p, c_int64, _text_out]),
    "tricot_trace_open": (c_int32, [c_int64, c_void_p, c_int64, c_int64, POINTER(c_int64), _text_out]),
    "tricot_trace_layers": (c_int32, [c_int64, _text_out, _text_out]),
    "tricot_trace_values": (c_int32, [c_int64, c_int64, c_void_p, c_int64, _text_out]),
    "tricot_operation_start": (
        c_int32,
        [c_int64, c_char_p, c_void_p, c_int64, c_void_p, c_int64, POINTER(c_int64), _text_out],
    ),
    "tricot_operation_wait": (c_int32, [c_int64, c_double]),
    "tricot_operation_progress": (c_void_p, [c_int64]),
    "tricot_operation_cancel": (None, [c_int64]),
    "tricot_operation_result": (c_int32, [c_int64, _text_out, _text_out]),
}


def _load() -> ctypes.CDLL:
    path = os.environ.get("TRICOT_LIBRARY") or str(Path(__file__).with_name("libTricotC.so"))
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"Tricot's native library cannot be loaded: {error}") from error
    for name, (result, arguments) in _functions.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


_native = _load()
_process = os.getpid()
_progress = threading.local()


def library() -> ctypes.CDLL:
    """The library; refuses where threads of it were lost."""
    if os.getpid() != _process:
        raise refusal(
            "forked-process",
            "Tricot was imported before this process was forked, and its threads stayed behind",
            hint="use threads, or multiprocessing.get_context('spawn')",
        )
    return _native


def take(pointer: c_void_p | int | None) -> str | None:
    """A text that the library gave away."""
    address = pointer.value if isinstance(pointer, c_void_p) else pointer
    if not address:
        return None
    try:
        return ctypes.string_at(address).decode()
    finally:
        _native.tricot_text_release(address)


def check(status: int, problem: c_void_p) -> None:
    """Raises what a function had to complain of."""
    if status == 0:
        return
    if status == 2:
        raise KeyboardInterrupt
    raise TricotError(Finding.of(json.loads(take(problem) or "{}")))


def version() -> str:
    return take(_native.tricot_version()) or ""


class Handle:
    """What the library holds for us; closed when nobody holds it any more."""

    def __init__(self, number: int):
        self.number = number
        self._process = os.getpid()

    def __del__(self) -> None:
        # At the interpreter's end the names of this module may be gone before what they name.
        native, getpid = globals().get("_native"), getattr(os, "getpid", None)
        if native is not None and getpid is not None and getpid() == self._process:
            native.tricot_close(self.number)


def open_compilation(options: dict[str, Any], files: dict[str, bytes]) -> Handle:
    """A compilation of options by name, and files that lie in memory."""
    count = len(files)
    names = (c_char_p * count)(*[name.encode() for name in files])
    contents = (c_char_p * count)(*files.values())
    sizes = (c_int64 * count)(*[len(content) for content in files.values()])
    handle, problem = c_int64(), c_void_p()
    text = json.dumps({key: value for key, value in options.items() if value is not None}).encode()
    status = library().tricot_compilation_open(text, count, names, contents, sizes, byref(handle), byref(problem))
    check(status, problem)
    return Handle(handle.value)


def findings(handle: Handle) -> list[Finding]:
    text, problem = c_void_p(), c_void_p()
    check(library().tricot_compilation_findings(handle.number, byref(text), byref(problem)), problem)
    return [Finding.of(document) for document in json.loads(take(text) or "[]")]


def on_progress(callback: Callable[[str, float], None] | None) -> None:
    """Has a function told what long work is about, in the thread that waits for it.

    Args:
        callback: Called about ten times a second with words for a person and the seconds since the call began;
            ``None`` for silence, which is the default.
    """
    _progress.callback = callback


def run(
    handle: Handle | None,
    action: str,
    values: Float64Array | None = None,
    expected: Float64Array | None = None,
    **arguments: Any,
) -> Any:
    """Does what may take its time, and returns the report's JSON; Ctrl-C ends it."""
    native = library()
    request = {"action": action} | {key: value for key, value in arguments.items() if value is not None}
    operation, problem = c_int64(), c_void_p()
    status = native.tricot_operation_start(
        handle.number if handle else 0,
        json.dumps(request).encode(),
        None if values is None else values.ctypes.data,
        0 if values is None else values.size,
        None if expected is None else expected.ctypes.data,
        0 if expected is None else expected.size,
        byref(operation),
        byref(problem),
    )
    check(status, problem)
    number = operation.value
    try:
        _wait(number)
        text = c_void_p()
        check(native.tricot_operation_result(number, byref(text), byref(problem)), problem)
        return json.loads(take(text) or "null")
    finally:
        native.tricot_close(number)


def _wait(number: int) -> None:
    """Waits in small steps, between which Python looks at its signals."""
    began = time.monotonic()
    callback = getattr(_progress, "callback", None)
    try:
        while not _native.tricot_operation_wait(number, 0.1):
            if callback is not None:
                words = take(_native.tricot_operation_progress(number))
                if words:
                    callback(words, time.monotonic() - began)
    except BaseException:
        # Tools that run are ended; a search goes on to its end, but nobody has to wait for it.
        _native.tricot_operation_cancel(number)
        for _ in range(20):
            if _native.tricot_operation_wait(number, 0.1):
                break
        raise
