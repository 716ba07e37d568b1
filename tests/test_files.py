"""What is written with `replacing` is there whole or not at all, and nothing else stays behind."""

import errno
import fcntl
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from grader.files import replacing

ROOT = Path(__file__).resolve().parents[1]


def write(path, content, **options):
    with replacing(path, **options) as file:
        if isinstance(content, BaseException):
            file.write(b"half")
            raise content
        file.write(content)


@pytest.mark.parametrize("durable", [True, False])
def test_a_new_file_takes_the_place_of_the_old_one(tmp_path, durable):
    path = tmp_path / "made" / "file"
    write(path, b"one", durable=durable)
    with path.open("rb") as old:
        write(path, b"two", durable=durable)
        assert old.read() == b"one"
    assert path.read_bytes() == b"two"
    assert os.listdir(path.parent) == ["file"]


def test_the_old_file_stays_until_the_block_has_ended(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt(), ValueError()])
def test_a_failing_block_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(type(error)):
        write(path, error)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_fills_up_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, call):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if call == "fsync" else (Path, "replace")), full)
    with pytest.raises(OSError, match="No space left"):
        write(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize(("mode", "expected"), [(0o666, 0o644), (0o600, 0o600)])
def test_permissions_follow_the_mask(tmp_path, mode, expected):
    before = os.umask(0o022)
    try:
        write(tmp_path / "file", b"", mode=mode)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == expected


KILLED = """
import os, signal, sys
from pathlib import Path
from grader.files import replacing
with replacing(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_program_left_is_removed_by_the_next_one(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", KILLED, path], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    assert len(os.listdir(tmp_path)) == 2
    write(tmp_path / "other", b"x")
    assert sorted(os.listdir(tmp_path)) == ["file", "other"]


def test_a_folder_is_not_looked_through_where_nobody_asks_for_it(tmp_path):
    left = tmp_path / ".grade-0123456789ab.tmp"
    left.write_bytes(b"half")
    write(tmp_path / "one", b"1", sweep=False)
    assert left.exists()
    write(tmp_path / "two", b"2")
    assert not left.exists()


def test_what_another_program_writes_now_is_left_alone(tmp_path):
    with replacing(tmp_path / "first") as file:
        file.write(b"1")
        write(tmp_path / "second", b"2")
        assert len(os.listdir(tmp_path)) == 2
    assert (tmp_path / "first").read_bytes() == b"1"
    assert sorted(os.listdir(tmp_path)) == ["first", "second"]


def test_other_files_are_left_alone(tmp_path):
    names = [".grade-notes", "report.tmp", ".grade-folder.tmp"]
    for name in names[:2]:
        (tmp_path / name).touch()
    (tmp_path / names[2]).mkdir()
    write(tmp_path / "file", b"")
    assert sorted(os.listdir(tmp_path)) == sorted([*names, "file"])


def test_many_writers_of_one_file_do_not_disturb_each_other(tmp_path):
    path = tmp_path / "file"
    failures = []

    def work(letter):
        try:
            for _ in range(30):
                write(path, letter * 5000, durable=False)
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(letter,)) for letter in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert set(path.read_bytes().decode()) in ({"a"}, {"b"}, {"c"})
    assert os.listdir(tmp_path) == ["file"]


def test_a_new_file_that_was_swept_before_its_lock_is_made_again(tmp_path, monkeypatch):
    lock, taken = fcntl.flock, []

    def late(descriptor, operation):
        if not taken:
            taken.extend(tmp_path.iterdir())
            taken[0].unlink()
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    write(tmp_path / "file", b"x")
    assert (tmp_path / "file").read_bytes() == b"x"
    assert len(taken) == 1


def test_a_file_system_without_locks_is_written_to(tmp_path, monkeypatch):
    def none(*_):
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", none)
    write(tmp_path / "file", b"x")
    assert os.listdir(tmp_path) == ["file"]
