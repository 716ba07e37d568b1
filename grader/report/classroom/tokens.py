"""Python source as a row of tokens that stays the same when comments, layout and chosen names change."""

from __future__ import annotations

import builtins
import functools
import hashlib
import keyword
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grader.core.submission import Cell, SourceFile, Submission

_TOKEN = re.compile(
    r"""
    ( [^\W\d]\w*+(?!["'])                                      # a name, the most frequent token, first
    )
    | \#[^\n]* | ^[ \t]*[%!][^\n]*                             # skipped: comments; a notebook's magics;
    | [rRbBuUfF]{0,2} (?: \"{3}.*?(?:\"{3}|\Z) | '{3}.*?(?:'{3}|\Z) )  # texts of several lines: docstrings
    |
    ( [rRbBuUfF]{0,2} (?: "(?:\\.|[^"\\\n])*"? | '(?:\\.|[^'\\\n])*'? )
    | (?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?[jJ]?
    | \.[ \t]*[^\W\d]\w*                                       # an attribute with its dot
    | [^\W\d]\w*
    | \*\*=? | //=? | [-+*/%@&|^=<>!:]= | -> | <<=? | >>=? | \.\.\.
    | [^\s;\\]
    )
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_INDENT = re.compile(r"\n[ \t]+")
_ARGUMENTS = frozenset({"axis", "keepdims", "dtype", "out", "where", "initial", "ddof", "size", "shape", "copy"})
"""Names of NumPy's arguments, which nobody can choose."""

_MARK = "\ue000"
"""Stands for the next line: a token that no name or operator contains."""

_GOES_ON = b"goes on"
"""Stands for the numbers of the tokens of a line that cannot be taken apart alone; of no number's length."""

_SIZE = 8
"""Bytes of the number of a token."""
_MAX_KNOWN = 100_000
"""Lines, and tokens, that are remembered."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one source.

    Attributes
    ----------
    place
        The file, and the notebook's cell.
    codes
        One number for each token, the same wherever the token is the same.
    lines
        The line of each token, from 1.
    """

    place: str
    codes: NDArray[np.uint64]
    lines: NDArray[np.int64]


def codes_of(source: str) -> NDArray[np.uint64]:
    """Return the number of each token."""
    return np.frombuffer(b"".join(_rows(source)), np.uint64)


def tokens_of(submission: Submission) -> list[Tokens]:
    """Return the tokens of each source of a submission, with their lines."""
    found = []
    for file in submission.files:
        for cell in file.cells:
            rows = _rows(cell.source)
            counts = np.array(list(map(len, rows)), np.int64) // _SIZE
            lines = np.repeat(np.arange(1, len(rows) + 1), counts)
            found.append(Tokens(place_of(file, cell), np.frombuffer(b"".join(rows), np.uint64), lines))
    return found


def _rows(source: str) -> list[bytes]:
    """Return the numbers of the tokens that begin in each line.

    The sources of a class have most of their lines in common, and a line is taken apart once.
    """
    known = _known_lines()
    source = _INDENT.sub("\n", source)  # wherever it stands, no token's number depends on it
    lines = source.split("\n")
    rows = list(map(known.get, lines))
    while None in rows:
        k = rows.index(None)
        rows[k] = _learnt(known, lines[k])
    found = [row for row in rows if row is not None]
    k = -1
    while _GOES_ON in found[k + 1 :]:
        k = found.index(_GOES_ON, k + 1)
        k = _take_apart(source, k, sum(map(len, lines[:k])) + k, found)
    return found


def _take_apart(source: str, first: int, start: int, rows: list[bytes]) -> int:
    """Replace the rows from a line on which a token goes on in the next; return the line in which the last ends."""
    last = source.find("\n", start)
    texts: dict[int, list[bytes]] = {first: []}
    line = first
    for match in _TOKEN.finditer(source, start):
        if 0 <= last < match.start():
            break
        line = first + source.count("\n", start, match.start())
        if match.lastindex is not None:
            texts.setdefault(line, []).append(_code(match[0]))
        line += match[0].count("\n")
        texts.setdefault(line, [])
        last = source.find("\n", match.end())
        if last < 0:
            last = len(source)
    for k in range(first, line + 1):
        rows[k] = b"".join(texts.get(k, []))
    return line


def _learnt(known: dict[str, bytes], line: str) -> bytes:
    """Remember the numbers of a line's tokens; `_GOES_ON` where a token that begins in it may go on in the next."""
    found = [name or other for name, other in _TOKEN.findall(f"{line}\n{_MARK}")]
    # Within a token that goes on the mark is not a token of its own.
    row = b"".join(map(_code, filter(None, found[:-1]))) if found[-1] == _MARK else _GOES_ON
    if len(known) >= _MAX_KNOWN:
        known.clear()
    known[line] = row
    return row


def place_of(file: SourceFile, cell: Cell) -> str:
    """Return how people are told where a source is."""
    return f"{file.path}, {cell.label}" if cell.label else file.path


def normalised(text: str) -> str:
    """Return what a token counts as: names that a student may choose, texts and long numbers are all the same."""
    first = text[0]
    if first.isdigit() or (first == "." and len(text) > 1 and text[1].isdigit()):
        return text if len(text) == 1 else "number"
    if text[-1] in "\"'" or first in "\"'":
        return "text"
    if first == "." and len(text) > 1 and text != "...":
        name = text[1:].strip()
        return f".{name}" if name in _numpy_names() else ".name"
    if first.isalpha() or first == "_":
        kept = keyword.iskeyword(text) or text in _ARGUMENTS or text in _BUILTINS
        return text if kept else "name"
    return text


_BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))


@functools.cache
def _numpy_names() -> frozenset[str]:
    return frozenset((*dir(np), *dir(np.ndarray), *dir(np.linalg), *dir(np.random), *dir(dict), *dir(list)))


@functools.cache
def _known_lines() -> dict[str, bytes]:
    """Return the lines met so far, see `_learnt`."""
    return {}


@functools.lru_cache(_MAX_KNOWN)
def _code(text: str) -> bytes:
    """Return the number of a token, as an array holds it."""
    digest = hashlib.blake2b(normalised(text).encode("utf-8", "backslashreplace"), digest_size=_SIZE).digest()
    return np.uint64(int.from_bytes(digest, "little")).tobytes()
