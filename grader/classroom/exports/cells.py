"""Text that becomes a cell of a spreadsheet: what would be a formula stays text, and numbers stay numbers."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_CENT = Decimal("0.01")


def defused(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula; ``-1.5`` is a number, and stays.

    Blanks before the sign do not hide it.
    """
    if _NUMBER.fullmatch(text):
        return text
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip(" \u00a0\u3000").startswith(_FORMULA) else text


def two_decimals(points: Decimal) -> str:
    """Write points as platforms read them: at most two decimals (half rounds up), no separators of thousands."""
    return plain(points.quantize(_CENT, rounding=ROUND_HALF_UP))


def plain(points: Decimal) -> str:
    """Write a number with all its digits, without an exponent or trailing zeros."""
    text = f"{points:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
