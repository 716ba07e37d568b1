"""Names that others gave to files: decoded, made relative and safe, and told apart from clutter."""

from __future__ import annotations

import os
import re
from contextlib import suppress

from grader.submissions.limits import MAX_NAME_BYTES, MAX_PATH_BYTES

SOURCE_SUFFIXES = (".py", ".ipynb")
ARCHIVE_SUFFIXES = (".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tbz2", ".txz", ".tar", ".zip")
PACKED_SUFFIXES = (*ARCHIVE_SUFFIXES, ".7z", ".rar", ".gz", ".bz2", ".xz", ".zst", ".whl")
COMPILED_SUFFIXES = (".dll", ".dylib", ".pyc", ".pyd", ".pyo", ".so")

_CLUTTER = frozenset({"__MACOSX", "__pycache__", "node_modules", "site-packages", "Thumbs.db", "desktop.ini"})
_DRIVE = re.compile(r"[A-Za-z]:")


class UnsafePath(ValueError):
    """A name that may not become a path inside of a submission; ``str(error)`` says why."""


def decode_name(raw: bytes) -> str:
    """Decode a file name of unknown origin.

    UTF-8 comes first, because macOS writes it into archives without saying so; then GBK (Chinese Windows); then
    cp437, which the zip format prescribes and which never fails.
    """
    for encoding in ("utf-8", "gbk"):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return raw.decode("cp437")


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


def suffix_of(path: str) -> str:
    """Return the suffix in lower case; ``.tar.gz`` and its like count as one."""
    name = path.rsplit("/", 1)[-1].lower()
    known = next((suffix for suffix in ARCHIVE_SUFFIXES if name.endswith(suffix)), None)
    return known or os.path.splitext(name)[1]
