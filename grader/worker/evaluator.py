"""Answers scripts: makes the arguments, calls the functions, and turns what comes back into plain data."""

from __future__ import annotations

import contextvars
import math
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from grader.core import protocol
from grader.core.arrays import same_bytes
from grader.core.protocol import Argument, Data, Generator, Part, Raised, Ref, Run, Scalar, Step
from grader.worker.results import DTYPES, PartBuilder, wire_text

FLUSH_SECONDS = 0.05
"""After this long the results so far are sent, so that the judge knows how far a worker came."""
_ERRORS_IN_CONTEXT = np.lib.NumpyVersion(np.__version__) >= "2.0.0"
"""Whether NumPy keeps its error state in a context variable, which costs less to restore than `numpy.seterr`."""
_ndarray = np.ndarray


_Watched = tuple[int, "np.ndarray[Any, Any]", "np.ndarray[Any, Any]"]
"""Position, array, and one that holds what it must still hold after the call."""


class Evaluator:
    """Runs scripts against a namespace of functions and keeps what later steps refer to.

    Parameters
    ----------
    functions
        Names to callables.
    locate
        Tells file and line of an exception's origin in the submission.
    explain
        Words an exception's message.
    careful
        Yield each result before the next call starts.
    alone
        Whether this process runs nothing but the submission, which then is who raises a `KeyboardInterrupt`; anywhere
        else it comes from the person at the keyboard, and passes.
    """

    def __init__(
        self,
        functions: Mapping[str, Callable[..., object]],
        *,
        locate: Callable[[BaseException], tuple[str, int]] | None = None,
        explain: Callable[[BaseException], str] = str,
        careful: bool = False,
        alone: bool = False,
    ) -> None:
        self.functions = functions
        self._locate = locate or _last_frame
        self._explain = explain
        self._careful = careful
        self._alone = alone
        self._kept: list[object] = []
        self._generators: dict[str, np.random.Generator] = {}
        self._handed: dict[int, list[_Watched]] = {}
        self._arena = _Arena(b"")

    def run(self, script: Run, payload: bytes | memoryview) -> Iterator[tuple[Part, list[bytes]]]:
        """Yield the results of a script in parts, each with the pieces of its payload; the last one says so."""
        if not script.continues:
            self._kept.clear()
            self._generators.clear()
            self._handed.clear()
        part = PartBuilder()
        needed = script.needed()
        self._arena = _Arena(payload)
        first, flushed = 0, time.perf_counter()
        with _WarningWatch() as watch:
            for number, step in enumerate(script.steps):
                is_due = self._careful or part.is_full or time.perf_counter() - flushed > FLUSH_SECONDS
                if is_due and part.results:
                    part.note_changes(self._arena.changes(script.steps, first, number))
                    yield part.take(last=False)
                    first, flushed = number, time.perf_counter()
                self._answer(number, step, part, watch)
                if needed is not None and len(self._kept) - 1 not in needed:
                    self._kept[-1] = None
        part.note_changes(self._arena.changes(script.steps, first, len(script.steps)))
        yield part.take(last=True)

    def _answer(self, number: int, step: Step, part: PartBuilder, watch: _WarningWatch) -> None:
        """Make one call and note what came of it."""
        try:
            function = self.functions[step.function]
            args, watched, behind = self._arguments(number, step)
            caught = watch.renew()
            result = watch.call(function, *args)
            mutated = _changed(watched) if watched else []
            if step.keep:
                self._handed[len(self._kept)] = [item for item in watched if item[0] not in mutated]
            if behind:
                mutated = [*mutated, *(-1 - i for i in _changed(behind))]
            part.add(result, step, caught, mutated)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and not self._alone:
                raise
            self._kept.append(None)
            part.append(_raised(error, self._locate, self._explain))
            return
        self._kept.append(result)

    def _arguments(self, number: int, step: Step) -> tuple[list[object], list[_Watched], list[_Watched]]:
        """Return a call's arguments, the arrays to look at after it, and those of calls whose caches it is given.

        What an earlier call returned is the submission's own and not watched.
        """
        args: list[object] = []
        watched: list[_Watched] = []
        behind: list[_Watched] = []
        seen = -1
        owners, buffer = self._arena.owners, self._arena.buffer
        for argument in step.args:
            kind = type(argument)
            if kind is Data:
                offset = argument.offset  # type: ignore[union-attr]
                if argument.layout == "C" and offset not in owners and not step.keep:  # type: ignore[union-attr]
                    owners[offset] = number
                    args.append(_ndarray(argument.shape, DTYPES[argument.dtype], buffer, offset))  # type: ignore[union-attr]
                    continue
                flat = _ndarray(argument.shape, DTYPES[argument.dtype], self._arena.pristine, offset)  # type: ignore[union-attr]
                array = _laid_out(flat, argument.layout)  # type: ignore[union-attr]
                watched.append((len(args), array, flat))
                args.append(array)
            elif kind is Scalar:
                args.append(argument.value)  # type: ignore[union-attr]
            elif kind is Ref:
                earlier, index = argument.step, argument.index  # type: ignore[union-attr]
                kept = self._kept[earlier]
                args.append(kept if index < 0 else kept[index])  # type: ignore[index]
                if earlier != seen:
                    seen = earlier
                    behind += self._handed.get(earlier, ())
            else:
                args.append(self._argument(argument))
        return args, watched, behind

    def _argument(self, argument: Argument) -> object:
        if isinstance(argument, Data):
            return array_of(argument, self._arena.pristine)
        if isinstance(argument, Scalar):
            return argument.value
        if isinstance(argument, Ref):
            kept = self._kept[argument.step]
            return kept if argument.index < 0 else kept[argument.index]  # type: ignore[index]
        if isinstance(argument, Generator):
            if not argument.key:
                return np.random.default_rng(argument.seed)
            return self._generators.setdefault(argument.key, np.random.default_rng(argument.seed))
        items = [self._argument(item) for item in argument.items]
        if argument.kind == "dict":
            return dict(zip(argument.keys, items, strict=True))
        return tuple(items) if argument.kind == "tuple" else items


