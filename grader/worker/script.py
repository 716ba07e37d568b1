"""Scripts made ready to be run: decoded, with their arrays in memory that all of their calls share."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from grader.core import protocol
from grader.core.protocol import Argument, Data, Run, Scalar, Step

DTYPES = {name: np.dtype(name) for name in protocol.DTYPES}
_ALIGNMENT = 16
_AS_IT_IS = frozenset({"C", "readonly"})
"""Layouts in which an array can lie in a payload."""
_FACTORS = {"F": 1, "strided": 2, "reversed": 1}
"""How many times as much memory as in C order the others take."""
Array = np.ndarray[Any, Any]


class ReadyCall(NamedTuple):
    """A step whose arguments lie ready.

    Attributes
    ----------
    arguments
        Plain values in their places, `None` where something else belongs.
    views
        Places of arrays, and what makes a new view of each.
    others
        Places of all other arguments, which are made anew for each call.
    """

    function: str
    arguments: list[object]
    views: list[tuple[int, Callable[[], Array]]]
    others: list[tuple[int, Argument]]
    step: Step


class Script:
    """A script with one array for each value and layout that its steps ask for.

    Equal arguments of all calls are views of the same memory. That is sound as long as no call writes to it, which one
    comparison of the whole tells; the calls of a script that does must be made again, each with arrays of its own.

    Parameters
    ----------
    run
        The decoded script.
    payload
        The bytes of its arrays.
    """

    def __init__(self, run: Run, payload: bytes | memoryview) -> None:
        self.run = run
        self.payload = bytes(payload)
        self.releases = run.releases()
        self._arrays: dict[Data, Array] = {}
        laid_out = {arg for step in run.steps for arg in step.args if type(arg) is Data and _has_own_memory(arg)}
        size = len(self.payload) + sum(_room(data) for data in laid_out)
        self._memory = bytearray(size)
        self._memory[: len(self.payload)] = self.payload
        self._fill(laid_out)
        self._pristine = bytes(self._memory)
        self.calls = [self._ready(step) for step in run.steps]

    def is_changed(self) -> bool:
        """Return whether a call has written to the memory of its arguments."""
        return self._memory != self._pristine

    def restore(self) -> None:
        """Undo what calls have written."""
        if self.is_changed():
            self._memory[:] = self._pristine

    def _fill(self, laid_out: set[Data]) -> None:
        """Copy arrays in other layouts than C behind the payload."""
        end = len(self.payload)
        for data in laid_out:
            start = end + -end % _ALIGNMENT
            end += _room(data)
            self._arrays[data] = _copy_into(self._memory, start, self._flat(data), data.layout)

    def _flat(self, data: Data) -> Array:
        return np.ndarray(data.shape, DTYPES[data.dtype], self._memory, data.offset)

    def _array(self, data: Data) -> Array:
        array = self._arrays.get(data)
        if array is None:
            array = self._arrays[data] = self._flat(data)
            if data.layout == "readonly":
                array.flags.writeable = False
        return array

    def _ready(self, step: Step) -> ReadyCall:
        ready = ReadyCall(step.function, [None] * len(step.args), [], [], step)
        for place, argument in enumerate(step.args):
            if type(argument) is Data:
                ready.views.append((place, self._array(argument).view))
            elif type(argument) is Scalar:
                ready.arguments[place] = argument.value
            else:
                ready.others.append((place, argument))
        return ready


def ready_scripts(frames: bytes) -> list[Script]:
    """Return the scripts in some frames, one after the other."""
    found = []
    start = 0
    while start < len(frames):
        header = start + protocol.PREFIX.size
        header_size, payload_size = protocol.frame_sizes(frames[start:header])
        payload = header + header_size
        start = payload + payload_size
        request = protocol.decode_request(frames[header:payload])
        if isinstance(request, Run):
            found.append(Script(request, frames[payload:start]))
    return found


def array_of(data: Data, payload: bytes | memoryview) -> Array:
    """Return a fresh array of an argument's bytes in the layout that it asks for."""
    return laid_out(flat_array(data, payload), data.layout)


def flat_array(data: Data, payload: bytes | memoryview) -> Array:
    """Return an argument's bytes as they are in the payload: in C order, and not to be written to."""
    return np.ndarray(data.shape, DTYPES[data.dtype], payload, data.offset)


def laid_out(flat: Array, layout: str) -> Array:
    """Return a copy of a C-ordered array in a memory layout."""
    if layout in _AS_IT_IS or not flat.shape:
        array = flat.copy()
        array.flags.writeable = layout != "readonly"
        return array
    return _copy_into(bytearray(_FACTORS[layout] * flat.nbytes), 0, flat, layout)


def _copy_into(memory: bytearray, start: int, flat: Array, layout: str) -> Array:
    """Return a copy of a C-ordered array of some dimensions, in another layout, in some memory."""
    if layout == "F":
        array: Array = np.ndarray(flat.shape, flat.dtype, memory, start, order="F")
    elif layout == "strided":
        array = np.ndarray((*flat.shape[:-1], 2 * flat.shape[-1]), flat.dtype, memory, start)[..., ::2]
    else:
        array = np.ndarray(flat.shape, flat.dtype, memory, start)[tuple(slice(None, None, -1) for _ in flat.shape)]
    array[...] = flat
    return array


def _has_own_memory(data: Data) -> bool:
    return data.layout not in _AS_IT_IS and bool(data.shape)


def _room(data: Data) -> int:
    """Return how many bytes an array in another layout takes, with what aligns it."""
    return _FACTORS[data.layout] * math.prod(data.shape) * DTYPES[data.dtype].itemsize + _ALIGNMENT
