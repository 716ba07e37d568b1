import io
import lzma
import stat
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import UnreadableSubmission
from grader.submissions import archives, limits, read_submission
from grader.submissions.archives import gather_archive
from grader.submissions.intake import Intake

from .conftest import make_tar, make_zip

CODE = b"x = 1\n"
TAR_MODES = {".tar": "w:", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.bz2": "w:bz2", ".tar.xz": "w:xz"}


def gathered(content: bytes) -> Intake:
    intake = Intake()
    gather_archive(content, intake)
    return intake


def linked(kind: bytes, name: str, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = target
    return member


def with_flag(content: bytes, flag: int) -> bytes:
    """Set a general purpose flag in the first member's local and central header."""
    patched = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = patched.index(mark) + offset
        patched[start : start + 2] = (int.from_bytes(patched[start : start + 2], "little") | flag).to_bytes(2, "little")
    return bytes(patched)


@pytest.mark.parametrize("suffix", [".zip", *TAR_MODES, ".ZIP"])
def test_every_kind_of_archive_is_read(tmp_path, suffix):
    members = {"lab.py": CODE, "data/table.csv": b"1,2\n"}
    mode = TAR_MODES.get(suffix)
    path = tmp_path / f"alice.b{suffix}"
    path.write_bytes(make_tar(members, mode) if mode else make_zip(members))
    submission = read_submission(path)
    assert submission.student == "alice.b"
    assert [file.path for file in submission.files] == ["lab.py"]
    assert submission.data == {"data/table.csv": b"1,2\n"}
    assert submission.remarks == []


def test_first_bytes_outweigh_the_suffix(tmp_path):
    path = tmp_path / "hw.zip"
    path.write_bytes(make_tar({"lab.py": CODE}))
    assert [file.path for file in read_submission(path).files] == ["lab.py"]


@pytest.mark.parametrize("pack", [make_zip, make_tar])
def test_single_top_folder_is_stripped_once(pack):
    assert set(gathered(pack({"hw/src/lab.py": CODE, "hw/src/net.py": CODE})).files) == {"src/lab.py", "src/net.py"}
    assert set(gathered(pack({"hw/lab.py": CODE, "net.py": CODE})).files) == {"hw/lab.py", "net.py"}


@pytest.mark.parametrize("pack", [make_zip, make_tar])
@pytest.mark.parametrize(
    "name",
    ["../x.py", "a/../../x.py", "/x.py", "C:/x.py", "c:\\x.py", "..\\x.py", "\\\\host\\x.py", "a\nb.py", "hw/C:/x.py"],
)
def test_unsafe_names_are_remarked_and_the_rest_is_read(pack, name):
    intake = gathered(pack({name: b"evil", "lab.py": CODE}))
    assert intake.files == {"lab.py": CODE}
    assert len(intake.remarks) == 1
    assert intake.remarks[0].startswith("left out: ")
    assert repr(name) in intake.remarks[0]


def test_name_with_a_nul_is_remarked():
    intake = gathered(make_zip({"lab.py\0.txt": b"evil", "lab.py": CODE}))
    assert intake.files == {"lab.py": CODE}
    assert intake.remarks == ["left out: a name with a line break or a NUL: 'lab.py\\x00.txt'"]


@pytest.mark.parametrize("pack", [make_zip, make_tar])
def test_names_too_long_for_a_file_system_are_remarked(pack):
    intake = gathered(pack({"a" * 300 + ".py": b"", "b/" * 600 + "c.py": b"", "lab.py": CODE}))
    assert intake.files == {"lab.py": CODE}
    assert [remark for remark in intake.remarks if "too long" in remark] == intake.remarks
    assert len(intake.remarks) == 2


@pytest.mark.parametrize("pack", [make_zip, make_tar])
def test_backslashes_separate_folders(pack):
    assert set(gathered(pack({"src\\lab.py": CODE, "net.py": CODE})).files) == {"src/lab.py", "net.py"}


def test_folder_entries_written_with_backslashes_are_no_files():
    assert gathered(make_zip({"src\\": b"", "src\\lab.py": CODE})).files == {"lab.py": CODE}


@pytest.mark.parametrize("pack", [make_zip, make_tar])
def test_clutter_is_passed_over_silently(pack):
    members = dict.fromkeys(
        [
            "__MACOSX/._lab.py",
            "._lab.py",
            ".git/config.py",
            ".ipynb_checkpoints/lab-checkpoint.ipynb",
            "__pycache__/lab.cpython-311.pyc",
            "env/pyvenv.cfg",
            "env/bin/tool.py",
            "lib/site-packages/numpy/core.py",
        ],
        b"junk",
    )
    intake = gathered(pack({**members, "lab.py": CODE}))
    assert intake.files == {"lab.py": CODE}
    assert intake.remarks == []


@pytest.mark.parametrize("pack", [make_zip, make_tar])
def test_nested_archives_and_compiled_code_are_remarked(pack):
    intake = gathered(pack({"old.zip": b"PK", "fast.so": b"\x7fELF", "lab.py": CODE}))
    assert intake.files == {"lab.py": CODE}
    assert sorted(intake.remarks) == [
        "fast.so: compiled code; hand in its source; left out",
        "old.zip: an archive inside of the submission; unpack it; left out",
    ]


@pytest.mark.parametrize("pack", [make_zip, make_tar])
def test_last_of_equal_names_wins_with_remark(pack):
    archive = pack({"./lab.py": b"first", "lab.py": b"last"})
    assert gathered(archive).files == {"lab.py": b"last"}
    assert gathered(archive).remarks == ["lab.py: occurs twice; the last one counts"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_remarked(kind):
    intake = gathered(make_tar([(linked(kind, "x.py", "/etc/passwd"), b""), ("lab.py", CODE)]))
    assert intake.files == {"lab.py": CODE}
    assert intake.remarks == ["x.py: a link or a special file; left out"]


def test_links_in_a_zip_are_remarked():
    link = zipfile.ZipInfo("x.py")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    intake = gathered(make_zip([(link, b"/etc/passwd"), ("lab.py", CODE)]))
    assert intake.files == {"lab.py": CODE}
    assert intake.remarks == ["x.py: a link or a special file; left out"]


def test_encrypted_member_is_remarked_and_the_rest_is_read():
    intake = gathered(with_flag(make_zip({"secret.py": b"x = 2", "lab.py": CODE}), 0x1))
    assert intake.files == {"lab.py": CODE}
    assert intake.remarks == ["secret.py: encrypted; pack it without a password; left out"]


def test_unusual_compression_is_remarked():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x.py", CODE, zipfile.ZIP_LZMA)
        archive.writestr("lab.py", CODE)
    intake = gathered(stream.getvalue())
    assert intake.files == {"lab.py": CODE}
    assert intake.remarks == ["x.py: compressed by method 14; pack it as a plain zip; left out"]


def test_damaged_member_is_remarked_and_the_rest_is_read():
    content = bytearray(make_zip([(zipfile.ZipInfo("x.py"), b"stored text"), ("lab.py", CODE)]))
    content[content.index(b"stored text")] ^= 1
    intake = gathered(bytes(content))
    assert intake.files == {"lab.py": CODE}
    assert len(intake.remarks) == 1
    assert intake.remarks[0].startswith("x.py: damaged (bad CRC-32")


def test_truncated_tar_keeps_what_came_before():
    noise = bytes(i * i % 251 for i in range(20_000))
    intake = gathered(make_tar({"lab.py": CODE, "noise.bin": noise}, "w:")[:12_000])
    assert intake.files == {"lab.py": CODE}
    assert [remark for remark in intake.remarks if "damaged" in remark]


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_names_without_utf8_flag_are_decoded(encoding):
    name = "作业/实验.py"
    placeholder = "n" * len(name.encode(encoding))
    content = make_zip({placeholder: CODE, "lab.py": CODE}).replace(placeholder.encode(), name.encode(encoding))
    assert set(gathered(content).files) == {name, "lab.py"}


def test_names_that_are_neither_utf8_nor_gbk_are_read_as_cp437():
    content = make_zip({"caf?.py": CODE}).replace(b"caf?.py", "café.py".encode("cp437"))
    assert set(gathered(content).files) == {"café.py"}


def test_names_in_a_tar_may_be_gbk():
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT, encoding="gbk") as archive:
        member = tarfile.TarInfo("实验.py")
        member.size = len(CODE)
        archive.addfile(member, io.BytesIO(CODE))
    assert gathered(stream.getvalue()).files == {"实验.py": CODE}


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_tar_bomb_stops_at_the_ratio(mode):
    bomb = make_tar([("lab.py", CODE), ("zeros.bin", bytes(limits.FREE_EXPANSION_BYTES + 1)), ("late.py", CODE)], mode)
    intake = gathered(bomb)
    assert intake.files == {"lab.py": CODE}
    assert intake.remarks == ["the archive expands more than 200-fold; the rest of it is left out"]


def test_zip_bomb_stops_at_the_ratio_after_the_sources():
    bomb = make_zip({"a_zeros.bin": bytes(limits.FREE_EXPANSION_BYTES + 1), "lab.py": CODE})
    intake = gathered(bomb)
    assert intake.files == {"lab.py": CODE}
    assert intake.remarks == ["the archive expands more than 200-fold; the rest of it is left out"]


@pytest.mark.parametrize("pack", [make_zip, make_tar])
def test_expansion_has_an_absolute_limit(pack, monkeypatch):
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 20_000)
    monkeypatch.setattr(archives, "megabytes", lambda size: f"{size} bytes")
    intake = gathered(pack([("lab.py", CODE), ("zeros.bin", bytes(30_000))]))
    assert intake.files == {"lab.py": CODE}
    assert intake.remarks == ["the archive expands to more than 20000 bytes; the rest of it is left out"]


def test_header_that_understates_the_size_does_not_matter():
    content = bytearray(make_zip({"big.py": bytes(limits.MAX_SOURCE_BYTES + 1), "lab.py": CODE}))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = content.index(mark) + offset
        content[start : start + 4] = (10).to_bytes(4, "little")
    intake = gathered(bytes(content))
    assert intake.files == {"lab.py": CODE}
    assert [remark for remark in intake.remarks if remark.startswith("big.py: damaged")]


def test_overlong_source_is_remarked():
    intake = gathered(make_zip({"big.py": bytes(limits.MAX_SOURCE_BYTES + 1), "lab.py": CODE}))
    assert intake.files == {"lab.py": CODE}
    assert intake.remarks == ["big.py: larger than 2 MB; left out"]


@pytest.mark.parametrize("pack", [make_zip, make_tar])
def test_members_are_counted(pack, monkeypatch):
    monkeypatch.setattr(archives, "MAX_ENTRIES", 5)
    content = pack({f"{number}.py": CODE for number in range(6)})
    if pack is make_zip:
        with pytest.raises(archives.BrokenArchive, match="more than 5 members"):
            gathered(content)
    else:
        assert len(gathered(content).files) == 5
        assert gathered(content).remarks == ["the archive has more than 5 members; the rest of it is left out"]


def test_xz_may_not_ask_for_much_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_DICTIONARY_BYTES", 100_000)
    path = tmp_path / "hw.tar.xz"
    path.write_bytes(make_tar({"lab.py": CODE}, "w:xz"))
    with pytest.raises(UnreadableSubmission, match="memory"):
        read_submission(path)


def test_xz_that_ends_between_streams_keeps_what_came_before():
    plain = make_tar({"lab.py": CODE, "net.py": CODE}, "w:")
    intake = gathered(lzma.compress(plain[:1100]) + b"\0\0\0\0")
    assert intake.files == {"lab.py": CODE}


def test_xz_of_several_streams_is_read():
    plain = make_tar({"lab.py": CODE}, "w:")
    intake = gathered(lzma.compress(plain[:300]) + lzma.compress(plain[300:]))
    assert intake.files == {"lab.py": CODE}
    assert intake.remarks == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a complete zip or tar archive"),
        (b"<html>not found</html>", "not a complete zip or tar archive"),
        (b"PK\x03\x04 cut off", "not a complete zip archive"),
        (b"\x1f\x8b cut off", "not a complete zip or tar archive"),
        (b"\xfd7zXZ\x00", "it ends too early"),
        (b"Rar!\x1a\x07\x00", "a RAR archive, which is not read; pack it as .zip"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    ],
)
def test_broken_archive_says_so_in_one_sentence(tmp_path, content, message):
    path = tmp_path / "hw.zip"
    path.write_bytes(content)
    with pytest.raises(UnreadableSubmission, match=message) as caught:
        read_submission(path)
    assert "hw.zip" in str(caught.value)
    assert "\n" not in str(caught.value)


names = st.lists(
    st.sampled_from(["..", ".", "", "a", "b", "/", "\\", "C:", "~", "\0", "\n", "é", "x.py", "y.csv"]), max_size=6
).map("/".join) | st.text(max_size=20).filter(lambda name: name.isprintable())


@settings(deadline=None, max_examples=200)
@given(names, st.sampled_from([make_zip, make_tar]))
def test_no_member_name_leads_outside(name, pack):
    intake = gathered(pack([("lab.py", CODE), ("keep.csv", b""), (name or "/", b"x")]))
    assert intake.files["lab.py"] in (CODE, b"x")
    for path in intake.files:
        parts = path.split("/")
        assert path
        assert not set(parts) & {"", ".", ".."}
        assert "\\" not in path
        assert not parts[0].startswith("C:")
