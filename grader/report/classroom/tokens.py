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
    (?P<skip> \#[^\n]* | ^[ \t]*[%!][^\n]*                     # comments; a notebook's magics
      | [rRbBuUfF]{0,2} (?: \"{3}.*?(?:\"{3}|\Z) | '{3}.*?(?:'{3}|\Z) ) )  # texts of several lines: docstrings
    | [rRbBuUfF]{0,2} (?: "(?:\\.|[^"\\\n])*"? | '(?:\\.|[^'\\\n])*'? )
    | (?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?[jJ]?
    | \.[ \t]*[^\W\d]\w*                                       # an attribute with its dot
    | [^\W\d]\w*
    | \*\*=? | //=? | [-+*/%@&|^=<>!:]= | -> | <<=? | >>=? | \.\.\.
    | [^\s;\\]
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_ARGUMENTS = frozenset({"axis", "keepdims", "dtype", "out", "where", "initial", "ddof", "size", "shape", "copy"})
"""Names of NumPy's arguments, which nobody can choose."""

_MAX_KNOWN = 200_000


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
    return _codes([match[0] for match in _TOKEN.finditer(source) if match.lastgroup is None])


def _codes(texts: list[str]) -> NDArray[np.uint64]:
    known = _known()
    if len(known) > _MAX_KNOWN:
        known.clear()
    return np.fromiter(
        (known[text] if text in known else _learnt(known, text) for text in texts), np.uint64, len(texts)
    )


def tokens_of(submission: Submission) -> list[Tokens]:
    """Return the tokens of each source of a submission, with their lines."""
    found = []
    for file in submission.files:
        for cell in file.cells:
            matches = [match for match in _TOKEN.finditer(cell.source) if match.lastgroup is None]
            starts = [match.start() for match in matches]
            ends = [match.start() for match in re.finditer("\n", cell.source)]
            lines = np.searchsorted(np.array(ends, np.int64), np.array(starts, np.int64)) + 1
            found.append(Tokens(place_of(file, cell), _codes([match[0] for match in matches]), lines))
    return found


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
def _known() -> dict[str, np.uint64]:
    """Return the numbers of the tokens met so far."""
    return {}


def _learnt(known: dict[str, np.uint64], text: str) -> np.uint64:
    digest = hashlib.blake2b(normalised(text).encode("utf-8", "backslashreplace"), digest_size=8).digest()
    known[text] = np.uint64(int.from_bytes(digest, "little"))
    return known[text]
