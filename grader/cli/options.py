"""Options that several commands share."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import click

from grader.courses import DEFAULT_COURSE
from grader.errors import AuthoringError

course_option = click.option(
    "--course", default=DEFAULT_COURSE, show_default=True, metavar="NAME|DIR", help="A built-in course or a folder."
)
only_option = click.option("--only", multiple=True, metavar="EXERCISE", help="Only this exercise; may be repeated.")
seed_option = click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(0, 2**32 - 1), help="Seed of the generated cases."
)

counted_seed_option = click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1),
    help="Seed of the generated cases; by default the one that the course keeps secret, or else 0.",
)  # fmt: skip

F = TypeVar("F", bound=Callable[..., object])


def engine_options(command: F) -> F:
    """Add the options that say who judges, and how well confined submissions are."""
    for option in (
        click.option("--sandbox", default="full", show_default=True, type=click.Choice(["full", "weak"]),
                     help="`weak` grades others' code with less protection; see `grade doctor`."),
        click.option("--scheduler", default="", metavar="ADDR", help="Of a dask cluster; without it one is started."),
        click.option("--engine", default="local", show_default=True, type=click.Choice(["local", "dask"]),
                     help="Who judges: this machine, or a cluster."),
        click.option("--jobs", default=0, type=click.IntRange(0, 1024), metavar="N",
                     help="How many judges at once.  [one for each core]"),
    ):  # fmt: skip
        command = option(command)
    return command


@contextlib.contextmanager
def using(course: str) -> Iterator[None]:
    """Say of an author's fault in which course it is: whoever grades or learns with it did nothing wrong."""
    try:
        yield
    except AuthoringError as error:
        raise AuthoringError(f"the course {course!r} is written wrongly: {error}") from error


def cache_folder() -> Path | None:
    """Return where plans are cached: ``GRADE_CACHE``, else the user's cache folder; `None` if that is set empty."""
    import platformdirs

    chosen = os.environ.get("GRADE_CACHE")
    if chosen == "":
        return None
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("grade", appauthor=False))
