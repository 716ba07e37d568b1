"""What goes into a gradebook and comes out of it, as typed values."""

from __future__ import annotations

import msgspec

from grader.core.verdict import Counterexample, Outcome

__all__ = [
    "CheckChange",
    "CheckStatistics",
    "Entered",
    "Entry",
    "ExercisePin",
    "ExerciseStatistics",
    "HandedIn",
    "MadeMistake",
    "Member",
    "MistakeStatistics",
    "Notice",
    "Remark",
    "Run",
    "RunSettings",
]


class ExercisePin(msgspec.Struct, frozen=True, kw_only=True):
    """An exercise as a run grades it.

    Attributes
    ----------
    digest
        Of all that its verdicts depend on, the submission and the seed apart; see `grader.gradebook.digests`.
    """

    exercise: str
    title: str
    digest: str


class RunSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a run was asked to do.

    Attributes
    ----------
    source
        The folder or archive of hand-ins.
    seed
        Of the generated cases; `None` where each exercise has the one that the course's secret gives.
    kind
        ``"class"`` or ``"regrade"``.
    options
        The other options of the command line, so that `grade regrade` can repeat them.
    """

    course: str
    seed: int | None
    source: str
    kind: str = "class"
    options: dict[str, str | list[str]] = {}


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run of `grade class` or `grade regrade`.

    Attributes
    ----------
    started, finished
        ISO 8601, UTC; `finished` is `None` for a run that goes on or was stopped.
    version
        The version of `grade`.
    """

    id: int
    settings: RunSettings
    version: str
    started: str
    finished: str | None
    exercises: list[ExercisePin]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A student of a group that hands in together."""

    name: str
    ids: dict[str, str] = {}


class HandedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A submission as a class's source gives it.

    Attributes
    ----------
    key
        Names the student, or the group, for good.
    ids
        Kinds of identifier (``"sis"``, ``"email"``) to identifiers.
    sha256
        Of the content; ``""`` where it cannot be read.
    submitted
        ISO 8601, where it is known.
    late
        What the platform says; `None` where it says nothing.
    problem
        Why it cannot be read; ``""`` if it can.
    members
        All students of the group that handed in, where it is one.
    remarks
        What was odd about the hand-in, such as earlier attempts that do not count.
    """

    key: str
    name: str
    sha256: str
    ids: dict[str, str] = {}
    submitted: str | None = None
    late: bool | None = None
    attempt: int | None = None
    source: str = ""
    problem: str = ""
    members: list[Member] = []
    remarks: list[str] = []


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """A submission that a run has found.

    Attributes
    ----------
    pending
        The exercises that are still to be judged, in the order of the course.
    """

    id: int
    pending: list[str]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A submission in a run, with its totals.

    Attributes
    ----------
    judged
        How many exercises have a result.
    errored
        How many of them the grader failed on.
    score, max_score
        Points of the exercises that have a result.
    seconds
        Time that judging took; `None` where it is not known.
    """

    id: int
    key: str
    name: str
    ids: dict[str, str]
    sha256: str
    submitted: str | None
    late: bool | None
    attempt: int | None
    source: str
    problem: str
    remarks: list[str]
    members: list[Member]
    judged: int
    errored: int
    score: float
    max_score: float
    seconds: float | None


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a run has to say about the class.

    Attributes
    ----------
    kind
        ``"missing"``, ``"unmatched"``, ``"twice"``, or what else the source says.
    subject
        Whom or what it is about.
    """

    kind: str
    subject: str
    message: str


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """What was odd about a submission; of kind ``"denied"`` where its code tried what the sandbox forbids."""

    entry: int
    key: str
    name: str
    kind: str
    text: str


class ExerciseStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """How a class did on an exercise: how many submissions have each status, and their points."""

    exercise: str
    title: str
    entries: int
    passed: int
    failed: int
    unfilled: int
    missing: int
    errored: int
    mean: float
    max_score: float


class CheckStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """How a class did on a check.

    Attributes
    ----------
    passed, failed, skipped, errored
        How many submissions have each outcome, of those that have written the function.
    unwritten
        How many have not.
    difficulty
        The mean share of the points that was earned, 0 to 1; `None` where nobody was judged.
    discrimination
        The correlation of this check's points with the points of all other checks, -1 to 1; `None` where either
        is the same for everyone.
    """

    exercise: str
    check: str
    function: str
    title: str
    max_points: float
    passed: int
    failed: int
    skipped: int
    errored: int
    unwritten: int
    difficulty: float | None
    discrimination: float | None


class MistakeStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """How many submissions make a known mistake."""

    exercise: str
    mistake: str
    hint: str
    entries: int


class MadeMistake(msgspec.Struct, frozen=True, kw_only=True):
    """That a submission makes a known mistake."""

    entry: int
    key: str
    name: str
    exercise: str
    check: str
    mistake: str


class CheckChange(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a check of one student between two runs; an outcome is `None` where there was no such check."""

    key: str
    name: str
    exercise: str
    check: str
    title: str
    resubmitted: bool
    old_outcome: Outcome | None
    new_outcome: Outcome | None
    old_points: float
    new_points: float
    old_message: str
    new_message: str
    counterexample: Counterexample | None
