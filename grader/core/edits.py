"""Edits of a reference kernel's source, one line changed: known mistakes, and changes that make no difference."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from grader.core.authored import require
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
        return _edited(source, self.old, self.new, within=self.within, subject=f"mistake {self.name!r}")


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A change after which a kernel is as right as before, so that no check can see it.

    Attributes
    ----------
    old, new, within
        As those of an `Edit`.
    why
        Why the changed kernel keeps the contract.
    """

    old: str
    new: str
    why: str
    within: str = ""

    def apply(self, source: str) -> str:
        """Return the source with the change in it.

        Raises
        ------
        AuthoringError
            If `old` does not occur exactly once, or the result does not parse.
        """
        return _edited(source, self.old, self.new, within=self.within, subject=f"equivalent {self.new!r}")


def edit(old: str, new: str, *, name: str, hint: str, within: str = "") -> Edit:
    """Return a known mistake: a one-line edit of the reference kernel.

    Raises
    ------
    AuthoringError
        If it changes nothing, or has no name or hint.
    """
    for option, value in (("old", old), ("new", new), ("name", name), ("hint", hint), ("within", within)):
        require(isinstance(value, str), f"edit({old!r}, {option}={value!r})", f"{option} should be a text")
    if old == new:
        raise AuthoringError(f"mistake {name!r} changes nothing; old and new are both {old!r}")
    if not name or not hint:
        raise AuthoringError(f"mistake {name or old!r} needs a name and a hint")
    return Edit(old, new, name, hint, within)


def equivalent(old: str, new: str, *, why: str, within: str = "") -> Equivalent:
    """Return a change of the reference kernel that leaves it right, for `grade selfcheck --mutate`.

    Raises
    ------
    AuthoringError
        If it changes nothing, or no reason is given.
    """
    for option, value in (("old", old), ("new", new), ("why", why), ("within", within)):
        require(isinstance(value, str), f"equivalent({old!r}, {option}={value!r})", f"{option} should be a text")
    if old == new:
        raise AuthoringError(f"an equivalent changes nothing; old and new are both {old!r}")
    if not why:
        raise AuthoringError(f"equivalent {new!r} needs a reason; write why={'…'!r}")
    return Equivalent(old, new, why, within)


def _edited(source: str, old: str, new: str, *, within: str, subject: str) -> str:
    start, end = _extent(source, within, subject) if within else (0, len(source))
    part = source[start:end]
    count = part.count(old)
    if count != 1:
        place = f"in {within}" if within else "in the solution"
        fix = "take more of the line" if within else "take more of the line, or give within="
        fix = "copy the line as it stands" if count == 0 else fix
        raise AuthoringError(f"{subject}: {old!r} occurs {count} times {place}; {fix}")
    edited = source[:start] + part.replace(old, new) + source[end:]
    try:
        ast.parse(edited)
    except SyntaxError as error:
        raise AuthoringError(f"{subject}: the edited source does not parse: {error}") from None
    return edited


def _extent(source: str, function: str, subject: str) -> tuple[int, int]:
    """Return where a top-level definition begins and ends, in characters."""
    lines = source.splitlines(keepends=True)
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == function:
            begin = sum(map(len, lines[: node.lineno - 1]))
            return begin, begin + sum(map(len, lines[node.lineno - 1 : node.end_lineno]))
    raise AuthoringError(f"{subject}: within={function!r}, but the solution defines no such function")
