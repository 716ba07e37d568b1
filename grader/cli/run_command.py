"""`grade PATH…`: grade submissions, print what is wrong, and write the reports."""

from __future__ import annotations

import os
import re
import shlex
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
import msgspec

from grader.allocation import retain_freed_memory
from grader.cli import EXIT_FAILED, EXIT_FAULT, EXIT_PASSED
from grader.cli.options import cache_folder, counted_seed_option, course_option, only_option, using
from grader.core.submission import Submission
from grader.core.verdict import Outcome, Report, Status
from grader.courses import DEFAULT_COURSE, CourseSettings, locate_course, read_settings
from grader.errors import NothingToGrade, UsageError
from grader.report import parse_format, write_report
from grader.report.text import one_line
from grader.sandbox import DEFAULT_ALLOWED, Sandbox
from grader.submissions import read_submissions

if TYPE_CHECKING:
    from grader.discovery import Course
    from grader.judge import Judge


@click.command("run", help="Grade each PATH: a folder, a .py or .ipynb file, or an archive of them.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@course_option
@only_option
@counted_seed_option
@click.option("--format", "formats", multiple=True, metavar="FORMAT=FILE", help="Also write html, json or junit.")
@click.option("--report", "folder", default="reports", show_default=True, type=click.Path(path_type=Path),
              metavar="DIR", help="Where the HTML reports go, a folder for each submission.")  # fmt: skip
@click.option("--sandbox", "strength", default="full", show_default=True, type=click.Choice(["full", "weak"]),
              help="`weak` runs also where the kernel offers less; see `grade doctor`.")  # fmt: skip
@click.option("-v", "--verbose", is_flag=True, help="List the checks that passed, too.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def command(
    paths: tuple[Path, ...],
    course: str,
    only: tuple[str, ...],
    seed: int | None,
    formats: tuple[str, ...],
    folder: Path,
    strength: Literal["full", "weak"],
    *,
    verbose: bool,
    quiet: bool,
) -> int:
    """Grade submissions and return the exit code."""
    targets = _targets(formats, paths)
    with using(course):
        settings = read_settings(locate_course(course)[0] / "course.toml")
    retain_freed_memory()
    submissions = read_submissions(paths)
    progress = _Progress(on=sys.stderr.isatty() and not quiet)
    allowed = (*DEFAULT_ALLOWED, *settings.allowed_imports)
    with using(course), Sandbox(strength=strength, allowed_imports=allowed) as sandbox, progress:
        # Imported while the fork server warms up: they need NumPy, and so does it.
        from grader.discovery import find_course

        chosen = find_course(course).select(only)
        judge = _judge(chosen, settings, seed)
        for pair in chosen.exercises:
            progress.say(f"preparing {pair.exercise.name}")
            judge.plan(pair)
        if len(submissions) > 1:
            sandbox.teach(judge.scripts())
        reports = []
        for submission, path in zip(submissions, paths, strict=True):
            progress.say(f"grading {path}")
            report = _grade(judge, sandbox, submission)
            reports.append(msgspec.structs.replace(report, command=_repeat(path, course, only, seed)))
    # All is written before anything is printed: whoever reads the output may stop reading, or may not exist.
    pages = [folder / name / "index.html" for name in _folder_names(reports)]
    problems = [
        [_unwritten(report, fmt, target) for fmt, target in [("html", page), *targets]]
        for report, page in zip(reports, pages, strict=True)
    ]
    if not quiet:
        for report, page, found in zip(reports, pages, problems, strict=True):
            _print(report, None if found[0] else page, verbose=verbose)
    unwritten = [problem for found in problems for problem in found if problem]
    if unwritten:
        raise UsageError("; ".join(unwritten))
    _refuse_nothing(reports, paths)
    return max(_exit_code(report) for report in reports)


def _judge(course: Course, settings: CourseSettings, seed: int | None) -> Judge:
    """Return a judge with the seed that was asked for, else with the course's secret, else with 0."""
    from grader.counted import CountedJudge, secret_of
    from grader.judge import Judge

    secret = secret_of(settings, os.environ) if seed is None else ""
    if secret:
        return CountedJudge(course, cache=cache_folder(), secret=secret)
    return Judge(course, seed or 0, cache_folder())


def _targets(formats: Sequence[str], paths: Sequence[Path]) -> list[tuple[str, Path]]:
    """Return formats and files to write, each file once."""
    targets = [parse_format(text) for text in formats]
    if targets and len(paths) > 1:
        raise UsageError(f"--format writes one report, but {len(paths)} submissions are given; grade them one by one")
    files = [target for _, target in targets]
    for target in files:
        if files.count(target) > 1:
            raise UsageError(f"two formats name the file {str(target)!r}; give each its own")
    return targets


def _unwritten(report: Report, fmt: str, target: Path) -> str:
    """Write a report; return why it could not be, ``""`` if it was."""
    try:
        write_report(report, fmt, target)
    except UsageError as error:
        return str(error)
    return ""


class _Progress:
    """One line on a terminal that says what goes on, gone when it is over; nothing anywhere else."""

    def __init__(self, *, on: bool) -> None:
        self._on = on

    def say(self, text: str) -> None:
        """Replace the line."""
        if self._on:
            click.echo(f"\r\x1b[K{one_line(text)} …", err=True, nl=False)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        if self._on:
            click.echo("\r\x1b[K", err=True, nl=False)


def _grade(judge: Judge, sandbox: Sandbox, submission: Submission) -> Report:
    started, clock = datetime.now(UTC), time.perf_counter()
    with sandbox.worker(submission) as worker:
        report = judge.grade(submission, worker)
    return msgspec.structs.replace(
        report,
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.perf_counter() - clock, 3),
    )


def _repeat(path: Path, course: str, only: Sequence[str], seed: int | None) -> str:
    """Return the command that repeats this run."""
    words = ["grade", str(path)]
    if course != DEFAULT_COURSE:
        words += ["--course", course]
    for name in only:
        words += ["--only", name]
    if seed:
        words += ["--seed", str(seed)]
    return shlex.join(words)


def _folder_names(reports: Sequence[Report]) -> list[str]:
    """Return a folder name for each report: the student's, made safe and unique."""
    names: list[str] = []
    for report in reports:
        base = re.sub(r"[^\w.+@ -]", "_", report.student).strip(". ") or "submission"
        name, k = base, 2
        while name in names:
            name, k = f"{base}-{k}", k + 1
        names.append(name)
    return names


def _print(report: Report, page: Path | None, *, verbose: bool) -> None:
    from rich.console import Console

    from grader.report.terminal import print_report

    print_report(report, Console(file=sys.stderr, highlight=False), verbose=verbose, html=page)


def _exit_code(report: Report) -> int:
    codes = {Outcome.PASSED: EXIT_PASSED, Outcome.FAILED: EXIT_FAILED, Outcome.ERRORED: EXIT_FAULT}
    return codes.get(report.outcome, EXIT_FAILED)


def _refuse_nothing(reports: Sequence[Report], paths: Sequence[Path]) -> None:
    """Raise where no submission defines anything that is graded."""
    if all(exercise.status is Status.MISSING for report in reports for exercise in report.exercises):
        names = ", ".join(str(path) for path in paths)
        raise NothingToGrade(f"{names} defines none of the graded functions; `grade list` shows their names")
