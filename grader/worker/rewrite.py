"""Edits a submission's syntax tree where NumPy has turned into an error what used to work, and notes removed names."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from grader.worker.shims import GENERATOR_SUM, SEQUENCE_ONLY

_NUMBERS = ("float", "int", "complex")
_LAZY = ("map", "filter", "zip")


def numpy_aliases(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names under which some code imports NumPy."""
    return {
        alias.asname or alias.name
        for root in nodes
        for node in ast.walk(root)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "numpy"
    }


def removed_uses(
    node: ast.AST, aliases: set[str], removed: Mapping[str, tuple[str, object]]
) -> Iterable[tuple[str, str, int]]:
    """Yield (name, what to write instead, line) for each removed NumPy name that some code uses."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and _is_name(inner.value, aliases) and inner.attr in removed:
            yield f"np.{inner.attr}", removed[inner.attr][0], inner.lineno
        elif isinstance(inner, ast.ImportFrom) and inner.module == "numpy" and not inner.level:
            for alias in inner.names:
                if alias.name in removed:
                    yield f"np.{alias.name}", removed[alias.name][0], inner.lineno


class Rewriter(ast.NodeTransformer):
    """Makes old NumPy idioms work; every edit keeps the line numbers.

    Parameters
    ----------
    aliases
        The names under which the code imports NumPy.
    """

    def __init__(self, aliases: set[str]) -> None:
        self._aliases = aliases

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Edit conversions of arrays to numbers, `copy=False`, and generators given to NumPy."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in _NUMBERS and len(node.args) == 1 and not node.keywords:
            return _call(node, "__grade_number__", [node.func, *node.args])
        if not isinstance(node.func, ast.Attribute) or not _is_name(node.func.value, self._aliases):
            return node
        name = node.func.attr
        if name == "array":
            for keyword in node.keywords:
                if keyword.arg == "copy" and isinstance(keyword.value, ast.Constant) and keyword.value.value is False:
                    keyword.value = ast.copy_location(ast.Constant(None), keyword.value)
        elif name in GENERATOR_SUM and len(node.args) == 1 and not node.keywords and _is_lazy(node.args[0]):
            return _call(node, "__grade_sum__", node.args)
        elif name in SEQUENCE_ONLY and node.args and _is_lazy(node.args[0]):
            node.args[0] = _call(node.args[0], "__grade_list__", [node.args[0]])
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """Edit ``a[i] = value``."""
        self.generic_visit(node)
        target = node.targets[0]
        if len(node.targets) != 1 or not isinstance(target, ast.Subscript) or isinstance(target.slice, ast.Slice):
            return node
        if any(isinstance(inner, (ast.Slice, ast.Starred)) for inner in ast.walk(target.slice)):
            return node
        if isinstance(node.value, ast.Constant):
            return node
        store = _call(node, "__grade_store__", [node.value, target.value, target.slice])
        return ast.copy_location(ast.Expr(store), node)


def _is_name(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _is_lazy(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in _LAZY
    return isinstance(node, ast.GeneratorExp)


def _call(at: ast.AST, name: str, args: list[ast.expr]) -> ast.Call:
    function = ast.copy_location(ast.Name(name, ast.Load()), at)
    return ast.copy_location(ast.Call(function, args, []), at)

