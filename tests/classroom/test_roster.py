import io

import openpyxl
import pytest

from grader.classroom import read_roster
from grader.errors import UnreadableClass


def roster(tmp_path, text, encoding="utf-8", name="roster.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return read_roster(path)


def workbook(rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def listed(found):
    return [(student.key, student.name, student.ids) for student in found.students]


CHINESE = [("20230001", "张三", {"student_id": "20230001"}), ("20230002", "李四", {"student_id": "20230002"})]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters_are_recognised(tmp_path, encoding, delimiter):
    text = "学号,姓名,班级\n20230001,张三,一班\n20230002,李四,二班\n".replace(",", delimiter)
    found = roster(tmp_path, text, encoding)
    assert listed(found) == CHINESE
    assert [student.section for student in found.students] == ["一班", "二班"]
    assert [student.row for student in found.students] == [2, 3]
    assert found.problems == []


def test_western_roster_in_windows_encoding_keeps_accents(tmp_path):
    found = roster(tmp_path, "student_id,name\n10001,José Müller\n", "cp1252")
    assert listed(found) == [("10001", "José Müller", {"student_id": "10001"})]


def test_workbook_is_read_below_a_title_and_keeps_numbers_whole(tmp_path):
    rows = [["2026 秋季 深度学习"], [], ["学号", "姓名"], [20230001, "张三"], [20230002.0, "李四"], [None, None]]
    found = roster(tmp_path, workbook(rows), name="名单.xlsx")
    assert listed(found) == CHINESE
    assert [student.row for student in found.students] == [4, 5]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            '"identifier","github_username","github_id","name"\n"ann@x.edu","annlee","17","Ann"\n"s2","","",""\n',
            [
                ("ann@x.edu", "Ann", {"email": "ann@x.edu", "github": "annlee"}),
                ("s2", "", {"student_id": "s2"}),
            ],
            id="GitHub Classroom",
        ),
        pytest.param(
            "First Name,Last Name,SID,Email,Sections,Total Score\nAnn,Lee,0123,ann@x.edu,A,\n",
            [("0123", "Ann Lee", {"student_id": "0123", "email": "ann@x.edu"})],
            id="Gradescope",
        ),
        pytest.param(
            "Student,ID,SIS User ID,SIS Login ID,Section,HW1 (12345)\n,,,,,Manual Posting\n"
            '    Points Possible,,,,,10\n"Lee, Ann",77,s1,annlee,A,9\n"Student, Test",99,,,A,\n',
            [("s1", "Lee, Ann", {"canvas_id": "77", "student_id": "s1", "login": "annlee"})],
            id="Canvas",
        ),
        pytest.param(
            "LastName,FirstName,ID,SIS Login ID,Section,HW1 (12345)\nLee,Ann,77,annlee,A,9\n",
            [("77", "Ann Lee", {"canvas_id": "77", "login": "annlee"})],
            id="Canvas with names apart",
        ),
        pytest.param(
            'Identifier,"Full name","Email address",Status,Grade,"Maximum Grade"\n'
            'Participant 12,"Ann Lee",ann@x.edu,-,,100\n',
            [("12", "Ann Lee", {"moodle_id": "12", "email": "ann@x.edu"})],
            id="Moodle",
        ),
        pytest.param(
            "编号,全称,电邮,状态,成绩,最高分\n参与者12,张三,zs@x.edu,没有提交,,100\n参与者13,李四,ls@x.edu,没有提交,,100\n",
            [
                ("12", "张三", {"moodle_id": "12", "email": "zs@x.edu"}),
                ("13", "李四", {"moodle_id": "13", "email": "ls@x.edu"}),
            ],
            id="Moodle in Chinese",
        ),
        pytest.param('sep=;\nStudent ID;Name\n="007";Bond\n', [("007", "Bond", {"student_id": "007"})], id="Excel"),
        pytest.param("name\nAnn Lee\n", [("Ann Lee", "Ann Lee", {})], id="names alone"),
    ],
)
def test_lists_of_platforms_are_rosters(tmp_path, text, expected):
    assert listed(roster(tmp_path, text)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "colour,size\nred,1\n",
            r"roster\.csv, row 1: no column of ids or names among 'colour', 'size'; name one 'student_id' or '学号'",
        ),
        ("", r"roster\.csv, row 1: no column of ids or names among no columns at all"),
        (
            "student_id,name\ns1,Ann\n\ns1,Bob\n",
            r"roster\.csv, row 4, column 'student_id': 's1' is also in row 2; each student needs an id",
        ),
        (
            "学号,姓名,邮箱\n1,甲,A@x\n2,乙,a@x\n",
            r"roster\.csv, row 3, column '邮箱': 'a@x' is also in row 2",
        ),
        (
            "student_id,name\n2.02E+10,Ann\n",
            r"roster\.csv, row 2, column 'student_id': '2\.02E\+10' was shortened by a spreadsheet; format the column",
        ),
        ("student_id,name\n\n", r"roster\.csv' has a header but no students below row 1"),
        (b"\xff\xfe\x00", r"roster\.csv' is not UTF-16-LE, as its first bytes say; save it as UTF-8"),
        (b"\xd0\xcf\x11\xe0 old", r"is in Excel's old format; save it as \.xlsx or CSV"),
        (b"PK\x03\x04 broken", r"roster\.csv' is not a readable \.xlsx file \(.*\); save it again, or as CSV"),
    ],
)
def test_wrong_rosters_are_told_by_row_and_column(tmp_path, text, message):
    with pytest.raises(UnreadableClass, match=message):
        roster(tmp_path, text)


def test_missing_roster_and_folder_are_told(tmp_path):
    with pytest.raises(UnreadableClass, match=r"no such file '.*none\.csv'; check the spelling"):
        read_roster(tmp_path / "none.csv")
    with pytest.raises(UnreadableClass, match=r"is a folder, but should be a CSV or \.xlsx file"):
        read_roster(tmp_path)


def test_odd_rows_are_kept_or_told(tmp_path):
    text = "student_id,name,role\ns1,Ann,Student\n,,\n,Bob,\n,,Student\ns1,Ann,\ns9,Prof,Instructor\n\n\n"
    found = roster(tmp_path, text)
    assert listed(found) == [("s1", "Ann", {"student_id": "s1"}), ("Bob", "Bob", {})]
    assert found.problems == [
        "roster.csv, row 4, column 'student_id': empty, but should identify 'Bob'",
        "roster.csv, row 5, column 'student_id': neither an id nor a name; passed over",
        "roster.csv, row 6: the same student as in row 2; counted once",
        "roster.csv, row 7, column 'role': 'Instructor'; passed over",
        "roster.csv, row 3: empty; passed over",
    ]


def test_namesakes_without_ids_keep_distinct_keys(tmp_path):
    found = roster(tmp_path, "name,section\nAnn,A\nAnn,B\n")
    assert [student.key for student in found.students] == ["Ann", "Ann (row 3)"]
