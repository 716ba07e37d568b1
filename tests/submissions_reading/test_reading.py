import hashlib
import os
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.core.submission import Cell, SourceFile, Submission
from grader.errors import UnreadableSubmission
from grader.submissions import folders, intake, limits, read_submission, read_submissions, reading

from .conftest import make_notebook, make_tar, make_zip


def tree(root: Path, files: dict[str, bytes | str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def refusal(path: Path) -> str:
    with pytest.raises(UnreadableSubmission) as caught:
        read_submission(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_folder_gives_sources_in_path_order_and_other_files_as_data(tmp_path):
    folder = tree(
        tmp_path / "alice.w",
        {
            "b.py": "y = 2\n",
            "a/net.py": "x = 1\n",
            "lab.ipynb": make_notebook("z = 3"),
            "data/w.npy": b"\x93NUMPY",
            "UP.PY": "u = 0\n",
        },
    )
    submission = read_submission(folder)
    assert submission.student == "alice.w"
    assert submission.files == [
        SourceFile("UP.PY", [Cell("", "u = 0\n")]),
        SourceFile("a/net.py", [Cell("", "x = 1\n")]),
        SourceFile("b.py", [Cell("", "y = 2\n")]),
        SourceFile("lab.ipynb", [Cell("cell 1", "z = 3")]),
    ]
    assert submission.data == {"data/w.npy": b"\x93NUMPY"}
    assert submission.remarks == []


def test_source_is_neither_parsed_nor_run(tmp_path):
    folder = tree(tmp_path / "bob", {"lab.py": "def broken(:\nraise SystemExit\n"})
    assert read_submission(folder).files[0].cells[0].source == "def broken(:\nraise SystemExit\n"


@pytest.mark.parametrize(("name", "content"), [("hw.py", b"x = 1"), ("hw.ipynb", make_notebook("x = 1"))])
def test_single_file_is_a_submission_of_its_stem(tmp_path, name, content):
    submission = read_submission(tree(tmp_path, {name: content}) / name)
    assert submission.student == "hw"
    assert [file.path for file in submission.files] == [name]


def test_current_folder_names_the_student(tmp_path, monkeypatch):
    monkeypatch.chdir(tree(tmp_path / "carol", {"lab.py": "", "sub/net.py": ""}))
    assert read_submission(Path(".")).student == "carol"
    monkeypatch.chdir("sub")
    assert read_submission(Path("..")).student == "carol"


def test_several_paths_are_several_submissions_in_order(tmp_path):
    tree(tmp_path, {"b.py": "", "a/x.py": ""})
    assert [s.student for s in read_submissions([tmp_path / "b.py", tmp_path / "a"])] == ["b", "a"]


def test_clutter_and_environments_are_passed_over(tmp_path):
    junk = [
        ".git/hook.py",
        ".hidden.py",
        "._lab.py",
        ".ipynb_checkpoints/lab-checkpoint.ipynb",
        "__MACOSX/lab.py",
        "__pycache__/lab.py",
        "env/pyvenv.cfg",
        "env/bin/tool.py",
        "lib/site-packages/numpy.py",
    ]
    submission = read_submission(tree(tmp_path / "dan", {**dict.fromkeys(junk, b"junk"), "lab.py": ""}))
    assert [file.path for file in submission.files] == ["lab.py"]
    assert submission.data == {}
    assert submission.remarks == []


def test_broken_files_become_remarks_while_something_is_readable(tmp_path):
    folder = tree(tmp_path / "eve", {"lab.ipynb": '{\n "cells": [\n  oops', "net.py": "# 归一化\n".encode("gb18030")})
    submission = read_submission(folder)
    assert [file.path for file in submission.files] == ["net.py"]
    assert submission.remarks == [
        "lab.ipynb: not valid JSON (line 3, column 3); left out",
        "net.py: not UTF-8, read as GB18030; save it as UTF-8",
    ]


def test_links_inside_are_read_and_those_leading_outside_are_remarked(tmp_path):
    tree(tmp_path, {"secret.py": "SECRET", "secrets/more.py": "SECRET"})
    folder = tree(tmp_path / "fay", {"lab.py": "x = 1", "data/w.csv": "1"})
    (folder / "w.csv").symlink_to("data/w.csv")
    (folder / "out.py").symlink_to("../secret.py")
    (folder / "out").symlink_to(tmp_path / "secrets")
    (folder / "passwd.txt").symlink_to("/etc/passwd")
    submission = read_submission(folder)
    assert [file.path for file in submission.files] == ["lab.py"]
    assert submission.data == {"data/w.csv": b"1", "w.csv": b"1"}
    assert submission.remarks == [
        f"{name}: a link that leads outside of the submission; left out" for name in ("out", "out.py", "passwd.txt")
    ]


def test_loops_of_links_end(tmp_path):
    folder = tree(tmp_path / "gil", {"lab.py": "x = 1", "a/b.py": ""})
    (folder / "a" / "up").symlink_to("..")
    (folder / "self").symlink_to("self")
    (folder / "gone.py").symlink_to("nowhere.py")
    submission = read_submission(folder)
    assert [file.path for file in submission.files] == ["a/b.py", "lab.py"]
    assert submission.remarks[0] == "a/up: a link to a folder; left out"
    assert submission.remarks[1] == "gone.py: cannot be read (no such file or directory); left out"
    assert submission.remarks[2].startswith("self: cannot be read (")


def test_special_files_are_never_waited_for(tmp_path, monkeypatch):
    folder = tree(tmp_path / "hal", {"lab.py": "x = 1"})
    os.mkfifo(folder / "pipe.py")
    monkeypatch.chdir(folder)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("sock.py")
        submission = read_submission(folder)
    assert [file.path for file in submission.files] == ["lab.py"]
    assert submission.remarks[0] == "pipe.py: not a regular file; left out"
    assert submission.remarks[1].startswith("sock.py: cannot be read (")


def test_names_with_line_breaks_are_remarked(tmp_path):
    submission = read_submission(tree(tmp_path / "ida", {"a\nb.py": "", "lab.py": "", "esc\x1b.csv": ""}))
    assert [file.path for file in submission.files] == ["lab.py"]
    assert list(submission.data) == ["esc\x1b.csv"]
    assert submission.remarks == ["left out: a name with a line break or a NUL: 'a\\nb.py'"]


def test_names_that_are_not_utf8_are_decoded(tmp_path):
    folder = tree(tmp_path / "joe", {"lab.py": ""})
    try:
        Path(os.fsdecode(os.fsencode(folder) + "/实验.py".encode("gbk"))).write_text("x = 1")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert [file.path for file in read_submission(folder).files] == ["lab.py", "实验.py"]


def test_caps_lead_to_remarks(tmp_path, monkeypatch):
    monkeypatch.setattr(intake, "MAX_DATA_BYTES", 10)
    monkeypatch.setattr(intake, "MAX_FILES", 3)
    folder = tree(
        tmp_path / "kim",
        {
            "a.csv": b"1" * 8,
            "b.csv": b"1" * 8,
            "big.py": b"#" * (limits.MAX_SOURCE_BYTES + 1),
            "c.py": "",
            "d.py": "",
            "e.py": "",
        },
    )
    submission = read_submission(folder)
    assert list(submission.data) == ["a.csv"]
    assert [file.path for file in submission.files] == ["c.py", "d.py"]
    assert submission.remarks == [
        "b.csv: data files exceed 0 MB in all; left out",
        "big.py: larger than 2 MB; left out",
        "e.py: more than 3 files; left out",
    ]


def test_all_bytes_together_are_capped(tmp_path, monkeypatch):
    monkeypatch.setattr(intake, "MAX_TOTAL_BYTES", 10)
    monkeypatch.setattr(intake, "megabytes", lambda size: f"{size} bytes")
    submission = read_submission(tree(tmp_path / "leo", {"a.py": "#" * 8, "b.py": "#" * 8, "c.py": ""}))
    assert [file.path for file in submission.files] == ["a.py"]
    assert submission.remarks == [f"{name}: the submission exceeds 10 bytes; left out" for name in ("b.py", "c.py")]


def test_scan_ends_in_an_endless_tree(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "MAX_ENTRIES", 5)
    folder = tree(tmp_path / "mia", {"lab.py": "", **{f"d{number}/x.py": "" for number in range(4)}})
    submission = read_submission(folder)
    assert "lab.py" in [file.path for file in submission.files]
    assert submission.remarks == ["more than 5 files and folders; d3 and others are left out"]


def test_remarks_are_capped_and_counted(tmp_path):
    broken = {f"{number}.ipynb": "{" for number in range(limits.MAX_REMARKS + 7)}
    submission = read_submission(tree(tmp_path / "ned", {**broken, "lab.py": ""}))
    assert len(submission.remarks) == limits.MAX_REMARKS + 1
    assert submission.remarks[-1] == "7 further remarks"


def test_archive_member_beneath_a_file_is_remarked(tmp_path):
    path = tmp_path / "hw.zip"
    path.write_bytes(make_zip({"a": b"", "a/b.csv": b"", "lab.py": b""}))
    submission = read_submission(path)
    assert submission.data == {"a": b""}
    assert submission.remarks == ["a/b.csv: lies beneath a file as if that were a folder; left out"]


def expected_digest(contents: dict[str, bytes]) -> str:
    stream = b"".join(
        len(part).to_bytes(8, "big") + part for name in sorted(contents) for part in (name.encode(), contents[name])
    )
    return hashlib.sha256(stream).hexdigest()


def test_digest_covers_sources_and_data_however_they_were_packed(tmp_path):
    contents = {"lab.py": b"x = 1\n", "w/w.csv": b"1\n"}
    tree(tmp_path / "hw", contents)
    (tmp_path / "hw.zip").write_bytes(make_zip(contents))
    (tmp_path / "hw.tgz").write_bytes(make_tar(dict(reversed(contents.items()))))
    digests = {read_submission(tmp_path / name).sha256 for name in ("hw", "hw.zip", "hw.tgz")}
    assert digests == {expected_digest(contents)}


def test_data_cap_keeps_the_same_files_of_a_folder_and_of_a_zip_in_any_order(tmp_path, monkeypatch):
    monkeypatch.setattr(intake, "MAX_DATA_BYTES", 10)
    contents = {"lab.py": b"x = 1\n", "b.csv": b"1" * 8, "a.csv": b"2" * 8}
    tree(tmp_path / "hw", contents)
    (tmp_path / "hw.zip").write_bytes(make_zip(contents))
    folder, archive = read_submissions([tmp_path / "hw", tmp_path / "hw.zip"])
    assert folder.data == archive.data == {"a.csv": b"2" * 8}
    assert folder.sha256 == archive.sha256


def test_digest_tells_where_a_file_ends(tmp_path):
    one = read_submission(tree(tmp_path / "one", {"a.py": "x", "b.py": ""}))
    two = read_submission(tree(tmp_path / "two", {"a.py": "", "b.py": "x"}))
    assert one.sha256 != two.sha256


def test_missing_path_suggests_a_neighbour(tmp_path):
    tree(tmp_path, {"submit/lab.py": "", "hw1.ipynb": ""})
    assert refusal(tmp_path / "submti").endswith(f"did you mean {str(tmp_path / 'submit')!r}?")
    assert refusal(tmp_path / "hw1").endswith(f"did you mean {str(tmp_path / 'hw1.ipynb')!r}?")
    assert refusal(tmp_path / "zzz").endswith("check the spelling")
    assert "there is no folder" in refusal(tmp_path / "none" / "lab.py")
    assert "no such file" in refusal(tmp_path / "submit" / "lab.py" / "x")


def test_path_with_nul_is_no_such_path():
    with pytest.raises(UnreadableSubmission, match=r"no such file or folder 'a.x00b'"):
        read_submission(Path("a\0b"))


def test_empty_folder_says_what_it_should_hold(tmp_path):
    assert refusal(tmp_path).endswith("is empty; it should hold the .py or .ipynb files to grade")


def test_folder_without_code_lists_what_is_there_instead(tmp_path):
    tree(tmp_path, dict.fromkeys(["a.pdf", "b.csv", "c.txt", "d.txt"], ""))
    assert refusal(tmp_path).endswith("only 'a.pdf', 'b.csv', 'c.txt' and 1 more; hand in the code itself")


def test_folder_whose_sources_are_all_broken_says_why(tmp_path):
    tree(tmp_path, {"a.csv": "", "lab.ipynb": "{", "net.ipynb": "["})
    message = refusal(tmp_path)
    assert "lab.ipynb: not valid JSON (line 1, column 2)" in message
    assert "(and 1 further remarks)" in message


def test_folder_with_only_an_archive_says_to_unpack_it(tmp_path):
    assert "hw.zip: an archive inside of the submission; unpack it" in refusal(tree(tmp_path, {"hw.zip": "PK"}))


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("hw.pdf", "a submission is a folder, a .py or .ipynb file, or an archive"),
        ("hw", "a submission is a folder"),
        ("hw.ipynb.txt", "rename it to 'hw.ipynb'"),
        ("hw.rar", "pack it as .zip"),
    ],
)
def test_unsupported_type_names_the_fix(tmp_path, name, advice):
    assert advice in refusal(tree(tmp_path, {name: "x"}) / name)


def test_single_broken_notebook_says_why(tmp_path):
    message = refusal(tree(tmp_path, {"lab.ipynb": "oops"}) / "lab.ipynb")
    assert "not valid JSON (line 1, column 1); mend it or hand in another copy" in message


def test_single_file_too_large_says_so(tmp_path):
    assert "larger than 2 MB" in refusal(tree(tmp_path, {"a.py": b"#" * (limits.MAX_SOURCE_BYTES + 1)}) / "a.py")


def test_archive_too_large_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MAX_ARCHIVE_BYTES", 10)
    path = tree(tmp_path, {"a.zip": b"PK" * 6}) / "a.zip"
    assert "is larger than 0 MB; leave data sets out of it" in refusal(path)


def test_single_file_with_a_line_break_in_its_name_says_so(tmp_path):
    path = tree(tmp_path, {"a\nb.py": ""}) / "a\nb.py"
    with pytest.raises(UnreadableSubmission, match=r"a name with a line break or a NUL: 'a\\nb\.py'; rename it"):
        read_submission(path)


def test_special_file_is_refused():
    assert "'/dev/null' is not a regular file" in refusal(Path("/dev/null"))


def test_path_that_is_a_link_is_followed_but_not_in_circles(tmp_path):
    (tmp_path / "link.py").symlink_to(tree(tmp_path, {"hw/lab.py": "x = 1"}) / "hw" / "lab.py")
    assert read_submission(tmp_path / "link.py").student == "link"
    (tmp_path / "loop").symlink_to("loop")
    assert "check its permissions" in refusal(tmp_path / "loop")


def test_unreadable_files_and_folders_name_the_permissions(tmp_path):
    folder = tree(tmp_path / "hw", {"lab.py": "", "a.py": "", "d/x.py": ""})
    (folder / "a.py").chmod(0)
    (folder / "d").chmod(0)
    if os.access(folder / "a.py", os.R_OK):
        pytest.skip("root may read everything")
    try:
        assert read_submission(folder).remarks == [
            "d: cannot be read (permission denied); left out",
            "a.py: cannot be read (permission denied); left out",
        ]
        assert "cannot be read (permission denied)" in refusal(folder / "a.py")
        assert "(permission denied); check its permissions" in refusal(folder / "d")
    finally:
        (folder / "d").chmod(0o700)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([".ipynb", ".zip", ".py", ".tar", ".tgz", ".tar.xz", ".tar.bz2"]),
    st.sampled_from(
        [b"", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\x00", b'{"cells":', b"\xff\xfe"]
    ),
    st.binary(max_size=300),
)
def test_no_bytes_break_the_reader(tmp_path, suffix, start, rest):
    path = tmp_path / f"x{suffix}"
    path.write_bytes(start + rest)
    assert_read_or_refused(path)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["zip", "tar", "tgz"]), st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=6))
def test_no_damage_to_an_archive_breaks_the_reader(tmp_path, kind, damages):
    members = {"hw/lab.py": b"x = 1\n", "hw/lab.ipynb": make_notebook("y = 2"), "hw/d.csv": b"1,2\n" * 50}
    content = bytearray(make_zip(members) if kind == "zip" else make_tar(members, "w:gz" if kind == "tgz" else "w:"))
    for position, value in damages:
        content[position % len(content)] = value
    path = tmp_path / f"x.{kind}"
    path.write_bytes(content)
    assert_read_or_refused(path)


def assert_read_or_refused(path: Path) -> None:
    try:
        submission = read_submission(path)
    except UnreadableSubmission as error:
        message = str(error)
    else:
        assert isinstance(submission, Submission)
        assert submission.files
        message = "read"
    assert message
    assert "\n" not in message
