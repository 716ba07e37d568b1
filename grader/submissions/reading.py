"""What a student handed in, as a `Submission`: folders, files and archives alike."""

from __future__ import annotations

import difflib
import hashlib
import os
import stat
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from grader.core.submission import Cell, SourceFile, Submission
from grader.errors import UnreadableSubmission
from grader.submissions.archives import BrokenArchive, gather_archive
from grader.submissions.decoding import decode_python
from grader.submissions.folders import gather_folder, read_regular, reason_of
from grader.submissions.intake import Intake, LeftOut, Read
from grader.submissions.limits import MAX_ARCHIVE_BYTES, megabytes
from grader.submissions.notebooks import BrokenNotebook, read_notebook
from grader.submissions.paths import (
    ARCHIVE_SUFFIXES,
    SOURCE_SUFFIXES,
    UnsafePath,
    printable_name,
    relative_path,
    suffix_of,
)

_SHOWN = 3
_MAX_INNER_ARCHIVES = 10

Gather = Callable[[Intake], None]
"""Offer the files of a hand-in to the intake."""


def read_submissions(paths: Sequence[Path]) -> list[Submission]:
    """Read several submissions, one per path, in the order given.

    Raises
    ------
    UnreadableSubmission
        As `read_submission`, for the first path that cannot be read.
    """
    return [read_submission(path) for path in paths]


def read_submission(path: Path, *, open_inner: bool = False) -> Submission:
    """Read one submission: a folder, a ``.py`` or ``.ipynb`` file, or a zip or tar archive.

    Nothing is run, and nothing is parsed as Python. What cannot be read, or exceeds a cap of
    `grader.submissions.limits`, is left out with a remark.

    Parameters
    ----------
    path
        What was handed in. A link is followed here, though not inside of the submission.
    open_inner
        Where a folder holds no source but archives, take the files of these, as `read_gathered` does.

    Returns
    -------
    Submission
        With at least one source file.

    Raises
    ------
    UnreadableSubmission
        There is no such path, or nothing in it can be graded; the message is one sentence that names the fix.
    """
    intake = Intake()
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode) and open_inner:
            return read_gathered(_student(path), partial(gather_folder, os.fspath(path)), shown=str(path))
        if stat.S_ISDIR(mode):
            gather_folder(os.fspath(path), intake)
        elif stat.S_ISREG(mode):
            _gather_file(path, intake)
        else:
            raise UnreadableSubmission(f"{str(path)!r} is not a regular file; {_accepted()}")
    except (FileNotFoundError, NotADirectoryError):
        raise UnreadableSubmission(_missing(path)) from None
    except OSError as error:
        raise UnreadableSubmission(f"cannot read {str(path)!r} ({reason_of(error)}); check its permissions") from None
    except ValueError:  # a NUL in the path
        raise UnreadableSubmission(f"no such file or folder {str(path)!r}") from None
    return _assembled(str(path), _student(path), intake)


def read_gathered(student: str, gather: Gather, *, shown: str = "") -> Submission:
    """Read one student's part of what a class handed in.

    Where there is no source among the files but archives, these are opened, one level deep: a learning platform packs
    what each student packed.

    Parameters
    ----------
    student
        The name that the submission gets.
    gather
        Offers the files; what it raises, this raises.
    shown
        How messages call the hand-in; by default like the student.

    Raises
    ------
    UnreadableSubmission
        Nothing in it can be graded.
    """
    intake = Intake(inner={})
    gather(intake)
    _open_inner(intake)
    return _assembled(shown or student, student, intake)


def _open_inner(intake: Intake) -> None:
    inner, intake.inner = intake.inner or {}, None
    opened = not any(suffix_of(path) in SOURCE_SUFFIXES for path in intake.files)
    for position, (path, read) in enumerate(sorted(inner.items())):
        if not opened or position >= _MAX_INNER_ARCHIVES:
            intake.keep(path, read)
            continue
        folder = "" if len(inner) == 1 else path[: len(path) - len(suffix_of(path))] + "/"
        files = Intake(taken=intake.taken)
        try:
            gather_archive(_archive_content(read), files)
        except (LeftOut, BrokenArchive) as fault:
            intake.remark(f"{path}: {fault}; left out")
        for remark in files.remarks:
            intake.remark(f"{path}: {remark}")
        for name, content in files.files.items():
            intake.keep(folder + name, partial(_beginning, content))
        intake.taken = max(intake.taken, files.taken)


def _beginning(content: bytes, limit: int) -> bytes:
    return content[:limit]


def _archive_content(read: Read) -> bytes:
    content = read(MAX_ARCHIVE_BYTES + 1)
    if len(content) > MAX_ARCHIVE_BYTES:
        raise LeftOut(f"is larger than {megabytes(MAX_ARCHIVE_BYTES)}; leave data sets out of it")
    return content


