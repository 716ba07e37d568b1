"""Describes what a submission defines: names, parameters, and whether a body is still to be written."""

from __future__ import annotations

import ast
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
    except Exception:
        parameters = [Parameter("args", "args", has_default=False), Parameter("kwargs", "kwargs", has_default=False)]
    return Definition(name, file, cell, line, parameters, stub)


def is_stub(node: ast.stmt, name: str) -> bool:
    """Return whether the definition of a name in a statement is still to be written."""
    for inner in ast.walk(node):
        if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)) and inner.name == name:
            return _is_empty(inner.body)
        if isinstance(inner, ast.ClassDef) and inner.name == name:
            methods = [part for part in inner.body if isinstance(part, ast.FunctionDef)]
            return all(_is_empty(method.body) for method in methods) and not any(
                isinstance(part, (ast.Assign, ast.AnnAssign)) for part in inner.body
            )
    return False


def _is_empty(body: list[ast.stmt]) -> bool:
    return all(_does_nothing(statement) for statement in body)


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.Return):
        return statement.value is None or (isinstance(statement.value, ast.Constant) and statement.value.value is None)
    if isinstance(statement, ast.Raise):
        error = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return isinstance(error, ast.Name) and error.id == "NotImplementedError"
    return False
