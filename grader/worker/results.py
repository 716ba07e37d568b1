"""Turns what calls return into plain data for the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from grader.core import protocol
from grader.core.protocol import Leaf, Part, Raised, Returned, Step
from grader.worker.script import DTYPES

_WIRE = {dtype: name for name, dtype in DTYPES.items()}
_DOUBLE = np.dtype(np.float64)
_MAX_ARRAY = protocol.MAX_PAYLOAD // 4
_BYTES_OF_NUMBER = 5
"""What the number of a form, or a side of a shape, takes in a header at most."""
_BYTES_OF_LEAF = 40
"""What a leaf of float64 takes in a header at most, its shape and its form apart."""


class ResultTooLarge(Exception):
    """A returned value has more bytes, leaves or levels than may cross the wire."""


class PartBuilder:
    """Gathers results for one frame."""

    def __init__(self) -> None:
        self.results: list[int | Returned | Raised] = []
        self._forms: list[Returned] = []
        self._chunks: list[bytes] = []
        self._known: dict[object, int] = {}
        self._described = 0
        self._carried = 0

    @property
    def is_full(self) -> bool:
        """Whether another result might not fit into the same frame."""
        return (
            self._described + _BYTES_OF_NUMBER * len(self.results) > protocol.MAX_REPLY // 2
            or self._carried > _MAX_ARRAY
        )

    def append(self, result: Returned | Raised, chunks: Sequence[bytes] = ()) -> None:
        """Append a result that is described by itself, with its bytes."""
        described = len(protocol.encode_header(result))
        if described > protocol.MAX_RESULT:
            raise ResultTooLarge("returned a value with too many parts or too much text; return arrays and scalars")
        self._described += described
        self.results.append(result)
        self._chunks += chunks
        self._carried += sum(map(len, chunks))

    def add(self, result: object, step: Step, caught: list[str], mutated: list[int]) -> None:
        """Append what a call returned; raises `ResultTooLarge` and appends nothing where it may not cross the wire."""
        if caught or mutated:
            self._add_described(result, step, caught, mutated)
            return
        if type(result) is np.ndarray and result.dtype is _DOUBLE and step.arity == 1 and not step.keep:
            if result.nbytes > _MAX_ARRAY:
                raise ResultTooLarge(_too_large(result))
            number = self._known.get(result.shape)
            if number is None:
                number = self._form(result.shape, step, result.nbytes)
            self._chunks.append(result.tobytes())
        else:
            fresh: list[bytes] = []
            key = _form_key(result, step, fresh)
            if key is None:
                self._add_described(result, step, caught, mutated)
                return
            number = self._known.get(key)
            if number is None:
                number = self._form(key, step, sum(map(len, fresh)))
            self._chunks += fresh
        self.results.append(number)
        self._carried += self._forms[number].nbytes

    def _add_described(self, result: object, step: Step, caught: list[str], mutated: list[int]) -> None:
        fresh: list[bytes] = []
        leaves = _leaves(result, step, fresh)
        self.append(Returned(leaves, sum(map(len, fresh)), caught, mutated), fresh)

    def _form(self, key: tuple[object, ...], step: Step, size: int) -> int:
        """Return the number of a new form of float64."""
        number = self._known[key] = len(self._forms)
        leaves = _leaves_of(key, step)
        self._forms.append(Returned(leaves, size))
        self._described += sum(_BYTES_OF_LEAF + _BYTES_OF_NUMBER * len(leaf.shape) for leaf in leaves)
        return number

    def take(self, *, last: bool) -> tuple[Part, list[bytes]]:
        """Return what was gathered, and begin anew."""
        part, chunks = Part(self.results, last, self._forms), self._chunks
        self.__init__()  # type: ignore[misc]
        return part, chunks


def _form_key(result: object, step: Step, chunks: list[bytes]) -> tuple[object, ...] | None:
    """Return what tells the form of several results apart and append their bytes; `None` where some are not float64."""
    if step.arity == 1 or type(result) is not tuple or len(result) != step.arity:
        return None
    key: list[object] = []
    keep = step.keep
    for i, item in enumerate(result):
        if i in keep:
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


def _leaves_of(key: tuple[object, ...], step: Step) -> list[Leaf]:
    """Return the leaves of a form of float64."""
    if step.arity == 1:
        return [Leaf("array", "<f8", key)]  # type: ignore[arg-type]
    items = [
        _KEPT if item == "kept" else _NUMBER if item == "number" else Leaf("array", "<f8", item)  # type: ignore[arg-type]
        for item in key
    ]
    return [Leaf("tuple", "", (step.arity,)), *items]


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
_NUMBER = Leaf("generic", "<f8")
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
        leaves.append(Leaf("dict", wire_text(",".join(value), protocol.MAX_TEXT), (len(value),)))  # type: ignore[arg-type]
        for item in value.values():  # type: ignore[attr-defined]
            _flatten(item, leaves, chunks, depth + 1)
    elif kind is str:
        leaves.append(Leaf("text", wire_text(value, 100)))
    else:
        name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
        leaves.append(Leaf("other", wire_text(name, 100)))


def _array_leaf(array: np.ndarray[Any, Any], chunks: list[bytes]) -> Leaf:
    name = _WIRE.get(array.dtype) or array.dtype.newbyteorder("<").str
    if name not in protocol.DTYPES:
        return Leaf("other", f"array of dtype {array.dtype} and shape {array.shape}"[:100])
    if array.nbytes > _MAX_ARRAY:
        raise ResultTooLarge(_too_large(array))
    chunks.append(array.astype(name, copy=False).tobytes())
    return Leaf("array", name, array.shape)


def _too_large(array: np.ndarray[Any, Any]) -> str:
    return f"returned an array of {array.nbytes / 2**20:.0f} MB; at most 64 MB may be returned"


def _plain_leaf(value: object, kind: str, dtype: str, chunks: list[bytes]) -> Leaf:
    if kind == "int" and not -(2**63) <= value < 2**63:  # type: ignore[operator]
        return Leaf("other", "int beyond 64 bits")
    chunks.append(np.array(value, dtype).tobytes())
    return Leaf(kind, dtype)


def wire_text(text: object, most: int) -> str:
    """Return a text as the wire can carry it: of limited length, and without half of a surrogate pair."""
    return str(text)[:most].encode("utf-8", "replace").decode("utf-8")
