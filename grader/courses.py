"""Where courses are, and their settings: what can be known before anything of a course is loaded."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from grader.errors import AuthoringError, UsageError

PACKAGE = Path(__file__).resolve().parent
DEFAULT_COURSE = "foundations"


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """Return ``"; did you mean 'softmax'?"``, or the list of what there is."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6) or [
        other for other in known if difflib.get_close_matches(name, [other[: len(name)]], cutoff=0.75)
    ]
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; there are {', '.join(known)}" if known else "; there is none"


def course_roots() -> list[tuple[Path, Path]]:
    """Return (exercises, solutions) folders of built-in courses: the wheel's, or the checkout's."""
    packaged = PACKAGE / "_courses"
    base = packaged if packaged.is_dir() else PACKAGE.parent
    return [(base / "exercises", base / "solutions")]


def locate_course(name_or_folder: str | Path) -> tuple[Path, Path]:
    """Return the folders of a course's exercises and of its solutions, which need not exist.

    Raises
    ------
    UsageError
        If there is no such course.
    """
    names = []
    for exercises, solutions in course_roots():
        folders = sorted(path.parent for path in exercises.glob("*/course.toml"))
        names += [folder.name for folder in folders]
        if str(name_or_folder) in names:
            return exercises / str(name_or_folder), solutions / str(name_or_folder)
    folder = Path(name_or_folder)
    if (folder / "course.toml").is_file():
        return folder, _solutions_beside(folder.resolve())
    if folder.is_dir():
        raise UsageError(f"{folder} has no course.toml; a course is a folder of exercises with one")
    raise UsageError(f"no course {str(name_or_folder)!r}{did_you_mean(str(name_or_folder), names)}")


def _solutions_beside(folder: Path) -> Path:
    """Return where a course's solutions are: ``…/exercises/NAME`` has ``…/solutions/NAME``, else ``NAME/solutions``."""
    if folder.parent.name == "exercises":
        return folder.parent.parent / "solutions" / folder.name
    return folder / "solutions"


class CourseSettings(msgspec.Struct):
    """What a `course.toml` says; see `grader.discovery.Course`.

    Attributes
    ----------
    secret
        From which the seeds of counted runs are derived; see `grader.counted`.
    """

    title: str = ""
    exercises: list[str] = []
    allowed_imports: list[str] = []
    late: dict[str, object] = {}
    secret: str = ""


def read_settings(path: Path) -> CourseSettings:
    """Return what a `course.toml` says.

    Raises
    ------
    AuthoringError
        If it cannot be read, or has a key that nobody knows.
    """
    try:
        text = tomllib.loads(path.read_text("utf-8"))
        known = list(CourseSettings.__struct_fields__)
        for key in sorted(text.keys() - set(known)):
            raise AuthoringError(f"{path}: unknown key {key!r}{did_you_mean(key, known)}")
        return msgspec.convert(text, CourseSettings)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise AuthoringError(f"{path} cannot be read: {error}") from None
