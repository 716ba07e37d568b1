"""Each platform's archive, built from its description, gives the right students the right files."""

import re

from .conftest import CODE, code, read_all


def by_key(source):
    return {handin.key: handin for handin in source.handins}


def test_canvas_joins_by_user_id_and_keeps_lateness(opened):
    source = opened(
        {
            "zhangsan_123_456_hw1.py": code("on time"),
            "lisi_LATE_124_457_hw1.py": code("late"),
            "张三_125_458_hw1.py": code("chinese"),
            "zhangsan_123_459_layers_v2.py": code("second file"),
        }
    )
    assert source.kind == "canvas"
    assert source.problems == []
    handins = by_key(source)
    assert {key: (handin.name, handin.ids, handin.late) for key, handin in handins.items()} == {
        "123": ("zhangsan", {"canvas_id": "123"}, False),
        "124": ("lisi", {"canvas_id": "124"}, True),
        "125": ("张三", {"canvas_id": "125"}, False),
    }
    files = read_all(source)
    assert set(files["123"]) == {"hw1.py", "layers_v2.py"}
    assert files["125"] == {"hw1.py": "answer = 'chinese'\n"}


def test_canvas_takes_the_latest_attachment_of_a_file_and_remarks_the_others(opened):
    source = opened(
        {
            "ann_7_30_hw.py": code("first"),
            "ann_7_200_hw-1.py": code("third"),
            "ann_7_31_hw.py": code("second"),
            "bob_8_40_task-1.py": code("task 1"),
            "bob_8_41_task-2.py": code("task 2"),
        }
    )
    files = read_all(source)
    assert files["7"] == {"hw.py": "answer = 'third'\n"}
    assert set(files["8"]) == {"task-1.py", "task-2.py"}
    ann = by_key(source)["7"]
    assert [remark.split(":")[0] for remark in ann.remarks] == ["ann_7_31_hw.py", "ann_7_30_hw.py"]
    assert all("ann_7_200_hw-1.py" in remark for remark in ann.remarks)
    assert ann.returned_as == "ann_7_200_hw-1.py"


def test_canvas_anonymous_hand_ins_are_keyed_by_their_anonymous_id(opened):
    source = opened({"anon_a1B2c_31_hw.py": CODE, "anon_12345_LATE_32_hw.py": CODE, "LATE_anon_99999_33_hw.py": CODE})
    handins = by_key(source)
    assert set(handins) == {"anon_a1B2c", "anon_12345", "anon_99999"}
    assert [handins[key].late for key in sorted(handins)] == [True, True, False]
    assert handins["anon_a1B2c"].ids == {"anonymous_id": "a1B2c"}


def test_canvas_text_entries_and_foreign_files_are_told(opened):
    source = opened({"ann_7_30_hw.py": CODE, "bob_8_text.html": b"<p>", "cy_9_31_hw.py": CODE, "notes.txt": b""})
    assert set(by_key(source)) == {"7", "8", "9"}
    assert len(source.problems) == 1
    assert "'notes.txt' is not named as Canvas names hand-ins" in source.problems[0]


MOODLE = {
    "4.1": "San Zhang_123_assignsubmission_file/hw/lab.py",
    "4.0": "San Zhang_123_assignsubmission_file_/hw/lab.py",
}


def test_moodle_folders_of_new_and_old_versions_are_read(opened):
    for version, path in MOODLE.items():
        source = opened({path: CODE, path.replace("San Zhang_123", "王 五_9"): code("other")}, name=f"moodle{version}")
        assert source.kind == "moodle"
        assert {handin.key: (handin.name, handin.ids) for handin in source.handins} == {
            "123": ("San Zhang", {"moodle_id": "123"}),
            "9": ("王 五", {"moodle_id": "9"}),
        }
        assert read_all(source)["123"] == {"hw/lab.py": CODE.decode()}
        assert by_key(source)["123"].returned_as == path.partition("/")[0]


def test_moodle_flat_files_of_one_student_are_one_hand_in(opened):
    source = opened(
        {
            "San Zhang_123_assignsubmission_file_lab_1_2.py": CODE,
            "San Zhang_123_assignsubmission_file_net.py": CODE,
            "Bo Li_7_assignsubmission_file_lab.py": CODE,
        }
    )
    assert source.kind == "moodle"
    assert {key: set(files) for key, files in read_all(source).items()} == {
        "123": {"lab_1_2.py", "net.py"},
        "7": {"lab.py"},
    }
    assert by_key(source)["7"].returned_as == "Bo Li_7_assignsubmission_file_"


def test_moodle_online_text_is_remarked_beside_the_uploaded_files(opened):
    source = opened(
        {
            "San Zhang_123_assignsubmission_file/lab.py": CODE,
            "San Zhang_123_assignsubmission_onlinetext/onlinetext.html": b"<p>see file",
        }
    )
    (handin,) = source.handins
    assert read_all(source)["123"] == {"lab.py": CODE.decode()}
    assert handin.remarks == ["San Zhang_123_assignsubmission_onlinetext: beside the uploaded files; not graded"]


