"""Marks the numbers in which two printed arrays differ."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|nan|inf)|True|False", re.IGNORECASE)

# Only a reading aid: what differs by less is rarely what a reader looks for, unless nothing else differs.
_NOTABLE = 1e-6

Piece = tuple[str, bool]
"""A stretch of text, and whether it is to be marked."""


def differing(actual: str, expected: str) -> tuple[list[Piece], list[Piece]]:
    """Return both texts in pieces of which those are marked that hold another value than their counterpart.

    Nothing is marked where the texts hold different counts of numbers, since then no number has a counterpart.
    """
    left, right = _NUMBER.findall(actual), _NUMBER.findall(expected)
    if len(left) != len(right):
        return [(actual, False)], [(expected, False)]
    pairs = list(zip(left, right, strict=True))
    marks = [_notable(a, b) for a, b in pairs]
    if not any(marks):
        marks = [a != b for a, b in pairs]
    return list(_pieces(actual, marks)), list(_pieces(expected, marks))


def _notable(a: str, b: str) -> bool:
    if a == b:
        return False
    try:
        return not math.isclose(float(a), float(b), rel_tol=_NOTABLE, abs_tol=_NOTABLE)
    except ValueError:
        return True


def _pieces(text: str, marks: list[bool]) -> Iterator[Piece]:
    """Cut `text` around its marked numbers; unmarked stretches stay whole."""
    done = 0
    for number, marked in zip(_NUMBER.finditer(text), marks, strict=True):
        if marked:
            if number.start() > done:
                yield text[done : number.start()], False
            yield number[0], True
            done = number.end()
    if done < len(text) or not text:
        yield text[done:], False
