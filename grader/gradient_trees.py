"""Inputs and gradients as trees of arrays: dicts, lists and tuples, and which gradient belongs to which input."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass

import numpy as np

from grader.core.ridders import FloatArray

Path = tuple[int | str, ...]
"""Where a leaf is: the argument's position, then keys and positions down to it."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """An array among a function's inputs.

    Attributes
    ----------
    name
        How it is called: the argument's name, or the last key.
    path
        Where it is.
    value
        Its value in float64, or as it is where it is not real.
    kind
        ``"real"``, ``"number"`` (a Python or NumPy float) or ``"other"`` (integers, booleans, complex numbers).
    """

    name: str
    path: Path
    value: object
    kind: str


def is_tensor(value: object) -> bool:
    """Return whether a value is a torch tensor, without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def as_array(value: object) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    """Return an array or a tensor as an array."""
    return np.asarray(value.detach().cpu().numpy() if is_tensor(value) else value)  # type: ignore[attr-defined]


def leaves_of(arguments: Sequence[object], names: Sequence[str]) -> list[Leaf]:
    """Return every array among the arguments; names that would be equal are told apart by their argument's name."""
    found: list[Leaf] = []
    for i, (argument, name) in enumerate(zip(arguments, names, strict=True)):
        _collect(argument, (i,), name, found)
    short = [leaf.name for leaf in found]
    return [
        Leaf(_long_name(leaf, names) if short.count(leaf.name) > 1 else leaf.name, leaf.path, leaf.value, leaf.kind)
        for leaf in found
    ]


def _long_name(leaf: Leaf, names: Sequence[str]) -> str:
    return ".".join([names[int(leaf.path[0])], *map(str, leaf.path[1:])])


def _collect(value: object, path: Path, name: str, found: list[Leaf]) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            _collect(item, (*path, key), str(key), found)
    elif isinstance(value, list | tuple) and any(map(_has_arrays, value)):
        for i, item in enumerate(value):
            _collect(item, (*path, i), f"{name}.{i}", found)
    elif isinstance(value, np.ndarray) or is_tensor(value):
        array = as_array(value)
        real = array.dtype.kind == "f"
        found.append(Leaf(name, path, array.astype(np.float64) if real else array, "real" if real else "other"))
    elif isinstance(value, float | np.floating):
        found.append(Leaf(name, path, np.asarray(value, np.float64), "number"))


def _has_arrays(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_arrays, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_arrays, value))
    return isinstance(value, np.ndarray) or is_tensor(value)


def rebuilt(
    arguments: Sequence[object], leaves: Mapping[Path, object], *, other: Callable[[object], object] = deepcopy
) -> list[object]:
    """Return fresh arguments with some leaves replaced; `other` copies everything else."""
    return [_rebuilt(argument, (i,), leaves, other) for i, argument in enumerate(arguments)]


def _rebuilt(value: object, path: Path, leaves: Mapping[Path, object], other: Callable[[object], object]) -> object:
    if path in leaves:
        return leaves[path]
    if isinstance(value, Mapping):
        entries = {key: _rebuilt(item, (*path, key), leaves, other) for key, item in value.items()}
        return _like_mapping(value, entries)
    if isinstance(value, list | tuple):
        items = [_rebuilt(item, (*path, i), leaves, other) for i, item in enumerate(value)]
        make = getattr(type(value), "_make", tuple if isinstance(value, tuple) else list)
        return make(items)
    return other(value)


def _like_mapping(value: Mapping[object, object], entries: dict[object, object]) -> object:
    """Return entries as a mapping of the same kind; one that cannot be changed becomes a dict."""
    if type(value) is dict or not isinstance(value, MutableMapping):
        return entries
    same_kind = copy(value)
    same_kind.update(entries)
    return same_kind


