"""The list of a class's students, from CSV or xlsx: the registrar's, or a platform's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from grader.classroom.headers import PARTICIPANT, columns_of, is_worksheet
from grader.classroom.sheets import read_rows
from grader.errors import UnreadableClass

ID_KINDS = ("student_id", "canvas_id", "moodle_id", "email", "login", "github")
"""Kinds of ids that a roster may have, the most telling first."""

_HEADER_ROWS = 10
_SHOWN = 6
_SHORTENED = re.compile(r"\d(?:\.\d+)?[eE]\+\d+")
_AS_TEXT = re.compile(r'="(.*)"')
_STAFF = frozenset({"instructor", "ta", "teacher", "reader", "observer", "designer", "grader", "教师", "助教"})


class Student(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a roster.

    Attributes
    ----------
    key
        Unique in the roster: the student's id, else another id, else the name.
    name
        For people to read; may be empty.
    ids
        By kind, as in `grader.classroom.HandIn`; see `ID_KINDS`.
    section
        Section, group or class; empty where the roster has none.
    row
        Number of the row in the file, from 1.
    """

    key: str
    name: str
    ids: dict[str, str] = {}
    section: str = ""
    row: int = 0


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """All students of a class.

    Attributes
    ----------
    path
        Where it was read.
    students
        In the order of the file.
    problems
        Rows that were passed over or are odd; a sentence each, with row and column.
    """

    path: str
    students: tuple[Student, ...]
    problems: list[str] = []


def read_roster(path: Path) -> Roster:
    """Read a roster: ``student_id,name,…`` or ``学号,姓名``, a platform's list, gradebook or worksheet.

    Parameters
    ----------
    path
        Of a CSV file (UTF-8, UTF-16 or GBK; comma, semicolon or tab) or an .xlsx file, of which the first sheet counts.
        The header is the first row, of the first ten, that names a column of ids or names.

    Raises
    ------
    UnreadableClass
        It cannot be read, has no such header, or gives one id to two students; the message names row and column.
    """
    rows = read_rows(path)
    shown = path.name
    start, columns = _header(rows, shown)
    header = rows[start]
    problems: list[str] = []
    students: dict[str, Student] = {}
    seen: dict[tuple[str, str], Student] = {}
    empty: list[int] = []
    for number, row in enumerate(rows[start + 1 :], start + 2):
        if not any(cell.strip() for cell in row):
            empty.append(number)
            continue
        student = _student(row, columns, header, shown, number, problems)
        if student is None or _is_repeated(student, seen, columns, header, shown, problems):
            continue
        if student.key in students:
            student = msgspec.structs.replace(student, key=f"{student.key} (row {number})")
        students[student.key] = student
    last = max((student.row for student in students.values()), default=0)
    inner = [str(number) for number in empty if number < last]
    if inner:
        problems.append(f"{shown}, row {', '.join(inner[:_SHOWN])}{' …' * (len(inner) > _SHOWN)}: empty; passed over")
    if not students:
        raise UnreadableClass(f"{str(path)!r} has a header but no students below row {start + 1}")
    return Roster(path=str(path), students=tuple(students.values()), problems=problems)


def _header(rows: Sequence[Sequence[str]], shown: str) -> tuple[int, dict[str, int]]:
    """Return which row is the header, and which column holds what."""
    for start, row in enumerate(rows[:_HEADER_ROWS]):
        columns = columns_of(row)
        participants = is_worksheet(rows[start + 1 :])
        if participants:
            return start, _worksheet_columns(columns, rows[start + 1 :])
        # A single word that is known may be part of a title; the name alone is enough only beside other columns.
        if columns.keys() & {*ID_KINDS, "name", "last"} and (len(columns) > 1 or len(row) == 1 or start == 0):
            return start, {kind: column for kind, column in columns.items() if kind != "moodle_id" or participants}
    found = ", ".join(repr(cell) for cell in (rows[0] if rows else [])[:_SHOWN])
    raise UnreadableClass(
        f"{shown}, row 1: no column of ids or names among {found or 'no columns at all'}; "
        "name one 'student_id' or '学号', and one 'name' or '姓名'"
    )


