"""Hand-ins by their folders: Gradescope, nbgrader, GitHub Classroom, and any folder of folders or files."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime
from itertools import takewhile

from grader.classroom.git_times import last_commit
from grader.classroom.gradescope import METADATA, Described, read_metadata
from grader.classroom.handins import HandIn
from grader.classroom.names import student_in
from grader.classroom.places import DiskPlace, Place, Problem
from grader.errors import UnreadableClass
from grader.submissions.intake import LeftOut
from grader.submissions.paths import ARCHIVE_SUFFIXES, PACKED_SUFFIXES, SOURCE_SUFFIXES, suffix_of

_SUBMISSION = re.compile(r"submission_(?P<id>\d+)")
_LOGIN = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}")
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)(?:\.\d+)?\s*(UTC|Z|[+-]\d\d:?\d\d)?")
_CLONES = "-submissions"


def is_gradescope(place: Place) -> bool:
    """Whether it is ``assignment_N_export``: folders ``submission_M`` and their metadata."""
    folders = place.folders()
    named = sum(_SUBMISSION.fullmatch(name) is not None for name in folders)
    return bool(named) and (METADATA in place.files() or named == len(folders))


def gradescope(place: Place, problem: Problem) -> list[HandIn]:
    """Return one hand-in for each submission, with the members of its group."""
    described: dict[str, Described] = {}
    if METADATA in place.files():
        described = read_metadata(place, problem)
    else:
        problem(f"there is no {METADATA}, so that nobody knows whose the submissions are; export them again with it")
    handins = []
    for folder in place.folders():
        if not _SUBMISSION.fullmatch(folder):
            problem(f"{folder!r} is not named as Gradescope names hand-ins (submission_number); left out")
            continue
        about = described.pop(folder, None)
        if about is None and described:
            problem(f"{METADATA} says nothing of {folder!r}; it is graded without a name")
        members = about.members if about else ()
        handins.append(
            HandIn(
                key=folder,
                name=", ".join(member.name for member in members) or folder,
                ids=members[0].ids if len(members) == 1 else {},
                members=members if len(members) > 1 else (),
                source=place.whole(folder),
                submitted=about.submitted if about else "",
            )
        )
    for folder in place.files():
        if folder != METADATA:
            problem(f"{folder!r} is a file, which Gradescope does not put among hand-ins; left out")
    for folder, about in described.items():
        names = ", ".join(member.name for member in about.members)
        problem(f"{METADATA} tells of {folder!r} ({names}), but there is no such folder")
    return handins


def is_nbgrader(place: Place) -> bool:
    """Whether it is ``submitted``, with a folder for each student and in it one for each assignment."""
    if place.name != "submitted" or not place.folders():
        return False
    inner = [place.enter(student) for student in place.folders()]
    return all(not any(suffix_of(file) in SOURCE_SUFFIXES for file in student.files()) for student in inner) and any(
        student.folders() for student in inner
    )


def nbgrader(place: Place, problem: Problem, *, assignment: str) -> list[HandIn]:
    """Return one hand-in for each student who handed in the assignment.

    Raises
    ------
    UnreadableClass
        There are several assignments, and none is named, or there is none of that name.
    """
    students = {name: place.enter(name) for name in place.folders()}
    known = sorted({name for student in students.values() for name in student.folders()})
    if not assignment and len(known) > 1:
        raise UnreadableClass(f"{place.name!r} holds several assignments ({', '.join(known)}); name the one to grade")
    assignment = assignment or (known[0] if known else "")
    if assignment not in known:
        raise UnreadableClass(f"no assignment {assignment!r} in {place.name!r}; there are {', '.join(known) or 'none'}")
    handins = []
    for name, student in students.items():
        for file in student.files():
            problem(f"{name + '/' + file!r} lies beside the assignments' folders; left out")
        if assignment not in student.folders():
            problem(f"{name!r} has no folder {assignment!r}; nothing was handed in")
            continue
        handins.append(
            HandIn(
                key=name,
                name=name,
                ids={"student_id": name},
                source=student.whole(assignment),
                submitted=_nbgrader_time(student.enter(assignment)),
            )
        )
    for file in place.files():
        problem(f"{file!r} lies beside the students' folders; left out")
    return handins


def _nbgrader_time(folder: Place) -> str:
    if "timestamp.txt" not in folder.files():
        return ""
    try:
        found = _TIMESTAMP.match(folder.read("timestamp.txt", 1_000).decode("utf-8", "replace").strip())
    except LeftOut:
        return ""
    if not found:
        return ""
    zone = found[2] or ""
    offset = "+00:00" if zone in ("UTC", "Z") else zone
    try:
        return datetime.fromisoformat(found[1].replace(" ", "T") + offset).isoformat()
    except ValueError:
        return ""


def clone_prefix(place: Place) -> str:
    """Return what GitHub Classroom put before each student's login, ``hw1-``; empty where these are no clones.

    ``gh classroom clone`` names the folder of all clones ``hw1-submissions``. Elsewhere the prefix is what all names
    begin with, up to a dash; of a class with one clone it cannot be known.
    """
    folders = place.folders()
    told = place.name.removesuffix(_CLONES) + "-"
    if place.name.endswith(_CLONES) and folders and all(_is_clone_name(name, told) for name in folders):
        return told
    clones = [name for name in folders if place.is_clone(name)]
    if not clones or 2 * len(clones) < len(folders):
        return ""
    words = zip(*(name.split("-")[:-1] for name in clones), strict=False)
    prefix = "".join(f"{word[0]}-" for word in takewhile(lambda word: len(set(word)) == 1, words))
    return prefix if prefix and len(clones) > 1 and all(_is_clone_name(name, prefix) for name in clones) else ""


def _is_clone_name(name: str, prefix: str) -> bool:
    return name.startswith(prefix) and _LOGIN.fullmatch(name[len(prefix) :]) is not None


def is_github(place: Place) -> bool:
    """Whether it holds clones made by GitHub Classroom."""
    return bool(clone_prefix(place))


def github(place: Place, problem: Problem) -> list[HandIn]:
    """Return one hand-in for each clone, ``<assignment>-<user>``."""
    prefix = clone_prefix(place)
    handins = []
    for folder in place.folders():
        login = folder.removeprefix(prefix) if _is_clone_name(folder, prefix) else ""
        remarks = [] if login and prefix else [f"not named {prefix or 'assignment-'}USER, so that the user is unknown"]
        handins.append(
            HandIn(
                key=folder,
                name=login if login and prefix else folder,
                ids={"github": login, "repository": folder} if login and prefix else {"repository": folder},
                source=place.whole(folder),
                submitted=last_commit(place.folder_path(folder)) if isinstance(place, DiskPlace) else "",
                remarks=remarks,
            )
        )
    for file in place.files():
        problem(f"{file!r} lies beside the clones; left out")
    return handins


def named(place: Place, problem: Problem) -> list[HandIn]:
    """Return one hand-in for each folder and for each source or archive; ``alice.py`` and ``alice.ipynb`` are one."""
    handins = []
    for folder in place.folders():
        ids, name = _student(folder)
        handins.append(HandIn(key=folder, name=name, ids=ids, source=place.whole(folder)))
    taken = set(place.folders())
    groups: dict[str, list[str]] = defaultdict(list)
    for file in place.files():
        stem = file[: len(file) - len(suffix_of(file))] or file
        found = student_in(stem)
        if not found and suffix_of(file) not in (*SOURCE_SUFFIXES, *ARCHIVE_SUFFIXES, *PACKED_SUFFIXES):
            problem(f"{file!r} is neither a .py file, a notebook nor an archive; left out")
            continue
        group = f"{found.student_id}_{found.name}" if found else stem
        groups[file if group in taken else group].append(file)
    for group, files in groups.items():
        ids, name = _student(group)
        remarks = [f"{len(files)} files are read as one hand-in: {', '.join(files)}"] if len(files) > 1 else []
        source = place.some([(file, file) for file in files])
        handins.append(HandIn(key=group, name=name, ids=ids, source=source, remarks=remarks))
    return handins


def _student(stem: str) -> tuple[dict[str, str], str]:
    found = student_in(stem)
    return ({"student_id": found.student_id}, found.name) if found else ({}, stem)
