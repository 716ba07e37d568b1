"""What a class handed in, one value for each hand-in; the files themselves are read one hand-in at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

import msgspec

from grader.core.submission import Submission
from grader.submissions import ClassArchive, read_members, read_parts, read_submission

Kind = Literal["folders", "files", "canvas", "moodle", "blackboard", "gradescope", "nbgrader", "github-classroom"]
"""How a class's hand-ins are laid out."""


class OnDisk(msgspec.Struct, frozen=True, tag="disk"):
    """A folder, a file or an archive, all of which is the hand-in.

    Attributes
    ----------
    path
        Where it is.
    """

    path: str


class Loose(msgspec.Struct, frozen=True, tag="loose"):
    """Some of the files in a folder.

    Attributes
    ----------
    files
        Path on disk and name inside of the submission, for each file.
    """

    files: tuple[tuple[str, str], ...]


class Packed(msgspec.Struct, frozen=True, tag="packed"):
    """Some of the members of the class's archive.

    Attributes
    ----------
    archive
        Path of the archive.
    members
        Offset of the member's header in the archive, which identifies it, and name inside of the submission.
    """

    archive: str
    members: tuple[tuple[int, str], ...]


Source = OnDisk | Loose | Packed
"""Where the files of a hand-in are; plain data, so that it can be sent to another process."""


class Member(msgspec.Struct, frozen=True):
    """One of the students who handed in together.

    Attributes
    ----------
    name
        As the platform writes it.
    ids
        As in `HandIn`.
    """

    name: str
    ids: dict[str, str] = {}


class HandIn(msgspec.Struct, frozen=True, kw_only=True):
    """What one student, or one group, handed in.

    Attributes
    ----------
    key
        Unique in the class and the same in each run: the platform's id, else the name of the folder or file.
    name
        For people to read.
    ids
        What is known of the student, by kind: ``canvas_id``, ``moodle_id``, ``sid``, ``student_id``, ``email``,
        ``login``, ``github``, and others that only one platform has. Empty for a group; see `members`.
    source
        Where the files are; `ClassSource.read` reads them.
    submitted
        When, in ISO 8601, with the offset from UTC where the platform tells it; ``""`` where it tells nothing.
    late
        What the platform says; None where it says nothing.
    attempt
        Number of the attempt that counts, from 1; None where the platform does not count them.
    members
        The students of a group; empty for a hand-in of one student.
    remarks
        What was odd, such as earlier attempts that do not count.
    returned_as
        The name, in the platform's download, of the folder (Moodle) or file (Canvas) to which feedback belongs.
    """

    key: str
    name: str
    source: Source
    ids: dict[str, str] = {}
    submitted: str = ""
    late: bool | None = None
    attempt: int | None = None
    members: tuple[Member, ...] = ()
    remarks: list[str] = []
    returned_as: str = ""


class ClassSource:
    """All hand-ins of a class; a context manager, which closes the class's archives.

    Files are read only by `read`, so that the memory needed does not grow with their number. A process that was forked
    may read on at the same time, and a pickled copy opens the archives again.

    Attributes
    ----------
    kind
        How they are laid out.
    handins
        Sorted by key.
    problems
        What was left out and why, a sentence each; nothing is dropped without one.
    """

    def __init__(self, kind: Kind, handins: list[HandIn], problems: list[str]) -> None:
        self.kind: Kind = kind
        self.handins = handins
        self.problems = problems
        self._archives: dict[str, ClassArchive] = {}

    def __repr__(self) -> str:
        return f"<ClassSource {self.kind}: {len(self.handins)} hand-ins, {len(self.problems)} problems>"

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_archives": {}}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the class's archives; a later `read` opens them again."""
        while self._archives:
            self._archives.popitem()[1].close()

    def read(self, handin: HandIn) -> Submission:
        """Read the files of one hand-in, within the caps of `grader.submissions.limits`.

        Where a hand-in holds no source but archives, these are its files.

        Raises
        ------
        UnreadableSubmission
            Nothing in it can be graded; the message is one sentence that names the fix.
        """
        source = handin.source
        if isinstance(source, Packed):
            archive = self._archives.get(source.archive)
            if archive is None:
                archive = self._archives[source.archive] = ClassArchive(source.archive)
            return read_members(handin.name, archive, source.members)
        if isinstance(source, Loose):
            return read_parts(handin.name, source.files)
        return msgspec.structs.replace(read_submission(Path(source.path), open_inner=True), student=handin.name)
