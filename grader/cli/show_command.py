"""`grade show NAME`: an exercise's statement."""

from __future__ import annotations

import sys

import click

from grader.checks.verdicts import claims
from grader.cli.options import course_option, using
from grader.core.exercise import Exercise
from grader.discovery import find_course
from grader.starters import describe


@click.command("show", help="Show an exercise's statement, its functions and what is checked.")
@click.argument("name")
@course_option
def command(name: str, course: str) -> None:
    """Print a statement as Markdown; formatted on a terminal."""
    with using(course):
        exercise = find_course(course).select([name]).exercises[0].exercise
    text = statement(exercise)
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(text))
    else:
        click.echo(text)


def statement(exercise: Exercise) -> str:
    """Return an exercise's statement with the contract of each function, as Markdown."""
    parts = [exercise.statement.strip() or f"# {exercise.title}", "## The contract"]
    for function in exercise.functions:
        lines = [f"### `{function.signature}`", ""]
        if function.summary:
            lines += [function.summary, ""]
        lines += [f"- takes `{term.name}`: {describe(term)}" for term in function.signature.arguments]
        lines += [f"- returns `{term.name}`: {describe(term)}" for term in function.signature.results]
        lines.append("")
        for _, title, points in claims(exercise.checks_of(function.name)):
            lines.append(f"- {points:g} {'point' if points == 1 else 'points'}: {title}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
