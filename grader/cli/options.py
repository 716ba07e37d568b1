"""Options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path

import click

from grader.courses import DEFAULT_COURSE

course_option = click.option(
    "--course", default=DEFAULT_COURSE, show_default=True, metavar="NAME|DIR", help="A built-in course or a folder."
)
only_option = click.option("--only", multiple=True, metavar="EXERCISE", help="Only this exercise; may be repeated.")
seed_option = click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(0, 2**32 - 1), help="Seed of the generated cases."
)


def cache_folder() -> Path | None:
    """Return where plans are cached: ``GRADE_CACHE``, else the user's cache folder; `None` if that is set empty."""
    import platformdirs

    chosen = os.environ.get("GRADE_CACHE")
    if chosen == "":
        return None
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("grade", appauthor=False))
