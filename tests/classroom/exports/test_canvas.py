"""What is filled in is what Canvas reads."""

from decimal import Decimal

import pytest

from grader.classroom.exports import ExportRow, fill_canvas, fresh_canvas
from grader.errors import UnreadableClass, UsageError

from .canvas_rules import Course, InvalidHeader, changed, imported

DOWNLOAD = """\
Student,ID,SIS User ID,SIS Login ID,Section,Notes,HW1 (12345),"HW2, long (12346)",Final Score
,,,,,,Manual Posting,,
    Points Possible,,,,,,10.00,20.00,(read only)
"Lee, Ann",7,s1,annl,"A, and B","said ""no"" again",,3.5,12.34
"Wu, Bob",8,s2,bob,A,,4.00,,
张三,9,20230001,zs,A,,EX,1.00,
"Un, Known",10,,,A,,2.5,,
"Student, Test",11,,,A,,,,
"""
COURSE = Course(
    students={
        7: {"name": "Ann Lee", "sortable": "Lee, Ann", "SIS User ID": "s1", "SIS Login ID": "annl"},
        8: {"name": "Bob Wu", "sortable": "Wu, Bob", "SIS User ID": "s2", "SIS Login ID": "bob"},
        9: {"name": "张三", "sortable": "张三", "SIS User ID": "20230001", "SIS Login ID": "zs"},
        10: {"name": "Known Un", "sortable": "Un, Known"},
        11: {"name": "Test Student", "sortable": "Student, Test"},
    },
    assignments={12345: ("HW1", 10.0), 12346: ("HW2, long", 20.0)},
    grades={(8, 12345): "4.0", (9, 12345): "EX", (7, 12346): "3.5", (9, 12346): "1.0", (10, 12345): "2.5"},
)


def row(key, final, *, maximum="10", status="graded", name="", **ids):
    points = None if final is None else Decimal(final)
    return ExportRow(
        key=key, name=name or key, ids=ids, raw=points, penalty=Decimal(0), final=points, max_score=Decimal(maximum),
        status=status,
    )  # fmt: skip


def download(tmp_path, text=DOWNLOAD, encoding="utf-8"):
    path = tmp_path / "grades.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_canvas_reads_the_grades_that_were_filled_in_and_no_other_change(tmp_path):
    rows = [row("a", "7.125", canvas_id="7"), row("b", "4.001", student_id="s2"), row("z", "3", login="zs")]
    filled = fill_canvas(download(tmp_path), rows, assignment="HW1 (12345)")
    found = imported(filled.content, COURSE)
    assert found.unknown_students == []
    assert changed(found, COURSE, 12345) == {"Ann Lee": "7.13"}
    assert found.grades[12345]["Bob Wu"] == "4"
    assert changed(found, COURSE, 12346) == {}
    assert found.new_points[12345] == "10.00"
    assert filled.written == 2
    assert filled.problems == [
        "row 7 of the gradebook of Canvas ('Un, Known') has no result here; left as it is",
        "'z' is excused in Canvas (row 6); left so",
    ]


def test_every_other_byte_of_the_download_stays(tmp_path):
    text = DOWNLOAD.replace("\n", "\r\n")
    filled = fill_canvas(download(tmp_path, text, "utf-8-sig"), [row("a", "9.5", canvas_id="7")], assignment="HW1")
    assert filled.content.decode("utf-8-sig") == text.replace('"said ""no"" again",,3.5', '"said ""no"" again",9.5,3.5')
    assert filled.content.startswith(b"\xef\xbb\xbf")


def test_large_points_have_no_separators_of_thousands(tmp_path):
    text = DOWNLOAD.replace("10.00,20.00", "5000.00,20.00")
    rows = [row("a", "1234.5", maximum="5000", canvas_id="7")]
    filled = fill_canvas(download(tmp_path, text), rows, assignment="HW1")
    assert imported(filled.content, COURSE).grades[12345]["Ann Lee"] == "1234.5"


def test_status_decides_what_is_written(tmp_path):
    rows = [
        row("a", "1", status="excused", canvas_id="7"),
        row("b", None, status="missing", canvas_id="8"),
        row("k", "2", status="ungraded", canvas_id="10"),
    ]
    filled = fill_canvas(download(tmp_path), rows, assignment="12345")
    found = imported(filled.content, COURSE)
    assert changed(found, COURSE, 12345) == {"Ann Lee": "EX"}
    assert filled.problems[-2:] == [
        "'b' (b) is missing; no grade is written",
        "'k' (k) is ungraded; no grade is written",
    ]


