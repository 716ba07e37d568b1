"""`grade doctor`: which protections are on, and what is missing."""

from __future__ import annotations

import platform
import sys

import click

from grader import __version__
from grader.cli import EXIT_FAULT, EXIT_PASSED
from grader.cli.options import cache_folder
from grader.discovery import find_course
from grader.sandbox import Sandbox


@click.command("doctor", help="Say which protections are on, and what is missing.")
def command() -> int:
    """Print versions, folders and protections; exit 3 where a protection is missing."""
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
    return EXIT_FAULT if missing else EXIT_PASSED
