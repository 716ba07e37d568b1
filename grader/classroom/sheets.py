"""Tables that others wrote: CSV, which can be changed cell by cell with all other bytes kept, and xlsx."""

from __future__ import annotations

import codecs
import io
import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from grader.errors import UnreadableClass
from grader.submissions.folders import read_regular
from grader.submissions.intake import LeftOut
from grader.submissions.limits import MAX_DATA_BYTES, megabytes
from grader.submissions.paths import is_plausible_gbk

MAX_ROWS = 200_000
"""Rows of one table."""

_MAX_WORKBOOK_BYTES = 4 * MAX_DATA_BYTES
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DELIMITERS = ",;\t"
_TOLD_DELIMITER = re.compile(r"sep=(.)\r?\n")
_LINE_END = re.compile(r"\r\n|\r|\n")


class _Cell(NamedTuple):
    start: int
    end: int
    value: str


class Sheet:
    """A CSV file, of which cells can be changed without touching the others.

    Parameters
    ----------
    content
        The file. Its encoding is UTF-8, UTF-16 with a mark, GB18030 or Windows-1252; its delimiter a comma, a
        semicolon or a tab.

    Attributes
    ----------
    rows
        The values, row by row; rows may differ in length.
    delimiter
        Between cells.
    encoding
        As Python calls it.
    """

    def __init__(self, content: bytes) -> None:
        self._mark, self.encoding, self._text = _decoded(content)
        told = _TOLD_DELIMITER.match(self._text)
        self._start = told.end() if told else 0
        self.delimiter = told[1] if told else _delimiter_of(self._text)
        self._cells = _split(self._text, self._start, self.delimiter)
        self.rows = [[cell.value for cell in row] for row in self._cells]

    def changed(self, values: Mapping[tuple[int, int], str]) -> bytes:
        """Return the file with other values in some cells; all other bytes stay.

        Parameters
        ----------
        values
            By row and column, counted from 0. A row that is too short is filled up.
        """
        pieces = []
        position = 0
        for (row, column), value in sorted(values.items()):
            cells = self._cells[row]
            if column < len(cells):
                start, end = cells[column].start, cells[column].end
                written = self._quoted(value, always=self._text[start : start + 1] == '"')
            else:
                start = end = cells[-1].end
                # Cells that were added before in this row stand between.
                written = self.delimiter * (column - self._filled(values, row, column)) + self._quoted(value)
            pieces += [self._text[position:start], written]
            position = end
        pieces.append(self._text[position:])
        # What the encoding cannot write can only be text for a web page, which reads references.
        return self._mark + "".join(pieces).encode(self.encoding, "xmlcharrefreplace")

    def _filled(self, values: Mapping[tuple[int, int], str], row: int, column: int) -> int:
        last = len(self._cells[row]) - 1
        return max([last, *(other for at, other in values if at == row and last < other < column)])

    def _quoted(self, value: str, *, always: bool = False) -> str:
        special = (self.delimiter, '"', "\r", "\n")
        if always or any(character in value for character in special):
            return '"' + value.replace('"', '""') + '"'
        return value


