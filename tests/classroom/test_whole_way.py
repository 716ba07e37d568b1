"""From the platform's download, over roster and late policy, back to the platform."""

from decimal import Decimal

from grader.classroom import LatePolicy, adjusted, match, open_class, read_roster
from grader.classroom.exports import ExportRow, fill_canvas, fill_moodle

from .conftest import CODE, make_zip

POLICY = LatePolicy(penalty_per_day=Decimal(10))
POINTS = Decimal(8)


def rows_of(found):
    rows = []
    for entry in found.entries:
        result = adjusted(POLICY, entry.handin, POINTS, Decimal(10)) if entry.handin else None
        rows.append(
            ExportRow(
                key=entry.key,
                name=entry.name,
                ids=entry.ids,
                raw=result.raw if result else None,
                penalty=result.penalty if result else None,
                final=result.final if result else None,
                max_score=Decimal(10),
                late=result.late if result else None,
                status="graded" if result else "missing",
            )
        )
    return rows


def test_worksheet_of_moodle_is_roster_and_target(tmp_path):
    sheet = tmp_path / "成绩.csv"
    sheet.write_text(
        "编号,全名,状态,成绩,最高分,成绩可以改变,最后修改时间\n参与者12,张三,已提交,,10.00,是,-\n参与者13,李四,没有,,10.00,是,-\n",
        "utf-8",
    )
    archive = tmp_path / "class.zip"
    archive.write_bytes(
        make_zip({"张三_12_assignsubmission_file/hw.py": CODE, "王五_99_assignsubmission_file/hw.py": CODE})
    )
    with open_class(archive) as source:
        found = match(source, read_roster(sheet))
    assert [entry.name for entry in found.missing] == ["李四"]
    assert [entry.name for entry in found.unmatched] == ["王五"]
    filled = fill_moodle(sheet, rows_of(found))
    assert filled.content.decode() == sheet.read_text("utf-8").replace("张三,已提交,,", "张三,已提交,8,")
    assert [problem.split(" (")[0] for problem in filled.problems] == ["'王五'", "'李四'"]


def test_gradebook_of_canvas_is_roster_and_target(tmp_path):
    gradebook = tmp_path / "grades.csv"
    gradebook.write_text(
        "Student,ID,SIS Login ID,Section,HW1 (5)\n    Points Possible,,,,10\n"
        '"Lee, Ann",7,ann,A,\n"Wu, Bob",8,bob,A,\n"Student, Test",9,,A,\n',
        "utf-8",
    )
    archive = tmp_path / "submissions.zip"
    archive.write_bytes(make_zip({"leeann_LATE_7_30_hw.py": CODE}))
    with open_class(archive) as source:
        found = match(source, read_roster(gradebook))
    assert [(entry.name, entry.handin.late) for entry in found.entries if entry.handin] == [("Lee, Ann", True)]
    filled = fill_canvas(gradebook, rows_of(found), assignment="HW1")
    assert filled.content.decode() == gradebook.read_text("utf-8").replace("7,ann,A,", "7,ann,A,8")
    assert filled.problems == ["'Wu, Bob' (8) is missing; no grade is written"]
