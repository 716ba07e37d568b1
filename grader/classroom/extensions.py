"""Extensions: who has more time than the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import msgspec

from grader.classroom.headers import columns_of, normal_header
from grader.classroom.roster import ID_KINDS
from grader.classroom.sheets import read_rows
from grader.errors import UnreadableClass, UsageError

_DURATION = re.compile(
    r"\s*(?P<count>\d+(?:\.\d+)?)\s*(?P<unit>d|days?|天|h|hours?|小时|m|min|minutes?|分钟)\s*", re.IGNORECASE
)
_SECONDS = {"d": 86_400, "天": 86_400, "h": 3_600, "小": 3_600, "m": 60, "分": 60}
_END_OF_DAY = "T23:59:59"
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_UNTIL = ("due", "until", "extended to", "new due", "due date", "截止时间", "延期至", "截止")
_BY = ("extension", "days", "extra", "by", "extra time", "延期", "延长", "天数")


class Extension(msgspec.Struct, frozen=True):
    """More time for one student: until a time, or by so many seconds; the later of both."""

    until: str = ""
    seconds: int = 0


class Extensions(msgspec.Struct, frozen=True, kw_only=True):
    """More time for some students.

    Attributes
    ----------
    path
        Where it was read; empty where nobody has an extension.
    by_id
        By any id, e-mail or name of the student, without case.
    """

    path: str = ""
    by_id: dict[str, Extension] = {}

    def of(self, ids: Mapping[str, str], name: str) -> Extension:
        """Return the extension of a student; none where the student has none."""
        for value in (*ids.values(), name):
            found = self.by_id.get(value.strip().casefold())
            if found:
                return found
        return Extension()

    def unused(self, students: Iterable[tuple[Mapping[str, str], str]]) -> list[str]:
        """Return who has an extension and is none of these students, given by their ids and names."""
        known = {value.strip().casefold() for ids, name in students for value in (*ids.values(), name)}
        return [key for key in self.by_id if key not in known]


def read_extensions(path: Path) -> Extensions:
    """Read who has more time: a student in each row, with a time (``due``) or a duration (``extension``), as ``2d``.

    Raises
    ------
    UnreadableClass
        It cannot be read; the message names row and column.
    """
    rows = read_rows(path)
    header = rows[0] if rows else []
    columns = columns_of(header)
    who = [columns[kind] for kind in (*ID_KINDS, "name") if kind in columns]
    normal = [normal_header(cell) for cell in header]
    until = next((normal.index(name) for name in _UNTIL if name in normal), None)
    by = next((normal.index(name) for name in _BY if name in normal), None)
    if not who or (until is None and by is None):
        found = ", ".join(repr(cell) for cell in header) or "no columns at all"
        raise UnreadableClass(
            f"{path.name}, row 1: should have a column 'student_id' and one of 'due' and 'extension', but has {found}"
        )
    by_id: dict[str, Extension] = {}
    for number, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        cells = [*row, *[""] * (len(header) - len(row))]
        key = next((cells[column].strip().casefold() for column in who if cells[column].strip()), "")
        if not key:
            raise UnreadableClass(
                f"{path.name}, row {number}, column {header[who[0]]!r}: empty; whose extension is it?"
            )
        if key in by_id:
            raise UnreadableClass(
                f"{path.name}, row {number}, column {header[who[0]]!r}: {key!r} has an extension already"
            )
        by_id[key] = Extension(
            _until(cells[until], f"{path.name}, row {number}, column {header[until]!r}") if until is not None else "",
            _seconds(cells[by], f"{path.name}, row {number}, column {header[by]!r}") if by is not None else 0,
        )
    return Extensions(path=str(path), by_id=by_id)


def _until(cell: str, where: str) -> str:
    if not cell.strip():
        return ""
    try:
        return parsed_time(cell, where).isoformat()
    except UsageError as fault:
        raise UnreadableClass(str(fault)) from None


def _seconds(cell: str, where: str) -> int:
    """Read a duration; a bare number is of days."""
    text = cell.strip()
    if not text:
        return 0
    found = _DURATION.fullmatch(f"{text} d" if re.fullmatch(r"\d+(?:\.\d+)?", text) else text)
    if not found:
        raise UnreadableClass(f"{where}: {text!r} is no duration; write one like '2d', '12h' or '30min'")
    return int(Decimal(found["count"]) * _SECONDS[found["unit"][0].lower()])


def parsed_time(text: str, where: str) -> datetime:
    """Read a time in ISO 8601; a date alone means the end of that day.

    Raises
    ------
    UsageError
        It is no time; the message begins with `where`.
    """
    plain = text.strip().replace("/", "-")
    try:
        return datetime.fromisoformat(plain + _END_OF_DAY if _DATE.fullmatch(plain) else plain)
    except ValueError:
        raise UsageError(f"{where}: {text!r} is no time; write one like '2026-10-01T23:59:00+08:00'") from None
