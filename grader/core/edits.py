"""Known mistakes as edits of a reference kernel's source: one line changed, a name and a hint."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from grader.errors import AuthoringError


@dataclass(frozen=True, slots=True)
class Edit:
    """A mistake that students make.

    Attributes
    ----------
    old, new
        The text to find and what stands there instead; `old` occurs exactly once (within `within`, where given).
    name
        What the mistake is, as a report says it: ``"variance path missing"``.
    hint
        What to look at; it must be true whenever the mistake is made.
    within
        The function in whose source `old` is looked for; the whole file where empty.
    """

    old: str
    new: str
    name: str
    hint: str
    within: str = ""

    def apply(self, source: str) -> str:
        """Return the source with the mistake in it.

        Raises
        ------
        AuthoringError
            If `old` does not occur exactly once, or the result does not parse.
        """
        start, end = _extent(source, self.within, self.name) if self.within else (0, len(source))
        part = source[start:end]
        count = part.count(self.old)
        if count != 1:
            place = f"in {self.within}" if self.within else "in the solution"
            fix = "copy the line as it stands" if count == 0 else "take more of the line, or give within="
            raise AuthoringError(f"mistake {self.name!r}: {self.old!r} occurs {count} times {place}; {fix}")
        edited = source[:start] + part.replace(self.old, self.new) + source[end:]
        try:
            ast.parse(edited)
        except SyntaxError as error:
            raise AuthoringError(f"mistake {self.name!r}: the edited source does not parse: {error}") from None
        return edited


def edit(old: str, new: str, *, name: str, hint: str, within: str = "") -> Edit:
    """Return a known mistake: a one-line edit of the reference kernel.

    Raises
    ------
    AuthoringError
        If it changes nothing, or has no name or hint.
    """
    if old == new:
        raise AuthoringError(f"mistake {name!r} changes nothing; old and new are both {old!r}")
    if not name or not hint:
        raise AuthoringError(f"mistake {name or old!r} needs a name and a hint")
    return Edit(old, new, name, hint, within)


def _extent(source: str, function: str, mistake: str) -> tuple[int, int]:
    """Return where a top-level definition begins and ends, in characters."""
    lines = source.splitlines(keepends=True)
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == function:
            begin = sum(map(len, lines[: node.lineno - 1]))
            return begin, begin + sum(map(len, lines[node.lineno - 1 : node.end_lineno]))
    raise AuthoringError(f"mistake {mistake!r}: within={function!r}, but the solution defines no such function")
