"""Answers scripts: makes the arguments, calls the functions, and turns what comes back into plain data."""

from __future__ import annotations

import contextvars
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from grader.core import protocol
from grader.core.arrays import same_bytes
from grader.core.protocol import Argument, Data, Generator, Leaf, Part, Raised, Ref, Returned, Run, Scalar, Step

FLUSH_SECONDS = 0.05
"""After this long the results so far are sent, so that the judge knows how far a worker came."""
_ERRORS_IN_CONTEXT = np.lib.NumpyVersion(np.__version__) >= "2.0.0"
"""Whether NumPy keeps its error state in a context variable, which costs less to restore than `numpy.seterr`."""
_DTYPES = {name: np.dtype(name) for name in protocol.DTYPES}
_WIRE = {dtype: name for name, dtype in _DTYPES.items()}
_DOUBLE = np.dtype(np.float64)
_ndarray = np.ndarray
_MAX_ARRAY = protocol.MAX_PAYLOAD // 4


_Watched = tuple[int, "np.ndarray[Any, Any]", "np.ndarray[Any, Any]"]
"""Position, array, and one that holds what it must still hold after the call."""


class ResultTooLarge(Exception):
    """A returned value has more bytes, leaves or levels than may cross the wire."""


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

    def run(self, script: Run, payload: bytes | memoryview) -> Iterator[tuple[Part, list[bytes]]]:
        """Yield the results of a script in parts, each with the pieces of its payload; the last one says so."""
        if not script.continues:
            self._kept.clear()
            self._generators.clear()
            self._handed.clear()
        part = _PartBuilder()
        needed = script.needed()
        flushed = time.perf_counter()
        with _WarningWatch() as watch:
            for step in script.steps:
                if part.results and (self._careful or time.perf_counter() - flushed > FLUSH_SECONDS):
                    yield part.take(last=False)
                    flushed = time.perf_counter()
                self._answer(step, payload, part, watch)
                if needed is not None and len(self._kept) - 1 not in needed:
                    self._kept[-1] = None
        yield part.take(last=True)

    def _answer(self, step: Step, payload: bytes | memoryview, part: _PartBuilder, watch: _WarningWatch) -> None:
        """Make one call and note what came of it."""
        try:
            function = self.functions[step.function]
            args, watched, behind = self._arguments(step, payload)
            caught = watch.renew()
            result = watch.call(function, *args)
            mutated = _changed(watched)
            if step.keep:
                self._handed[len(self._kept)] = [item for item in watched if item[0] not in mutated]
            if behind:
                mutated = [*mutated, *(-1 - i for i in _changed(behind))]
            part.add(result, step, caught, mutated)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and not self._alone:
                raise
            self._kept.append(None)
            part.results.append(_raised(error, self._locate, self._explain))
            return
        self._kept.append(result)

    def _arguments(
        self, step: Step, payload: bytes | memoryview
    ) -> tuple[list[object], list[_Watched], list[_Watched]]:
        """Return a call's arguments, the arrays that came over the wire, and those of calls whose caches it is given.

        What an earlier call returned is the submission's own and not watched.
        """
        args: list[object] = []
        watched: list[_Watched] = []
        behind: list[_Watched] = []
        seen = -1
        for argument in step.args:
            kind = type(argument)
            if kind is Data:
                flat = _ndarray(argument.shape, _DTYPES[argument.dtype], payload, argument.offset)  # type: ignore[union-attr]
                array = flat.copy() if argument.layout == "C" else _laid_out(flat, argument.layout)  # type: ignore[union-attr]
                watched.append((len(args), array, flat))
                args.append(array)
            elif kind is Scalar:
                args.append(argument.value)  # type: ignore[union-attr]
            elif kind is Ref:
                number, index = argument.step, argument.index  # type: ignore[union-attr]
                kept = self._kept[number]
                args.append(kept if index < 0 else kept[index])  # type: ignore[index]
                if number != seen:
                    seen = number
                    behind += self._handed.get(number, ())
            else:
                args.append(self._argument(argument, payload))
        return args, watched, behind

    def _argument(self, argument: Argument, payload: bytes | memoryview) -> object:
        if isinstance(argument, Data):
            return array_of(argument, payload)
        if isinstance(argument, Scalar):
            return argument.value
        if isinstance(argument, Ref):
            kept = self._kept[argument.step]
            return kept if argument.index < 0 else kept[argument.index]  # type: ignore[index]
        if isinstance(argument, Generator):
            if not argument.key:
                return np.random.default_rng(argument.seed)
            return self._generators.setdefault(argument.key, np.random.default_rng(argument.seed))
        items = [self._argument(item, payload) for item in argument.items]
        if argument.kind == "dict":
            return dict(zip(argument.keys, items, strict=True))
        return tuple(items) if argument.kind == "tuple" else items


