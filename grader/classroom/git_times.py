"""When the last commit of a clone was made, read from its files: Git itself is never run in a student's clone."""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from grader.submissions.folders import read_regular
from grader.submissions.intake import LeftOut

_SHA = re.compile(r"[0-9a-f]{40}")
_REFERENCE = re.compile(r"ref: (refs/[\w./+-]+)")
_COMMITTER = re.compile(rb"^committer .*> (\d{1,11}) ([+-])(\d\d)(\d\d)$", re.MULTILINE)
_MAX_TEXT_BYTES = 4_000_000
_MAX_COMMIT_BYTES = 100_000
_INDEX_MARK = b"\xfftOc\x00\x00\x00\x02"
_HEAD_BYTES = 8 + 256 * 4
_COMMIT = 1


def last_commit(clone: Path) -> str:
    """Return when the commit was made that HEAD names, in ISO 8601; ``""`` where that cannot be read.

    Loose objects are read, and packs as Git has written them since 2007, save commits that are stored as a difference
    from another one, which is rare.
    """
    try:
        folder = os.path.join(os.path.realpath(clone), ".git")
        sha = _head(folder)
        commit = _loose(folder, sha) or _packed(folder, sha)
    except (LeftOut, OSError, ValueError, IndexError, struct.error, zlib.error):
        return ""
    found = _COMMITTER.search(commit.partition(b"\n\n")[0])
    if not found:
        return ""
    offset = timedelta(hours=int(found[3]), minutes=int(found[4])) * (-1 if found[2] == b"-" else 1)
    try:
        return datetime.fromtimestamp(int(found[1]), UTC).astimezone(timezone(offset)).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def _text(*parts: str) -> str:
    return read_regular(os.path.join(*parts), _MAX_TEXT_BYTES).decode("ascii", "replace")


def _head(folder: str) -> str:
    """Return the name of the commit that HEAD names."""
    head = _text(folder, "HEAD").strip()
    reference = _REFERENCE.fullmatch(head)
    if not reference:
        return _sha(head)
    if ".." in reference[1]:
        raise ValueError(f"unsafe reference {reference[1]!r}")
    try:
        return _sha(_text(folder, reference[1]).strip())
    except LeftOut:
        for line in _text(folder, "packed-refs").splitlines():
            sha, _, name = line.partition(" ")
            if name == reference[1]:
                return _sha(sha)
    raise ValueError(f"no reference {reference[1]!r}")


def _sha(text: str) -> str:
    if not _SHA.fullmatch(text):
        raise ValueError(f"no name of a commit: {text[:40]!r}")
    return text


def _inflated(content: bytes) -> bytes:
    return zlib.decompressobj().decompress(content, _MAX_COMMIT_BYTES)


def _loose(folder: str, sha: str) -> bytes:
    try:
        content = read_regular(os.path.join(folder, "objects", sha[:2], sha[2:]), _MAX_COMMIT_BYTES)
    except LeftOut:
        return b""
    header, _, body = _inflated(content).partition(b"\0")
    return body if header.startswith(b"commit ") else b""


def _packed(folder: str, sha: str) -> bytes:
    for index in _indices(os.path.join(folder, "objects", "pack")):
        descriptor = os.open(index, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            offset = _offset(descriptor, bytes.fromhex(sha))
        finally:
            os.close(descriptor)
        if offset is not None:
            return _packed_commit(index.removesuffix(".idx") + ".pack", offset)
    return b""


def _indices(folder: str) -> Iterator[str]:
    with os.scandir(folder) as listing:
        names = sorted(entry.name for entry in listing if entry.name.endswith(".idx") and entry.is_file())
    return (os.path.join(folder, name) for name in names)


def _offset(descriptor: int, sha: bytes) -> int | None:
    """Find an object in the index of a pack (version 2), and return where in the pack it is."""
    head = os.pread(descriptor, _HEAD_BYTES, 0)
    if not head.startswith(_INDEX_MARK):
        return None
    counts = struct.unpack_from(">256L", head, 8)
    low, high, total = counts[sha[0] - 1] if sha[0] else 0, counts[sha[0]], counts[255]
    while low < high:
        middle = (low + high) // 2
        name = os.pread(descriptor, 20, _HEAD_BYTES + 20 * middle)
        if name == sha:
            # After the names come a checksum of four bytes for each object, and then the offsets.
            at = _HEAD_BYTES + 24 * total + 4 * middle
            offset = int(struct.unpack(">L", os.pread(descriptor, 4, at))[0])
            if offset < 1 << 31:
                return offset
            wide = _HEAD_BYTES + 28 * total + 8 * (offset - (1 << 31))
            return int(struct.unpack(">Q", os.pread(descriptor, 8, wide))[0])
        low, high = (middle + 1, high) if name < sha else (low, middle)
    return None


def _packed_commit(pack: str, offset: int) -> bytes:
    descriptor = os.open(pack, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        content = os.pread(descriptor, _MAX_COMMIT_BYTES, offset)
    finally:
        os.close(descriptor)
    if content[0] >> 4 & 7 != _COMMIT:
        return b""
    start = 0
    while content[start] & 0x80:
        start += 1
    return _inflated(content[start + 1 :])
