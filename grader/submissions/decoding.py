"""Bytes to text, as forgiving as an editor: every departure from UTF-8 becomes a remark."""

from __future__ import annotations

import codecs
import re

_MARKS = (  # UTF-32 first: its little-endian mark starts with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# PEP 263, with the two expressions that CPython's own tokenizer uses.
_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"[ \t\f]*(?:#|$)")
_LINE_END = re.compile(rb"\r\n?|\n")
_COOKIE_BYTES = 4_096
# Not alphabets but transformations: they warn, give lone surrogates, or take quadratic time.
_TRANSFORMATIONS = frozenset({"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf_7"})
_SURROGATE = re.compile("[\ud800-\udfff]")


def decode_python(content: bytes) -> tuple[str, list[str]]:
    r"""Decode a Python file: byte order marks, PEP 263, then UTF-8, GB18030 and Latin-1 in turn.

    Returns
    -------
    text, remarks
        The text with ``\n`` line ends, and what was odd about it.
    """
    declared = None if content.startswith(codecs.BOM_UTF8) else declared_encoding(content)
    if declared is None:
        return decode_text(content)
    text = _decoded_as(content, declared)
    if text is not None:
        return clean(text)
    text, remarks = decode_text(content)
    return text, [f"declares the encoding {declared!r}, which is unknown or does not fit; save it as UTF-8", *remarks]


def decode_text(content: bytes) -> tuple[str, list[str]]:
    """Decode text that declares no encoding; returns like `decode_python`."""
    for mark, encoding in _MARKS:
        text = _decoded_as(content, encoding) if content.startswith(mark) else None
        if text is not None:
            text, remarks = clean(text)
            return text, [f"read as {encoding.upper()}, but should be UTF-8", *remarks]
    content = content.removeprefix(codecs.BOM_UTF8)
    for encoding, remarks in (
        ("utf-8", []),
        ("gb18030", ["not UTF-8, read as GB18030; save it as UTF-8"]),
    ):
        text = _decoded_as(content, encoding)
        if text is not None:
            text, further = clean(text)
            return text, remarks + further
    text, further = clean(content.decode("latin-1"))
    return text, ["neither UTF-8 nor GB18030, read as Latin-1; save it as UTF-8", *further]


def declared_encoding(content: bytes) -> str | None:
    """Return the encoding that one of the first two lines declares (PEP 263)."""
    for line in _LINE_END.split(content[:_COOKIE_BYTES], maxsplit=2)[:2]:
        cookie = _COOKIE.match(line)
        if cookie:
            return cookie[1].decode("ascii", "replace")
        if not _BLANK.match(line):
            return None
    return None


def clean(text: str) -> tuple[str, list[str]]:
    """Normalise line ends, drop NULs and replace lone surrogates, which no parser and no wire accepts."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    remarks = []
    if "\0" in text:
        remarks.append(f"{text.count(chr(0))} NUL characters dropped; it should be plain text")
        text = text.replace("\0", "")
    text, replaced = (text, 0) if text.isascii() else _SURROGATE.subn("\N{REPLACEMENT CHARACTER}", text)
    if replaced:
        remarks.append(f"{replaced} characters replaced that are not Unicode")
    return text, remarks


def _decoded_as(content: bytes, encoding: str) -> str | None:
    try:
        if codecs.lookup(encoding).name.replace("-", "_") in _TRANSFORMATIONS:
            return None
        return content.decode(encoding)
    except (LookupError, ValueError):  # UnicodeError is a ValueError
        return None
