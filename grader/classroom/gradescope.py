"""The metadata of a Gradescope export: YAML as Ruby writes it, with keys such as ``:submitters``."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

import yaml

from grader.classroom.handins import Member
from grader.classroom.places import Place, Problem
from grader.submissions.intake import LeftOut
from grader.submissions.limits import MAX_DATA_BYTES, megabytes

METADATA = "submission_metadata.yml"

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?\s*(Z|UTC|[+-]\d\d:?\d\d)?")
_MAX_BYTES = 4 * MAX_DATA_BYTES


class Described(NamedTuple):
    """What the metadata says of one submission."""

    members: tuple[Member, ...]
    submitted: str


def read_metadata(place: Place, problem: Problem) -> dict[str, Described]:
    """Return what ``submission_metadata.yml`` says, by the name of each submission's folder.

    All values are read as text, since YAML would take a student's id ``0123`` for an octal number; no tag makes an
    object.
    """
    try:
        content = place.read(METADATA, _MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise LeftOut(f"is larger than {megabytes(_MAX_BYTES)}")
        document: object = yaml.load(content, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except (LeftOut, yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:120]
        problem(f"{METADATA} cannot be read ({reason}); its submissions are graded without names")
        return {}
    if not isinstance(document, dict):
        problem(f"{METADATA} should hold one entry for each submission; its submissions are graded without names")
        return {}
    return {str(folder): _described(entry) for folder, entry in document.items()}


def _described(entry: object) -> Described:
    listed = _value(entry, "submitters")
    members = tuple(map(_member, listed)) if isinstance(listed, list) else ()
    return Described(members, _time(_text(entry, "created_at")))


def _member(entry: object) -> Member:
    ids = {kind: text for kind in ("sid", "email") if (text := _text(entry, kind))}
    return Member(_text(entry, "name") or ids.get("email", "") or ids.get("sid", ""), ids)


def _value(entry: object, key: str) -> object:
    return entry.get(f":{key}", entry.get(key)) if isinstance(entry, dict) else None


def _text(entry: object, key: str) -> str:
    value = _value(entry, key)
    return value.strip() if isinstance(value, str) and value not in ("~", "null") else ""


def _time(text: str) -> str:
    found = _TIME.match(text)
    if not found:
        return ""
    zone = found[3] or "Z"
    try:
        time = datetime.fromisoformat(f"{found[1]}T{found[2]}{'+00:00' if zone in ('Z', 'UTC') else zone}")
    except ValueError:
        return ""
    return time.astimezone(UTC).isoformat() if zone in ("Z", "UTC") else time.isoformat()
