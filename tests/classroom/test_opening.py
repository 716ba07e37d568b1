"""Folders, names and broken archives."""

import os
import pickle
import zipfile

import pytest

from grader.classroom import open_class
from grader.errors import UnreadableClass, UnreadableSubmission, UsageError

from .conftest import CODE, code, make_zip, read_all, unpack, with_flag


def write(path, content):
    path.write_bytes(content)
    return path


def students(source):
    return {handin.key: (handin.name, handin.ids) for handin in source.handins}


def test_folder_of_folders_gives_one_hand_in_for_each(opened):
    source = opened({"ann/hw.py": code("ann"), "ann/data/x.csv": b"1", "20230001_张三_作业1/hw.py": code("zs")})
    assert source.kind == "folders"
    assert students(source) == {
        "ann": ("ann", {}),
        "20230001_张三_作业1": ("张三", {"student_id": "20230001"}),
    }
    assert read_all(source)["ann"] == {"hw.py": "answer = 'ann'\n", "data/x.csv": b"1"}


def test_folder_of_files_groups_files_of_one_student(opened):
    source = opened(
        {
            "ann.py": code("ann"),
            "bob.zip": make_zip({"hw/net.py": code("bob")}),
            "20230001_张三_net.py": code("net"),
            "20230001_张三_layers.py": code("layers"),
            "readme.md": b"",
        }
    )
    assert source.kind == "files"
    assert students(source) == {
        "20230001_张三": ("张三", {"student_id": "20230001"}),
        "ann": ("ann", {}),
        "bob": ("bob", {}),
    }
    assert source.problems == ["'readme.md' is neither a .py file, a notebook nor an archive; left out"]
    files = read_all(source)
    assert set(files["20230001_张三"]) == {"20230001_张三_net.py", "20230001_张三_layers.py"}
    assert files["bob"] == {"net.py": "answer = 'bob'\n"}


def test_folders_and_files_of_one_name_are_two_hand_ins(opened):
    source = opened({"ann/hw.py": code("folder"), "ann.py": code("file"), "bob/hw.py": CODE})
    assert [(handin.key, handin.name) for handin in source.handins] == [
        ("ann", "ann"),
        ("ann.py", "ann.py"),
        ("bob", "bob"),
    ]


def test_archive_of_a_student_inside_of_the_class_is_opened(opened):
    inner = make_zip({"hw/lab.py": code("lab"), "hw/net.py": code("net")})
    source = opened(
        {
            "San Zhang_1_assignsubmission_file/hw.zip": inner,
            "Bo Li_2_assignsubmission_file/lab.py": CODE,
            "Bo Li_2_assignsubmission_file/old.zip": inner,
            "Cy Wu_3_assignsubmission_file/a.zip": inner,
            "Cy Wu_3_assignsubmission_file/b.zip": make_zip({"c.py": CODE}),
        }
    )
    files = read_all(source)
    assert set(files["1"]) == {"lab.py", "net.py"}
    assert set(files["2"]) == {"lab.py"}
    assert set(files["3"]) == {"a/lab.py", "a/net.py", "b/c.py"}
    (second,) = [handin for handin in source.handins if handin.key == "2"]
    assert source.read(second).remarks == ["old.zip: an archive inside of the submission; unpack it; left out"]


def test_wrapper_folder_and_clutter_are_passed_over(opened):
    source = opened(
        {
            "class/ann/hw.py": CODE,
            "class/bob/hw.py": CODE,
            "class/.DS_Store": b"",
            "class/ann/Thumbs.db": b"",
            "__MACOSX/class/ann/._hw.py": b"",
        }
    )
    assert {key: set(files) for key, files in read_all(source).items()} == {"ann": {"hw.py"}, "bob": {"hw.py"}}
    assert source.problems == []


def test_one_folder_of_sources_is_one_student(opened):
    source = opened({"ann/layers.py": CODE, "ann/optim.py": CODE}, name="hand-ins")
    assert [handin.key for handin in source.handins] == ["ann"]


def test_folder_with_the_archive_of_a_platform_is_opened(tmp_path):
    write(tmp_path / "part1.zip", make_zip({"ann_7_30_hw.py": CODE, "bob_8_31_hw.py": code("bob")}))
    write(tmp_path / "part2.zip", make_zip({"cy_9_32_hw.py": CODE, "bob_8_31_hw.py": code("bob")}))
    write(tmp_path / "grades.csv", b"Student,ID\n")
    with open_class(tmp_path) as source:
        assert source.kind == "canvas"
        assert [handin.key for handin in source.handins] == ["7", "8", "8 (2)", "9"]
        assert source.problems == ["'grades.csv' lies beside the class's archive; left out"]
        assert read_all(source)["8 (2)"] == {"hw.py": "answer = 'bob'\n"}


