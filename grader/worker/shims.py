"""What NumPy and Python have removed since the homework was written, given back to submissions alone."""

from __future__ import annotations

import functools
import io
import itertools
import math
import types
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

_SAME = {
    "float": float, "int": int, "object": object, "str": str, "complex": complex, "unicode": str,
    "math": math,
}  # fmt: skip
_RENAMED = {
    "product": "prod", "cumproduct": "cumprod", "alltrue": "all", "sometrue": "any", "row_stack": "vstack",
    "Inf": "inf", "Infinity": "inf", "infty": "inf", "PINF": "inf", "NaN": "nan", "NAN": "nan", "float_": "float64",
    "complex_": "complex128", "cfloat": "complex128", "singlecomplex": "complex64", "longfloat": "longdouble",
    "clongfloat": "clongdouble", "longcomplex": "clongdouble",
    "string_": "bytes_", "unicode_": "str_", "bool8": "bool_",
    "int0": "intp", "uint0": "uintp", "object0": "object_", "str0": "str_", "bytes0": "bytes_", "void0": "void",
    "round_": "round", "mat": "asmatrix", "rank": "ndim", "issubsctype": "issubdtype", "trapz": "trapezoid",
}  # fmt: skip


def _in1d(first: ArrayLike, second: ArrayLike, assume_unique: bool = False, invert: bool = False) -> object:  # noqa: FBT001, FBT002
    return np.isin(np.ravel(first), second, assume_unique=assume_unique, invert=invert)


def _written() -> dict[str, tuple[str, object]]:
    return {
        "NINF": ("-np.inf", -np.inf),
        "PZERO": ("0.0", 0.0),
        "NZERO": ("-0.0", -0.0),
        "in1d": ("np.isin", _in1d),
        "asfarray": ("np.asarray(a, dtype=float)", lambda a, dtype=np.float64: np.asarray(a, dtype)),
        "asscalar": ("a.item()", lambda a: a.item()),
        "alen": ("len(a)", lambda a: len(np.atleast_1d(a))),
        "msort": ("np.sort(a, axis=0)", lambda a: np.sort(a, axis=0)),
        "disp": ("print", lambda *_args, **_kwargs: None),
    }


def removed_names() -> dict[str, tuple[str, object]]:
    """Return what this NumPy lacks and old homework uses: name to (what to write instead, the value)."""
    found: dict[str, tuple[str, object]] = {}
    for name, value in _SAME.items():
        found[name] = (name, value)
    for name, new in _RENAMED.items():
        if hasattr(np, new):
            found[name] = (f"np.{new}", getattr(np, new))
    found.update(_written())
    return {name: shim for name, shim in found.items() if name not in vars(np)}


def facade(module: types.ModuleType, extra: Mapping[str, object]) -> types.ModuleType:
    """Return a module that looks like another with more names; what is set on it does not reach the other."""
    copy = types.ModuleType(module.__name__, module.__doc__)
    vars(copy).update(vars(module))
    vars(copy).update(extra)
    vars(copy)["__getattr__"] = functools.partial(getattr, module)
    return copy


def numpy_for_submissions(removed: Mapping[str, tuple[str, object]]) -> types.ModuleType:
    """Return NumPy as submissions see it: with the names that were removed."""
    extra: dict[str, object] = {name: value for name, (_, value) in removed.items()}
    if not hasattr(np.lib, "pad"):
        extra["lib"] = facade(np.lib, {"pad": np.pad})
    return facade(np, extra)


