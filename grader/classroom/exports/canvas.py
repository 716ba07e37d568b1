"""Grades for Canvas: filled into the gradebook that it exports, or as a new file."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from grader.classroom.exports.cells import defused, plain, two_decimals
from grader.classroom.exports.joining import conversion, lines_of
from grader.classroom.exports.rows import ExportRow, Filled
from grader.classroom.names import name_forms
from grader.classroom.sheets import Sheet, read_sheet
from grader.courses import did_you_mean
from grader.errors import UnreadableClass, UsageError

EXCUSED = "EX"

_ASSIGNMENT = re.compile(r"(?P<title>.*?)\s*\((?P<id>\d+)\)")
_NAMES_APART = ["LastName", "FirstName"]
_MIN_COLUMNS = 3
_POINTS = "Points Possible"
_READ_ONLY = "read only"
_TEST_STUDENT = ("Student, Test", "Test Student")
# Which column of Canvas holds which id, the most telling first.
_IDS = (
    ("ID", ("canvas_id",)),
    ("SIS User ID", ("student_id", "sid")),
    ("SIS Login ID", ("login", "email", "student_id")),
)


def fill_canvas(download: Path, rows: Sequence[ExportRow], *, assignment: str, scale: bool = False) -> Filled:
    """Fill final grades into a gradebook exported from Canvas; every other byte of it stays.

    Students are matched by Canvas' id, then by the ids of the institution, then by name. ``EX`` in the gradebook stays.

    Parameters
    ----------
    download
        The exported CSV file.
    rows
        Of the class.
    assignment
        Title of the column, with or without its id in brackets, or the id alone. The column must exist: for an unknown
        title Canvas makes a new assignment.
    scale
        Convert to Canvas' points where these are not the course's; by default points are written as they are.

    Raises
    ------
    UnreadableClass
        It is not Canvas' gradebook.
    UsageError
        There is no such assignment, or there are several.
    """
    sheet = read_sheet(download)
    if not is_canvas_header(sheet.rows[0] if sheet.rows else []):
        raise UnreadableClass(
            f"{str(download)!r} is not a gradebook of Canvas: its header should begin with 'Student' and 'ID' and "
            "have a column 'Section'; export it again"
        )
    column = _column(sheet.rows[0], assignment)
    problems: list[str] = []
    factor = conversion(rows, _possible(sheet, column), scale=scale, where="column of Canvas", problems=problems)
    changes: dict[tuple[int, int], str] = {}
    found = _students(sheet, rows, problems)
    for row in rows:
        line = found.get(row.key)
        if line is None:
            continue
        cells = sheet.rows[line]
        present = cells[column].strip() if column < len(cells) else ""
        if present.upper() == EXCUSED:
            problems.append(f"{row.name!r} is excused in Canvas (row {line + 1}); left so")
        elif row.status == "excused":
            changes[line, column] = EXCUSED
        elif row.status == "graded" and row.final is not None:
            changes[line, column] = two_decimals(row.final * factor)
        else:
            problems.append(f"{row.name!r} ({row.key}) is {row.status}; no grade is written")
    return Filled(content=sheet.changed(changes), written=len(changes), problems=problems)


def fresh_canvas(rows: Sequence[ExportRow], *, assignment: str, points: Decimal) -> Filled:
    """Write a new file that Canvas imports; students whose id in Canvas is not known are matched there by other ids.

    Parameters
    ----------
    rows
        Of the class.
    assignment
        Title of the column, with its id in brackets where it exists already: ``HW1 (12345)``.
    points
        That can be reached, as Canvas has them where the assignment exists: others would change it.
    """
    stream = io.StringIO()
    writer = csv.writer(stream)
    # Without 'SIS Login ID' beside it, Canvas takes 'SIS User ID' for an invalid header.
    writer.writerow(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", defused(assignment)])
    writer.writerow(["    Points Possible", "", "", "", "", plain(points)])
    problems = []
    written = 0
    for row in rows:
        ids = [next((row.ids[kind] for kind in kinds if kind in row.ids), "") for _, kinds in _IDS]
        grade = ""
        if row.status == "excused":
            grade = EXCUSED
        elif row.status == "graded" and row.final is not None:
            grade = two_decimals(row.final)
        else:
            problems.append(f"{row.name!r} ({row.key}) is {row.status}; no grade is written")
        if not any(ids):
            problems.append(f"{row.name!r} ({row.key}) has no id that Canvas knows; it is matched by name alone")
        writer.writerow([*map(defused, (row.name, *ids)), "", grade])
        written += bool(grade)
    return Filled(content=stream.getvalue().encode("utf-8-sig"), written=written, problems=problems)


def is_canvas_header(header: Sequence[str]) -> bool:
    """Whether Canvas would take a row for the header of its gradebook."""
    if "Section" not in header or len(header) < _MIN_COLUMNS:
        return False
    return ("Student" in header[0] and "ID" in header[1]) or (header[:2] == _NAMES_APART and "ID" in header[2])


def _column(header: Sequence[str], assignment: str) -> int:
    first = header.index("Section") + 1
    titles = {column: header[column] for column in range(first, len(header)) if header[column].strip()}
    wanted = assignment.strip()
    found = [column for column, title in titles.items() if title.strip() == wanted]
    if not found:
        parts = {column: match for column, title in titles.items() if (match := _ASSIGNMENT.fullmatch(title.strip()))}
        found = [column for column, match in parts.items() if wanted in (match["title"], match["id"])]
    if len(found) > 1:
        several = ", ".join(repr(titles[column]) for column in found)
        raise UsageError(f"{assignment!r} may be {several}; write the id too")
    if not found:
        known = [title for title in titles.values() if _ASSIGNMENT.fullmatch(title.strip())]
        raise UsageError(f"no assignment {assignment!r} in the gradebook of Canvas{did_you_mean(assignment, known)}")
    return found[0]


def _possible(sheet: Sheet, column: int) -> Decimal | None:
    for cells in sheet.rows[1:4]:
        if _POINTS in cells[0] and column < len(cells):
            if _READ_ONLY in cells[column]:
                raise UsageError(f"{sheet.rows[0][column]!r} is computed by Canvas, which would not import it")
            try:
                return Decimal(cells[column].strip())
            except InvalidOperation:
                return None
    return None


def _students(sheet: Sheet, rows: Sequence[ExportRow], problems: list[str]) -> dict[str, int]:
    """Return the line of each student, by the key of the row."""
    header = sheet.rows[0]
    apart = header[:2] == _NAMES_APART
    number = 2 if apart else 1
    names = {
        line: f"{cells[1]} {cells[0]}" if apart else cells[0]
        for line, cells in enumerate(sheet.rows)
        if line and len(cells) > number and cells[number].strip() and _POINTS not in cells[0]
    }
    names = {line: name for line, name in names.items() if name.strip() not in _TEST_STUDENT}
    by_id: dict[tuple[str, str], list[int]] = defaultdict(list)
    by_name: dict[str, list[int]] = defaultdict(list)
    for line, shown in names.items():
        for name, _ in _IDS:
            column = header.index(name) if name in header else len(header)
            if column < len(sheet.rows[line]) and (value := sheet.rows[line][column].strip()):
                by_id[name, value.casefold()].append(line)
        for form in name_forms(shown):
            by_name[form].append(line)
    return lines_of(rows, lambda row: _line(row, by_id, by_name), names, where="gradebook of Canvas", problems=problems)


def _line(row: ExportRow, by_id: dict[tuple[str, str], list[int]], by_name: dict[str, list[int]]) -> int | None:
    for name, kinds in _IDS:
        for kind in kinds:
            lines = by_id.get((name, row.ids.get(kind, "").casefold()), [])
            if len(lines) == 1:
                return lines[0]
    if "canvas_id" in row.ids:
        return None  # whoever has the same name is someone else
    named = {line for form in name_forms(row.name) for line in by_name.get(form, [])}
    return named.pop() if len(named) == 1 else None
