"""What is filled in is what Moodle reads, in any language."""

from decimal import Decimal

import pytest

from grader.classroom.exports import ExportRow, fill_moodle
from grader.errors import UnreadableClass, UsageError

from .moodle_rules import Language, NotAWorksheet, imported

ENGLISH = Language("Identifier", "Grade", "Last modified (grade)", "Participant ")
CHINESE = Language("编号", "成绩", "最后修改时间（成绩）", "参与者")
GERMAN = Language("ID", "Bewertung", "Zuletzt geändert (Bewertung)", "Teilnehmer/in", ",")

SHEETS = {
    "english": (
        ENGLISH,
        'Identifier,"Full name","Email address",Status,Group,Grade,"Maximum Grade","Grade can be changed",'
        '"Last modified (submission)","Last modified (grade)","Feedback comments"\n'
        'Participant 12,"Ann Lee",ann@x.edu,"Submitted, late",A,,100.00,Yes,"Thursday, 1 October 2026, 9:00 AM",-,\n'
        'Participant 13,"Bob Wu",bob@x.edu,Submitted,A,55.00,100.00,Yes,"Friday, 2 October 2026","Friday, 2 October",\n'
        "Participant 14,张三,zs@x.edu,Submitted,,,100.00,No,-,-,\n",
    ),
    "chinese": (
        CHINESE,
        "编号,全名,电子邮件地址,状态,成绩,最高分,成绩可以改变,最后修改时间（提交）,最后修改时间（成绩）,反馈评论\n"
        "参与者12,李安,ann@x.edu,已提交,,100.00,是,2026年10月1日,-,\n"
        "参与者13,吴,bob@x.edu,已提交,55.00,100.00,是,2026年10月2日,2026年10月2日,\n"
        "参与者14,张三,zs@x.edu,已提交,,100.00,否,-,-,\n",
    ),
    "german": (
        GERMAN,
        'ID,"Vollständiger Name",E-Mail-Adresse,Matrikel,Status,Bewertung,"Beste Bewertung",'
        '"Bewertung kann geändert werden","Zuletzt geändert (Abgabe)","Zuletzt geändert (Bewertung)",Kommentar\n'
        'Teilnehmer/in12,"Ann Lee",ann@x.edu,4001,Abgegeben,,"100,00",Ja,"Donnerstag, 1. Oktober 2026",-,\n'
        'Teilnehmer/in13,"Bob Wu",bob@x.edu,4002,Abgegeben,"55,00","100,00",Ja,Freitag,Freitag,\n'
        'Teilnehmer/in14,张三,zs@x.edu,4003,Abgegeben,,"100,00",Nein,-,-,\n',
    ),
}
PARTICIPANTS = {"12", "13", "14"}


def row(key, final, *, maximum="100", status="graded", name="", comment="", **ids):
    points = None if final is None else Decimal(final)
    return ExportRow(
        key=key, name=name or key, ids=ids, raw=points, penalty=Decimal(0), final=points, max_score=Decimal(maximum),
        status=status, comment=comment,
    )  # fmt: skip


