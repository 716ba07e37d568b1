"""What the verdicts of an exercise depend on, the submission and the seed apart, as one hash."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence

from grader import __version__
from grader.counted import counted_seed
from grader.courses import PACKAGE
from grader.discovery import Course, Paired
from grader.gradebook.records import ExercisePin
from grader.oracles import code_digest

_JUDGING = ("core", "checks", "worker", "submissions")
"""Packages that a verdict depends on, besides the package's own modules; reports and gradebooks are not among them."""


def pins(course: Course, *, secret: str = "") -> list[ExercisePin]:
    """Return the exercises of a course as they are now, for the seeds that a secret gives where there is one."""
    return [
        ExercisePin(
            exercise=pair.exercise.name,
            title=pair.exercise.title,
            digest=exercise_digest(pair, allowed_imports=course.allowed_imports, secret=secret),
        )
        for pair in course.exercises
    ]


def exercise_digest(pair: Paired, *, allowed_imports: Sequence[str] = (), secret: str = "") -> str:
    """Return a hash that changes with an exercise, its solution, its mistakes, and the grader that judges by them."""
    mistakes = repr(pair.solution.mistakes) if pair.solution is not None else ""
    parts = (__version__, code_digest(), _judging_digest(), pair.exercise.name, pair.digest, mistakes, *allowed_imports)
    counted = (f"counted {counted_seed(secret, pair.exercise.name)}",) if secret else ()
    hashed = hashlib.sha256()
    for part in (*parts, *counted):
        hashed.update(f"{len(part)}:{part}".encode())
    return hashed.hexdigest()


@functools.cache
def _judging_digest() -> str:
    """Return a hash of the grader's own code as far as verdicts depend on it."""
    hashed = hashlib.sha256()
    folders = [PACKAGE / name for name in _JUDGING]
    for path in sorted([*PACKAGE.glob("*.py"), *(path for folder in folders for path in folder.rglob("*.py"))]):
        hashed.update(path.read_bytes())
    return hashed.hexdigest()
