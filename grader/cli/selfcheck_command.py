"""`grade selfcheck`: prove that the exercises judge rightly."""

from __future__ import annotations

import sys
from dataclasses import replace

import click

from grader.cli import EXIT_FAILED, EXIT_PASSED
from grader.cli.options import course_option, only_option, seed_option, using
from grader.courses import locate_course
from grader.discovery import Course, find_course, load_sound
from grader.errors import AuthoringError
from grader.judge import Judge
from grader.mutation import mutate
from grader.sandbox import Sandbox
from grader.selfcheck import selfcheck


@click.command("selfcheck", help="Prove that the exercises judge rightly.")
@course_option
@only_option
@seed_option
@click.option("--mutate", "mutated", is_flag=True, help="Change the solutions in small ways; list what no check sees.")
@click.option("-v", "--verbose", is_flag=True, help="List what holds, too.")
def command(course: str, only: tuple[str, ...], seed: int, *, mutated: bool, verbose: bool) -> int:
    """Check every solution, oracle, starter and known mistake of a course, or else the checks by mutants."""
    if mutated:
        with using(course):
            return _mutate(find_course(course).select(only), seed)
    try:
        whole, faults = load_sound(*locate_course(course))
    except AuthoringError as error:
        click.echo(f"{course}: {error}\n0 passed, 1 failed")
        return EXIT_FAILED
    faults = {name: fault for name, fault in faults.items() if not only or name in only}
    sound = [name for name in only if name not in faults]
    chosen = whole.select(sound) if sound or not only else replace(whole, exercises=())
    for name, fault in faults.items():
        click.echo(f"{name}: {fault}")
    return _selfcheck(chosen, seed, len(faults), verbose=verbose)


def _selfcheck(chosen: Course, seed: int, failed: int, *, verbose: bool) -> int:
    """Check what can be loaded; `failed` facts do not hold already."""
    judges = {pair.exercise.name: Judge(chosen.select([pair.exercise.name]), seed) for pair in chosen.exercises}
    held = 0
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


def _mutate(chosen: Course, seed: int) -> int:
    unexplained = stale = 0
    for report in mutate(chosen, seed=seed, progress=_show_progress if sys.stderr.isatty() else None):
        unexplained, stale = unexplained + len(report.survivors), stale + len(report.stale)
        click.echo(
            f"{report.exercise}: {report.mutants} mutants, {report.killed} noticed, {report.explained} explained,"
            f" {len(report.survivors)} not noticed"
        )
        for survivor in report.survivors:
            click.echo(f"{report.path}:{survivor.line}: {survivor.function}: no check notices")
            for line in survivor.difference:
                click.echo(f"    {line}")
        for problem in report.stale:
            click.echo(f"{report.path}: {problem}")
    click.echo(f"{unexplained} not noticed, {stale} wrong reasons")
    return EXIT_FAILED if unexplained or stale else EXIT_PASSED


def _show_progress(done: int, total: int) -> None:
    """Show on one line of the terminal how far an exercise is; the line goes when it is complete."""
    click.echo("\r\x1b[K" if done == total else f"\r{done} of {total} mutants", nl=False, err=True)