def test_blackboard_takes_the_latest_attempt_and_its_time(opened):
    source = opened(
        {
            "hw1_ann_attempt_2026-10-01-09-00-00_hw.py": code("first"),
            "hw1_ann_attempt_2026-10-01-09-00-00.txt": b"Name: Ann Lee (ann)\n",
            "hw1_ann_attempt_2026-10-02-23-59-58_hw.py": code("second"),
            "hw1_ann_attempt_2026-10-02-23-59-58_net.py": code("net"),
            "hw1_ann_attempt_2026-10-02-23-59-58.txt": b"Name: Ann Lee (ann)\nAssignment: hw1\n",
            "hw1_wang_wu_attempt_2026-10-01-08-00-00_a_b.py": code("wang"),
            "hw1_wang_wu_attempt_2026-10-01-08-00-00.txt": "姓名：王五 (wang_wu)\n".encode(),
        },
        name="gradebook_dl_hw1_2026-10-03-10-00-00",
    )
    assert source.kind == "blackboard"
    handins = by_key(source)
    assert set(handins) == {"ann", "wang_wu"}
    ann = handins["ann"]
    assert (ann.name, ann.ids, ann.submitted, ann.attempt) == ("Ann Lee", {"login": "ann"}, "2026-10-02T23:59:58", 2)
    assert ann.remarks == ["the attempt of 2026-10-01T09:00:00 does not count; there is a later one"]
    assert handins["wang_wu"].name == "王五"
    assert read_all(source) == {
        "ann": {"hw.py": "answer = 'second'\n", "net.py": "answer = 'net'\n"},
        "wang_wu": {"a_b.py": "answer = 'wang'\n"},
    }


def test_blackboard_attempt_without_files_still_has_its_student(opened):
    source = opened(
        {
            "hw1_ann_attempt_2026-10-01-09-00-00.txt": b"Name: Ann Lee (ann)\n",
            "hw1_bob_attempt_2026-10-01-09-00-00_x.py": CODE,
        }
    )
    assert by_key(source)["ann"].remarks == ["the latest attempt has no files"]


METADATA = """\
---
submission_31:
  :submitters:
  - :name: Ann Lee
    :sid: '0123'
    :email: ann@example.edu
  :created_at: 2026-10-01 17:03:12.123456000 Z
  :score: 4.0
  :history:
  - :id: 30
submission_32:
  :submitters:
  - :name: 张三
    :sid: 0456
    :email: zs@example.edu
  - :name: Bob
    :sid:
    :email: bob@example.edu
  :created_at: !ruby/object:ActiveSupport::TimeWithZone 2026-10-02 08:00:00 +0800
submission_99:
  :submitters:
  - :name: Gone
    :email: gone@example.edu
"""


def test_gradescope_metadata_names_members_of_groups(opened):
    source = opened(
        {
            "assignment_5_export/submission_metadata.yml": METADATA.encode(),
            "assignment_5_export/submission_31/hw.py": code("ann"),
            "assignment_5_export/submission_32/hw.py": code("group"),
            "assignment_5_export/submission_33/hw.py": code("unknown"),
        }
    )
    assert source.kind == "gradescope"
    handins = by_key(source)
    assert handins["submission_31"].ids == {"sid": "0123", "email": "ann@example.edu"}
    assert handins["submission_31"].submitted == "2026-10-01T17:03:12+00:00"
    group = handins["submission_32"]
    assert group.ids == {}
    assert [(member.name, member.ids) for member in group.members] == [
        ("张三", {"sid": "0456", "email": "zs@example.edu"}),
        ("Bob", {"email": "bob@example.edu"}),
    ]
    assert group.submitted == "2026-10-02T08:00:00+08:00"
    assert handins["submission_33"].name == "submission_33"
    assert len(source.problems) == 2
    assert "says nothing of 'submission_33'" in source.problems[0]
    assert "'submission_99' (Gone)" in source.problems[1]
    assert read_all(source)["submission_32"] == {"hw.py": "answer = 'group'\n"}


def test_gradescope_without_readable_metadata_is_graded_without_names(opened):
    files = {"submission_1/a.py": CODE, "submission_2/a.py": CODE}
    source = opened(files)
    assert source.kind == "gradescope"
    assert [handin.name for handin in source.handins] == ["submission_1", "submission_2"]
    assert source.problems == [
        "there is no submission_metadata.yml, so that nobody knows whose the submissions are; export them again with it"
    ]
    for name, metadata, told in (
        ("open", b"a: [\n", r"cannot be read \(.*\); its submissions are graded without names"),
        ("deep", b"[" * 200_000, r"cannot be read \(it is nested more than 50 deep\); its"),
        ("binary", b"\xff\xfe\x00", r"cannot be read \(.*\); its"),
        ("list", b"- a\n", "should hold one entry for each submission"),
        ("empty", b"", "should hold one entry for each submission"),
    ):
        source = opened({**files, "submission_metadata.yml": metadata}, name=name)
        assert [handin.name for handin in source.handins] == ["submission_1", "submission_2"]
        assert re.search(f"^submission_metadata.yml {told}", source.problems[0])


def test_gradescope_metadata_may_repeat_itself_by_reference(opened):
    metadata = b"submission_1: &a\n  :submitters:\n  - :name: Ann\n    :sid: 1_0\nsubmission_2: *a\n? [x]\n: y\n"
    source = opened({"submission_1/a.py": CODE, "submission_2/a.py": CODE, "submission_metadata.yml": metadata})
    assert [(handin.name, handin.ids) for handin in source.handins] == [("Ann", {"sid": "1_0"})] * 2
