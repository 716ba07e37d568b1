"""The class report as typed values: what its JSON says, and what its pages are made of."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from grader.core.verdict import Status
from grader.gradebook import Member, Notice

SCHEMA = "grade/class/v1"

BANDS = 5
"""How many bands of equal width, from none to all of the points, the shares that passed are told by."""

BINS = 20
"""How many bins of equal width the distribution of scores has; the last one includes full marks."""


class Distribution(msgspec.Struct, frozen=True, kw_only=True):
    """How the values of some submissions are spread; all values are 0 where `n` is.

    Attributes
    ----------
    n
        How many submissions it is about.
    sd
        The standard deviation, with divisor ``n - 1``; 0 for one submission.
    q1, median, q3
        Quartiles, interpolated linearly.
    """

    n: int
    mean: float
    sd: float
    min: float
    q1: float
    median: float
    q3: float
    max: float


class ScoreDistribution(Distribution, frozen=True, kw_only=True):
    """How the scores of the submissions that were judged are spread.

    Attributes
    ----------
    max_score
        Points of all exercises together.
    bins
        How many scores lie in each of `BINS` bins of equal width.
    full, zero
        How many earned all points, and none.
    """

    max_score: float
    bins: list[int]
    full: int
    zero: int


class CheckSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How the class did on a check.

    Attributes
    ----------
    n
        How many submissions it was judged for: all but those that the grader failed on.
    passed, failed, skipped, errored, unwritten
        How many submissions have each outcome; unwritten ones define no such function, or a stub.
    overtime
        How many of the failed ran into a time limit.
    difficulty
        The mean share of the points that was earned, so high is easy; `None` where it is worth none or `n` is 0.
    discrimination
        The point-biserial correlation of this check with the points of all other checks, -1 to 1; `None` where either
        is the same for everyone.
    passed_in_band, judged_in_band
        How many passed, and for how many it was judged, in each of `BANDS` bands of the total score.
    """

    check: str
    function: str
    title: str
    max_points: float
    n: int
    passed: int
    failed: int
    skipped: int
    errored: int
    unwritten: int
    overtime: int
    difficulty: float | None
    discrimination: float | None
    passed_in_band: list[int]
    judged_in_band: list[int]


class ExerciseSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How the class did on an exercise: how many submissions have each status, and their points.

    Attributes
    ----------
    n
        How many submissions have a result.
    difficulty
        The mean share of the points that was earned; `None` where there are none.
    """

    exercise: str
    title: str
    max_score: float
    n: int
    passed: int
    failed: int
    unfilled: int
    missing: int
    errored: int
    mean: float
    difficulty: float | None
    checks: list[CheckSummary]


class MistakeSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A known mistake.

    Attributes
    ----------
    students
        Who made it, as positions in `ClassReport.students`.
    """

    exercise: str
    mistake: str
    hint: str
    students: list[int]


class ExerciseScore(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an exercise of one student."""

    exercise: str
    status: Status
    score: float


class Student(msgspec.Struct, frozen=True, kw_only=True):
    """A student, or a group that handed in together.

    Attributes
    ----------
    page
        The student's page, relative to the class page.
    members
        All students of a group; empty for one student.
    max_score
        Points of the exercises that were judged.
    seconds
        Time that judging took; `None` where it is not known.
    problem
        Why nothing could be read or judged; empty if it could.
    flags
        The kinds of `Attention` that are about this student, and ``"alike"``.
    mistakes
        Positions in `ClassReport.mistakes`.
    """

    key: str
    name: str
    ids: dict[str, str]
    page: str
    members: list[Member]
    submitted: str | None
    late: bool | None
    attempt: int | None
    score: float
    max_score: float
    seconds: float | None
    problem: str
    flags: list[str]
    mistakes: list[int]
    exercises: list[ExerciseScore]


class Attention(msgspec.Struct, frozen=True, kw_only=True):
    """What a human should look at.

    Attributes
    ----------
    kind
        ``"errored"`` the grader failed; ``"unreadable"``; ``"unjudged"`` not all exercises were judged; ``"empty"``
        nothing to grade in it; ``"denied"`` its code tried what is not allowed while grading; ``"overtime"`` it ran
        into a time limit; ``"fast"`` judged in a small part of the usual time.
    student
        A position in `ClassReport.students`.
    messages
        What happened, one clause each.
    """

    kind: str
    student: int
    messages: list[str]


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of a submission, both ends included; `place` names the file, and the notebook's cell."""

    place: str
    first: int
    last: int


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A run of tokens that two submissions share, comments and the names of variables apart.

    Attributes
    ----------
    tokens
        How many of them are neither given nor common in the class.
    """

    left: Passage
    right: Passage
    tokens: int


class Likeness(msgspec.Struct, frozen=True, kw_only=True):
    """That two submissions are so alike that a human should compare them; it proves nothing.

    Attributes
    ----------
    left, right
        Positions in `ClassReport.students`.
    shared
        The share of the smaller submission's own code that the other one has, 0 to 1: without what was given, comments
        and names.
    tokens
        Shared tokens of the smaller submission's own code.
    longest
        Tokens of the longest run that both share.
    identical
        Whether the files are the same byte for byte.
    page
        The page that shows both side by side, relative to the class page.
    """

    left: int
    right: int
    shared: float
    tokens: int
    longest: int
    identical: bool
    page: str
    matches: list[Match]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """How submissions were compared with each other.

    Attributes
    ----------
    compared
        How many submissions were.
    common
        Passages that more submissions than this share were ignored.
    found
        How many pairs are alike.
    pairs
        The pairs most alike, at most `grader.report.classroom.likeness.MAX_PAIRS`.
    """

    compared: int
    common: int
    found: int
    pairs: list[Likeness]


class ClassReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a class did, from one run of a gradebook.

    Attributes
    ----------
    seed
        Of the generated cases; `None` where the course's secret gives them.
    run
        The number of the run in the gradebook.
    complete
        Whether the run came to its end.
    likeness
        `None` where submissions were not compared.
    notices
        What the source of the submissions said: who is missing, unmatched or there twice.
    """

    schema: str = SCHEMA
    course: str
    source: str
    seed: int | None
    version: str
    run: int
    started: str
    finished: str | None
    complete: bool
    scores: ScoreDistribution
    seconds: Distribution
    exercises: list[ExerciseSummary]
    mistakes: list[MistakeSummary]
    attention: list[Attention]
    notices: list[Notice]
    likeness: Comparison | None
    students: list[Student]


def class_schema() -> str:
    """Return the JSON Schema (draft 2020-12) of `ClassReport`, as it is published in ``static/class.schema.json``."""
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        **json.loads(json.dumps(msgspec.json.schema(ClassReport))),
    }
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode("utf-8") + "\n"