def test_nbgrader_reads_one_assignment_and_its_time(opened):
    members = {
        "submitted/ann/ps1/hw.py": code("ann"),
        "submitted/ann/ps1/timestamp.txt": b"2026-10-02 15:58:23.948203 UTC",
        "submitted/bob/ps1/hw.py": code("bob"),
        "submitted/cy/ps0/hw.py": CODE,
        "release/ps1/hw.py": CODE,
    }
    source = opened(members, name="course", assignment="ps1")
    assert source.kind == "nbgrader"
    assert [(handin.key, handin.submitted) for handin in source.handins] == [
        ("ann", "2026-10-02T15:58:23+00:00"),
        ("bob", ""),
    ]
    assert source.problems == ["'cy' has no folder 'ps1'; nothing was handed in"]
    assert read_all(source)["bob"] == {"hw.py": "answer = 'bob'\n"}
    with pytest.raises(UnreadableClass, match=r"several assignments \(ps0, ps1\); name the one to grade"):
        opened(members, name="course")
    with pytest.raises(UnreadableClass, match="no assignment 'ps9' in 'submitted'; there are ps0, ps1"):
        opened(members, name="course", assignment="ps9")


def test_github_clones_are_read_without_their_git_folder(opened):
    source = opened(
        {
            "hw-1-ann-lee/hw.py": code("ann"),
            "hw-1-ann-lee/.git/HEAD": b"ref: refs/heads/main\n",
            "hw-1-bob/hw.py": code("bob"),
            "hw-1-bob/.git/HEAD": b"",
        }
    )
    assert source.kind == "github-classroom"
    assert students(source) == {
        "hw-1-ann-lee": ("ann-lee", {"github": "ann-lee", "repository": "hw-1-ann-lee"}),
        "hw-1-bob": ("bob", {"github": "bob", "repository": "hw-1-bob"}),
    }
    assert read_all(source)["hw-1-bob"] == {"hw.py": "answer = 'bob'\n"}


def test_folder_of_clones_tells_the_prefix_even_of_one_clone(tmp_path):
    unpack({"hw1-ann-lee/hw.py": CODE}, tmp_path / "hw1-submissions")
    assert students(open_class(tmp_path / "hw1-submissions"))["hw1-ann-lee"][0] == "ann-lee"


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_names_in_archives_are_read_in_the_encoding_that_they_have(tmp_path, encoding):
    members = {"20230001_张三_作业/作业.py": CODE, "20230002_联通_作业/hw.py": CODE, "20230003_李喆_作业/hw.py": CODE}
    path = write(tmp_path / "class.zip", make_zip(members, encoding))
    with zipfile.ZipFile(path) as archive:
        assert not any(member.flag_bits & 0x800 for member in archive.infolist())
    with open_class(path) as source:
        assert [handin.name for handin in source.handins] == ["张三", "联通", "李喆"]
        assert "作业.py" in read_all(source)["20230001_张三_作业"]


def test_western_names_in_archives_stay_right(tmp_path):
    members = {"José/hw.py": CODE, "Müller/hw.py": CODE, "Zoë_Bäck/hw.py": CODE}
    with open_class(write(tmp_path / "class.zip", make_zip(members, "cp437"))) as source:
        assert [handin.key for handin in source.handins] == ["José", "Müller", "Zoë_Bäck"]


def test_decomposed_names_of_macos_are_composed(tmp_path):
    with open_class(write(tmp_path / "class.zip", make_zip({"Jose\u0301/hw.py": CODE, "b/hw.py": CODE}))) as source:
        assert [handin.key for handin in source.handins] == ["Jos\u00e9", "b"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("../evil.py", "unsafe path '../evil.py'"),
        ("/evil.py", "unsafe path '/evil.py'"),
        ("C:\\evil.py", "unsafe path 'C:\\\\evil.py'"),
        ("\0", "a name with a line break or a NUL: '\\x00'"),
    ],
)
def test_unsafe_names_in_archives_are_told_and_the_others_read(tmp_path, name, told):
    path = write(tmp_path / "class.zip", make_zip({name: CODE, "ann/hw.py": CODE, "bob/hw.py": CODE}))
    with open_class(path) as source:
        assert [handin.key for handin in source.handins] == ["ann", "bob"]
        assert source.problems == [f"class.zip: {told}; left out"]


