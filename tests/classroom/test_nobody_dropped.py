"""Whatever the names in a class's archive are: each file is in a hand-in, or a sentence tells why not."""

import io
import tempfile
import unicodedata
import zipfile
from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.classroom import match, open_class
from grader.errors import UnreadableClass, UnreadableSubmission

PEOPLE = st.sampled_from(["ann", "张三", "Bo Li", "20230001_李四", "wang_wu", "7", "a.b"])
NUMBERS = st.integers(1, 20).map(str)
FILES = st.sampled_from(["hw.py", "hw-1.py", "a_b_1_2.py", "lab.ipynb", "x.pdf", "code.zip", "实验.py", "README"])
NAMES = st.one_of(
    st.builds("{}_{}_{}_{}".format, PEOPLE, NUMBERS, NUMBERS, FILES),
    st.builds("{}_LATE_{}_{}_{}".format, PEOPLE, NUMBERS, NUMBERS, FILES),
    st.builds("anon_{}_{}_{}".format, PEOPLE, NUMBERS, FILES),
    st.builds("{}_{}_assignsubmission_file/{}".format, PEOPLE, NUMBERS, FILES),
    st.builds("{}_{}_assignsubmission_file_{}".format, PEOPLE, NUMBERS, FILES),
    st.builds("{}_{}_assignsubmission_onlinetext/{}".format, PEOPLE, NUMBERS, FILES),
    st.builds("hw1_{}_attempt_2026-10-01-00-00-{:02}_{}".format, PEOPLE, st.integers(0, 61), FILES),
    st.builds("submission_{}/{}".format, NUMBERS, FILES),
    st.builds("submitted/{}/ps1/{}".format, PEOPLE, FILES),
    st.builds("hw-{}/{}".format, PEOPLE, FILES),
    st.builds("{}/{}".format, PEOPLE, FILES),
    FILES,
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=12),
)


def packed(names):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            member = zipfile.ZipInfo("x")
            member.filename = name
            archive.writestr(member, b"x = 1\n")
    return stream.getvalue()


@given(st.lists(NAMES, min_size=1, max_size=12, unique=True))
@settings(deadline=None)
def test_every_file_is_in_a_hand_in_or_told(names):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "class.zip"
        path.write_bytes(packed(names))
        try:
            source = open_class(path)
        except UnreadableClass:
            return
        with source, zipfile.ZipFile(path) as archive:
            taken = {offset for handin in source.handins for offset, _ in handin.source.members}
            told = "\n".join([*source.problems, *(remark for handin in source.handins for remark in handin.remarks)])
            for member in archive.infolist():
                if member.header_offset in taken or is_clutter(member.orig_filename):
                    continue
                assert is_told(member.orig_filename, told), (member.orig_filename, source.kind, told)
            for handin in source.handins:
                with suppress(UnreadableSubmission):
                    assert source.read(handin).student == handin.name
            keys = [handin.key for handin in source.handins]
            assert len(keys) == len(set(keys))
            found = match(source)
            shown = {entry.handin.key for entry in found.entries}
            assert shown | {handin.key for entry in found.entries for handin in entry.superseded} == set(keys)


def is_clutter(name):
    parts = [part for part in name.replace("\\", "/").split("/") if part]
    return not parts or name.endswith(("/", "\\")) or any(part.startswith(".") for part in parts)


def is_told(name, told):
    """A problem names the file, a folder that it is in, or what is odd about its name."""
    composed = unicodedata.normalize("NFC", name)
    parts = [part for part in (f"{name}/{composed}").replace("\\", "/").split("/") if part]
    attempt = "does not count" in told and "_attempt_" in name
    return attempt or any(part in told or repr(part)[1:-1] in told for part in parts) or repr(name)[:40] in told
