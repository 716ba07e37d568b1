"""Grades the submissions of a run: asks the gradebook what is still to be judged, an engine to do it, and stores it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from grader import __version__
from grader.core.submission import Submission
from grader.core.verdict import Report
from grader.discovery import Course
from grader.engines import Done, Engine, Task, as_completed
from grader.gradebook import HandedIn, RunWriter
from grader.judge import broken_report


class Progress(msgspec.Struct, kw_only=True):
    """How far a run is.

    Attributes
    ----------
    total
        Hand-ins of the class.
    graded, known, unreadable, broken
        How many were judged now, were judged before, cannot be read, and cannot be judged.
    """

    total: int
    graded: int = 0
    known: int = 0
    unreadable: int = 0
    broken: int = 0

    @property
    def done(self) -> int:
        """How many need nothing more."""
        return self.graded + self.known + self.unreadable + self.broken


def grade_hand_ins(
    run: RunWriter,
    engine: Engine,
    course: Course,
    hand_ins: Iterable[tuple[HandedIn, Submission | None]],
    *,
    seed: int | None,
    progress: Progress,
    told: Callable[[Progress], None],
) -> None:
    """Grade what is not graded yet; each submission is stored as soon as it is judged.

    Parameters
    ----------
    course
        With the exercises of the run.
    hand_ins
        Drawn as judges become free; without a submission where it cannot be read.
    progress
        Is kept up to date.
    told
        Called after each hand-in.
    """
    wanted: dict[int, tuple[str, list[str]]] = {}

    def tasks() -> Iterator[Task]:
        for handed_in, submission in hand_ins:
            entered = run.enter(handed_in)
            if submission is not None and entered.pending:
                wanted[entered.id] = (handed_in.name, entered.pending)
                yield Task(id=entered.id, submission=submission, exercises=entered.pending)
                continue
            if submission is None:
                progress.unreadable += 1
            else:
                progress.known += 1
            told(progress)

    for done in as_completed(engine, tasks()):
        name, exercises = wanted.pop(done.id)
        if done.report is not None:
            run.store(done.id, done.report)
            progress.graded += 1
        else:
            run.store(done.id, _broken(course, exercises, done, student=name, seed=seed))
            run.fail(done.id, done.problem)
            progress.broken += 1
        told(progress)


def _broken(course: Course, exercises: Sequence[str], done: Done, *, student: str, seed: int | None) -> Report:
    """Return a report that costs the student nothing, on exercises that could not be judged."""
    reports = [broken_report(pair, done.problem) for pair in course.select(exercises).exercises]
    return Report(
        student=student,
        course=course.name,
        seed=seed,
        version=__version__,
        score=sum(report.score for report in reports),
        max_score=sum(report.max_score for report in reports),
        exercises=reports,
    )
