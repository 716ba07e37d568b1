"""Sources of kernels with known mistakes in them."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from grader.core.edits import Edit
from grader.errors import AuthoringError


def edited(source: str, mistakes: Sequence[Edit]) -> str:
    """Return a solution's source with several mistakes in it, each made where it is found in the right source.

    Raises
    ------
    AuthoringError
        If an edit cannot be made, or two of them change the same place.
    """
    places = sorted(((_place(source, mistake), mistake) for mistake in mistakes), key=lambda found: -found[0])
    end = len(source)
    for start, mistake in places:
        if start + len(mistake.old) > end:
            raise AuthoringError(f"mistakes {' and '.join(m.name for m in mistakes)!r} change the same place")
        source = source[:start] + mistake.new + source[start + len(mistake.old) :]
        end = start
    try:
        ast.parse(source)
    except SyntaxError as error:
        raise AuthoringError(f"mistakes {[m.name for m in mistakes]} do not go together: {error}") from None
    return source


def _place(source: str, mistake: Edit) -> int:
    """Return where the text that a mistake replaces begins."""
    changed = mistake.apply(source)
    start = source.find(mistake.old)
    while source[:start] + mistake.new + source[start + len(mistake.old) :] != changed:
        start = source.find(mistake.old, start + 1)
    return start


def uses(source: str) -> dict[str, set[str]]:
    """Return for each top-level name that a source defines the other top-level names in its definition."""
    parts: dict[str, ast.AST] = {}
    for node in ast.parse(source).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        named = [node.name] if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
        parts.update({name: node for name in [*named, *(t.id for t in targets if isinstance(t, ast.Name))]})
    return {
        name: {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and part.id in parts} - {name}
        for name, node in parts.items()
    }
