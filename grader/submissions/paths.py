"""Names that others gave to files: decoded, made relative and safe, and told apart from clutter."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Sequence
from contextlib import suppress

from grader.submissions.limits import MAX_NAME_BYTES, MAX_PATH_BYTES

SOURCE_SUFFIXES = (".py", ".ipynb")
ARCHIVE_SUFFIXES = (".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tbz2", ".txz", ".tar", ".zip")
PACKED_SUFFIXES = (*ARCHIVE_SUFFIXES, ".7z", ".rar", ".gz", ".bz2", ".xz", ".zst", ".whl")
COMPILED_SUFFIXES = (".dll", ".dylib", ".pyc", ".pyd", ".pyo", ".so")

_CLUTTER = frozenset({"__MACOSX", "__pycache__", "node_modules", "site-packages", "Thumbs.db", "desktop.ini"})
_GBK_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_GB2312_LEAD, _GB2312_TRAIL = 0xB0, 0xA1
_DRIVE = re.compile(r"[A-Za-z]:")


class UnsafePath(ValueError):
    """A name that may not become a path inside of a submission; ``str(error)`` says why."""


def decode_name(raw: bytes, encoding: str = "") -> str:
    """Decode a file name.

    Parameters
    ----------
    raw
        As it was stored.
    encoding
        Of the other names beside it; guessed from this name alone where it is not given, or does not fit.
    """
    with suppress(UnicodeDecodeError):
        text = raw.decode("utf-8")
        # Three bytes in a row are hardly ever valid by chance, as two are.
        if encoding in ("", "utf-8") or any(character >= "\u0800" for character in text):
            return text
    with suppress(UnicodeDecodeError):
        return raw.decode(encoding or encoding_of_names([raw]))
    return raw.decode("cp437")


def encoding_of_names(raw: Sequence[bytes]) -> str:
    """Guess in which encoding file names were written that say nothing of it.

    UTF-8 comes first, because macOS writes it into archives without saying so; then GBK (Chinese Windows), where that
    gives plausible Chinese; then cp437, which the zip format prescribes and which never fails. All names of one
    archive are judged together, since some words are valid in several encodings.
    """
    if all(_is(name, "utf-8") for name in raw):
        return "utf-8"
    written = [name for name in raw if not name.isascii()]
    chinese = [name for name in written if _is(name, "gbk")]
    # Half of them, so that one damaged name does not spoil the others.
    return "gbk" if len(chinese) * 2 >= len(written) and is_plausible_gbk(b"/".join(chinese)) else "cp437"


def is_plausible_gbk(raw: bytes) -> bool:
    """Whether at least half of the two-byte characters are among the 6,763 of everyday Chinese (GB 2312).

    An accented letter of a western code page, with the letter after it, makes a valid GBK character too, but nearly
    always a rare one.
    """
    pairs: list[bytes] = _GBK_PAIR.findall(raw)
    everyday = sum(pair[0] >= _GB2312_LEAD and pair[1] >= _GB2312_TRAIL for pair in pairs)
    return 2 * everyday >= max(1, len(pairs))


def _is(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def printable_name(name: str) -> str:
    """Return a name that can be encoded as UTF-8, from one that the file system gave us."""
    return decode_name(os.fsencode(name))


def relative_path(name: str) -> str:
    """Turn a name into a relative path with ``/`` between folders.

    Raises
    ------
    UnsafePath
        The name is absolute, has a drive letter or ``..``, is too long, or holds a character that no path should.
    """
    slashed = name.replace("\\", "/")
    if any(character in name for character in "\0\r\n"):
        raise UnsafePath(f"a name with a line break or a NUL: {name!r}")
    parts = [part for part in slashed.split("/") if part not in ("", ".")]
    # A drive letter in any part, since a leading folder may be stripped later.
    if slashed.startswith("/") or ".." in parts or not parts or any(map(_DRIVE.match, parts)):
        raise UnsafePath(f"unsafe path {name!r}")
    path = "/".join(parts)
    try:
        lengths = [len(part.encode()) for part in parts]
    except UnicodeEncodeError:
        raise UnsafePath(f"a name that is not Unicode: {name!r}") from None
    if max(lengths) > MAX_NAME_BYTES or sum(lengths) + len(parts) > MAX_PATH_BYTES:
        raise UnsafePath(f"a name that is too long: {name[:40]!r}…")
    return path


def is_clutter(path: str) -> bool:
    """Whether a path is hidden, or lies where tools, not students, put files."""
    return any(part.startswith(".") or part in _CLUTTER for part in path.split("/"))


@functools.lru_cache(4096)  # asked several times of each file, and a class has files of the same names
def suffix_of(path: str) -> str:
    """Return the suffix in lower case; ``.tar.gz`` and its like count as one."""
    name = path.rsplit("/", 1)[-1].lower()
    known = next((suffix for suffix in ARCHIVE_SUFFIXES if name.endswith(suffix)), None)
    return known or os.path.splitext(name)[1]
