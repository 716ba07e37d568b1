import csv
import io
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.classroom.exports import ExportRow, write_csv, write_xlsx
from grader.classroom.exports.cells import defused, plain, two_decimals

ROWS = [
    ExportRow(
        key="s1",
        name="张三",
        ids={"student_id": "007", "email": "zs@x.edu"},
        raw=Decimal("8.25"),
        penalty=Decimal("-0"),
        final=Decimal("8.25"),
        max_score=Decimal(1000),
        late=False,
        exercises={"relu": Decimal("-1.5")},
        submitted="2026-10-01T10:00:00+08:00",
    ),
    ExportRow(
        key="@evil",
        name='=HYPERLINK("x")',
        max_score=Decimal(1000),
        status="missing",
        note="a;=1+1",
        comment="#N/A",
    ),
]


def rows_of_csv(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def sheet_of(content):
    return openpyxl.load_workbook(io.BytesIO(content))["grades"]


def test_csv_has_all_columns_and_is_read_by_excel():
    content = write_csv(ROWS)
    assert content.startswith(b"\xef\xbb\xbf")
    first, second = rows_of_csv(content)
    assert first == {
        "key": "s1", "name": "张三", "student_id": "007", "email": "zs@x.edu", "relu": "-1.5", "raw": "8.25",
        "penalty": "0", "final": "8.25", "max_score": "1000", "status": "graded", "late": "no", "days_late": "0",
        "submitted": "2026-10-01T10:00:00+08:00", "comment": "", "note": "",
    }  # fmt: skip
    assert (second["key"], second["name"], second["final"]) == ("'@evil", '\'=HYPERLINK("x")', "")


def test_text_is_quoted_in_csv_so_that_no_separator_begins_a_formula():
    assert b'"a;=1+1"' in write_csv(ROWS)


def test_workbook_holds_numbers_as_numbers_and_text_as_text():
    sheet = sheet_of(write_xlsx(ROWS))
    header = [cell.value for cell in sheet[1]]
    first, second = (dict(zip(header, cells, strict=True)) for cells in (sheet[2], sheet[3]))
    assert (first["final"].value, first["final"].data_type) == (8.25, "n")
    assert (first["relu"].value, first["relu"].data_type) == (-1.5, "n")
    assert (first["student_id"].value, first["student_id"].data_type) == ("007", "s")
    assert (second["name"].value, second["name"].data_type) == ('=HYPERLINK("x")', "s")
    assert second["name"].quotePrefix
    assert (second["comment"].value, second["comment"].data_type) == ("#N/A", "s")
    assert second["final"].value is None


def test_workbook_survives_characters_that_xml_does_not_know():
    rows = [ExportRow(key="k", name="a\x00b\x1b", note="x" * 40_000, max_score=Decimal(1))]
    sheet = sheet_of(write_xlsx(rows))
    assert sheet["B2"].value == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"
    assert max(len(str(cell.value)) for cell in sheet[2]) == 32_767


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "-", "=", "+86 138", "-1e", "\u3000@x"],
)
def test_formulas_become_text(text):
    assert defused(text) == "'" + text


@pytest.mark.parametrize("text", ["-1", "-1.5", "+3", "-.5", "1e5", "-2E-3", "a=b", "", "Ann-Lee", "张三", "'x"])
def test_numbers_and_plain_text_stay(text):
    assert defused(text) == text


@given(st.text())
def test_nothing_that_begins_a_formula_is_left(text):
    written = defused(text)
    assert written.removeprefix("'") == text.removeprefix("'")
    assert not written.startswith(("=", "@", "\t", "\r"))
    if written.startswith(("+", "-")):
        float(written)


@pytest.mark.parametrize(
    ("points", "text"),
    [
        ("7", "7"),
        ("7.50", "7.5"),
        ("7.005", "7.01"),
        ("0.004", "0"),
        ("-0.001", "0"),
        ("1E+3", "1000"),
        ("1234567.891", "1234567.89"),
    ],
)
def test_points_have_at_most_two_decimals_and_no_separators(points, text):
    assert two_decimals(Decimal(points)) == text


@given(st.decimals(-1_000_000, 1_000_000, places=9))
def test_plain_numbers_lose_nothing(number):
    assert Decimal(plain(number)) == number
    assert "E" not in plain(number)
