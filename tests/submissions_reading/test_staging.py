import os
import stat

import pytest

from grader.core.submission import Submission
from grader.errors import GraderFault
from grader.submissions import stage


def handed_in(**data: bytes) -> Submission:
    return Submission(
        student="ann", files=[], data={name.replace("__", "/"): content for name, content in data.items()}
    )


def test_data_is_there_while_staged_and_gone_afterwards(tmp_path):
    with stage(handed_in(a=b"1", d__e__b=b"2"), tmp_path) as root:
        assert root.parent == tmp_path
        found = {os.path.relpath(os.path.join(top, name), root) for top, _, names in os.walk(root) for name in names}
        assert found == {"a", "d/e/b"}
        assert (root / "d" / "e" / "b").read_bytes() == b"2"
    assert list(tmp_path.iterdir()) == []


def test_everything_staged_is_private_and_read_only(tmp_path):
    with stage(handed_in(a=b"1", d__b=b"2"), tmp_path) as root:
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (root, *root.rglob("*"))}
    assert modes == {root.name: 0o500, "a": 0o400, "d": 0o500, "b": 0o400}


def test_without_data_there_is_no_folder(tmp_path):
    with stage(handed_in(), tmp_path) as root:
        assert root is None
        assert list(tmp_path.iterdir()) == []


def test_folder_is_removed_on_error_too(tmp_path):
    with pytest.raises(KeyError, match="inside"), stage(handed_in(d__a=b"1"), tmp_path):
        raise KeyError("inside")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "a\\b", "C:x", "a\0b", "a//b", "\ud800"])
def test_unsafe_paths_are_refused_and_nothing_stays(tmp_path, name):
    inner = tmp_path / "inner"
    inner.mkdir()
    submission = Submission(student="ann", files=[], data={"ok": b"1", name: b"2"})
    with pytest.raises(GraderFault, match="cannot stage data files"), stage(submission, inner):
        pytest.fail("staged an unsafe path")
    assert list(tmp_path.rglob("*")) == [inner]


def test_file_that_cannot_be_written_is_the_graders_fault(tmp_path):
    with pytest.raises(GraderFault, match="cannot stage data files in"), stage(handed_in(a=b"", a__b=b""), tmp_path):
        pytest.fail("staged a file beneath a file")
    assert list(tmp_path.iterdir()) == []


def test_missing_folder_is_the_graders_fault(tmp_path):
    with (
        pytest.raises(GraderFault, match="no such file or directory"),
        stage(handed_in(a=b""), tmp_path / "none"),
    ):
        pytest.fail("staged into a folder that does not exist")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_owner_gets_every_file_and_folder(tmp_path):
    with stage(handed_in(a=b"1", d__b=b"2"), tmp_path, owner=65534) as root:
        assert {path.stat().st_uid for path in (root, *root.rglob("*"))} == {65534}
    assert list(tmp_path.iterdir()) == []