def _changed(watched: list[_Watched]) -> list[int]:
    """Return the positions of arrays that do not hold any more what they should."""
    return [i for i, array, flat in watched if not same_bytes(array, flat)]


def array_of(data: Data, payload: bytes | memoryview) -> np.ndarray[Any, Any]:
    """Return a fresh array of an argument's bytes in the layout that it asks for."""
    return _laid_out(np.ndarray(data.shape, _DTYPES[data.dtype], payload, data.offset), data.layout)


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
        text = _text(f"{category.__name__}: {message}", protocol.MAX_TEXT)
        if text not in self.caught and len(self.caught) < protocol.MAX_WARNINGS:
            self.caught.append(text)


def _default_errors() -> None:
    np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")


class _PartBuilder:
    """Gathers results for one frame."""

    def __init__(self) -> None:
        self.results: list[int | Returned | Raised] = []
        self._forms: list[Returned] = []
        self._chunks: list[bytes] = []
        self._known: dict[object, int] = {}

    def add(self, result: object, step: Step, caught: list[str], mutated: list[int]) -> None:
        """Append what a call returned; raises `ResultTooLarge` and appends nothing where it may not cross the wire."""
        fresh: list[bytes] = []
        key = None if caught or mutated else _form_key(result, step, fresh)
        number = None if key is None else self._known.get(key)
        if number is None:
            fresh = []
            returned = Returned(_leaves(result, step, fresh), sum(map(len, fresh)), caught, mutated)
            if key is None:
                self.results.append(returned)
                self._chunks += fresh
                return
            number = self._known[key] = len(self._forms)
            self._forms.append(returned)
        self.results.append(number)
        self._chunks += fresh

    def take(self, *, last: bool) -> tuple[Part, list[bytes]]:
        """Return what was gathered, and begin anew."""
        part, chunks = Part(self.results, last, self._forms), self._chunks
        self.__init__()  # type: ignore[misc]
        return part, chunks


def _form_key(result: object, step: Step, chunks: list[bytes]) -> object:
    """Return what tells the form of a result apart and append its bytes; `None` where it has more than float64."""
    if step.arity == 1:
        if step.keep or type(result) is not np.ndarray or result.dtype is not _DOUBLE or result.nbytes > _MAX_ARRAY:
            return None
        chunks.append(result.tobytes())
        return result.shape
    if type(result) is not tuple or len(result) != step.arity:
        return None
    key: list[object] = []
    for i, item in enumerate(result):
        if i in step.keep:
            key.append("kept")
        elif type(item) is np.ndarray and item.dtype is _DOUBLE and item.nbytes <= _MAX_ARRAY:
            chunks.append(item.tobytes())
            key.append(item.shape)
        elif type(item) is np.float64:
            chunks.append(item.tobytes())
            key.append("number")
        else:
            return None
    return tuple(key)


def _leaves(result: object, step: Step, chunks: list[bytes]) -> list[Leaf]:
    leaves: list[Leaf] = []
    if step.arity > 1 and isinstance(result, tuple | list) and len(result) == step.arity:
        leaves.append(Leaf("tuple" if isinstance(result, tuple) else "list", "", (step.arity,)))
        for i, item in enumerate(result):
            if i in step.keep:
                leaves.append(_KEPT)
            else:
                _flatten(item, leaves, chunks, 1)
    elif step.arity == 1 and 0 in step.keep:
        leaves.append(_KEPT)
    else:
        _flatten(result, leaves, chunks, 0)
    return leaves


