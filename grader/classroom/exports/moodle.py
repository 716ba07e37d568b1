"""Grades for Moodle: filled into the worksheet that it exports, in whatever language its header is."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from grader.classroom.exports.cells import defused, plain, two_decimals
from grader.classroom.exports.joining import conversion, lines_of
from grader.classroom.exports.rows import ExportRow, Filled
from grader.classroom.headers import PARTICIPANT, is_worksheet
from grader.classroom.names import name_forms
from grader.classroom.sheets import Sheet, read_sheet
from grader.courses import did_you_mean
from grader.errors import UnreadableClass, UsageError

_NUMBER = re.compile(r"\d+(?:(?P<mark>[.,])\d+)?")
_ENGLISH = ("Grade", "Maximum Grade")
_MAX_ANSWERS = 2


class _Columns(NamedTuple):
    grade: int
    maximum: Decimal
    mark: str


def fill_moodle(
    download: Path, rows: Sequence[ExportRow], *, comments: str = "", grade: str = "", scale: bool = False
) -> Filled:
    """Fill final grades into a worksheet exported from Moodle; every other byte of it stays.

    The columns are found by their values, since the header is in the teacher's language: the maximum is the same number
    in every row, and the grade stands before it. Students are matched by ``Participant 123``, then by e-mail, then by
    name. The time of the last change of a grade stays, by which Moodle tells grades that were changed meanwhile.

    Parameters
    ----------
    download
        The exported CSV file ("Download grading worksheet").
    rows
        Of the class.
    comments
        Header of the column that takes `ExportRow.comment`, as the file has it; by default none.
    grade
        Header of the grade's column, where it cannot be told by the values.
    scale
        Convert to Moodle's maximum where this is not the course's; by default points are written as they are.

    Raises
    ------
    UnreadableClass
        It is not Moodle's worksheet, or its grade column cannot be told.
    UsageError
        There is no column of the name that was given.
    """
    sheet = read_sheet(download)
    if not is_worksheet(sheet.rows[1:]):
        raise UnreadableClass(
            f"{str(download)!r} is not a grading worksheet of Moodle: the first cell of each row should be like "
            "'Participant 123'; download it again"
        )
    columns = _columns(sheet, grade, str(download))
    comment_column = _named(sheet.rows[0], comments) if comments else None
    problems: list[str] = []
    factor = conversion(rows, columns.maximum, scale=scale, where="worksheet of Moodle", problems=problems)
    if sheet.delimiter != ",":
        problems.append(f"the worksheet is separated by {sheet.delimiter!r}; tell Moodle so when you upload it")
    changes: dict[tuple[int, int], str] = {}
    written = 0
    found = _students(sheet, rows, problems)
    for row in rows:
        line = found.get(row.key)
        if line is None:
            continue
        if row.status == "graded" and row.final is not None:
            points = row.final * factor
            if not 0 <= points <= columns.maximum:
                problems.append(f"{row.name!r} ({row.key}) has {plain(points)} points, which Moodle passes over")
            changes[line, columns.grade] = two_decimals(points).replace(".", columns.mark)
            written += 1
        else:
            problems.append(f"{row.name!r} ({row.key}) is {row.status}; no grade is written")
        if comment_column is not None and row.comment:
            changes[line, comment_column] = defused(html.escape(row.comment).replace("\n", "<br>"))
    return Filled(content=sheet.changed(changes), written=written, problems=problems)


def _columns(sheet: Sheet, grade: str, shown: str) -> _Columns:
    header, *body = sheet.rows
    body = [row for row in body if any(row)]
    if not grade and list(_ENGLISH) == [name for name in header if name in _ENGLISH]:
        grade = _ENGLISH[0]
    if grade:
        column = _named(header, grade)
        maximum = _constant(body, column + 1)
        if maximum is None:
            raise UnreadableClass(f"{shown!r}: after {grade!r} there should be a column with the maximum, one number")
        return _Columns(column, *maximum)
    found = [
        _Columns(column - 1, *maximum)
        for column in range(3, len(header))
        if (maximum := _constant(body, column)) and _may_be_grade(body, column - 1, maximum[0])
    ]
    # What follows the maximum tells whether the grade can be changed: yes or no.
    answered = [columns for columns in found if _is_answer(body, columns.grade + 2)]
    candidates = answered if len(found) > 1 else found
    if len(candidates) != 1:
        names = ", ".join(repr(name) for name in header)
        raise UnreadableClass(f"{shown!r}: cannot tell which column is the grade's; name it, of {names}")
    return candidates[0]


def _cell(row: Sequence[str], column: int) -> str:
    return row[column].strip() if column < len(row) else ""


def _constant(body: list[list[str]], column: int) -> tuple[Decimal, str] | None:
    """Return the positive number that all rows have in a column, and its decimal mark."""
    values = {_cell(row, column) for row in body}
    found = _NUMBER.fullmatch(next(iter(values))) if len(values) == 1 else None
    number = Decimal(found[0].replace(",", ".")) if found else Decimal(0)
    return (number, found["mark"] or ".") if found and number else None


def _may_be_grade(body: list[list[str]], column: int, maximum: Decimal) -> bool:
    values = [_cell(row, column) for row in body]
    return all(
        value in ("", "-") or (_NUMBER.fullmatch(value) and Decimal(value.replace(",", ".")) <= maximum)
        for value in values
    )


def _is_answer(body: list[list[str]], column: int) -> bool:
    values = {_cell(row, column) for row in body}
    return len(values) <= _MAX_ANSWERS and all(value and not _NUMBER.fullmatch(value) for value in values)


def _named(header: Sequence[str], name: str) -> int:
    if name not in header:
        raise UsageError(f"no column {name!r} in the worksheet of Moodle{did_you_mean(name, list(header))}")
    return header.index(name)


def _students(sheet: Sheet, rows: Sequence[ExportRow], problems: list[str]) -> dict[str, int]:
    """Return the line of each student, by the key of the row."""
    lines = {line: cells for line, cells in enumerate(sheet.rows) if line and any(cells)}
    by_number: dict[str, list[int]] = defaultdict(list)
    by_email: dict[str, list[int]] = defaultdict(list)
    by_name: dict[str, list[int]] = defaultdict(list)
    for line, cells in lines.items():
        found = PARTICIPANT.fullmatch(cells[0].strip())
        if found:
            by_number[found["number"]].append(line)
        for cell in cells[2:]:
            if "@" in cell:
                by_email[cell.strip().casefold()].append(line)
        for form in name_forms(cells[1]):
            by_name[form].append(line)

    def find(row: ExportRow) -> int | None:
        hits = by_number.get(row.ids.get("moodle_id", ""), [])
        if "moodle_id" not in row.ids:
            named = {line for form in name_forms(row.name) for line in by_name.get(form, [])}
            hits = by_email.get(row.ids.get("email", "").casefold(), []) or list(named)
        return hits[0] if len(hits) == 1 else None

    names = {line: cells[1] for line, cells in lines.items()}
    return lines_of(rows, find, names, where="worksheet of Moodle", problems=problems)
