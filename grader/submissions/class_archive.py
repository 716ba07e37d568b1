"""The archive of a whole class: opened once, its members read one student at a time."""

from __future__ import annotations

import errno
import io
import os
import stat
import struct
import zipfile
from collections.abc import Iterator
from typing import Self

from grader.errors import UnreadableClass
from grader.submissions.archives import FOREIGN_MARKS, named_members, reason_in_short
from grader.submissions.folders import reason_of
from grader.submissions.limits import MAX_CLASS_DIRECTORY_BYTES, megabytes

_END_BYTES = 22 + 65_535
_END_MARK = b"PK\x05\x06"
_END64_MARK = b"PK\x06\x06"
_IN_END64 = 0xFFFFFFFF
_ENCRYPTED = 0x1


class ClassArchive:
    """A zip archive that holds what a class handed in.

    Unlike a student's archive it may have any size, since nothing of it is read but the directory and, later, one
    student's members. Processes that were forked may read at the same time.

    Parameters
    ----------
    path
        Of the archive.

    Raises
    ------
    UnreadableClass
        It cannot be opened, or is no zip archive.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise UnreadableClass(f"cannot read {path!r} ({reason_of(error)}); check its permissions") from None
        try:
            self._zip = _opened(path, self._descriptor)
        except BaseException:
            os.close(self._descriptor)
            raise
        if len({member.header_offset for member in self._zip.infolist()}) < len(self._zip.infolist()):
            self.close()
            raise UnreadableClass(f"{path!r} is damaged: two of its members are in one place; download it again")
        self._names = {member.header_offset: name for name, member in named_members(self._zip)}
        self._members = {member.header_offset: member for member in self._zip.infolist()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        os.close(self._descriptor)

    def names(self) -> Iterator[tuple[int, str]]:
        """Yield, for each member but folders, what identifies it and its name, in the order of the directory."""
        for offset, name in self._names.items():
            if not name.endswith(("/", "\\")):
                yield offset, name

    def all_encrypted(self) -> bool:
        """Whether no member can be read without a password."""
        flags = [self._members[offset].flag_bits for offset, _ in self.names()]
        return bool(flags) and all(flag & _ENCRYPTED for flag in flags)

    def member(self, offset: int) -> tuple[zipfile.ZipFile, zipfile.ZipInfo]:
        """Return a member, and the archive that can open it.

        Raises
        ------
        UnreadableClass
            There is none at this offset: the archive was changed.
        """
        member = self._members.get(offset)
        if member is None:
            raise UnreadableClass(f"{self.path!r} was changed since it was listed; start again")
        return self._zip, member


def _opened(path: str, descriptor: int) -> zipfile.ZipFile:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise UnreadableClass(f"{path!r} is not a regular file")
    start = os.pread(descriptor, 8, 0)
    for mark, kind in FOREIGN_MARKS:
        if start.startswith(mark):
            raise UnreadableClass(f"{path!r} is a {kind} archive, which is not read; unpack it and give the folder")
    size = _directory_bytes(descriptor)
    if size > MAX_CLASS_DIRECTORY_BYTES:
        raise UnreadableClass(
            f"the list of members of {path!r} takes more than {megabytes(MAX_CLASS_DIRECTORY_BYTES)}; "
            "unpack it and give the folder"
        )
    try:
        return zipfile.ZipFile(io.BufferedReader(_Positioned(descriptor)))
    except Exception as error:  # of hostile bytes zipfile makes nearly any exception
        raise UnreadableClass(
            f"{path!r} is not a complete zip archive ({reason_in_short(error)}); download it again"
        ) from None


def _directory_bytes(descriptor: int) -> int:
    """Return how long the archive's directory says that it is, before zipfile builds a list of it."""
    end = os.fstat(descriptor).st_size
    start = max(0, end - _END_BYTES)
    tail = os.pread(descriptor, end - start, start)
    position = tail.rfind(_END_MARK)
    if position < 0 or len(tail) < position + 22:
        return 0
    size = int(struct.unpack_from("<L", tail, position + 12)[0])
    wide = tail.rfind(_END64_MARK, 0, position)
    if size == _IN_END64 and wide >= 0 and len(tail) >= wide + 48:
        return int(struct.unpack_from("<Q", tail, wide + 40)[0])
    return size


class _Positioned(io.RawIOBase):
    """A file with a position of its own, so that a forked process does not move that of its parent."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: os.fstat(self._descriptor).st_size}[whence]
        if base + offset < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self._position = base + offset
        return self._position

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        chunk = os.pread(self._descriptor, len(buffer), self._position)
        buffer[: len(chunk)] = chunk
        self._position += len(chunk)
        return len(chunk)
