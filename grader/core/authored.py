"""What authors write: wrong types are refused where they are given, and what it raises is told where it is called."""

from __future__ import annotations

import functools
import inspect
import math
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from types import SimpleNamespace
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np

from grader.errors import AuthoringError, GradeError

P = ParamSpec("P")
R = TypeVar("R")

MAX_MESSAGE = 300
"""Characters of a foreign message that are repeated."""


def authored(
    function: Callable[P, R],
    name: str,
    *,
    file: str = "",
    arguments: Sequence[str] = (),
    returns: Callable[[Any], R] | None = None,
) -> Callable[P, R]:
    """Return a function of an author's whose exceptions say which function, on what, why and where.

    Parameters
    ----------
    name
        What it is: ``"where= of relu/values"``.
    file
        The author's file; by default the one that defines the function.
    arguments
        Names of its arguments, for the message.
    returns
        Makes what it should return of what it returns, and raises where it cannot.
    """
    source = file or file_of(function)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            value = function(*args, **kwargs)
            return value if returns is None else returns(value)
        except GradeError:
            raise
        except Exception as error:
            on = _on(args, arguments)
            raise AuthoringError(f"{name} raises {told(error, source)}{f', called with {on}' if on else ''}") from error

    return call


def file_of(function: Callable[..., object]) -> str:
    """Return the file that defines a function, `""` where that is not known."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return getattr(code, "co_filename", "")


def told(error: BaseException, file: str) -> str:
    """Return an exception in words, with the innermost line of a file that it passed."""
    text = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    return f"{text[:MAX_MESSAGE]}{place(error, file)}"


def place(error: BaseException, file: str) -> str:
    """Return the innermost line of a file that an exception passed, as ``" (line 12 of relu.py)"``; else ``""``."""
    lines = [n for frame, n in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == file]
    return f" (line {lines[-1]} of {PurePath(file).name})" if lines else ""


def _on(args: Sequence[object], names: Sequence[str]) -> str:
    """Return what a function was called with: numbers, shapes and sizes."""
    parts: list[str] = []
    for i, value in enumerate(args):
        if isinstance(value, SimpleNamespace | Mapping):
            items = vars(value) if isinstance(value, SimpleNamespace) else value
            parts += [f"{name} = {_short(item)}" for name, item in items.items()]
        elif not isinstance(value, np.random.Generator):
            parts.append(f"{names[i]} = {_short(value)}" if i < len(names) else _short(value))
    return ", ".join(parts)


def _short(value: object) -> str:
    shape = getattr(value, "shape", None)
    if shape is not None and len(shape):
        return f"array of shape {tuple(shape)}"
    if isinstance(value, bool | np.bool_ | int | tuple):
        return repr(value)
    return f"{float(value):g}" if isinstance(value, float | np.number | np.ndarray) else type(value).__name__


# ---------------------------------------------------------------- types


def is_number(value: object) -> bool:
    """Return whether a value is a finite real number; flags are none."""
    real = isinstance(value, int | float | np.integer | np.floating) and type(value) is not bool
    return real and math.isfinite(cast(float, value))


def is_count(value: object) -> bool:
    """Return whether a value is a whole number from 0 on."""
    return isinstance(value, int) and type(value) is not bool and value >= 0


def are_texts(value: object) -> bool:
    """Return whether a value is a list or tuple of strings; a string is none."""
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)


def require(sound: object, written: str, should: str) -> None:
    """Refuse what an author wrote unless it is sound.

    Parameters
    ----------
    written
        The value in its place: ``"matches('relu', points='2')"``.
    should
        What it should be and how it is written.

    Raises
    ------
    AuthoringError
        If it is not.
    """
    if not sound:
        raise AuthoringError(f"{written}: {should}")
