"""Folders to files: every regular file below a folder, in one order, without ever leaving it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import partial
from itertools import islice

from grader.submissions.intake import Intake, LeftOut
from grader.submissions.limits import MAX_ENTRIES
from grader.submissions.paths import is_clutter, printable_name


def gather_folder(folder: str, intake: Intake) -> None:
    """Offer all files below a folder to the intake, sorted by path.

    Links inside of the folder to a file inside of it are read; other links and special files are remarked. Folders
    that tools made (hidden ones, caches, virtual environments) are passed over.

    Raises
    ------
    OSError
        The folder itself cannot be listed.
    """
    base = os.path.realpath(folder)
    for relative in sorted(_walk(base, intake)):
        intake.offer(printable_name(relative), partial(_read_inside, base, relative))


def read_regular(path: str, limit: int) -> bytes:
    """Read at most `limit` bytes of a regular file; never waits for a pipe, never follows a link.

    Raises
    ------
    LeftOut
        It is no regular file, or cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise LeftOut("not a regular file")
            with open(descriptor, "rb", closefd=False) as stream:
                return stream.read(limit)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise LeftOut(f"cannot be read ({reason_of(error)})") from None


def reason_of(error: OSError) -> str:
    """Say in lower case what the operating system objects to."""
    return (error.strerror or type(error).__name__).lower()


def _walk(base: str, intake: Intake) -> Iterator[str]:
    """Yield the relative path of all entries below `base` that are not folders; linked folders are not entered."""
    pending = [""]
    seen = 0
    while pending:
        inside = pending.pop()
        try:
            with os.scandir(os.path.join(base, inside)) as listing:
                entries = sorted(islice(listing, MAX_ENTRIES + 1), key=lambda entry: entry.name)
        except OSError as error:
            if not inside:
                raise
            intake.remark(f"{printable_name(inside)}: cannot be read ({reason_of(error)}); left out")
            continue
        seen += len(entries)
        if seen > MAX_ENTRIES:
            place = printable_name(inside) or "some"
            intake.remark(f"more than {MAX_ENTRIES} files and folders; {place} and others are left out")
            return
        if inside and any(entry.name == "pyvenv.cfg" for entry in entries):
            continue
        for entry in entries:
            relative = os.path.join(inside, entry.name)
            if is_clutter(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                pending.append(relative)
            else:
                yield relative


def _read_inside(base: str, relative: str, limit: int) -> bytes:
    """Read a file below `base`, which may be a link to another file below `base`."""
    path = os.path.join(base, relative)
    if not os.path.islink(path):
        return read_regular(path, limit)
    target = os.path.realpath(path)
    if os.path.commonpath((base, target)) != base:
        raise LeftOut("a link that leads outside of the submission")
    if os.path.isdir(target):
        raise LeftOut("a link to a folder")
    return read_regular(target, limit)
