import csv
import io

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.classroom import sheets
from grader.classroom.sheets import Sheet, read_rows, read_sheet
from grader.errors import UnreadableClass

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8)
TABLES = st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=5)


def written(rows, **dialect):
    stream = io.StringIO()
    csv.writer(stream, **dialect).writerows(rows)
    return stream.getvalue().encode()


@given(TABLES, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.sampled_from(["\n", "\r\n"]))
def test_cells_are_those_that_were_written(rows, quoting, end):
    header = ["a", "b"]
    sheet = Sheet(written([header, *rows], quoting=quoting, lineterminator=end))
    assert sheet.rows == [header, *rows]


@given(st.one_of(st.binary(max_size=60), TABLES.map(written)))
def test_without_changes_all_bytes_stay(content):
    try:
        sheet = Sheet(content)
    except UnreadableClass:
        return
    assert sheet.changed({}) == content


@given(TABLES, st.data())
def test_changed_cells_are_read_back_and_the_others_stay(rows, data):
    rows = [["a", "b"], *rows]
    line = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(0, len(rows[line]) + 2))
    value = data.draw(CELL)
    found = Sheet(Sheet(written(rows)).changed({(line, column): value})).rows
    expected = [list(row) for row in rows]
    expected[line] += [""] * (column + 1 - len(expected[line]))
    expected[line][column] = value
    assert found == expected


def test_several_cells_beyond_the_end_of_a_row_are_put_in_order():
    assert Sheet(b"a,b\nc\nd\n").changed({(1, 1): "x", (1, 3): "y", (2, 2): "z"}) == b"a,b\nc,x,,y\nd,,z\n"


def test_quoted_cells_stay_quoted():
    assert Sheet(b'"a";"b"\n"1";"2"\n').changed({(1, 1): "3"}) == b'"a";"b"\n"1";"3"\n'


def test_rows_and_sizes_have_limits(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    path.write_text("a\nb\nc\n")
    monkeypatch.setattr(sheets, "MAX_ROWS", 2)
    with pytest.raises(UnreadableClass, match=r"t\.csv' has more than 2 rows"):
        read_sheet(path)
    book = openpyxl.Workbook()
    for number in range(3):
        book.active.append([number])
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(UnreadableClass, match=r"t\.xlsx' is not a readable \.xlsx file \(it has more than 2 rows\)"):
        read_rows(tmp_path / "t.xlsx")
    monkeypatch.setattr(sheets, "MAX_DATA_BYTES", 1)
    with pytest.raises(UnreadableClass, match=r"t\.csv' is larger than 0 MB"):
        read_rows(path)


def test_workbook_that_expands_to_too_much_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "t.xlsx"
    openpyxl.Workbook().save(path)
    monkeypatch.setattr(sheets, "_MAX_WORKBOOK_BYTES", 100)
    with pytest.raises(UnreadableClass, match="it expands to more than 0 MB"):
        read_rows(path)


def test_spreadsheet_in_place_of_csv_is_told(tmp_path):
    path = tmp_path / "t.csv"
    openpyxl.Workbook().save(path)
    with pytest.raises(UnreadableClass, match="is a spreadsheet, but should be CSV; save it as 'CSV UTF-8'"):
        read_sheet(path)