def test_bomb_of_one_student_leaves_the_others(tmp_path):
    path = write(tmp_path / "class.zip", make_zip({"ann/hw.py": CODE, "bob/big.bin": bytes(40_000_000)}))
    with open_class(path) as source:
        ann, bob = source.handins
        assert source.read(ann).student == "ann"
        with pytest.raises(UnreadableSubmission, match="expands more than 200-fold"):
            source.read(bob)


def test_encrypted_archive_is_refused(tmp_path):
    path = write(tmp_path / "class.zip", with_flag(make_zip({"ann/hw.py": CODE}), 0x1))
    with pytest.raises(UnreadableClass, match=r"class\.zip' is encrypted; unpack it with its password"):
        open_class(path)


def test_encrypted_archive_of_a_student_is_that_students_problem(tmp_path):
    locked = with_flag(make_zip({"hw.py": CODE}), 0x1)
    path = write(tmp_path / "class.zip", make_zip({"ann/hw.zip": locked, "bob/hw.py": CODE}))
    with open_class(path) as source, pytest.raises(UnreadableSubmission, match=r"'ann': hw\.zip: hw\.py: encrypted"):
        source.read(source.handins[0])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("class.zip", b"PK\x03\x04 cut off", r"class\.zip' is not a complete zip archive"),
        ("class.zip", b"", r"class\.zip' is not a complete zip archive"),
        ("class.zip", b"Rar!\x1a\x07\x01\x00", r"is a RAR archive, which is not read; unpack it and give the folder"),
        ("class.tar.gz", b"", r"a class's archive should be a \.zip; unpack '.*class\.tar\.gz' and give the folder"),
        ("hw.py", CODE, r"hw\.py' is one submission, not a class"),
        ("class.zip", make_zip({}), r"no hand-in in '.*class\.zip'; it should hold a folder or a file for each"),
        ("class.zip", make_zip({"notes.md": b""}), r"no hand-in in '.*class\.zip': 'notes\.md' is neither"),
    ],
)
def test_unreadable_class_is_one_sentence(tmp_path, name, content, message):
    with pytest.raises(UnreadableClass, match=message):
        open_class(write(tmp_path / name, content))


def test_missing_path_and_unknown_platform_are_told(tmp_path):
    with pytest.raises(UnreadableClass, match=r"no such file or folder '.*none'; check the spelling"):
        open_class(tmp_path / "none")
    with pytest.raises(UsageError, match="no platform 'canvass'; did you mean 'canvas'"):
        open_class(tmp_path, platform="canvass")


def test_platform_that_is_named_is_not_guessed(opened):
    source = opened({"ann_7_30_hw.py": CODE, "a.py": CODE, "b.py": CODE, "c.py": CODE}, platform="canvas")
    assert [handin.key for handin in source.handins] == ["7"]
    assert len(source.problems) == 3


def test_links_out_of_the_class_are_left_out(tmp_path):
    unpack({"class/ann/hw.py": CODE, "elsewhere/hw.py": CODE}, tmp_path)
    os.symlink(tmp_path / "elsewhere", tmp_path / "class" / "bob")
    os.symlink(tmp_path / "class" / "ann", tmp_path / "class" / "cy")
    source = open_class(tmp_path / "class")
    assert [handin.key for handin in source.handins] == ["ann", "cy"]
    assert "'bob' is a link that leads out of" in source.problems[0]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_class_is_read_on_in_a_pickled_copy_and_in_a_forked_process(tmp_path):
    members = {f"s{number}/hw.py": code(str(number)) for number in range(20)}
    path = write(tmp_path / "class.zip", make_zip(members))
    with open_class(path) as source:
        expected = {f"s{number}": {"hw.py": f"answer = '{number}'\n"} for number in range(20)}
        with pickle.loads(pickle.dumps(source)) as copy:
            assert read_all(copy) == expected
        source.read(source.handins[0])
        child = os.fork()
        if child == 0:
            os._exit(0 if read_all(source) == expected else 1)
        assert read_all(source) == expected
        assert os.waitpid(child, 0)[1] == 0


def test_changed_archive_is_told(tmp_path):
    path = write(tmp_path / "class.zip", make_zip({"ann/hw.py": CODE, "bob/hw.py": CODE}))
    with open_class(path) as source:
        write(path, make_zip({"ann/other_name.py": CODE}))
        with pytest.raises(UnreadableClass, match="was changed since it was listed; start again"):
            source.read(source.handins[1])
