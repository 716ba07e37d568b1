"""`grade starter NAME`: write an exercise's starter file."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.options import course_option, using
from grader.discovery import find_course
from grader.errors import UsageError
from grader.files import replacing
from grader.starters import notebook, starter


@click.command("starter", help="Write NAME.py (or NAME.ipynb) with every function of an exercise to fill in.")
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
@course_option
@click.option("--notebook", "as_notebook", is_flag=True, help="Write a notebook with the statement.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=".", show_default=True, metavar="DIR",
              help="The folder to write to; '-' prints.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def command(names: tuple[str, ...], course: str, output: Path, *, as_notebook: bool, force: bool) -> None:
    """Write starter files; a file that is there is never replaced without --force."""
    with using(course):
        chosen = find_course(course).select(names)
    for pair in chosen.exercises:
        exercise = pair.exercise
        text = notebook(exercise, course=course) if as_notebook else starter(exercise, course=course)
        if str(output) == "-":
            click.echo(text, nl=False)
            continue
        target = output / f"{exercise.name}.{'ipynb' if as_notebook else 'py'}"
        if target.exists() and not force:
            raise UsageError(f"{target} is there already; --force replaces it")
        try:
            with replacing(target) as file:
                file.write(text.encode())
        except OSError as error:
            raise UsageError(f"cannot write {target}: {error.strerror or error}") from None
        click.echo(f"wrote {target}", err=True)
