"""Describes what a submission defines: names, parameters, and whether a body is still to be written."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from grader.core.protocol import Definition, Parameter

_KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional",
    inspect.Parameter.VAR_POSITIONAL: "args",
    inspect.Parameter.KEYWORD_ONLY: "keyword",
    inspect.Parameter.VAR_KEYWORD: "kwargs",
}


def describe(
    name: str, function: Callable[..., object], *, file: str = "", cell: str = "", line: int = 0, stub: bool = False
) -> Definition:
    """Return what is known of a function or class; one that hides its parameters takes any."""
    try:
        found = inspect.signature(function).parameters.values()
        parameters = [Parameter(p.name, _KINDS[p.kind], p.default is not inspect.Parameter.empty) for p in found]
    except Exception:  # noqa: BLE001 - a hostile object may raise anything
        parameters = [Parameter("args", "args", has_default=False), Parameter("kwargs", "kwargs", has_default=False)]
    return Definition(name, file, cell, line, parameters, stub)