class _Arena:
    """The arrays of a script in memory that its calls may write to: one copy, and one comparison, for all of them.

    Attributes
    ----------
    owners
        By offset, the step that was given the memory there; whoever else asks for the same values gets a copy.
    """

    def __init__(self, payload: bytes | memoryview) -> None:
        self.pristine = bytes(payload)
        self.buffer = bytearray(self.pristine)
        self.owners: dict[int, int] = {}

    def changes(self, steps: list[Step], first: int, end: int) -> dict[int, list[int]]:
        """Return which arguments the steps from `first` to before `end` changed, by step counted from `first`."""
        found: dict[int, list[int]] = {}
        if self.buffer == self.pristine:
            return found
        for number in range(first, end):
            for position, argument in enumerate(steps[number].args):
                if type(argument) is Data and self.owners.get(argument.offset) == number and self._is_changed(argument):
                    found.setdefault(number - first, []).append(position)
        return found

    def _is_changed(self, data: Data) -> bool:
        if data.layout != "C":
            return False
        end = data.offset + math.prod(data.shape) * DTYPES[data.dtype].itemsize
        return self.buffer[data.offset : end] != self.pristine[data.offset : end]


def _changed(watched: list[_Watched]) -> list[int]:
    """Return the positions of arrays that do not hold any more what they should."""
    return [i for i, array, flat in watched if not same_bytes(array, flat)]


def array_of(data: Data, payload: bytes | memoryview) -> np.ndarray[Any, Any]:
    """Return a fresh array of an argument's bytes in the layout that it asks for."""
    return _laid_out(np.ndarray(data.shape, DTYPES[data.dtype], payload, data.offset), data.layout)


def _laid_out(flat: np.ndarray[Any, Any], layout: str) -> np.ndarray[Any, Any]:
    """Return a copy of a C-ordered array in a memory layout."""
    if layout == "C":
        return flat.copy()
    if layout == "F":
        return flat.copy(order="F")
    if layout == "readonly":
        array = flat.copy()
        array.flags.writeable = False
        return array
    if not flat.shape:
        return flat.copy()
    if layout == "strided":
        wide = np.zeros((*flat.shape[:-1], 2 * flat.shape[-1]), flat.dtype)
        wide[..., ::2] = flat
        return wide[..., ::2]
    backwards = tuple(slice(None, None, -1) for _ in flat.shape)
    return flat[backwards].copy()[backwards]


class _WarningWatch:
    """Collects the warnings of each call under NumPy's default error state, whatever the submission set.

    `warnings.catch_warnings` around every call would reset every module's registry and cost more than the call.
    """

    def __init__(self) -> None:
        self.caught: list[str] = []

    def __enter__(self) -> _WarningWatch:
        self._outside = (warnings.showwarning, warnings.filters[:], np.geterr())
        warnings.showwarning = self._note
        warnings.simplefilter("always")
        self._always = warnings.filters[0]
        _default_errors()
        self._context = contextvars.copy_context()
        return self

    def call(self, function: Callable[..., object], *args: object) -> object:
        """Call a function under NumPy's default error state, and leave that state as it is."""
        if _ERRORS_IN_CONTEXT:
            return self._context.copy().run(function, *args)
        _default_errors()
        return function(*args)

    def renew(self) -> list[str]:
        """Start a call: restore the filters, and return the list that its warnings go to."""
        if not warnings.filters or warnings.filters[0] is not self._always:
            warnings.simplefilter("always")
            self._always = warnings.filters[0]
            warnings.showwarning = self._note
        self.caught = []
        return self.caught

    def __exit__(self, *_: object) -> None:
        show, filters, state = self._outside
        warnings.showwarning = show
        warnings.filters[:] = filters  # type: ignore[index]
        warnings._filters_mutated()  # type: ignore[attr-defined]
        np.seterr(**state)

    def _note(self, message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        text = wire_text(f"{category.__name__}: {message}", protocol.MAX_TEXT)
        if text not in self.caught and len(self.caught) < protocol.MAX_WARNINGS:
            self.caught.append(text)


def _default_errors() -> None:
    np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")


def _raised(
    error: BaseException,
    locate: Callable[[BaseException], tuple[str, int]],
    explain: Callable[[BaseException], str],
) -> Raised:
    try:
        message = wire_text(explain(error), protocol.MAX_TEXT)
        file, line = locate(error)
    except BaseException:  # an exception's own __str__ may raise SystemExit
        message, file, line = "(no readable message)", "", 0
    return Raised(wire_text(type(error).__name__, 100), message, wire_text(file, 200), line)


def _last_frame(error: BaseException) -> tuple[str, int]:
    frames = traceback.extract_tb(error.__traceback__)
    return (frames[-1].filename, frames[-1].lineno or 0) if frames else ("", 0)
