"""Reads source text into top-level statements, and saves what it can around lines that do not parse."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Callable, Iterator

import msgspec

from grader.core.submission import Cell, SourceFile

_PYTHON_CELLS = ("%%time", "%%timeit", "%%capture", "%%prun", "%%python", "%%python3")
"""Cell magics whose body is Python of this notebook."""
_MAGIC = re.compile(r"^(\s*)(?:[\w.,\s\[\]]+=\s*)?(?:%{1,2}[A-Za-z_]|!)|^(\s*)(?:\?{1,2}[\w.]+|[\w.]+\?{1,2})\s*;?\s*$")
_PRINT = re.compile(r"^\s*print\b(?!\s*\()|^\s*print\s*\(.*\)\s*%")
_INLINE_PRINT = re.compile(r"([:;]\s*)print\b(?!\s*\().*$")
_STRING = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|#.*$")
_EXCEPT = re.compile(r"^(\s*except\s+[\w.]+|\s*except\s*\([\w.,\s]+\))\s*,\s*(\w+)\s*:")
_CONTINUES = re.compile(r"(?:elif|else|except|finally)\b|#")
_MAX_MERGED = 40
"""How many pieces at the left margin may belong to one statement, for texts between triple quotes."""


class Statement(msgspec.Struct, frozen=True):
    """A top-level statement.

    Attributes
    ----------
    origin
        What tracebacks show as its file: ``hw.py`` or ``lab.ipynb cell 4``.
    text
        Its first line.
    """

    node: ast.stmt
    origin: str
    cell: str
    text: str

    @property
    def place(self) -> str:
        """Where it is, for people: ``hw.py, line 3``."""
        return place(self.origin, self.node.lineno)


def place(origin: str, line: int) -> str:
    """Return a place for people."""
    return f"{origin}, line {line}" if line else origin


def origin_of(file: SourceFile, cell: Cell) -> str:
    """Return what tracebacks show as a cell's file."""
    return f"{file.path} {cell.label}".rstrip()


def statements(file: SourceFile, remark: Callable[[str], None]) -> Iterator[Statement]:
    """Yield the top-level statements of a file; what does not parse is remarked."""
    for cell in file.cells:
        origin = origin_of(file, cell)
        lines = _plain(cell).split("\n")
        for node in _parse(lines, origin, remark):
            yield Statement(node, origin, cell.label, lines[node.lineno - 1].strip()[:100])


def _plain(cell: Cell) -> str:
    """Return a cell's text with Unix line ends and, in a notebook, without magics; lines keep their numbers."""
    text = cell.source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\f", " ")
    if not cell.label or _tree(text):
        return text
    lines = text.split("\n")
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.startswith("%%") and first.split()[0] not in _PYTHON_CELLS:
        return ""
    return "\n".join(_MAGIC.sub(_pass, line, 1) if not _MAGIC.match(line) else _pass_line(line) for line in lines)


def _pass_line(line: str) -> str:
    return line[: len(line) - len(line.lstrip())] + "pass"


def _pass(match: re.Match[str]) -> str:
    return _pass_line(match.group())


def _tree(text: str) -> ast.Module | None:
    try:
        return _parsed(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _parse(lines: list[str], origin: str, remark: Callable[[str], None]) -> list[ast.stmt]:
    tree = _tree("\n".join(lines))
    if tree is not None:
        return tree.body
    dedented = _tree(textwrap.dedent("\n".join(lines)))
    if dedented is not None:
        return dedented.body
    return list(_salvage(lines, origin, remark))


def _salvage(lines: list[str], origin: str, remark: Callable[[str], None]) -> Iterator[ast.stmt]:
    """Parse the pieces that start at the left margin one by one."""
    starts = _starts(lines)
    position = 0
    old_print = False
    while position < len(starts) - 1:
        for end in range(position + 1, min(position + _MAX_MERGED, len(starts))):
            tree = _piece(lines, starts[position], starts[end])
            if tree is not None:
                break
        else:
            old = _piece(_modern(lines), starts[position], starts[position + 1])
            if old is None:
                remark(_complaint(lines, starts[position], starts[position + 1], origin))
            else:
                if not old_print:
                    remark(f"{place(origin, starts[position] + 1)}: Python 2; its print statements are left out")
                old_print = True
                yield from old.body
            position += 1
            continue
        yield from tree.body
        position = end


def _starts(lines: list[str]) -> list[int]:
    """Return the indices of lines at which a statement may start, and the end."""
    starts: list[int] = []
    decorated = False
    for index, line in enumerate(lines):
        if not line.strip() or line[0].isspace() or _CONTINUES.match(line):
            continue
        if not decorated:
            starts.append(index)
        decorated = line.startswith("@")
    return [*starts, len(lines)]


def _piece(lines: list[str], start: int, end: int) -> ast.Module | None:
    """Parse some lines under their own line numbers."""
    tree = _tree("\n".join(lines[start:end]))
    return None if tree is None else ast.increment_lineno(tree, start)


def _modern(lines: list[str]) -> list[str]:
    """Return lines of Python 2 as Python 3 reads them, without their print statements."""
    modern: list[str] = []
    brackets, joined = 0, False
    for line in (_EXCEPT.sub(r"\1 as \2:", line.expandtabs(8)) for line in lines):
        if brackets > 0 or joined:
            modern.append("")
        elif _PRINT.match(line):
            modern.append(_pass_line(line))
        else:
            modern.append(_INLINE_PRINT.sub(r"\1pass", line))
            continue
        code = _STRING.sub("", line)
        brackets += sum(map(code.count, "([{")) - sum(map(code.count, ")]}"))
        joined = code.endswith("\\")
    return modern


def _complaint(lines: list[str], start: int, end: int, origin: str) -> str:
    try:
        _parsed("\n".join(lines[start:end]))
    except SyntaxError as error:
        line = start + min(error.lineno or 1, end - start)
        reason = error.msg
    except (ValueError, RecursionError, MemoryError) as error:
        line, reason = start + 1, str(error) or type(error).__name__
    else:
        line, reason = start + 1, "invalid syntax"
    return f"{place(origin, line)}: {reason}: `{lines[line - 1].strip()[:100]}`"
