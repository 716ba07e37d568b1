"""All that is known of each grade, as CSV and as xlsx."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from decimal import Decimal

from grader.classroom.exports.cells import defused, plain
from grader.classroom.exports.rows import ExportRow

_IDS = ("student_id", "sid", "email", "login", "github", "canvas_id", "moodle_id")
_MAX_TEXT = 32_767

Value = str | Decimal | int | None
"""Of a cell; numbers are written as numbers."""


def write_csv(rows: Sequence[ExportRow]) -> bytes:
    """Write a table with all columns: UTF-8 with a mark, which Excel needs to read Chinese."""
    header, body = _table(rows)
    stream = io.StringIO()
    # Quoted, a text cannot begin a new cell with a formula, where a spreadsheet takes ';' for the separator.
    writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC)
    for row in [header, *body]:
        writer.writerow([_cell(value) for value in row])
    return stream.getvalue().encode("utf-8-sig")


def write_xlsx(rows: Sequence[ExportRow]) -> bytes:
    """Write the same table as a workbook of one sheet; no text in it is a formula."""
    from openpyxl import Workbook  # takes long, and is needed for a workbook alone
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font

    header, body = _table(rows)
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "grades"
    sheet.freeze_panes = "A2"
    for number, row in enumerate([header, *body], 1):
        for column, value in enumerate(row, 1):
            if value is None:
                continue
            cell = sheet.cell(number, column)
            if isinstance(value, str):
                cell.value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value)[:_MAX_TEXT]
                # Or else openpyxl takes '=1+1' for a formula and '#N/A' for an error.
                cell.data_type = "s"
                cell.quotePrefix = value != defused(value)
            else:
                cell.value = value
            if number == 1:
                cell.font = Font(bold=True)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def _table(rows: Sequence[ExportRow]) -> tuple[list[Value], list[list[Value]]]:
    kinds = [kind for kind in _IDS if any(kind in row.ids for row in rows)]
    exercises = list(dict.fromkeys(name for row in rows for name in row.exercises))
    header: list[Value] = ["key", "name", *kinds, *exercises, "raw", "penalty", "final", "max_score"]
    header += ["status", "late", "days_late", "submitted", "comment", "note"]
    body: list[list[Value]] = []
    for row in rows:
        late = None if row.late is None else "yes" if row.late else "no"
        cells: list[Value] = [row.key, row.name]
        cells += [row.ids.get(kind) for kind in kinds]
        cells += [row.exercises.get(name) for name in exercises]
        cells += [row.raw, row.penalty, row.final, row.max_score, row.status, late, row.days_late]
        cells += [text or None for text in (row.submitted, row.comment, row.note)]
        body.append(cells)
    return header, body


def _cell(value: Value) -> str | Decimal:
    if isinstance(value, str):
        return defused(value)
    return "" if value is None else Decimal(plain(Decimal(value)))
