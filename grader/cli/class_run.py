"""Grades a class: what `grade class` and `grade regrade` have in common."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from grader.cli import EXIT_FAULT, EXIT_NOTHING, EXIT_PASSED, EXIT_USAGE, interrupt_heard, stopped_code
from grader.cli.class_exports import Target, parse_exports, write_exports
from grader.cli.class_job import ClassJob
from grader.cli.class_roll import Roll, call_roll
from grader.cli.class_summary import places, summary
from grader.cli.options import cache_folder, using
from grader.cli.progress import BarShown, LinesShown, shown
from grader.core.submission import Submission
from grader.core.verdict import Status
from grader.counted import counted_seed, secret_of
from grader.courses import locate_course, read_settings
from grader.discovery import Course, find_course
from grader.engines import Engine, JudgeSetup, LocalEngine, cores
from grader.engines.running import Progress, grade_hand_ins
from grader.errors import UsageError
from grader.gradebook import Entry, ExercisePin, Gradebook, HandedIn, Reader, RunWriter, open_gradebook
from grader.gradebook.digests import pins
from grader.oracles import plan_exercise, plan_key
from grader.report.classroom import ClassReport, write_class_report
from grader.report.classroom.comparing import Noted
from grader.report.classroom.likeness import given_sources

Afterwards = Callable[[Reader, int], None]
"""Called with the gradebook and the number of the finished run, once everything is told."""


@dataclass(frozen=True, slots=True)
class _Class:
    """A class that is ready to be graded."""

    job: ClassJob
    roll: Roll
    course: Course
    targets: list[Target]
    cache: Path | None
    secret: str

    @property
    def seed(self) -> int | None:
        """The seed of all exercises, if it is not the secret that gives them."""
        return None if self.secret else self.job.seed or 0

    def seed_of(self, exercise: str) -> int:
        """Return the seed of an exercise's cases."""
        return counted_seed(self.secret, exercise) if self.secret else self.job.seed or 0

    def pins(self) -> list[ExercisePin]:
        """Return the exercises as they are graded."""
        return pins(self.course, secret=self.secret)


def grade_class(job: ClassJob, *, kind: str = "class", afterwards: Afterwards | None = None) -> int:
    """Grade a class, write its report and exports, say what came of it, and return the exit code."""
    targets = parse_exports(job)
    if job.scheduler and job.engine != "dask":
        raise UsageError(f"--scheduler {job.scheduler} needs --engine dask")
    with ExitStack() as stack:
        with using(job.course):
            settings = read_settings(locate_course(job.course)[0] / "course.toml")
            secret = secret_of(settings, os.environ) if job.seed is None else ""
        roll = call_roll(job, settings)
        stack.enter_context(roll.source)
        with using(job.course):
            course = find_course(job.course).select(job.only)
        one = _Class(job, roll, course, targets, cache_folder(), secret)
        book = stack.enter_context(open_gradebook(job.gradebook_path))
        progress = Progress(total=len(roll.counted))
        with shown(terminal=sys.stderr.isatty(), quiet=job.quiet) as display:
            try:
                noted = Noted(book.path)
                run = _judged(one, book, progress, display, kind=kind, noted=noted)
            except KeyboardInterrupt as error:
                interrupt_heard()
                done = f"{progress.done} of {progress.total} submissions are graded and kept"
                click.echo(f"grade: stopped; {done}; this goes on from there: {job.command()}", err=True)
                return stopped_code(error)
            report = _reported(one, book.reader, run.id, display, noted)
        exported = list(write_exports(targets, job, roll, book.reader, run.id))
        if not job.quiet:
            page = job.report_folder / "index.html"
            for line in (*summary(report, progress, roll), *places(page, job.gradebook_path, exported)):
                click.echo(line, err=True)
        if afterwards is not None:
            afterwards(book.reader, run.id)
    return _exit_code(report, progress)


def _judged(
    one: _Class, book: Gradebook, progress: Progress, display: BarShown | LinesShown, *, kind: str, noted: Noted
) -> RunWriter:
    """Judge what is not judged yet."""
    job, course = one.job, one.course

    def told(so_far: Progress) -> None:
        display.show("grading", so_far.done, so_far.total)

    def hand_ins() -> Iterator[tuple[HandedIn, Submission | None]]:
        for handed_in, submission in one.roll.hand_ins():
            if submission is not None:
                noted.note(submission)
            yield handed_in, submission

    with using(job.course):
        _prepare(one, display)
        with _engine(one) as engine, _heard():
            run = book.begin_run(job.settings(course.name, seed=one.seed, kind=kind), one.pins(), fresh=job.fresh)
            run.note(one.roll.notices())
            told(progress)
            grade_hand_ins(run, engine, course, hand_ins(), seed=one.seed, progress=progress, told=told)
        run.finish()
    return run


@contextmanager
def _heard() -> Iterator[None]:
    """Hear an interrupt before the judges are ended, which must not be interrupted again."""
    try:
        yield
    except KeyboardInterrupt:
        interrupt_heard()
        raise


def _prepare(one: _Class, display: BarShown | LinesShown) -> None:
    """Compute the right answers that are not in the cache yet, once for all judges."""
    if one.cache is None:
        return
    missing = [
        pair
        for pair in one.course.exercises
        if not (one.cache / f"{plan_key(pair, one.seed_of(pair.exercise.name))}.msgpack").exists()
    ]
    for done, pair in enumerate(missing):
        display.show("preparing the exercises", done, len(missing))
        plan_exercise(pair, seed=one.seed_of(pair.exercise.name), cache=one.cache)
        display.show("preparing the exercises", done + 1, len(missing))


def _engine(one: _Class) -> Engine:
    job = one.job
    setup = JudgeSetup(
        course=str(Path(job.course).resolve()) if Path(job.course, "course.toml").is_file() else job.course,
        seed=job.seed or 0,
        secret=one.secret,
        exercises=one.pins(),
        cache=str(one.cache.resolve()) if one.cache is not None else None,
        strength=job.sandbox,
    )
    jobs = min(job.jobs or cores(), max(1, len(one.roll.counted)))
    if job.engine == "local":
        return LocalEngine(setup, jobs)
    try:
        from grader.engines.cluster import DaskEngine
    except ImportError as error:
        raise UsageError(f"--engine dask needs more packages ({error.name}); pip install 'grade[cluster]'") from None
    return DaskEngine(setup, scheduler=job.scheduler or None, jobs=jobs)


def _reported(one: _Class, reader: Reader, run: int, display: BarShown | LinesShown, noted: Noted) -> ClassReport:
    """Write the pages of the class."""

    def read(entry: Entry) -> Submission | None:
        return one.roll.read(entry.key)

    return write_class_report(
        reader,
        one.job.report_folder,
        run=run,
        read=read,
        given=given_sources(pair.exercise for pair in one.course.exercises),
        noted=noted,
        json=next((target.path for target in one.targets if target.format == "json"), None),
        progress=lambda done, total: display.show("writing the pages", done, total),
    )


def _exit_code(report: ClassReport, progress: Progress) -> int:
    """Return 0 where every submission was graded, whatever its score."""
    if progress.broken or any(one.errored for one in report.exercises):
        return EXIT_FAULT
    if progress.unreadable:
        return EXIT_USAGE
    statuses = {one.status for student in report.students for one in student.exercises}
    if statuses == {Status.MISSING}:
        click.echo(
            "grade: no submission defines any of the graded functions; `grade list` shows their names, --course and"
            " --only choose others",
            err=True,
        )
        return EXIT_NOTHING
    return EXIT_PASSED
