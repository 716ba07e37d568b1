"""Files that are there whole or not at all, whatever ends the program that writes them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["replacing"]

_PREFIX, _SUFFIX = ".grade-", ".tmp"


@contextlib.contextmanager
def replacing(path: Path, *, mode: int = 0o666, durable: bool = True, sweep: bool = True) -> Iterator[BinaryIO]:
    """Open a new file which takes the place of `path` once the block has ended well; folders are made.

    The new file is locked as long as it is written. What a program that was killed left behind is not, and is removed
    the next time that anything is written to the same folder.

    Parameters
    ----------
    mode
        Permissions, from which the process's mask is taken.
    durable
        Whether the content is on the disk before the name is, so that also a power failure leaves the old file or the
        new one.
    sweep
        Whether to look for what killed programs left, which takes the longer the more files the folder has.

    Raises
    ------
    OSError
        If the file cannot be written; `path` is then as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if sweep:
        _sweep(path.parent)
    temporary, descriptor = _locked(path.parent, mode)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            yield file
        if durable:
            os.fsync(descriptor)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
        os.close(descriptor)


def _locked(folder: Path, mode: int) -> tuple[Path, int]:
    """Return a new file in a folder, and its descriptor, which holds a lock on it."""
    while True:
        path = folder / f"{_PREFIX}{secrets.token_hex(6)}{_SUFFIX}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        with contextlib.suppress(OSError):  # some network file systems have no locks; nothing is swept there
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return path, descriptor
        os.close(descriptor)  # another process swept it between its making and its lock


def _sweep(folder: Path) -> None:
    """Remove what killed programs left in a folder: files of ours that nobody holds a lock on."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not (entry.name.startswith(_PREFIX) and entry.name.endswith(_SUFFIX)):
                continue
            with contextlib.suppress(OSError):
                descriptor = os.open(entry.path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    os.unlink(entry.path)
                finally:
                    os.close(descriptor)
