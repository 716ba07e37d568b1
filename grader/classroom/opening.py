"""Recognises how a class's hand-ins are laid out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple, get_args

import msgspec

from grader.classroom import layouts, platforms
from grader.classroom.handins import ClassSource, HandIn, Kind
from grader.classroom.places import DiskPlace, Place, Problem, zip_place
from grader.courses import did_you_mean
from grader.errors import UnreadableClass, UsageError
from grader.submissions import ClassArchive
from grader.submissions.paths import ARCHIVE_SUFFIXES, SOURCE_SUFFIXES, suffix_of

PLATFORMS: tuple[str, ...] = get_args(Kind)
_PLAIN = ("folders", "files")
_COURSE_OF_NBGRADER = ("source", "release", "autograded", "feedback", "gradebook.db", "nbgrader_config.py")
_MAX_PARTS = 20
_MAX_CANDIDATES = 4


class _Layout(NamedTuple):
    kind: Kind
    fits: Callable[[Place], bool]
    read: Callable[[Place, Problem], list[HandIn]]


class _Found(NamedTuple):
    layout: _Layout
    place: Place


def open_class(path: Path, *, platform: str | None = None, assignment: str = "") -> ClassSource:
    """List what a class handed in: a folder, or the archive that a learning platform makes.

    Parameters
    ----------
    path
        Of a folder of folders or of files, or of what Canvas, Moodle, Blackboard, Gradescope, nbgrader (``submitted``)
        or GitHub Classroom gives, packed or unpacked; or of a folder that holds the platform's archives.
    platform
        One of `PLATFORMS`; recognised by default.
    assignment
        Which one, where nbgrader's folder holds several.

    Returns
    -------
    ClassSource
        With at least one hand-in. Nothing but names and metadata is read yet.

    Raises
    ------
    UsageError
        There is no such platform.
    UnreadableClass
        There is no such path, it cannot be read, or no hand-in was found.
    """
    if platform is not None and platform not in PLATFORMS:
        raise UsageError(f"no platform {platform!r}{did_you_mean(platform, PLATFORMS)}")
    problems: list[str] = []
    chosen = [layout for layout in _layouts(assignment) if platform in (None, layout.kind)]
    if path.is_dir():
        kind, handins = _in_folder(path, chosen, problems.append, forced=platform is not None)
    elif path.is_file():
        kind, handins = _in_archive(path, chosen, problems.append, forced=platform is not None)
    else:
        raise UnreadableClass(f"no such file or folder {str(path)!r}; check the spelling")
    if not handins:
        raise UnreadableClass(_nothing(path, platform, problems))
    return ClassSource(kind, _distinct(handins), list(dict.fromkeys(problems)))


def _layouts(assignment: str) -> list[_Layout]:
    """Return what is tried, the most telling names first."""
    return [
        _Layout("moodle", platforms.is_moodle, platforms.moodle),
        _Layout("blackboard", platforms.is_blackboard, platforms.blackboard),
        _Layout("canvas", platforms.is_canvas, platforms.canvas),
        _Layout("gradescope", layouts.is_gradescope, layouts.gradescope),
        _Layout("nbgrader", layouts.is_nbgrader, partial(layouts.nbgrader, assignment=assignment)),
        _Layout("github-classroom", layouts.is_github, layouts.github),
        _Layout("folders", lambda place: bool(place.folders()), layouts.named),
        _Layout("files", lambda place: bool(place.files()), layouts.named),
    ]


def _in_folder(path: Path, chosen: list[_Layout], problem: Problem, *, forced: bool) -> tuple[Kind, list[HandIn]]:
    place = DiskPlace(path, problem)
    found = _recognised(place, chosen, problem)
    archives = [name for name in place.files() if suffix_of(name) == ".zip"]
    if found is None and archives and not place.folders() and len(archives) <= _MAX_PARTS:
        merged = _platform_archives(place, path, chosen, problem)
        if merged:
            return merged
    found = found or _otherwise(place, chosen, forced=forced)
    return found.layout.kind, found.layout.read(found.place, problem)


def _in_archive(path: Path, chosen: list[_Layout], problem: Problem, *, forced: bool) -> tuple[Kind, list[HandIn]]:
    suffix = suffix_of(path.name)
    if suffix in SOURCE_SUFFIXES:
        raise UnreadableClass(
            f"{str(path)!r} is one submission, not a class; give the folder or archive of all of them"
        )
    if suffix in ARCHIVE_SUFFIXES and suffix != ".zip":
        raise UnreadableClass(f"a class's archive should be a .zip; unpack {str(path)!r} and give the folder")
    with ClassArchive(os.path.abspath(path)) as archive:
        if archive.all_encrypted():
            raise UnreadableClass(f"{str(path)!r} is encrypted; unpack it with its password and give the folder")
        place = zip_place(archive, problem)
        found = _recognised(place, chosen, problem) or _otherwise(place, chosen, forced=forced)
        return found.layout.kind, found.layout.read(found.place, problem)


def _recognised(place: Place, chosen: list[_Layout], problem: Problem) -> _Found | None:
    """Find a platform's layout here, in ``submitted``, or in a folder around everything."""
    candidates = [place]
    if "submitted" in place.folders():
        candidates.append(place.enter("submitted"))
    inner = _wrapped(place)
    while inner is not None and len(candidates) < _MAX_CANDIDATES:
        candidates.append(inner)
        inner = _wrapped(inner)
    for candidate in candidates:
        for layout in chosen:
            if layout.kind not in _PLAIN and layout.fits(candidate):
                _tell_beside(place, candidate, problem)
                return _Found(layout, candidate)
    return None


