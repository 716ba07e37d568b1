import os
import stat

import pytest

from grader.errors import GraderFault
from grader.submissions import stage


def everything(folder):
    return {str(path.relative_to(folder)): path for path in folder.rglob("*")}


def test_data_is_written_to_its_path(tmp_path):
    stage({"a": b"1", "d/e/b": b"2"}, tmp_path)
    found = everything(tmp_path)
    assert found.keys() == {"a", "d", "d/e", "d/e/b"}
    assert found["d/e/b"].read_bytes() == b"2"


def test_only_owner_and_group_read_what_is_staged(tmp_path):
    stage({"a": b"1", "d/b": b"2"}, tmp_path)
    modes = {name: stat.S_IMODE(path.stat().st_mode) for name, path in everything(tmp_path).items()}
    assert modes == {"a": 0o640, "d": 0o750, "d/b": 0o640}
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o750


def test_without_data_the_folder_stays_empty(tmp_path):
    stage({}, tmp_path)
    assert everything(tmp_path) == {}


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "a\\b", "C:x", "a\0b", "a//b", "\ud800"])
def test_unsafe_paths_are_refused(tmp_path, name):
    inner = tmp_path / "inner"
    inner.mkdir()
    with pytest.raises(GraderFault, match="cannot stage data files: "):
        stage({name: b"2"}, inner)
    assert everything(tmp_path).keys() == {"inner"}


def test_file_that_cannot_be_written_is_the_graders_fault(tmp_path):
    with pytest.raises(GraderFault, match="cannot stage data files in"):
        stage({"a": b"", "a/b": b""}, tmp_path)


def test_missing_folder_is_the_graders_fault(tmp_path):
    with pytest.raises(GraderFault, match="cannot stage data files in"):
        stage({"a": b""}, tmp_path / "none" / "\u00e4" / ("x" * 300))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_group_gets_every_file_and_folder(tmp_path):
    stage({"a": b"1", "d/b": b"2"}, tmp_path, group=65534)
    assert {path.stat().st_gid for path in (tmp_path, *everything(tmp_path).values())} == {65534}
    assert {path.stat().st_uid for path in everything(tmp_path).values()} == {os.geteuid()}
