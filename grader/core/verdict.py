"""Verdicts and the report: what the judge found, ready to render; the source of every output format."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec

SCHEMA = "grade/report/v1"


class Outcome(StrEnum):
    """What became of one check."""

    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"
    """The grader broke; the student loses nothing."""
    SKIPPED = "skipped"
    """Not run, because something that it needs is wrong or missing; the message says what."""


class Status(StrEnum):
    """What became of one exercise."""

    PASSED = "passed"
    FAILED = "failed"
    UNFILLED = "unfilled"
    MISSING = "missing"
    ERRORED = "errored"


class Counterexample(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest input found on which the answer is wrong.

    Attributes
    ----------
    inputs
        Argument names to values, printed as NumPy source, in calling order.
    actual, expected
        What the student's function returned and what it should return, printed.
    code
        A snippet that runs beside the student's file and shows the difference.
    """

    inputs: dict[str, str]
    actual: str
    expected: str
    code: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one check of one function.

    Attributes
    ----------
    check
        ``"<function>/<claim>"``, for example ``"batchnorm_backward/gradient"``.
    title
        The claim as a short sentence for people.
    message
        What is wrong, with the worst element; empty where the check passed.
    hint
        What to look at next; empty unless the evidence supports it.
    mistake
        The name of the known mistake whose answers equal the student's in every case.
    remarks
        What is not wrong but should be known, such as single precision.
    file, cell, line
        Where the function is defined: the line counts from 1, in the notebook's cell where there is one. Empty and 0
        where it is not known or not defined.
    """

    check: str
    function: str
    outcome: Outcome
    points: float
    max_points: float
    title: str = ""
    message: str = ""
    hint: str = ""
    mistake: str | None = None
    counterexample: Counterexample | None = None
    remarks: list[str] = []
    file: str = ""
    cell: str = ""
    line: int = 0


class Score(msgspec.Struct, frozen=True):
    """Points earned of points possible; scores add up with ``sum(scores, Score())``."""

    points: float = 0.0
    max_points: float = 0.0

    def __add__(self, other: Score) -> Score:
        return Score(self.points + other.points, self.max_points + other.max_points)

    @property
    def percent(self) -> int:
        """The share in whole percent; 0 and 100 only where they are exact."""
        if self.max_points <= 0 or self.points >= self.max_points:
            return 100
        if self.points <= 0:
            return 0
        return min(99, max(1, round(100 * self.points / self.max_points)))


class ExerciseReport(msgspec.Struct, frozen=True, kw_only=True):
    """The verdicts of one exercise.

    Attributes
    ----------
    unfilled, missing
        The functions that are still stubs, and those that the submission does not define. Reports list them by name and
        leave their checks out.
    """

    exercise: str
    title: str
    status: Status
    score: float
    max_score: float
    checks: list[Verdict]
    unfilled: list[str] = []
    missing: list[str] = []
    remarks: list[str] = []


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is said about one submission.

    Attributes
    ----------
    student
        Who handed it in: the name of the folder or file, unless a roster says better.
    seed
        The seed of the generated cases; `None` where a course's secret gave it.
    version
        The version of `grade`.
    command
        The command that repeats the run, as one would type it; empty where it is not known.
    started, seconds
        Time of the start (ISO 8601, UTC) and duration in seconds; they alone differ between two runs.
    """

    schema: str = SCHEMA
    student: str
    course: str
    seed: int | None
    version: str
    command: str = ""
    score: float
    max_score: float
    remarks: list[str] = []
    exercises: list[ExerciseReport]
    started: str | None = None
    seconds: float | None = None

    @property
    def outcome(self) -> Outcome:
        """`errored` if the grader broke anywhere, `failed` if anything is not passed, else `passed`."""
        outcomes = {verdict.outcome for verdict in self.verdicts}
        if Outcome.ERRORED in outcomes:
            return Outcome.ERRORED
        return Outcome.PASSED if outcomes <= {Outcome.PASSED} else Outcome.FAILED

    @property
    def verdicts(self) -> list[Verdict]:
        """All verdicts in the order of the report."""
        return [verdict for exercise in self.exercises for verdict in exercise.checks]


def total(verdicts: Iterable[Verdict]) -> Score:
    """Return the score of some verdicts; sums are exact before they are rounded to 1e-6 points."""
    listed = list(verdicts)
    return Score(
        round(math.fsum(verdict.points for verdict in listed), 6),
        round(math.fsum(verdict.max_points for verdict in listed), 6),
    )


def status_of(verdicts: list[Verdict], *, unfilled: frozenset[str], missing: frozenset[str]) -> Status:
    """Return the status of an exercise from its verdicts and from its unfilled and missing functions."""
    functions = {verdict.function for verdict in verdicts}
    if any(verdict.outcome is Outcome.ERRORED for verdict in verdicts):
        return Status.ERRORED
    if functions <= missing:
        return Status.MISSING
    if functions <= unfilled | missing:
        return Status.UNFILLED
    passed = all(verdict.outcome is Outcome.PASSED for verdict in verdicts)
    return Status.PASSED if passed else Status.FAILED


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of `Report`."""
    schema = msgspec.json.schema(Report)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        **json.loads(json.dumps(schema)),
    }