def _worksheet_columns(columns: dict[str, int], rows: Sequence[Sequence[str]]) -> dict[str, int]:
    """Complete the columns of Moodle's worksheet, of which the header is in the teacher's language."""
    told = {kind: column for kind, column in columns.items() if column > 0}
    addresses = [column for row in rows for column, cell in enumerate(row) if column > 1 and "@" in cell]
    if addresses:
        told.setdefault("email", addresses[0])
    return {"name": 1, **told, "moodle_id": 0}


def _student(
    row: Sequence[str], columns: dict[str, int], header: Sequence[str], shown: str, number: int, problems: list[str]
) -> Student | None:
    values = {kind: _clean(row[column]) for kind, column in columns.items() if column < len(row)}
    if values.get("name", "").lower() in ("points possible", "student, test"):
        return None  # of Canvas' gradebook, and no student
    if "canvas_id" in columns and not any(values.get(kind) for kind in ID_KINDS):
        return None  # the row of Canvas' gradebook that tells how grades are posted
    if values.get("role", "").casefold() in _STAFF:
        problems.append(f"{shown}, row {number}, column {header[columns['role']]!r}: {values['role']!r}; passed over")
        return None
    ids = {}
    for kind in ID_KINDS:
        value = values.get(kind, "")
        if _SHORTENED.fullmatch(value):
            raise UnreadableClass(
                f"{shown}, row {number}, column {header[columns[kind]]!r}: {value!r} was shortened by a spreadsheet; "
                "format the column as text and fill it in again"
            )
        if value:
            ids[kind] = _as_kind(kind, value)
    if "@" in ids.get("student_id", ""):
        ids.setdefault("email", ids.pop("student_id"))
    name = values.get("name") or " ".join(filter(None, (values.get("first"), values.get("last"))))
    main = next((kind for kind in ID_KINDS if kind in columns), "")
    if not name and not ids:
        place = f", column {header[columns[main]]!r}" if main else ""
        problems.append(f"{shown}, row {number}{place}: neither an id nor a name; passed over")
        return None
    if main and not values.get(main):
        problems.append(f"{shown}, row {number}, column {header[columns[main]]!r}: empty, but should identify {name!r}")
    key = next((ids[kind] for kind in ID_KINDS if kind in ids), name)
    return Student(key=key, name=name, ids=ids, section=values.get("section", ""), row=number)


def _clean(cell: str) -> str:
    text = cell.replace("\u200b", "").replace("\ufeff", "").strip()
    quoted = _AS_TEXT.fullmatch(text)  # how spreadsheets are made to keep the zeros of 0123
    return quoted[1].strip() if quoted else text


def _as_kind(kind: str, value: str) -> str:
    participant = PARTICIPANT.fullmatch(value) if kind == "moodle_id" else None
    return participant["number"] if participant else value


def _is_repeated(
    student: Student,
    seen: dict[tuple[str, str], Student],
    columns: dict[str, int],
    header: Sequence[str],
    shown: str,
    problems: list[str],
) -> bool:
    """Whether a row repeats an earlier one; raises where it gives the earlier one's id to another student."""
    earlier = {
        kind: seen[kind, value.casefold()] for kind, value in student.ids.items() if (kind, value.casefold()) in seen
    }
    for kind, other in earlier.items():
        if (other.name, other.ids) == (student.name, student.ids):
            problems.append(f"{shown}, row {student.row}: the same student as in row {other.row}; counted once")
            return True
        column = header[columns[kind]] if kind in columns else kind
        raise UnreadableClass(
            f"{shown}, row {student.row}, column {column!r}: {student.ids[kind]!r} is also in row {other.row}; "
            "each student needs an id of his or her own"
        )
    for kind, value in student.ids.items():
        seen[kind, value.casefold()] = student
    return False
