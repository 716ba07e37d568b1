"""What travels between a run and the processes that judge for it; encoded by msgspec, never pickled."""

from __future__ import annotations

import msgspec

from grader.core.submission import Submission
from grader.core.verdict import Report
from grader.gradebook import ExercisePin

__all__ = ["ATTEMPTS", "Done", "JudgeSetup", "Ready", "Refused", "Task"]

ATTEMPTS = 3
"""How many judges a submission may end before it is given up."""


class JudgeSetup(msgspec.Struct, frozen=True, kw_only=True):
    """What a judge process needs to know before it grades.

    Attributes
    ----------
    course
        The name of a built-in course, or a folder.
    exercises
        As the run grades them; a judge that has others refuses to work.
    cache
        The folder of plans; `None` keeps them in memory.
    secret
        Gives the seeds of a counted run; ``""`` where `seed` does.
    strength
        ``"full"`` or ``"weak"``, as of `grader.sandbox.Sandbox`.
    """

    course: str
    seed: int
    exercises: list[ExercisePin]
    cache: str | None = None
    strength: str = "full"
    secret: str = ""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A submission to grade.

    Attributes
    ----------
    id
        Comes back with the answer.
    exercises
        Those to grade it for.
    """

    id: int
    submission: Submission
    exercises: list[str]


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a task: a report, or why there is none."""

    id: int
    report: Report | None = None
    problem: str = ""


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """A judge has loaded its course and can grade."""


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """A judge cannot work at all.

    Attributes
    ----------
    kind
        The class of the error, by its name in `grader.errors`.
    """

    kind: str
    message: str
