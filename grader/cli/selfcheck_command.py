"""`grade selfcheck`: prove that the exercises judge rightly."""

from __future__ import annotations

import click

from grader.cli import EXIT_FAILED, EXIT_PASSED
from grader.cli.options import course_option, only_option, seed_option
from grader.discovery import find_course
from grader.judge import Judge
from grader.sandbox import Sandbox
from grader.selfcheck import selfcheck


@click.command("selfcheck", help="Prove that the exercises judge rightly.")
@course_option
@only_option
@seed_option
@click.option("-v", "--verbose", is_flag=True, help="List what holds, too.")
def command(course: str, only: tuple[str, ...], seed: int, *, verbose: bool) -> int:
    """Check every solution, oracle, starter and known mistake of a course."""
    chosen = find_course(course).select(only)
    judges = {pair.exercise.name: Judge(chosen.select([pair.exercise.name]), seed) for pair in chosen.exercises}
    held = failed = 0
    with Sandbox() as sandbox:
        for name, judge in judges.items():
            facts = list(selfcheck(judge.course, judge, sandbox))
            problems = [fact for fact in facts if fact.problem]
            for fact in facts if verbose else problems:
                click.echo(f"{name}: {fact.subject}: {fact.problem or 'holds'}")
            click.echo(f"{name}: {len(facts) - len(problems)} of {len(facts)} facts hold", err=True)
            held, failed = held + len(facts) - len(problems), failed + len(problems)
    click.echo(f"{held} passed, {failed} failed")
    return EXIT_FAILED if failed else EXIT_PASSED