_KEPT = Leaf("kept", "")
_NONE = Leaf("none", "")
_PLAIN = {float: ("float", "<f8"), int: ("int", "<i8"), bool: ("bool", "|b1"), complex: ("complex", "<c16")}


def _flatten(value: object, leaves: list[Leaf], chunks: list[bytes], depth: int) -> None:
    """Append a value's leaves and bytes; what is not plain data is only described."""
    if len(leaves) >= protocol.MAX_LEAVES or depth > protocol.MAX_DEPTH - 1:
        raise ResultTooLarge("returned a value with too many parts or levels; return arrays and scalars")
    kind = type(value)
    if kind is np.ndarray:
        leaves.append(_array_leaf(value, chunks))  # type: ignore[arg-type]
    elif value is None:
        leaves.append(_NONE)
    elif kind in _PLAIN:
        leaves.append(_plain_leaf(value, *_PLAIN[kind], chunks))
    elif issubclass(kind, np.generic) and kind.__module__ == "numpy":
        array = np.asarray(value)
        leaf = _array_leaf(array, chunks)
        leaves.append(Leaf("generic", leaf.info) if leaf.kind == "array" else leaf)
    elif kind is tuple or kind is list:
        leaves.append(Leaf(kind.__name__, "", (len(value),)))  # type: ignore[arg-type]
        for item in value:  # type: ignore[attr-defined]
            _flatten(item, leaves, chunks, depth + 1)
    elif kind is dict and all(type(key) is str for key in value):  # type: ignore[attr-defined]
        leaves.append(Leaf("dict", _text(",".join(value), protocol.MAX_TEXT), (len(value),)))  # type: ignore[arg-type]
        for item in value.values():  # type: ignore[attr-defined]
            _flatten(item, leaves, chunks, depth + 1)
    elif kind is str:
        leaves.append(Leaf("text", _text(value, 100)))
    else:
        name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
        leaves.append(Leaf("other", _text(name, 100)))


def _array_leaf(array: np.ndarray[Any, Any], chunks: list[bytes]) -> Leaf:
    name = _WIRE.get(array.dtype) or array.dtype.newbyteorder("<").str
    if name not in protocol.DTYPES:
        return Leaf("other", f"array of dtype {array.dtype} and shape {array.shape}"[:100])
    if array.nbytes > _MAX_ARRAY:
        raise ResultTooLarge(f"returned an array of {array.nbytes / 2**20:.0f} MB; at most 64 MB may be returned")
    chunks.append(array.astype(name, copy=False).tobytes())
    return Leaf("array", name, array.shape)


def _plain_leaf(value: object, kind: str, dtype: str, chunks: list[bytes]) -> Leaf:
    if kind == "int" and not -(2**63) <= value < 2**63:  # type: ignore[operator]
        return Leaf("other", "int beyond 64 bits")
    chunks.append(np.array(value, dtype).tobytes())
    return Leaf(kind, dtype)


def _raised(
    error: BaseException,
    locate: Callable[[BaseException], tuple[str, int]],
    explain: Callable[[BaseException], str],
) -> Raised:
    try:
        message = _text(explain(error), protocol.MAX_TEXT)
        file, line = locate(error)
    except BaseException:  # an exception's own __str__ may raise SystemExit
        message, file, line = "(no readable message)", "", 0
    return Raised(_text(type(error).__name__, 100), message, _text(file, 200), line)


def _text(text: object, most: int) -> str:
    """Return a text as the wire can carry it: of limited length, and without half of a surrogate pair."""
    return str(text)[:most].encode("utf-8", "replace").decode("utf-8")


def _last_frame(error: BaseException) -> tuple[str, int]:
    frames = traceback.extract_tb(error.__traceback__)
    return (frames[-1].filename, frames[-1].lineno or 0) if frames else ("", 0)