def _decoded(content: bytes) -> tuple[bytes, str, str]:
    """Return the byte order mark, the encoding and the text."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return mark, encoding, content[len(mark) :].decode(encoding)
            except UnicodeDecodeError:
                raise UnreadableClass(f"is not {encoding.upper()}, as its first bytes say; save it as UTF-8") from None
    candidates = ["utf-8", "gb18030", "cp1252"] if is_plausible_gbk(content) else ["utf-8", "cp1252", "gb18030"]
    for encoding in candidates:
        try:
            return b"", encoding, content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableClass("is neither UTF-8 nor GBK; save it as UTF-8")


def _delimiter_of(text: str) -> str:
    """Return what occurs most in the first line that has any of them, outside of quotes."""
    for line in text[:100_000].splitlines():
        bare = re.sub(r'"[^"]*"?', "", line)
        counts = [bare.count(delimiter) for delimiter in _DELIMITERS]
        if any(counts):
            return _DELIMITERS[counts.index(max(counts))]
    return ","


def _split(text: str, start: int, delimiter: str) -> list[list[_Cell]]:
    """Split CSV into cells that know where they are (RFC 4180; a quote inside of a bare cell is a character)."""
    bare = re.compile(rf"[^{re.escape(delimiter)}\r\n]*")
    quoted = re.compile(r'"((?:[^"]|"")*)"')
    rows: list[list[_Cell]] = []
    row: list[_Cell] = []
    position = start
    while position < len(text) or row:
        found = quoted.match(text, position)
        tail = bare.match(text, found.end() if found else position)
        end = tail.end() if tail else position
        value = text[position:end]
        if found:
            value = found[1].replace('""', '"') + text[found.end() : end]
        row.append(_Cell(position, end, value))
        if text[end : end + 1] == delimiter:
            position = end + 1
            continue
        line_end = _LINE_END.match(text, end)
        position = line_end.end() if line_end else len(text)
        rows.append(row)
        row = []
        if len(rows) > MAX_ROWS:
            raise UnreadableClass(f"has more than {MAX_ROWS} rows")
    return rows


def read_sheet(path: Path) -> Sheet:
    """Read a CSV file.

    Raises
    ------
    UnreadableClass
        It cannot be read; the message names it.
    """
    content = _content(path)
    if content.startswith(b"PK"):
        raise UnreadableClass(f"{str(path)!r} is a spreadsheet, but should be CSV; save it as 'CSV UTF-8'")
    try:
        return Sheet(content)
    except UnreadableClass as fault:
        raise UnreadableClass(f"{str(path)!r} {fault}") from None


def read_rows(path: Path) -> list[list[str]]:
    """Read a table, CSV or the first sheet of an xlsx file, as text.

    Raises
    ------
    UnreadableClass
        It cannot be read; the message names it.
    """
    content = _content(path)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableClass(f"{str(path)!r} is in Excel's old format; save it as .xlsx or CSV")
    if not content.startswith(b"PK"):
        return read_sheet(path).rows
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > _MAX_WORKBOOK_BYTES:
            raise LeftOut(f"it expands to more than {megabytes(_MAX_WORKBOOK_BYTES)}")
        return _workbook_rows(content)
    except UnreadableClass:
        raise
    except Exception as error:  # of hostile bytes zipfile, the XML parser and openpyxl make nearly any exception
        reason = " ".join(str(error).split())[:80] or type(error).__name__
        raise UnreadableClass(
            f"{str(path)!r} is not a readable .xlsx file ({reason}); save it again, or as CSV"
        ) from None


def _workbook_rows(content: bytes) -> list[list[str]]:
    import openpyxl  # takes longer than all else that a class without a workbook needs

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of features of Excel that do not matter here
        workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            rows = []
            for row in workbook.worksheets[0].iter_rows(values_only=True):
                rows.append([_cell_text(value) for value in row])
                if len(rows) > MAX_ROWS:
                    raise LeftOut(f"it has more than {MAX_ROWS} rows")
            return rows
        finally:
            workbook.close()


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # an id that Excel took for a number
    return str(value)


def _content(path: Path) -> bytes:
    if path.is_dir():
        raise UnreadableClass(f"{str(path)!r} is a folder, but should be a CSV or .xlsx file")
    if not path.exists():
        raise UnreadableClass(f"no such file {str(path)!r}; check the spelling")
    try:
        content = read_regular(str(path.resolve()), MAX_DATA_BYTES + 1)
    except LeftOut as fault:
        raise UnreadableClass(f"{str(path)!r} {fault}; check its permissions") from None
    if len(content) > MAX_DATA_BYTES:
        raise UnreadableClass(f"{str(path)!r} is larger than {megabytes(MAX_DATA_BYTES)}")
    return content
