"""`grade doctor`: which protections are on, what is missing, and whether they hold."""

from __future__ import annotations

import os
import platform
import sys

import click

from grader import __version__
from grader.cli import EXIT_FAULT, EXIT_PASSED
from grader.cli.options import cache_folder
from grader.discovery import find_course
from grader.sandbox import Sandbox


@click.command("doctor", help="Say which protections are on, and what is missing.")
@click.option("--attack", is_flag=True, help="Also grade hostile submissions, and say what held.")
def command(*, attack: bool) -> int:
    """Print versions, folders and protections; exit 3 where a protection is missing or does not hold."""
    import numpy as np

    click.echo(f"grade {__version__}, Python {sys.version.split()[0]}, NumPy {np.__version__}")
    click.echo(f"{platform.system()} {platform.release()} on {platform.machine()}")
    click.echo(f"cache: {cache_folder() or 'off'}")
    course = find_course()
    click.echo(f"course: {course.name}, {len(course.exercises)} exercises")
    precise = np.finfo(np.longdouble).nmant > np.finfo(np.float64).nmant
    click.echo(f"references: {'extended precision' if precise else 'float64 (no wider type here)'}")
    with Sandbox(strength="weak") as sandbox:
        protections = sandbox.protections()
    width = max(len(protection.name) for protection in protections)
    for protection in protections:
        click.echo(f"{'on ' if protection.on else 'OFF'}  {protection.name:<{width}}  {protection.why}")
    missing = [protection for protection in protections if not protection.on]
    if missing:
        click.echo("others' code is graded here only with --sandbox=weak")
    held = _attack() if attack else True
    return EXIT_FAULT if missing or not held else EXIT_PASSED


def _attack() -> bool:
    """Run the chosen attacks, print what became of each, and return whether all were held."""
    from grader.attacks import Bench, read_suite

    suite = read_suite()
    chosen = [attack for attack in suite if attack.chosen]
    width = max(len(attack.title) for attack in chosen)
    click.echo(f"attacks: {len(chosen)} of {len(suite)}")
    failures = 0
    with Bench(cache=cache_folder(), strength="weak") as bench:
        for attack in chosen:
            if attack.root and os.geteuid() != 0:
                click.echo(f"--    {attack.title:<{width}}  {attack.about}: held only where root starts the grader")
                continue
            problems = bench.run(attack).problems()
            failures += bool(problems)
            click.echo(f"{'NOT ' if problems else ''}held  {attack.title:<{width}}  {attack.about}")
            for problem in problems:
                click.echo(f"      {problem}")
    click.echo(f"{failures} of them were not held" if failures else "every attack was held")
    return not failures