def _gather_file(path: Path, intake: Intake) -> None:
    suffix = suffix_of(path.name)
    name = _own_name(path)
    read = partial(read_regular, os.path.realpath(path))
    if suffix in SOURCE_SUFFIXES:
        intake.keep(name, read)
        return
    if suffix not in ARCHIVE_SUFFIXES:
        raise UnreadableSubmission(f"cannot grade {str(path)!r}; {_renaming(name) or _accepted()}")
    try:
        gather_archive(_archive_content(read), intake)
    except LeftOut as fault:
        raise UnreadableSubmission(f"{str(path)!r} {fault}") from None
    except BrokenArchive as fault:
        raise UnreadableSubmission(f"cannot read {str(path)!r}: {fault}; pack it again") from None


def _own_name(path: Path) -> str:
    try:
        return relative_path(printable_name(path.name))
    except UnsafePath as fault:
        raise UnreadableSubmission(f"cannot grade {str(path)!r}: {fault}; rename it") from None


def _assembled(shown: str, student: str, intake: Intake) -> Submission:
    contents = dict(sorted(intake.files.items()))
    files = []
    for name in [name for name in contents if suffix_of(name) in SOURCE_SUFFIXES]:
        try:
            cells, remarks = _cells(name, contents[name])
        except BrokenNotebook as fault:
            intake.remark(f"{name}: {fault}; left out")
            continue
        files.append(SourceFile(name, cells))
        for remark in remarks:
            intake.remark(f"{name}: {remark}")
    data = {name: content for name, content in contents.items() if suffix_of(name) not in SOURCE_SUFFIXES}
    for name in _beneath_files(data):
        intake.remark(f"{name}: lies beneath a file as if that were a folder; left out")
        del data[name]
    if not files:
        raise UnreadableSubmission(_nothing_readable(shown, intake))
    kept = {file.path for file in files} | data.keys()
    return Submission(
        student=student,
        files=files,
        data=data,
        remarks=intake.remarks + ([f"{intake.unsaid} further remarks"] if intake.unsaid else []),
        sha256=_digest({name: content for name, content in contents.items() if name in kept}),
    )


def _cells(name: str, content: bytes) -> tuple[list[Cell], list[str]]:
    if suffix_of(name) == ".ipynb":
        return read_notebook(content)
    source, remarks = decode_python(content)
    return [Cell("", source)], remarks


def _beneath_files(data: dict[str, bytes]) -> list[str]:
    """Return the paths of which a parent is a file too, as only an archive can have them."""
    return [
        name
        for name in data
        if any(name[:position] in data for position, character in enumerate(name) if character == "/")
    ]


def _student(path: Path) -> str:
    """Return the name of the folder, or that of the file or archive without its suffix."""
    absolute = os.path.abspath(path)
    name = os.path.basename(absolute) or "submission"
    if not os.path.isdir(absolute):
        name = name[: len(name) - len(suffix_of(name))] or name
    return printable_name(name)


def _digest(contents: dict[str, bytes]) -> str:
    """Hash paths and contents, each after its length, so that no two submissions give the same bytes to hash."""
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        for part in (name.encode(), content):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def _accepted() -> str:
    return "a submission is a folder, a .py or .ipynb file, or an archive (.zip, .tar, .tar.gz, .tgz)"


def _renaming(name: str) -> str:
    """Advise on the ``lab.ipynb.txt`` that some browsers save, and on archives of other kinds."""
    stem, suffix = os.path.splitext(name)
    if suffix_of(stem) in SOURCE_SUFFIXES:
        return f"rename it to {stem!r}"
    return "pack it as .zip" if suffix.lower() in (".rar", ".7z") else ""


def _missing(path: Path) -> str:
    message = f"no such file or folder {str(path)!r}"
    try:
        siblings = sorted(os.listdir(path.parent))
    except OSError:
        return f"{message}; there is no folder {str(path.parent)!r} either"
    same_stem = [sibling for sibling in siblings if sibling.startswith(f"{path.name}.")]
    close = same_stem or difflib.get_close_matches(path.name, siblings, n=1)
    return f"{message}; did you mean {str(path.parent / close[0])!r}?" if close else f"{message}; check the spelling"


def _nothing_readable(shown: str, intake: Intake) -> str:
    """Say why no source was read: what was wrong with those found, or else what was found instead."""
    found = sorted(intake.files)
    if intake.remarks:
        about_sources = [remark for remark in intake.remarks if any(suffix in remark for suffix in SOURCE_SUFFIXES)]
        first = (
            [*about_sources, *intake.remarks][0].removeprefix(f"{os.path.basename(shown)}: ").removesuffix("; left out")
        )
        further = len(intake.remarks) + intake.unsaid - 1
        also = f" (and {further} further remarks)" if further else ""
        return f"cannot grade {shown!r}: {first}{also}; mend it or hand in another copy"
    if not found:
        return f"{shown!r} is empty; it should hold the .py or .ipynb files to grade"
    listed = ", ".join(repr(name) for name in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"no .py or .ipynb file in {shown!r}, only {listed}{more}; hand in the code itself"
