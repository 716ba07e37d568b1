"""Turns what students and numbers bring along into text that is safe and exact to show."""

from __future__ import annotations

import re

# What a reader cannot see, or what changes how the rest is shown: control characters (ESC starts a command to the
# terminal), marks that reverse the direction of writing, invisible separators, lone surrogates and non-characters.
# Newline and tabulator stay, and so do the joiners U+200C and U+200D, which Persian, Indic scripts and emoji need.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    r"\ufeff\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)

_COMMAND = re.compile(r"(?m)^[^\S\n]*:(?=:)|#(?=#\w*\[)")


def visible(text: str) -> str:
    r"""Return `text` with control, direction and invisible characters written as escapes such as ``\x1b``.

    The result is valid in XML 1.0 and in UTF-8, and cannot command a terminal. Newlines and tabulators are kept; a
    Windows line end counts as a newline.
    """
    if text.isascii() and text.isprintable():
        return text
    return _INVISIBLE.sub(_escape, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    r"""Return `visible` text with line ends and tabulators written out as well."""
    return visible(text).replace("\n", r"\n").replace("\t", r"\t")


def without_commands(text: str, *, colon: str = r"\x3a", number_sign: str = r"\x23") -> str:
    r"""Return `text` without what CI runners obey when they find it in a log.

    GitHub takes ``::error::`` for a command where a line begins with it, and ``##[error]`` anywhere, as Azure takes
    ``##vso[…]`` and TeamCity ``##teamcity[…]``.

    Parameters
    ----------
    text
        As it will be printed, wrapped and indented.
    colon, number_sign
        How the first colon or number sign is written instead, so that the format's readers get it back.
    """

    def escaped(match: re.Match[str]) -> str:
        return number_sign if match[0] == "#" else f"{match[0][:-1]}{colon}"

    return _COMMAND.sub(escaped, text)


def json_without_commands(document: str) -> str:
    r"""Return a JSON document that can be shown in a log: the same to who parses it, with such characters escaped.

    Control, direction and invisible characters, which JSON allows in texts, are written as ``\u009b``.
    """

    def escaped(match: re.Match[str]) -> str:
        units = match[0].encode("utf-16-be")
        return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))

    return without_commands(_INVISIBLE.sub(escaped, document), number_sign=r"\u0023")


def clipped(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text`, with a word on how much is left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit:,} more characters)"


def assigned(name: str, value: str) -> list[str]:
    """Return the lines of ``name = value``, those of a value of several lines aligned below its first."""
    label = f"{one_line(name)} = "
    first, *rest = visible(value).split("\n")
    return [label + first, *(" " * len(label) + line for line in rest)]


def points(value: float, *, of: float | None = None) -> str:
    """Return points with as few decimals as needed: ``2``, ``2.5``.

    Two decimals at most, unless that would show something as nothing, or, of `of` possible points, as all.
    """
    for digits in (2, 4, 6):
        shown = _trimmed(value, digits)
        hides = (value != 0 and float(shown) == 0) or (of is not None and value != of and shown == _trimmed(of, digits))
        if not hides:
            break
    return shown


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 check``, ``2 checks``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _trimmed(value: float, digits: int) -> str:
    shown = f"{value:.{digits}f}"
    shown = shown.rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown
