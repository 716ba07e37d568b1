"""What a class hands in, as the platforms pack it; built afresh for each test."""

import io
import zipfile

import pytest

from grader.classroom import open_class

CODE = b"def relu(x):\n    return x * (x > 0)\n"


def code(text):
    return f"answer = {text!r}\n".encode()


def make_zip(members, encoding=""):
    """A zip archive; with an encoding, names are written in it and nothing says so, as Chinese Windows does."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for position, (name, content) in enumerate(members.items()):
            member = zipfile.ZipInfo("x")
            member.compress_type = zipfile.ZIP_DEFLATED
            # As it is, which the constructor would not take.
            member.filename = f"{position:08d}".ljust(len(name.encode(encoding)), "x") if encoding else name
            archive.writestr(member, content)
    packed = stream.getvalue()
    for position, name in enumerate(members if encoding else ()):
        raw = name.encode(encoding)
        packed = packed.replace(f"{position:08d}".ljust(len(raw), "x").encode(), raw)
    return packed


def with_flag(content, flag):
    """Set a general purpose flag in every local and central header."""
    patched = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = patched.find(mark)
        while start >= 0:
            at = start + offset
            patched[at : at + 2] = (int.from_bytes(patched[at : at + 2], "little") | flag).to_bytes(2, "little")
            start = patched.find(mark, start + 4)
    return bytes(patched)


def unpack(members, folder):
    for name, content in members.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def read_all(source):
    """What was handed in: the files of each student's submission, by key."""
    return {
        handin.key: {
            **{file.path: "".join(cell.source for cell in file.cells) for file in submission.files},
            **submission.data,
        }
        for handin in source.handins
        for submission in [source.read(handin)]
    }


@pytest.fixture(params=["packed", "unpacked"])
def opened(request, tmp_path):
    """Open members as a class, once as an archive and once as a folder."""
    sources = []

    def open_members(members, name="class", **options):
        if request.param == "packed":
            path = tmp_path / f"{name}.zip"
            path.write_bytes(make_zip(members))
        else:
            path = unpack(members, tmp_path / name)
        source = open_class(path, **options)
        sources.append(source)
        return source

    yield open_members
    for source in sources:
        source.close()
