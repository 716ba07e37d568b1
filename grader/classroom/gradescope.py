"""The metadata of a Gradescope export: YAML as Ruby writes it, with keys such as ``:submitters``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import yaml

from grader.classroom.handins import Member
from grader.classroom.places import Place, Problem
from grader.submissions.intake import LeftOut
from grader.submissions.limits import MAX_DATA_BYTES, megabytes

METADATA = "submission_metadata.yml"

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?\s*(Z|UTC|[+-]\d\d:?\d\d)?")
_MAX_DEPTH = 50
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
        document = _document(content)
    except (LeftOut, yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        problem(f"{METADATA} cannot be read ({reason}); its submissions are graded without names")
        return {}
    if not isinstance(document, dict):
        problem(f"{METADATA} should hold one entry for each submission; its submissions are graded without names")
        return {}
    return {str(folder): _described(entry) for folder, entry in document.items()}


def _document(content: bytes) -> object:
    """Build a document of dictionaries, lists and texts from the parser's events.

    PyYAML's own construction is recursive, so that a hundred thousand brackets would end the process.
    """
    root: list[object] = []
    open_: list[_Node] = [_Node(root, None)]
    anchors: dict[str, object] = {}
    for event in yaml.parse(content, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)):
        if isinstance(event, yaml.CollectionEndEvent):
            open_.pop()
            continue
        value: object
        if isinstance(event, yaml.ScalarEvent):
            value = event.value
        elif isinstance(event, yaml.AliasEvent):
            value = anchors.get(event.anchor, "")
        elif isinstance(event, yaml.CollectionStartEvent):
            value = {} if isinstance(event, yaml.MappingStartEvent) else []
        else:
            continue
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            anchors.setdefault(event.anchor, value)
        open_[-1].add(value)
        if isinstance(event, yaml.CollectionStartEvent):
            if len(open_) > _MAX_DEPTH:
                raise LeftOut(f"it is nested more than {_MAX_DEPTH} deep")
            open_.append(_Node(value, None))
    return root[0] if root else None


@dataclass(slots=True)
class _Node:
    """A dictionary or list that is being filled; `key` waits for its value."""

    value: object
    key: str | None

    def add(self, value: object) -> None:
        if isinstance(self.value, list):
            self.value.append(value)
        elif isinstance(self.value, dict):
            if self.key is None:
                self.key = value if isinstance(value, str) else ""
            else:
                self.value[self.key] = value
                self.key = None


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
