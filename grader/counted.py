"""The seed that counts: derived from a course's secret for each exercise, so that nobody knows its cases beforehand."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from grader.core.submission import Submission
from grader.core.verdict import Report
from grader.courses import CourseSettings
from grader.discovery import Paired
from grader.errors import AuthoringError, UsageError
from grader.judge import Judge
from grader.oracles import ExercisePlan, plan_exercise
from grader.sandbox import Worker

__all__ = ["MIN_SECRET", "VARIABLE", "CountedJudge", "counted_seed", "secret_of"]

VARIABLE = "GRADE_SECRET"
"""The environment variable that holds the secret; it goes before the one in `course.toml`."""
MIN_SECRET = 16
"""Characters of a secret at least: who sees a case of a counted run can try every short one."""
_MAKE = "python -c 'import secrets; print(secrets.token_hex(16))' makes one"


def secret_of(settings: CourseSettings, environment: Mapping[str, str]) -> str:
    """Return the secret of a course, ``""`` where there is none: its runs are public ones.

    Raises
    ------
    UsageError
        If the environment's secret is too short.
    AuthoringError
        If the course's is.
    """
    given = environment.get(VARIABLE, "")
    if given:
        if len(given) < MIN_SECRET:
            raise UsageError(
                f"the secret in {VARIABLE} has {len(given)} characters, but should have {MIN_SECRET} or more; {_MAKE}"
            )
        return given
    if 0 < len(settings.secret) < MIN_SECRET:
        raise AuthoringError(
            f"the secret in course.toml has {len(settings.secret)} characters,"
            f" but should have {MIN_SECRET} or more; {_MAKE}"
        )
    return settings.secret


def counted_seed(secret: str, exercise: str) -> int:
    """Return the seed of an exercise's cases in a counted run, of 64 bits (HMAC-SHA-256, RFC 2104)."""
    digest = hmac.digest(secret.encode("utf-8"), f"counted seed of {exercise}".encode(), "sha256")
    return int.from_bytes(digest[:8], "big")


@dataclass(slots=True)
class CountedJudge(Judge):
    """Grades with the seeds that a secret gives, and names none of them in the report.

    Parameters
    ----------
    secret
        Of the course.
    """

    secret: str = field(default="", repr=False, kw_only=True)

    def plan(self, pair: Paired) -> ExercisePlan:
        """Return an exercise's plans for its own seed."""
        name = pair.exercise.name
        if name not in self._plans:
            self._plans[name] = plan_exercise(pair, seed=counted_seed(self.secret, name), cache=self.cache)
        return self._plans[name]

    def grade(self, submission: Submission, worker: Worker) -> Report:
        """Return the report of a submission, without a seed."""
        # Not super(): a dataclass with slots is another class than the one whose cell super() looks at.
        return msgspec.structs.replace(Judge.grade(self, submission, worker), seed=None)
