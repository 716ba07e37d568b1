"""Archives to files: members are read in memory and never extracted by name, and no header is trusted."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import posixpath
import stat
import tarfile
import zipfile
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from grader.submissions.intake import Intake, LeftOut, Read
from grader.submissions.limits import (
    FREE_EXPANSION_BYTES,
    MAX_DICTIONARY_BYTES,
    MAX_ENTRIES,
    MAX_EXPANSION,
    MAX_TOTAL_BYTES,
    megabytes,
)
from grader.submissions.paths import SOURCE_SUFFIXES, decode_name, encoding_of_names, suffix_of

_CHUNK = 1 << 16
_ENCRYPTED = 0x1
_NAME_IS_UTF8 = 0x800
_CENTRAL_HEADER = b"PK\x01\x02"
_XZ_MARK = b"\xfd7zXZ\x00"
FOREIGN_MARKS = ((b"Rar!", "RAR"), (b"7z\xbc\xaf\x27\x1c", "7-Zip"))
# Others can expand a few bytes to many megabytes in one step, and homework does not come in them.
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class BrokenArchive(ValueError):
    """An archive of which nothing can be read; ``str(error)`` says why, in one clause."""


class Bomb(Exception):
    """Reading on would cost too much."""


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


def gather_archive(content: bytes, intake: Intake) -> None:
    """Offer all files of a zip or tar archive to the intake; what it is, its first bytes say.

    A single folder that holds all others is stripped from the paths.

    Raises
    ------
    BrokenArchive
        It is no archive of these kinds, or damaged from the start.
    """
    for mark, kind in FOREIGN_MARKS:
        if content.startswith(mark):
            raise BrokenArchive(f"a {kind} archive, which is not read; pack it as .zip")
    try:
        if content.startswith(b"PK"):
            _gather_zip(content, intake)
        else:
            _gather_tar(content, intake)
    except Bomb as bomb:
        intake.remark(f"the archive {bomb}; the rest of it is left out")
    _strip_single_folder(intake)
    _drop_environments(intake)


def _gather_zip(content: bytes, intake: Intake) -> None:
    # Counted before zipfile builds its list: a hundred megabytes of empty members would take gigabytes.
    if content.count(_CENTRAL_HEADER) > MAX_ENTRIES:
        raise BrokenArchive(f"more than {MAX_ENTRIES} members in it")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except Exception as error:  # of hostile bytes zipfile makes nearly any exception
        raise BrokenArchive(f"not a complete zip archive ({reason_in_short(error)})") from None
    meter = Meter(len(content))
    with archive:
        for name, member in sorted(named_members(archive), key=lambda pair: reading_order(pair[0])):
            if not name.endswith(("/", "\\")):
                intake.offer(name, partial(read_zip_member, archive, member, meter))


def reading_order(name: str) -> tuple[bool, str]:
    """Put sources first, so that large data cannot use up what may be read; then go on as in a folder."""
    return suffix_of(name) not in SOURCE_SUFFIXES, posixpath.normpath(name.replace("\\", "/"))


def named_members(archive: zipfile.ZipFile) -> list[tuple[str, zipfile.ZipInfo]]:
    """Return the members of a zip archive with their names, of which the encoding is guessed where it is not told."""
    members = archive.infolist()
    # zipfile reads names without the UTF-8 flag as cp437, which loses nothing.
    raw = [None if member.flag_bits & _NAME_IS_UTF8 else member.orig_filename.encode("cp437") for member in members]
    encoding = encoding_of_names([name for name in raw if name is not None])
    return [
        (member.orig_filename if name is None else decode_name(name, encoding), member)
        for name, member in zip(raw, members, strict=True)
    ]


def read_zip_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, meter: Meter, limit: int) -> bytes:
    """Read at most `limit` bytes of a member.

    Raises
    ------
    LeftOut
        It is not a plain file, or encrypted, or damaged.
    Bomb
        The archive expands to too much.
    """
    if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
        raise LeftOut("a link or a special file")
    if member.flag_bits & _ENCRYPTED:
        raise LeftOut("encrypted; pack it without a password")
    if member.compress_type not in _ZIP_METHODS:
        raise LeftOut(f"compressed by method {member.compress_type}; pack it as a plain zip")
    try:
        with archive.open(member) as stream:
            return _read_metered(stream, meter, limit)
    except Bomb:
        raise
    except Exception as error:  # as above
        raise LeftOut(f"damaged ({reason_in_short(error)})") from None


def _gather_tar(content: bytes, intake: Intake) -> None:
    meter = Meter(len(content))
    members = 0
    try:
        # Streamed, so that each byte is decompressed once and counted.
        with tarfile.open(fileobj=_MeteredStream(_expand(content), meter), mode="r|") as archive:
            for member in archive:
                members += 1
                if members > MAX_ENTRIES:
                    raise Bomb(f"has more than {MAX_ENTRIES} members")
                if not member.isdir():
                    intake.offer(_tar_name(member), _tar_reader(archive, member))
    except Bomb:
        raise
    except Exception as error:  # of hostile bytes tarfile and the decompressors make nearly any exception
        if not members:
            raise BrokenArchive(f"not a complete zip or tar archive ({reason_in_short(error)})") from None
        intake.remark(f"the archive is damaged ({reason_in_short(error)}); what follows is left out")


def _tar_name(member: tarfile.TarInfo) -> str:
    return decode_name(member.name.encode("utf-8", "surrogateescape"))


def _tar_reader(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Read:
    def read(limit: int) -> bytes:
        if not member.isreg() or member.issparse():
            raise LeftOut("a link or a special file")
        stream = archive.extractfile(member)
        return stream.read(limit) if stream else b""

    return read


def _expand(content: bytes) -> _Stream:
    if content.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=io.BytesIO(content))
    if content.startswith(b"BZh"):
        return bz2.BZ2File(io.BytesIO(content))
    if content.startswith(_XZ_MARK):
        return _XzStream(content)
    return io.BytesIO(content)


class _XzStream:
    """Decompressed xz data; unlike `lzma.LZMAFile`, with a limit on the memory that the archive may ask for."""

    def __init__(self, content: bytes) -> None:
        self._pending = content
        self._decompressor = _xz_decompressor()

    def read(self, size: int, /) -> bytes:
        while True:
            if self._decompressor.eof:
                self._pending = self._decompressor.unused_data
                if not self._pending.startswith(_XZ_MARK):
                    return b""
                self._decompressor = _xz_decompressor()
            chunk = self._decompressor.decompress(self._pending, size)
            self._pending = b""
            if chunk:
                return chunk
            if not self._decompressor.eof:
                raise EOFError("it ends too early")


def _xz_decompressor() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=MAX_DICTIONARY_BYTES)


@dataclass(slots=True)
class Meter:
    """Counts the bytes that an archive expands to, and stops at what only a bomb needs."""

    packed: int
    expanded: int = 0

    def add(self, size: int) -> None:
        """Count bytes that were expanded; raises `Bomb`."""
        self.expanded += size
        if self.expanded > MAX_TOTAL_BYTES:
            raise Bomb(f"expands to more than {megabytes(MAX_TOTAL_BYTES)}")
        if self.expanded > max(FREE_EXPANSION_BYTES, MAX_EXPANSION * self.packed):
            raise Bomb(f"expands more than {MAX_EXPANSION}-fold")


class _MeteredStream(io.RawIOBase):
    def __init__(self, stream: _Stream, meter: Meter) -> None:
        self._stream = stream
        self._meter = meter

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._stream.read(_CHUNK if size < 0 else size)
        self._meter.add(len(chunk))
        return chunk


def _read_metered(stream: _Stream, meter: Meter, limit: int) -> bytes:
    chunks = []
    while limit > 0 and (chunk := stream.read(min(limit, _CHUNK))):
        meter.add(len(chunk))
        limit -= len(chunk)
        chunks.append(chunk)
    return b"".join(chunks)


def _strip_single_folder(intake: Intake) -> None:
    tops = {path.partition("/")[0] for path in intake.files}
    if len(tops) == 1 and all("/" in path for path in intake.files):
        intake.files = {path.partition("/")[2]: content for path, content in intake.files.items()}


def _drop_environments(intake: Intake) -> None:
    """Drop virtual environments, which show themselves by a ``pyvenv.cfg``."""
    marked = tuple(path.removesuffix("pyvenv.cfg") for path in intake.files if path.endswith("/pyvenv.cfg"))
    intake.files = {path: content for path, content in intake.files.items() if not path.startswith(marked)}


def reason_in_short(error: Exception) -> str:
    """Say in one clause what a foreign parser objects to."""
    text = " ".join(str(error).split())[:80]
    return text[:1].lower() + text[1:] if text else type(error).__name__