def same(first: object, second: object) -> bool:
    """Return whether two trees hold the same numbers, bit by bit; what is no number counts as the same."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, np.ndarray | float | np.generic) or is_tensor(first):
        one, other = as_array(first), as_array(second)
        return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()
    return True


def gradients_by_leaf(
    returned: object, leaves: Sequence[Leaf], arguments: Sequence[object], names: Sequence[str], *, chosen: bool
) -> dict[Path, FloatArray]:
    """Return the gradient of each leaf that a backward returned one for.

    Parameters
    ----------
    returned
        An array, a dict by names (``"w1"`` or ``"dw1"``), or one item per argument: of all arguments, or of those that
        hold one of `leaves`; an item is shaped like its argument.
    leaves
        Those that may have a gradient.
    chosen
        Whether the user chose `leaves` by ``wrt``; then each must have one.

    Raises
    ------
    ValueError
        If it cannot be told which gradient belongs to which input, or one is missing.
    """
    by_path: dict[Path, FloatArray] = {}
    holders = list(dict.fromkeys(int(leaf.path[0]) for leaf in leaves))
    whole = len(holders) == 1 and isinstance(arguments[holders[0]], list | tuple | Mapping)
    if isinstance(returned, Mapping):
        by_path = _by_key(returned, leaves, names)
    elif whole and _mirrors(returned, arguments[holders[0]]):
        _descend(returned, (holders[0],), leaves, names, by_path)
    else:
        for i, item in zip(*_by_argument(returned, holders, arguments, names), strict=True):
            if item is not None:
                _descend(item, (i,), leaves, names, by_path)
    missing = [leaf for leaf in leaves if leaf.path not in by_path]
    if missing and (chosen or not by_path):
        raise ValueError(
            f"the backward returns no gradient for {', '.join(leaf.name for leaf in missing)};"
            f" return one, or name the inputs that have one with wrt=[…]"
        )
    return by_path


def _mirrors(returned: object, argument: object) -> bool:
    if isinstance(argument, list | tuple):
        return isinstance(returned, list | tuple) and len(returned) == len(argument)
    return False


def _by_key(returned: Mapping[object, object], leaves: Sequence[Leaf], names: Sequence[str]) -> dict[Path, FloatArray]:
    """Read gradients by the names of arguments, or by the keys of dicts among them."""
    found: dict[Path, FloatArray] = {}
    for i in dict.fromkeys(int(leaf.path[0]) for leaf in leaves):
        whole = _under(returned, names[i])
        if whole is not None:
            _descend(whole, (i,), leaves, names, found)
            continue
        keys = list(dict.fromkeys(leaf.path[1] for leaf in leaves if leaf.path[0] == i and len(leaf.path) > 1))
        inner = {key: _under(returned, key) for key in keys}
        missing = [str(key) for key, item in inner.items() if item is None]
        if missing and len(missing) < len(keys):
            given = ", ".join(map(repr, returned))
            raise ValueError(
                f"the backward returns no gradient for {', '.join(missing)} of {names[i]}; it returns {given}"
            )
        for key, item in inner.items():
            if item is not None:
                _descend(item, (i, key), leaves, names, found)
    return found


def _under(items: Mapping[object, object], key: object) -> object:
    """Return what is stored under a name, with or without a ``d`` before it."""
    return items.get(key, items.get(f"d{key}", items.get(f"grad_{key}")))


def _by_argument(
    returned: object, holders: Sequence[int], arguments: Sequence[object], names: Sequence[str]
) -> tuple[Sequence[int], Sequence[object]]:
    items = returned if isinstance(returned, list | tuple) else [returned]
    mirrored = [i for i in holders if _has_shapes_of(items, arguments[i])]
    if len(mirrored) == 1:
        return mirrored, [items]
    if len(items) == len(holders) and None not in [item if item is None else 0 for item in items]:
        return holders, items
    if len(items) == len(arguments):
        return range(len(arguments)), items
    counted = "1 gradient" if len(items) == 1 else f"{len(items)} gradients"
    raise ValueError(
        f"the backward returns {counted}, but {len(holders)} inputs are real: {', '.join(names[i] for i in holders)};"
        f" return one for each, or name those that have one with wrt=[…]"
    )


def _has_shapes_of(items: Sequence[object], argument: object) -> bool:
    """Return whether items are numbers and arrays shaped like those of a list or tuple of parameters."""
    if not isinstance(argument, list | tuple) or len(items) != len(argument) or any(map(_is_tree, [*items, *argument])):
        return False
    return all(np.shape(as_array(a)) == np.shape(as_array(b)) for a, b in zip(items, argument, strict=True))


def _is_tree(value: object) -> bool:
    return value is None or isinstance(value, list | tuple | Mapping)


def _descend(
    item: object, path: Path, leaves: Sequence[Leaf], names: Sequence[str], found: dict[Path, FloatArray]
) -> None:  # fmt: skip
    """Enter the gradients of an argument, whose tree the item mirrors, with or without a ``d`` before keys."""
    own = [leaf for leaf in leaves if leaf.path[: len(path)] == path]
    if any(leaf.path == path for leaf in own):
        found[path] = _real(item, own[0].name)
        return
    for key in dict.fromkeys(leaf.path[len(path)] for leaf in own):
        if isinstance(item, Mapping):
            inner = _under(item, key)
        else:
            inner = item[key] if isinstance(item, list | tuple) and isinstance(key, int) and key < len(item) else None
        if inner is None:
            raise ValueError(
                f"the gradient of {names[int(path[0])]} has nothing for {key!r};"
                f" give it the same keys and lengths as {names[int(path[0])]}"
            )
        _descend(inner, (*path, key), leaves, names, found)


def _real(value: object, name: str) -> FloatArray:
    try:
        array = as_array(value)
    except ValueError:
        array = np.empty(0, object)
    if array.dtype.kind not in "fiub":
        what = f"an array of dtype {array.dtype}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
        raise TypeError(f"the gradient of {name} is {what}, but should be an array of real numbers")
    return array.astype(np.float64)
