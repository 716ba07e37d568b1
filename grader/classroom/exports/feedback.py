"""Feedback as one archive, named so that the platform gives each student his or her own."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from typing import IO

from grader.classroom.handins import HandIn
from grader.errors import UsageError
from grader.submissions.paths import UnsafePath, relative_path

_MOODLE = re.compile(r".+_\d+_assign(?:submission|feedback)_[a-z]+(?:_.*)?")
_CANVAS = re.compile(r"(?:.+_)?(?:\d+|anon_[^_]+)_(?:LATE_)?\d+_.+")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_moodle_feedback(stream: IO[bytes], feedback: Iterable[tuple[HandIn, Mapping[str, bytes]]]) -> list[str]:
    """Write an archive for Moodle's "Upload multiple feedback files in a zip".

    Each student's files lie in a folder of the name that the download had: Moodle takes the student from it. It passes
    over hidden files.

    Parameters
    ----------
    stream
        Where the archive goes. One student's files are in memory at a time.
    feedback
        Hand-ins and their files, by name.

    Returns
    -------
    list of str
        Who gets no feedback, and why; a sentence each.

    Raises
    ------
    UsageError
        A file has no plain name.
    """
    problems = []
    written: set[str] = set()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for handin, files in feedback:
            folder = handin.returned_as
            if not _MOODLE.fullmatch(folder):
                problems.append(f"{handin.key!r} does not come from Moodle's download; it gets no feedback")
                continue
            for name, content in files.items():
                _add(archive, f"{folder}/{_plain_name(name)}", content, written, problems)
    return problems


def write_canvas_feedback(stream: IO[bytes], feedback: Iterable[tuple[HandIn, bytes]]) -> list[str]:
    """Write an archive for Canvas' "Upload Submissions", which returns one file to each student.

    Each has the name that the hand-in had in the download, by which Canvas knows the student and the attempt; Canvas
    shows it to the student under the name of the file that was handed in.

    Parameters
    ----------
    stream
        Where the archive goes. One student's file is in memory at a time.
    feedback
        Hand-ins, and a file for each.

    Returns
    -------
    list of str
        Who gets no feedback, and why; a sentence each.
    """
    problems = []
    written: set[str] = set()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for handin, content in feedback:
            if not _CANVAS.fullmatch(handin.returned_as):
                problems.append(f"{handin.key!r} does not come from Canvas' download; it gets no feedback")
                continue
            _add(archive, handin.returned_as, content, written, problems)
    return problems


def _plain_name(name: str) -> str:
    try:
        path = relative_path(name)
    except UnsafePath as fault:
        raise UsageError(f"feedback cannot have {fault}") from None
    if path != name or any(part.startswith((".", "~")) for part in path.split("/")):
        raise UsageError(f"feedback cannot have the name {name!r}; write one like 'feedback.html'")
    return path


def _add(archive: zipfile.ZipFile, name: str, content: bytes, written: set[str], problems: list[str]) -> None:
    if name in written:
        problems.append(f"{name!r} is there twice; the first one counts")
        return
    written.add(name)
    member = zipfile.ZipInfo(name, _EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    archive.writestr(member, content)
