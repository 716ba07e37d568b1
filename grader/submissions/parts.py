"""One student's part of what a class handed in: some members of an archive, or some files of a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial

from grader.core.submission import Submission
from grader.submissions.archives import Bomb, Meter, read_zip_member, reading_order
from grader.submissions.class_archive import ClassArchive
from grader.submissions.folders import read_regular
from grader.submissions.intake import Intake
from grader.submissions.reading import read_gathered


def read_members(student: str, archive: ClassArchive, members: Iterable[tuple[int, str]]) -> Submission:
    """Read members of a class's archive as one submission.

    Parameters
    ----------
    student
        The name that the submission gets.
    archive
        In which they are.
    members
        What `ClassArchive.names` identifies each by, and its name inside of the submission.

    Raises
    ------
    UnreadableSubmission
        Nothing among them can be graded.
    UnreadableClass
        The archive was changed.
    """
    found = [(name, *archive.member(offset)) for offset, name in members]
    found.sort(key=lambda item: reading_order(item[0]))
    meter = Meter(sum(member.compress_size for _, _, member in found))

    def gather(intake: Intake) -> None:
        try:
            for name, opened, member in found:
                intake.offer(name, partial(read_zip_member, opened, member, meter))
        except Bomb as bomb:
            intake.remark(f"what was handed in {bomb}; the rest of it is left out")

    return read_gathered(student, gather)


def read_parts(student: str, files: Iterable[tuple[str, str]]) -> Submission:
    """Read files on disk as one submission.

    Parameters
    ----------
    student
        The name that the submission gets.
    files
        Path of each, and its name inside of the submission.

    Raises
    ------
    UnreadableSubmission
        Nothing among them can be graded.
    """

    def gather(intake: Intake) -> None:
        for path, name in files:
            intake.offer(name, partial(read_regular, os.path.realpath(path)))

    return read_gathered(student, gather)
