"""Feedback comes back to the student who handed in."""

import io
import re
import zipfile

import pytest

from grader.classroom import open_class
from grader.classroom.exports import write_canvas_feedback, write_moodle_feedback
from grader.errors import UsageError

from ..conftest import CODE, make_zip
from .moodle_rules import feedback


def opened(tmp_path, members):
    path = tmp_path / "class.zip"
    path.write_bytes(make_zip(members))
    return open_class(path)


@pytest.mark.parametrize(
    "path",
    [
        "{}_assignsubmission_file/lab.py",
        "{}_assignsubmission_file_/lab.py",
        "{}_assignsubmission_file_lab_1.py",
    ],
)
def test_moodle_gives_each_participant_the_own_files(tmp_path, path):
    members = {path.format(student): CODE for student in ("Ann Lee_12", "张三_13")}
    stream = io.BytesIO()
    with opened(tmp_path, members) as source:
        files = [(handin, {"feedback.html": handin.key.encode(), "plots/a.svg": b"<svg>"}) for handin in source.handins]
        assert write_moodle_feedback(stream, files) == []
    assert feedback(stream.getvalue(), participants={"12", "13"}) == {
        number: {"feedback.html": number.encode(), "plots/a.svg": b"<svg>"} for number in ("12", "13")
    }


def test_canvas_finds_user_and_attachment_in_the_name(tmp_path):
    members = {"leeann_LATE_7_30_hw_1.py": CODE, "leeann_LATE_7_31_hw_1-1.py": CODE, "张三_8_32_实验.py": CODE}
    stream = io.BytesIO()
    with opened(tmp_path, members) as source:
        assert write_canvas_feedback(stream, [(handin, handin.key.encode()) for handin in source.handins]) == []
    with zipfile.ZipFile(stream) as archive:
        # Canvas takes the first two parts that are numbers for the user and the attachment.
        found = {
            tuple(part for part in name.split("_") if re.fullmatch(r"\d+", part))[:2]: archive.read(name)
            for name in archive.namelist()
        }
        assert set(archive.namelist()) <= set(members)
    assert found == {("7", "31"): b"7", ("8", "32"): b"8"}


def test_hand_ins_from_elsewhere_are_told(tmp_path):
    with opened(tmp_path, {"ann/hw.py": CODE, "bob/hw.py": CODE}) as source:
        ann, bob = source.handins
        stream = io.BytesIO()
        assert write_moodle_feedback(stream, [(ann, {"x.html": b""})]) == [
            "'ann' does not come from Moodle's download; it gets no feedback"
        ]
        assert write_canvas_feedback(stream, [(bob, b"")]) == [
            "'bob' does not come from Canvas' download; it gets no feedback"
        ]


def test_feedback_that_is_there_twice_is_told(tmp_path):
    with opened(tmp_path, {"ann_7_30_hw.py": CODE}) as source:
        (ann,) = source.handins
        stream = io.BytesIO()
        problems = write_canvas_feedback(stream, [(ann, b"1"), (ann, b"2")])
    assert problems == ["'ann_7_30_hw.py' is there twice; the first one counts"]
    with zipfile.ZipFile(stream) as archive:
        assert archive.read("ann_7_30_hw.py") == b"1"


@pytest.mark.parametrize("name", ["../x.html", "/x.html", ".hidden", "a//b.html"])
def test_names_that_moodle_would_not_take_are_refused(tmp_path, name):
    with (
        opened(tmp_path, {"Ann_7_assignsubmission_file/hw.py": CODE}) as source,
        pytest.raises(UsageError, match="feedback cannot have"),
    ):
        write_moodle_feedback(io.BytesIO(), [(source.handins[0], {name: b""})])


def test_same_feedback_gives_the_same_bytes(tmp_path):
    archives = []
    for _ in range(2):
        with opened(tmp_path, {"ann_7_30_hw.py": CODE}) as source:
            stream = io.BytesIO()
            write_canvas_feedback(stream, [(source.handins[0], b"report")])
            archives.append(stream.getvalue())
    assert archives[0] == archives[1]