def _tell_beside(place: Place, candidate: Place, problem: Problem) -> None:
    """Tell what else there is beside nbgrader's ``submitted``; a folder around everything has nothing beside it."""
    if candidate is not place and candidate.name == "submitted":
        for name in (*place.folders(), *place.files()):
            if name != candidate.name and name not in _COURSE_OF_NBGRADER:
                problem(f"{name!r} lies beside 'submitted'; left out")


def _otherwise(place: Place, chosen: list[_Layout], *, forced: bool) -> _Found:
    """Take a folder of folders or of files, or the layout that the user named."""
    inner = _wrapped(place)
    if inner is not None and (inner.name == place.name or len(inner.folders()) > 1):
        place = inner
    layout = chosen[0] if forced else next((layout for layout in chosen if layout.fits(place)), chosen[-1])
    return _Found(layout, place)


def _wrapped(place: Place) -> Place | None:
    """Return the one folder that holds everything."""
    return place.enter(place.folders()[0]) if len(place.folders()) == 1 and not place.files() else None


def _platform_archives(
    place: DiskPlace, path: Path, chosen: list[_Layout], problem: Problem
) -> tuple[Kind, list[HandIn]] | None:
    """Return the hand-ins of all archives in a folder, where each is a platform's and none is a student's."""
    parts: list[tuple[Kind, list[HandIn], list[str]]] = []
    archives = [name for name in place.files() if suffix_of(name) == ".zip"]
    for name in archives:
        said: list[str] = []
        try:
            with ClassArchive(os.path.abspath(path / name)) as archive:
                found = _recognised(zip_place(archive, said.append), chosen, said.append)
                if found is None or (parts and found.layout.kind != parts[0][0]):
                    return None
                parts.append((found.layout.kind, found.layout.read(found.place, said.append), said))
        except UnreadableClass:
            return None
    for name in place.files():
        if name not in archives:
            problem(f"{name!r} lies beside the class's archive; left out")
    for _, _, said in parts:
        for sentence in said:
            problem(sentence)
    return parts[0][0], [handin for _, handins, _ in parts for handin in handins]


def _distinct(handins: list[HandIn]) -> list[HandIn]:
    """Sort by key, and number the keys that occur again, as in archives that overlap."""
    seen: Counter[str] = Counter()
    distinct = []
    for handin in sorted(handins, key=lambda handin: handin.key):
        seen[handin.key] += 1
        again = seen[handin.key]
        distinct.append(msgspec.structs.replace(handin, key=f"{handin.key} ({again})") if again > 1 else handin)
    return distinct


def _nothing(path: Path, platform: str | None, problems: list[str]) -> str:
    kind = f"hand-in of {platform!r}" if platform else "hand-in"
    first = f": {problems[0]}" if problems else "; it should hold a folder or a file for each student"
    more = f" (and {len(problems) - 1} further problems)" if len(problems) > 1 else ""
    return f"no {kind} in {str(path)!r}{first}{more}"
