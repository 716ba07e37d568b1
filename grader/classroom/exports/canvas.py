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
from grader.classroom.exports.rows import ExportRow, Filled
from grader.classroom.names import name_forms
from grader.classroom.sheets import Sheet, read_sheet
from grader.courses import did_you_mean
from grader.errors import UnreadableClass, UsageError

EXCUSED = "EX"

_ASSIGNMENT = re.compile(r"(?P<title>.*?)\s*\((?P<id>\d+)\)")
_POINTS = "points possible"
_TEST_STUDENT = "student, test"
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
    possible = _possible(sheet, column)
    factor = Decimal(1)
    if possible and rows and possible != rows[0].max_score:
        if scale:
            factor = possible / rows[0].max_score
        else:
            problems.append(
                f"{sheet.rows[0][column]!r} has {plain(possible)} points in Canvas, but {plain(rows[0].max_score)} here; "
                "points are written as they are"
            )
    changes: dict[tuple[int, int], str] = {}
    found = _students(sheet, rows, problems)
    for row in rows:
        line = found.get(row.key)
        if line is None:
            problems.append(f"{row.name!r} ({row.key}) is not in the gradebook of Canvas; no grade is written")
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
        That can be reached.
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
    return len(header) > 2 and "Student" in header[0] and "ID" in header[1] and "Section" in header


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
        if cells[0].strip().lower() == _POINTS and column < len(cells):
            try:
                return Decimal(cells[column].strip())
            except InvalidOperation:
                return None
    return None


def _students(sheet: Sheet, rows: Sequence[ExportRow], problems: list[str]) -> dict[str, int]:
    """Return the line of each student, by the key of the row."""
    header = sheet.rows[0]
    lines = {
        line: cells
        for line, cells in enumerate(sheet.rows)
        if line and len(cells) > 1 and cells[1].strip() and cells[0].strip().lower() not in (_POINTS, _TEST_STUDENT)
    }
    by_id: dict[tuple[str, str], list[int]] = defaultdict(list)
    by_name: dict[str, list[int]] = defaultdict(list)
    for line, cells in lines.items():
        for name, _ in _IDS:
            if name in header and header.index(name) < len(cells) and (value := cells[header.index(name)].strip()):
                by_id[name, value.casefold()].append(line)
        for form in name_forms(cells[0]):
            by_name[form].append(line)
    found: dict[str, int] = {}
    taken: dict[int, str] = {}
    for row in rows:
        line = _line(row, by_id, by_name)
        if line is None:
            continue
        if line in taken:
            problems.append(
                f"{row.name!r} ({row.key}) is in row {line + 1} of Canvas, where {taken[line]!r} is already"
            )
            continue
        found[row.key] = line
        taken[line] = row.name
    for line in sorted(lines.keys() - taken.keys()):
        problems.append(f"row {line + 1} of Canvas ({lines[line][0]!r}) has no result here; left as it is")
    return found


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