def modules() -> dict[str, types.ModuleType]:
    """Return modules that bridged Python 2 and 3, and the ones that were renamed, as today's Python has them."""
    import builtins
    import pickle
    import queue

    bridge: dict[str, object] = {
        "xrange": range, "range": range, "raw_input": no_input, "input": no_input, "basestring": str, "unicode": str,
        "long": int, "unichr": chr, "reduce": functools.reduce, "zip": zip, "map": map, "filter": filter,
        "zip_longest": itertools.zip_longest, "cPickle": pickle, "StringIO": io.StringIO,
    }  # fmt: skip
    six: dict[str, object] = {
        "PY2": False, "PY3": True, "string_types": (str,), "integer_types": (int,), "text_type": str,
        "binary_type": bytes, "iteritems": lambda d: iter(d.items()), "itervalues": lambda d: iter(d.values()),
        "iterkeys": iter, "with_metaclass": lambda meta, *bases: meta("Base", bases or (object,), {}),
        "add_metaclass": lambda meta: lambda cls: meta(cls.__name__, cls.__bases__, dict(vars(cls))),
    }  # fmt: skip
    made: dict[str, dict[str, object]] = {
        "past.builtins": bridge, "six.moves": bridge, "past.utils": {"old_div": old_div}, "past": {}, "six": six
    }  # fmt: skip
    found = {name: types.ModuleType(name) for name in made}
    for name, names in made.items():
        vars(found[name]).update(names)
    vars(found["past"]).update(builtins=found["past.builtins"], utils=found["past.utils"])
    vars(found["six"]).update(moves=found["six.moves"])
    same: dict[str, types.ModuleType] = {
        "cPickle": pickle, "Queue": queue, "StringIO": io, "cStringIO": io, "__builtin__": builtins
    }  # fmt: skip
    return {**found, **same}


def names() -> dict[str, object]:
    """Return what submissions find among the built-in names besides Python's own."""
    return {
        "xrange": range, "unicode": str, "basestring": str, "long": int, "unichr": chr, "reduce": functools.reduce,
        "raw_input": no_input, "input": no_input, "exit": leave, "quit": leave, "breakpoint": nothing, "help": nothing,
        "display": nothing, "__grade_number__": number, "__grade_store__": store, "__grade_sum__": sum,
        "__grade_list__": list,
    }  # fmt: skip


def old_div(a: object, b: object) -> object:
    """Divide as Python 2 did."""
    return a // b if isinstance(a, int) and isinstance(b, int) else a / b  # type: ignore[operator]


def no_input(*_: object) -> str:
    """Tell at once that nobody will type anything."""
    raise EOFError("input() has nobody to ask while grading")


def leave(code: object = None) -> None:
    """Leave as `exit` does."""
    raise SystemExit(code)


def nothing(*_args: object, **_kwargs: object) -> None:
    """Do nothing."""


def number(kind: Callable[..., object], *args: object, **kwargs: object) -> object:
    """Call `float`, `int` or `complex`, taking an array of one element as that element (NumPy 2.4 does not)."""
    if len(args) == 1 and type(args[0]) is np.ndarray and args[0].ndim and args[0].size == 1 and not kwargs:
        _outdated(f"{getattr(kind, '__name__', kind)}() of an array with dimensions", "a.item()")
        args = (args[0].item(),)
    return kind(*args, **kwargs)


def store(value: object, target: object, index: object) -> None:
    """Set an element, taking an array of one element as that element (NumPy 2.4 does not)."""
    try:
        target[index] = value  # type: ignore[index]
    except ValueError:
        if type(target) is not np.ndarray or type(value) is not np.ndarray or not value.ndim or value.size != 1:
            raise
        _outdated("setting an element with an array of one element", "a.item()")
        target[index] = value.item()  # type: ignore[call-overload]


def _outdated(what: str, instead: str) -> None:
    warnings.warn(f"{what} is an error since NumPy 2.4; write {instead}", DeprecationWarning, stacklevel=3)


GENERATOR_SUM: Sequence[str] = ("sum",)
"""NumPy functions that took a generator as Python's `sum` does."""
SEQUENCE_ONLY: Iterable[str] = frozenset({"vstack", "hstack", "dstack", "stack", "concatenate", "column_stack"})
"""NumPy functions that took any iterable and now want a sequence."""
