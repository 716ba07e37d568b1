"""The time of the last commit, from the files that Git leaves; written here by its documented formats."""

import hashlib
import struct
import zlib

import pytest

from grader.classroom import open_class
from grader.classroom.git_times import last_commit

COMMIT = (
    b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
    b"author Ann <ann@example.edu> 1790000000 +0800\n"
    b"committer Ann <ann@example.edu> 1790845201 +0800\n\n"
    b"committer Fake <x> 1 +0000\n"
)
TIME = "2026-10-01T17:00:01+08:00"


def sha(body):
    return hashlib.sha1(b"commit %d\0" % len(body) + body).hexdigest()


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def add_loose(git, body):
    name = sha(body)
    write(git / "objects" / name[:2] / name[2:], zlib.compress(b"commit %d\0" % len(body) + body))


def add_packed(git, bodies, kind=1):
    """A pack and its index of version 2."""
    pack = b"PACK" + struct.pack(">LL", 2, len(bodies))
    offsets = {}
    for body in bodies:
        offsets[bytes.fromhex(sha(body))] = len(pack)
        size = len(body)
        head = [kind << 4 | size & 15]
        size >>= 4
        while size:
            head[-1] |= 0x80
            head.append(size & 0x7F)
            size >>= 7
        pack += bytes(head) + zlib.compress(body)
    names = sorted(offsets)
    counts = [sum(name[0] <= first for name in names) for first in range(256)]
    index = b"\xfftOc" + struct.pack(">L256L", 2, *counts) + b"".join(names) + bytes(4 * len(names))
    index += b"".join(struct.pack(">L", offsets[name]) for name in names)
    write(git / "objects" / "pack" / "pack-1.pack", pack)
    write(git / "objects" / "pack" / "pack-1.idx", index)


OTHERS = [COMMIT.replace(b"1790845201", b"%d" % (1600000000 + number)) for number in range(300)]


@pytest.mark.parametrize("stored", ["loose", "packed"])
@pytest.mark.parametrize("named", ["reference", "packed reference", "detached"])
def test_time_of_the_commit_that_head_names(tmp_path, stored, named):
    git = tmp_path / ".git"
    if stored == "loose":
        add_loose(git, COMMIT)
        add_loose(git, OTHERS[0])
    else:
        add_packed(git, [*OTHERS, COMMIT])
    write(git / "HEAD", f"{sha(COMMIT)}\n".encode() if named == "detached" else b"ref: refs/heads/main\n")
    if named == "reference":
        write(git / "refs" / "heads" / "main", f"{sha(COMMIT)}\n".encode())
    if named == "packed reference":
        write(
            git / "packed-refs", f"# pack-refs\n{sha(OTHERS[0])} refs/heads/a\n{sha(COMMIT)} refs/heads/main\n".encode()
        )
    assert last_commit(tmp_path) == TIME


def test_clones_of_a_class_have_their_commits_time(tmp_path):
    for user, body in (("ann", COMMIT), ("bob", OTHERS[7])):
        git = tmp_path / f"hw1-{user}" / ".git"
        add_packed(git, [body])
        write(git / "HEAD", sha(body).encode())
        write(git.parent / "hw.py", b"x = 1\n")
    assert [handin.submitted for handin in open_class(tmp_path).handins] == [TIME, "2020-09-13T20:26:47+08:00"]


@pytest.mark.parametrize(
    "head",
    [b"", b"ref: refs/heads/none\n", b"ref: refs/../../x\n", b"ref: /etc/passwd\n", b"0" * 40, b"\xff\xfe", b"zz" * 20],
)
def test_head_that_leads_nowhere_gives_no_time(tmp_path, head):
    add_packed(tmp_path / ".git", OTHERS[:3])
    write(tmp_path / ".git" / "HEAD", head)
    assert last_commit(tmp_path) == ""


@pytest.mark.parametrize("spoil", ["delta", "cut", "no pack", "no mark", "zlib"])
def test_spoilt_objects_give_no_time(tmp_path, spoil):
    git = tmp_path / ".git"
    add_packed(git, [COMMIT], kind=6 if spoil == "delta" else 1)
    write(git / "HEAD", sha(COMMIT).encode())
    pack, index = git / "objects" / "pack" / "pack-1.pack", git / "objects" / "pack" / "pack-1.idx"
    if spoil == "cut":
        index.write_bytes(index.read_bytes()[:1058])
    elif spoil == "no pack":
        pack.unlink()
    elif spoil == "no mark":
        index.write_bytes(b"old" + index.read_bytes())
    elif spoil == "zlib":
        pack.write_bytes(pack.read_bytes()[:14] + b"garbage" * 20)
    assert last_commit(tmp_path) == ""


def test_folder_without_git_gives_no_time(tmp_path):
    assert last_commit(tmp_path) == ""
