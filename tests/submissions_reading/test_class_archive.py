import struct
import zipfile

import pytest

from grader.errors import UnreadableClass
from grader.submissions import ClassArchive, class_archive, read_members

from .conftest import make_zip

CODE = b"x = 1\n"


def archived(tmp_path, content):
    path = tmp_path / "class.zip"
    path.write_bytes(content)
    return str(path)


def test_members_are_read_by_what_identifies_them(tmp_path):
    with ClassArchive(archived(tmp_path, make_zip({"a/": b"", "a/x.py": CODE, "b/y.py": b"y = 2\n"}))) as archive:
        offsets = {name: offset for offset, name in archive.names()}
        assert set(offsets) == {"a/x.py", "b/y.py"}
        submission = read_members("ann", archive, [(offsets["b/y.py"], "lab/y.py")])
    assert submission.student == "ann"
    assert [(file.path, file.cells[0].source) for file in submission.files] == [("lab/y.py", "y = 2\n")]


def test_archive_with_wide_directory_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    content = make_zip({"a.py": CODE, "b.py": CODE})
    assert b"PK\x06\x06" in content  # the record of ZIP64
    with ClassArchive(archived(tmp_path, content)) as archive:
        assert [name for _, name in archive.names()] == ["a.py", "b.py"]


@pytest.mark.parametrize("wide", [False, True])
def test_directory_that_would_take_too_much_memory_is_refused(tmp_path, monkeypatch, wide):
    if wide:
        monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    content = bytearray(make_zip({"a.py": CODE, "b.py": CODE}))
    if wide:
        struct.pack_into("<L", content, content.rindex(b"PK\x05\x06") + 12, 0xFFFFFFFF)
    monkeypatch.setattr(class_archive, "MAX_CLASS_DIRECTORY_BYTES", 60)
    with pytest.raises(UnreadableClass, match=r"the list of members of '.*' takes more than 0 MB; unpack it"):
        ClassArchive(archived(tmp_path, bytes(content)))


def test_members_in_one_place_are_damage(tmp_path):
    content = bytearray(make_zip({"a.py": CODE, "b.py": CODE}))
    second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
    struct.pack_into("<L", content, second + 42, 0)
    with pytest.raises(UnreadableClass, match="is damaged: two of its members are in one place; download it again"):
        ClassArchive(archived(tmp_path, bytes(content)))


def test_missing_archive_and_folder_are_told(tmp_path):
    with pytest.raises(UnreadableClass, match=r"cannot read '.*none\.zip' \(no such file or directory\)"):
        ClassArchive(str(tmp_path / "none.zip"))
    with pytest.raises(UnreadableClass, match="is not a regular file"):
        ClassArchive(str(tmp_path))
