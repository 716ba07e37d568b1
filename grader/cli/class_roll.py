"""The class as a run sees it: who is to be graded, under which name, and what is to be said about whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from grader.classroom import ClassSource, HandIn, open_class
from grader.classroom.extensions import Extensions, read_extensions
from grader.classroom.handins import OnDisk, Packed
from grader.classroom.late import LatePolicy, parse_late, policy_from
from grader.classroom.matching import Entry, Matched, match
from grader.classroom.roster import read_roster
from grader.cli.class_job import ClassJob
from grader.core.submission import Submission
from grader.courses import CourseSettings
from grader.errors import UnreadableSubmission
from grader.gradebook import HandedIn, Member, Notice


@dataclass(frozen=True, slots=True)
class Roll:
    """What a class handed in, joined with its roster.

    Attributes
    ----------
    counted
        The hand-ins that are graded, by key: of several of one student only the one that counts.
    students
        By the key of a hand-in, whose it is.
    """

    source: ClassSource
    matched: Matched
    counted: dict[str, HandIn]
    students: dict[str, list[Entry]]
    problems: list[str]
    policy: LatePolicy
    extensions: Extensions

    def hand_ins(self) -> Iterator[tuple[HandedIn, Submission | None]]:
        """Read one hand-in after the other."""
        for handin in self.counted.values():
            try:
                submission = self.source.read(handin)
            except UnreadableSubmission as error:
                yield self._handed_in(handin, problem=str(error)), None
                continue
            handed_in = self._handed_in(handin, sha256=submission.sha256)
            yield handed_in, msgspec.structs.replace(submission, student=handed_in.name)

    def read(self, key: str) -> Submission | None:
        """Read a hand-in once more, by its key."""
        handin = self.counted.get(key)
        try:
            return None if handin is None else self.source.read(handin)
        except UnreadableSubmission:
            return None

    def notices(self) -> Iterator[Notice]:
        """Yield what is to be said about the class: nobody is dropped without a word."""
        for problem in self.problems:
            yield Notice(kind="left out", subject="", message=problem)
        for remark in self.matched.remarks:
            yield Notice(kind=_kind(remark), subject="", message=remark)

    def _handed_in(self, handin: HandIn, *, sha256: str = "", problem: str = "") -> HandedIn:
        owners = self.students.get(handin.key, [])
        alone = owners[0] if len(owners) == 1 and not handin.members else None
        return HandedIn(
            key=handin.key,
            name=alone.name if alone else handin.name,
            ids=alone.ids if alone else handin.ids,
            sha256=sha256,
            submitted=handin.submitted or None,
            late=handin.late,
            attempt=handin.attempt,
            source=_where(handin),
            problem=problem,
            members=[Member(name=one.name, ids=one.ids) for one in handin.members],
            remarks=list(handin.remarks),
        )


def call_roll(job: ClassJob, settings: CourseSettings) -> Roll:
    """Open what a class handed in, and join it with its roster.

    Raises
    ------
    UnreadableClass
        If the hand-ins, the roster or the extensions cannot be read.
    UsageError
        If the late policy cannot.
    """
    roster = read_roster(Path(job.roster)) if job.roster else None
    extensions = read_extensions(Path(job.extensions)) if job.extensions else Extensions()
    policy = policy_from(settings.late)
    policy = parse_late(job.late, base=policy) if job.late else policy
    source = open_class(Path(job.source), platform=job.platform or None, assignment=job.assignment)
    matched = match(source, roster)
    students: dict[str, list[Entry]] = {}
    for entry in matched.entries:
        if entry.handin is not None:
            students.setdefault(entry.handin.key, []).append(entry)
    unused = extensions.unused((entry.ids, entry.name) for entry in matched.entries)
    problems = [
        *source.problems,
        *(roster.problems if roster else []),
        *(f"{who!r} has an extension, but is not in the class" for who in unused),
    ]
    counted = {handin.key: handin for handin in source.handins if handin.key in students}
    return Roll(source, matched, counted, students, problems, policy, extensions)


def _where(handin: HandIn) -> str:
    """Return where the files of a hand-in are, for people to find them."""
    if isinstance(handin.source, OnDisk):
        return handin.source.path
    if isinstance(handin.source, Packed):
        return handin.source.archive
    return handin.source.files[0][0] if handin.source.files else ""


def _kind(remark: str) -> str:
    for kind, words in (("missing", "handed in nothing"), ("unmatched", "is not in the roster")):
        if remark.endswith(words):
            return kind
    return "twice" if "handed in more than once" in remark else "roster"