def sheet(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "Grades.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("language", SHEETS)
def test_moodle_reads_the_grades_that_were_filled_in(tmp_path, language):
    told, text = SHEETS[language]
    rows = [row("a", "87.125", moodle_id="12"), row("b", "60", email="BOB@x.edu"), row("z", "0", name="张三")]
    filled = fill_moodle(sheet(tmp_path, text), rows)
    assert filled.problems == []
    assert filled.written == 3
    assert imported(filled.content, told, participants=PARTICIPANTS, maximum=100) == {
        "12": 87.13,
        "13": 60.0,
        "14": 0.0,
    }


@pytest.mark.parametrize("language", SHEETS)
def test_every_other_byte_of_the_worksheet_stays(tmp_path, language):
    told, text = SHEETS[language]
    text = text.replace("\n", "\r\n")
    mark = told.mark
    filled = fill_moodle(sheet(tmp_path, text, "utf-8-sig"), [row("b", "60.5", moodle_id="13")])
    expected = text.replace('"55,00"', '"60,5"') if mark == "," else text.replace(",55.00,", ",60.5,")
    assert filled.content == expected.encode("utf-8-sig")


def test_grade_that_was_changed_meanwhile_is_still_told_by_its_time(tmp_path):
    told, text = SHEETS["english"]
    filled = fill_moodle(sheet(tmp_path, text), [row("b", "60", moodle_id="13"), row("a", "1", moodle_id="12")])
    since = {("13", "Friday, 2 October")}
    found = imported(filled.content, told, participants=PARTICIPANTS, maximum=100, modified_since=since)
    assert found == {"12": 1.0}


def test_sheet_saved_in_gbk_stays_in_gbk(tmp_path):
    text = SHEETS["chinese"][1]
    filled = fill_moodle(sheet(tmp_path, text, "gbk"), [row("b", "60", moodle_id="13")])
    assert filled.content.decode("gbk") == text.replace("55.00", "60")


def test_comments_go_where_the_user_says_and_are_text_of_a_web_page(tmp_path):
    text = SHEETS["chinese"][1]
    rows = [row("a", "1", moodle_id="12", comment="=1 < 2\n\U0001f600, good")]
    filled = fill_moodle(sheet(tmp_path, text, "gb18030"), rows, comments="反馈评论")
    line = filled.content.decode("gb18030").splitlines()[1]
    assert line == '参与者12,李安,ann@x.edu,已提交,1,100.00,是,2026年10月1日,-,"\'=1 &lt; 2<br>\U0001f600, good"'
    with pytest.raises(UsageError, match="no column 'Kommentar' in the worksheet of Moodle"):
        fill_moodle(sheet(tmp_path, text), rows, comments="Kommentar")


def test_who_gets_no_grade_is_told(tmp_path):
    rows = [
        row("x", "5", moodle_id="99"),
        row("b", None, status="missing", moodle_id="13"),
        row("z", "101", moodle_id="14"),
    ]
    filled = fill_moodle(sheet(tmp_path, SHEETS["english"][1]), rows)
    assert filled.problems == [
        "'x' (x) is not in the worksheet of Moodle; no grade is written",
        "row 2 of the worksheet of Moodle ('Ann Lee') has no result here; left as it is",
        "'b' (b) is missing; no grade is written",
        "'z' (z) has 101 points, which Moodle passes over",
    ]


@pytest.mark.parametrize("scale", [False, True])
def test_another_maximum_is_told_or_converted(tmp_path, scale):
    told, text = SHEETS["german"]
    filled = fill_moodle(sheet(tmp_path, text), [row("a", "7.5", maximum="20", moodle_id="12")], scale=scale)
    found = imported(filled.content, told, participants=PARTICIPANTS, maximum=100)
    assert found["12"] == (37.5 if scale else 7.5)
    assert (
        "the worksheet of Moodle has 100 points, but the course 20; points are written as they are" in filled.problems
    ) is not scale


def test_column_that_values_cannot_tell_is_asked_for(tmp_path):
    text = "编号,全名,a,b,c,d\n参与者1,甲,,5,,5\n参与者2,乙,,5,,5\n"
    with pytest.raises(UnreadableClass, match=r"cannot tell which column is the grade's; name it, of '编号', '全名'"):
        fill_moodle(sheet(tmp_path, text), [])
    filled = fill_moodle(sheet(tmp_path, text), [row("1", "3", maximum="5", moodle_id="1")], grade="c")
    assert filled.content.decode() == text.replace("甲,,5,,5", "甲,,5,3,5")
    with pytest.raises(UnreadableClass, match="after 'a' there should be a column with the maximum"):
        fill_moodle(sheet(tmp_path, text.replace("乙,,5", "乙,,6")), [], grade="a")


def test_semicolons_are_told_to_the_user(tmp_path):
    text = "编号;全名;成绩;最高分;x\n参与者1;甲;;5;是\n"
    filled = fill_moodle(sheet(tmp_path, text), [row("1", "3", maximum="5", moodle_id="1")])
    assert filled.problems == ["the worksheet is separated by ';'; tell Moodle so when you upload it"]
    assert filled.content.decode() == text.replace("甲;;5", "甲;3;5")


@pytest.mark.parametrize("text", ["", "Identifier,Full name,Grade\n", "Name,x,y,z\nAnn,1,2,3\n"])
def test_other_files_are_refused(tmp_path, text):
    with pytest.raises(UnreadableClass, match="is not a grading worksheet of Moodle: the first cell of each row"):
        fill_moodle(sheet(tmp_path, text), [])


def test_rules_refuse_what_moodle_refuses():
    with pytest.raises(NotAWorksheet):
        imported(SHEETS["chinese"][1].encode(), ENGLISH, participants=PARTICIPANTS, maximum=100)
