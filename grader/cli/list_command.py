"""`grade list`: the courses and their exercises."""

from __future__ import annotations

import click

from grader.cli.options import course_option, using
from grader.discovery import find_course


@click.command("list", help="List a course's exercises and the functions that each asks for.")
@course_option
def command(course: str) -> None:
    """Print the exercises of a course."""
    with using(course):
        chosen = find_course(course)
    click.echo(f"{chosen.name}: {chosen.title}")
    for pair in chosen.exercises:
        exercise = pair.exercise
        click.echo(f"\n  {exercise.name}: {exercise.title}")
        for function in exercise.functions:
            click.echo(f"    {function.signature}")