@pytest.mark.parametrize("scale", [False, True])
def test_other_points_in_canvas_are_told_or_converted(tmp_path, scale):
    rows = [row("a", "7", maximum="20", canvas_id="7")]
    filled = fill_canvas(download(tmp_path), rows, assignment="HW1", scale=scale)
    assert imported(filled.content, COURSE).grades[12345]["Ann Lee"] == ("3.5" if scale else "7")
    told = "the column of Canvas has 10 points, but the course 20; points are written as they are"
    assert (told in filled.problems) is not scale


def test_students_are_matched_by_id_then_sis_ids_then_name_and_never_twice(tmp_path):
    rows = [
        row("1", "1", name="Ann Lee", canvas_id="7"),
        row("2", "2", name="Somebody", email="bob@x.edu", login="bob"),
        row("3", "3", name="Known Un"),
        row("4", "4", name="Lee Ann"),
        row("5", "5", name="Wu Bob", canvas_id="999"),
    ]
    filled = fill_canvas(download(tmp_path), rows, assignment="HW1")
    assert changed(imported(filled.content, COURSE), COURSE, 12345) == {"Ann Lee": "1", "Bob Wu": "2", "Known Un": "3"}
    assert "'Lee Ann' (4) is in row 4 of the gradebook of Canvas, as 'Ann Lee' is" in filled.problems
    assert "'Wu Bob' (5) is not in the gradebook of Canvas; no grade is written" in filled.problems


def test_names_apart_are_a_gradebook_too(tmp_path):
    text = "LastName,FirstName,ID,SIS Login ID,Section,HW1 (12345)\n    Points Possible,,,,,10\nLee,Ann,7,annl,A,\n"
    for one in (row("a", "9", canvas_id="7"), row("a", "9", login="annl"), row("a", "9", name="Ann Lee")):
        filled = fill_canvas(download(tmp_path, text), [one], assignment="HW1")
        assert filled.content.decode() == text.removesuffix("\n") + "9\n"


def test_rows_that_are_too_short_are_filled_up(tmp_path):
    text = "Student,ID,Section,Notes,HW1 (12345)\n张三,9,A\n"
    filled = fill_canvas(download(tmp_path, text), [row("z", "9", canvas_id="9")], assignment="HW1")
    assert filled.content.decode() == "Student,ID,Section,Notes,HW1 (12345)\n张三,9,A,,9\n"


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("HW3", r"no assignment 'HW3' in the gradebook of Canvas; there are HW1 \(12345\), HW2, long \(12346\)"),
        ("Final Score", "'Final Score' is computed by Canvas, which would not import it"),
        ("Section", "no assignment 'Section'"),
    ],
)
def test_column_that_would_become_a_new_assignment_is_refused(tmp_path, assignment, message):
    with pytest.raises(UsageError, match=message):
        fill_canvas(download(tmp_path), [], assignment=assignment)


def test_title_that_two_assignments_have_needs_its_id(tmp_path):
    text = "Student,ID,Section,HW (1),HW (2)\nAnn,7,A,,\n"
    with pytest.raises(UsageError, match=r"'HW' may be 'HW \(1\)', 'HW \(2\)'; write the id too"):
        fill_canvas(download(tmp_path, text), [], assignment="HW")


@pytest.mark.parametrize("text", ["", "Name,ID,Section\n", "Student,ID,HW1 (3)\n", "Student,Login,Section\n"])
def test_other_files_are_refused(tmp_path, text):
    with pytest.raises(UnreadableClass, match="is not a gradebook of Canvas: its header should begin with 'Student'"):
        fill_canvas(download(tmp_path, text), [], assignment="HW1")


def test_fresh_file_is_imported_into_the_assignment(tmp_path):
    rows = [
        row("a", "7.005", canvas_id="7", name="Lee, Ann"),
        row("z", "1234", name="张三", student_id="20230001", login="zs"),
        row("b", None, status="excused", name="=cmd()", login="bob"),
        row("k", "1", name="Un, Known"),
    ]
    filled = fresh_canvas(rows, assignment="HW1 (12345)", points=Decimal(10))
    found = imported(filled.content, COURSE)
    assert found.grades == {12345: {"Ann Lee": "7.01", "张三": "1234", "Bob Wu": "EX", "Known Un": "1"}}
    assert found.new_points == {12345: "10"}
    assert b"'=cmd()" in filled.content
    assert filled.written == 4
    assert filled.problems == ["'Un, Known' (k) has no id that Canvas knows; it is matched by name alone"]


def test_rules_refuse_what_canvas_refuses():
    with pytest.raises(InvalidHeader):
        imported(b"Student,ID,SIS User ID,Section,HW1\n", COURSE)
    assert imported(b"Student,ID,Section,HW9\nAnn,7,A,1\n", COURSE).grades == {-1: {"Ann Lee": "1"}}
