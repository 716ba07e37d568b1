"""Hand-ins by the names that Canvas, Moodle and Blackboard give to files and folders."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from grader.classroom.handins import HandIn
from grader.classroom.places import Place, Problem
from grader.submissions.intake import LeftOut

_CANVAS = re.compile(
    r"(?:(?!(?:LATE|anon)_)(?P<name>.+?)_)?(?:(?P<late>LATE)_)?(?P<uid>\d+|anon_[^_]+)_(?P<late2>LATE_)?"
    r"(?:(?P<att>\d+)_(?P<file>.+)|(?P<typed>(?:text|link)\.html))"
)
_MOODLE = re.compile(r"(?P<name>.+)_(?P<uid>\d+)_assign(?:submission|feedback)_(?P<plugin>[a-z]+)(?:_(?P<rest>.*))?")
_BLACKBOARD = re.compile(
    r"(?P<asg>.+)_(?P<sid>[^_]+)_attempt_(?P<ts>\d{4}(?:-\d{2}){5})(?:_(?P<file>.+)|(?P<note>\.txt))"
)
_NOTE_NAME = re.compile(r"[^:：\n]*[:：]\s*(?P<name>.+?)\s*[(（](?P<login>[^()（）]+)[)）]\s*$")
_RENAMED = re.compile(r"(?P<stem>.+)-\d+(?P<suffix>\.\w+)")
_NOTE_BYTES = 20_000


def _mostly(pattern: re.Pattern[str], names: Sequence[str]) -> bool:
    return 2 * sum(pattern.fullmatch(name) is not None for name in names) > len(names)


class _Upload(NamedTuple):
    """One file that a student uploaded to Canvas."""

    attachment: int
    file: str
    stored: str
    is_late: bool
    name: str


def is_canvas(place: Place) -> bool:
    """Whether most files are named like ``zhangsan_LATE_123_456_hw1.py``."""
    found = [match for name in place.files() if (match := _CANVAS.fullmatch(name))]
    named = any(match["name"] or match["uid"].startswith("anon_") for match in found)
    return named and not place.folders() and _mostly(_CANVAS, place.files())


def canvas(place: Place, problem: Problem) -> list[HandIn]:
    """Return one hand-in for each user of Canvas; of files uploaded again, the one with the highest id counts."""
    users: dict[str, list[_Upload]] = defaultdict(list)
    for stored in place.files():
        found = _CANVAS.fullmatch(stored)
        if not found:
            problem(f"{stored!r} is not named as Canvas names hand-ins (name_user_attachment_file); left out")
            continue
        late = bool(found["late"] or found["late2"])
        file = found["file"] or found["typed"]
        users[found["uid"]].append(_Upload(int(found["att"] or 0), file, stored, late, found["name"] or ""))
    _leave_out_folders(place, problem, "Canvas")
    return [_canvas_hand_in(place, uid, uploads) for uid, uploads in users.items()]


def _canvas_hand_in(place: Place, uid: str, uploads: list[_Upload]) -> HandIn:
    uploads.sort(reverse=True)
    present = {upload.file for upload in uploads}
    counted: dict[str, _Upload] = {}
    remarks = []
    for upload in uploads:
        # Canvas renames what is uploaded again: 'hw.py', then 'hw-1.py'.
        renamed = _RENAMED.fullmatch(upload.file)
        plain = renamed["stem"] + renamed["suffix"] if renamed else upload.file
        name = plain if plain in present else upload.file
        if name in counted:
            remarks.append(f"{upload.stored}: uploaded again as {counted[name].stored}; the later one counts")
        else:
            counted[name] = upload
    anonymous = uid.startswith("anon_")
    return HandIn(
        key=uid,
        name=uid if anonymous else uploads[0].name or uid,
        ids={"anonymous_id": uid.removeprefix("anon_")} if anonymous else {"canvas_id": uid},
        source=place.some([(upload.stored, name) for name, upload in sorted(counted.items())]),
        late=any(upload.is_late for upload in counted.values()),
        remarks=remarks,
        returned_as=uploads[0].stored,
    )


def is_moodle(place: Place) -> bool:
    """Whether most folders, or most files, are named like ``San Zhang_123_assignsubmission_file``."""
    names = [*place.folders(), *place.files()]
    return bool(names) and _mostly(_MOODLE, names)


def moodle(place: Place, problem: Problem) -> list[HandIn]:
    """Return one hand-in for each participant of Moodle: folders of 4.1 and later, of earlier ones, and flat files."""
    folders: dict[str, list[tuple[str, re.Match[str]]]] = defaultdict(list)
    files: dict[str, list[tuple[str, re.Match[str]]]] = defaultdict(list)
    for names, users in ((place.folders(), folders), (place.files(), files)):
        for name in names:
            found = _MOODLE.fullmatch(name)
            if found:
                users[found["uid"]].append((name, found))
            else:
                problem(f"{name!r} is not named as Moodle names hand-ins (name_number_assignsubmission_file); left out")
    return [_moodle_hand_in(place, uid, folders.get(uid, []), files.get(uid, [])) for uid in {**folders, **files}]


def _moodle_hand_in(
    place: Place, uid: str, folders: list[tuple[str, re.Match[str]]], files: list[tuple[str, re.Match[str]]]
) -> HandIn:
    every = sorted([*folders, *files], key=lambda item: item[1]["plugin"] != "file")
    counted = [item for item in folders or files if item[1]["plugin"] == "file"] or folders or files
    if folders:
        counted = counted[:1]
        source = place.whole(counted[0][0])
    else:
        source = place.some([(name, found["rest"] or name) for name, found in counted])
    first, found = counted[0]
    rest = "" if folders else found["rest"] or ""
    return HandIn(
        key=uid,
        name=found["name"],
        ids={"moodle_id": uid},
        source=source,
        remarks=[f"{item[0]}: beside the uploaded files; not graded" for item in every if item not in counted],
        returned_as=first.removesuffix(rest),
    )


def is_blackboard(place: Place) -> bool:
    """Whether most files are named like ``hw1_zhang3_attempt_2026-10-01-23-59-00_hw1.py``."""
    return not place.folders() and bool(place.files()) and _mostly(_BLACKBOARD, place.files())


def blackboard(place: Place, problem: Problem) -> list[HandIn]:
    """Return one hand-in for each user of Blackboard; the latest attempt counts."""
    matches = {}
    for name in place.files():
        found = _BLACKBOARD.fullmatch(name)
        if found:
            matches[name] = found
        else:
            problem(f"{name!r} is not named as Blackboard names hand-ins (assignment_user_attempt_time_file); left out")
    _leave_out_folders(place, problem, "Blackboard")
    # A user name may hold '_' too: what all names begin with is the assignment's.
    shortest = min((found["asg"] for found in matches.values()), key=len, default="")
    users: dict[str, list[tuple[str, re.Match[str]]]] = defaultdict(list)
    for name, found in matches.items():
        extra = found["asg"].removeprefix(shortest + "_")
        users[found["sid"] if extra == found["asg"] else f"{extra}_{found['sid']}"].append((name, found))
    return [_blackboard_hand_in(place, login, parts) for login, parts in users.items()]


def _blackboard_hand_in(place: Place, login: str, parts: list[tuple[str, re.Match[str]]]) -> HandIn:
    times = sorted({found["ts"] for _, found in parts})
    latest = [(name, found) for name, found in parts if found["ts"] == times[-1]]
    files = [(name, found["file"]) for name, found in latest if found["file"]]
    notes = [name for name, found in latest if found["note"]]
    name = next(filter(None, (_name_in_note(place, note, login) for note in notes)), login)
    remarks = [f"the attempt of {_clock(time) or time} does not count; there is a later one" for time in times[:-1]]
    if not files:
        remarks.append("the latest attempt has no files")
    return HandIn(
        key=login,
        name=name,
        ids={"login": login},
        source=place.some(files or [(note, note) for note in notes]),
        submitted=_clock(times[-1]),
        attempt=len(times),
        remarks=remarks,
    )


def _name_in_note(place: Place, note: str, login: str) -> str:
    """Return the student's name from the first line of the note on an attempt, ``Name: San Zhang (zhang3)``."""
    try:
        lines = place.read(note, _NOTE_BYTES).decode("utf-8-sig", "replace").splitlines()
    except LeftOut:
        return ""
    found = _NOTE_NAME.match(lines[0]) if lines else None
    return found["name"] if found and found["login"] == login else ""


def _clock(time: str) -> str:
    try:
        return datetime.strptime(time, "%Y-%m-%d-%H-%M-%S").isoformat()
    except ValueError:
        return ""


def _leave_out_folders(place: Place, problem: Problem, platform: str) -> None:
    for folder in place.folders():
        problem(f"{folder!r} is a folder, which {platform} does not put among hand-ins; left out")
