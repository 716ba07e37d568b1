"""`grade regrade GRADEBOOK`: grade again with the exercises as they are now, and tell what changed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import click
import msgspec

from grader.cli.class_job import GRADEBOOK, job_of
from grader.cli.options import engine_options
from grader.errors import GradebookError
from grader.gradebook import CheckChange, Reader, changes, read_gradebook
from grader.report.text import counted, one_line, points


@click.command("regrade", help="Grade a class again, with the exercises as they are now. GRADEBOOK may be its folder.")
@click.argument("gradebook", type=click.Path(path_type=Path), metavar="GRADEBOOK|DIR")
@click.option("--diff", "told", is_flag=True, help="Tell whose points changed and why, check by check.")
@engine_options
@click.option("--fresh", is_flag=True, help="Grade also what has not changed.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors and differences.")
def command(
    gradebook: Path, jobs: int, engine: str, scheduler: str, sandbox: str, *, told: bool, fresh: bool, quiet: bool
) -> int:
    """Grade a class again and return the exit code."""
    path = gradebook / GRADEBOOK if gradebook.is_dir() else gradebook
    with read_gradebook(path) as reader:
        before = reader.latest_run(finished=True) or reader.latest_run()
    if before is None:
        raise GradebookError(f"the gradebook {str(path)!r} has no run to repeat; `grade class` makes one")
    job = job_of(before, path)
    job = msgspec.structs.replace(
        job, jobs=jobs, engine=engine, scheduler=scheduler, fresh=fresh, quiet=quiet, sandbox=sandbox
    )
    from grader.cli.class_run import grade_class

    def tell(reader: Reader, run: int) -> None:
        for line in difference(reader, before.id, run, told=told):
            click.echo(line)

    return grade_class(job, kind="regrade", afterwards=tell)


def difference(reader: Reader, before: int, after: int, *, told: bool) -> Iterator[str]:
    """Yield whose points changed between two runs, with the checks where `told`."""
    totals = {entry.key: entry.score for entry in reader.entries(before)}
    now = {entry.key: entry for entry in reader.entries(after)}
    students = 0
    for (key, name), group in groupby(changes(reader, before, after), lambda change: (change.key, change.name)):
        listed = list(group)
        students += 1
        if not told:
            continue
        entry = now[key]
        yield (
            f"{one_line(name)} ({one_line(key)}): {points(totals[key])} -> {points(entry.score)}"
            f" of {points(entry.max_score)} points"
        )
        if listed[0].resubmitted:
            yield "  handed in something else meanwhile"
        for change in listed:
            yield from _told(change)
    hint = "" if told or not students else "; --diff tells which and why"
    yield f"{counted(students, 'student')} with changed checks{hint}"


def _told(change: CheckChange) -> Iterator[str]:
    gained = change.new_points - change.old_points
    old, new = change.old_outcome or "no such check", change.new_outcome or "no such check"
    sign = "+" if gained >= 0 else "-"
    yield f"  {one_line(change.check)}: {old} -> {new} ({sign}{points(abs(gained))})"
    for when, message in (("before", change.old_message), ("now", change.new_message)):
        if message:
            yield f"    {when}: {one_line(message)}"
