"""A database that cannot be used is told in one sentence, and loses nothing."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import pytest

from grader.errors import GradebookError, UsageError
from grader.gradebook import open_gradebook, read_gradebook
from grader.gradebook.connection import connect, migrate
from grader.gradebook.schema import MIGRATIONS

from .conftest import handed, run_of

ROOT = Path(__file__).resolve().parents[2]


def written(path, sql):
    connection = sqlite3.connect(path)
    connection.executescript(sql)
    connection.close()


def test_error_is_one_of_usage():
    assert issubclass(GradebookError, UsageError)


def test_new_gradebook_has_the_newest_version_and_checks_foreign_keys(path):
    connection = connect(path)
    values = [
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "foreign_keys", "journal_mode")
    ]
    assert values == [len(MIGRATIONS), 1, "wal"]
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        connection.execute("INSERT INTO submission (student_id, sha256) VALUES (99, 'x')")
    connection.close()


def test_migrations_are_applied_in_order_and_once(path):
    connection = sqlite3.connect(path, isolation_level=None)
    migrations = ("CREATE TABLE a (x)", "ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES (1, 2)")
    migrate(connection, migrations[:1])
    connection.execute("INSERT INTO a VALUES (7)")
    for _ in range(2):
        migrate(connection, migrations)
    assert connection.execute("SELECT x, y FROM a").fetchall() == [(7, None), (1, 2)]
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    connection.close()


def test_migration_that_fails_changes_nothing(path):
    connection = sqlite3.connect(path, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        migrate(connection, ("CREATE TABLE a (x); INSERT INTO b VALUES (1)",))
    assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    assert connection.execute("PRAGMA user_version").fetchone() == (0,)
    connection.close()


@pytest.mark.parametrize("opened", [open_gradebook, read_gradebook])
def test_newer_version_is_refused(path, opened):
    open_gradebook(path).close()
    written(path, "PRAGMA user_version = 99")
    with pytest.raises(GradebookError, match="is of version 99, but this `grade` knows versions up to"):
        opened(path)
    written(path, f"PRAGMA user_version = {len(MIGRATIONS)}")
    opened(path).close()


def test_older_version_is_read_after_it_was_updated(path):
    open_gradebook(path).close()
    written(path, "PRAGMA user_version = 0")
    with pytest.raises(GradebookError, match="is of an older version; run `grade class`"):
        read_gradebook(path)


@pytest.mark.parametrize("opened", [open_gradebook, read_gradebook])
def test_other_database_is_refused_and_left_alone(path, opened):
    written(path, "CREATE TABLE mine (x)")
    before = path.read_bytes()
    with pytest.raises(GradebookError, match="is a database, but not a gradebook"):
        opened(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("opened", [open_gradebook, read_gradebook])
def test_other_file_is_refused_and_left_alone(path, opened):
    path.write_text("name,score\n" * 100)
    with pytest.raises(GradebookError, match="it is not a gradebook, or is damaged; restore a copy"):
        opened(path)
    assert path.read_text() == "name,score\n" * 100


def test_damaged_page_is_told(path, settings, exercises, perfect):
    with open_gradebook(path) as book:
        run = run_of(book, settings, exercises, {"ada": perfect})
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)

    def read():
        with read_gradebook(path) as reader:
            return list(reader.entries(run))

    with pytest.raises(GradebookError, match="it is damaged; restore a copy"):
        read()


def test_locked_database_is_told(path, monkeypatch):
    monkeypatch.setattr("grader.gradebook.connection.BUSY_SECONDS", 0.05)
    open_gradebook(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(GradebookError, match="it is locked by another program; close that"):
        open_gradebook(path)
    other.close()
    open_gradebook(path).close()


def test_full_disk_is_told_and_what_is_stored_stays(path, settings, exercises, perfect):
    with open_gradebook(path) as book:
        run = book.begin_run(settings, exercises)
        run.store(run.enter(handed("ada")).id, perfect)
        pages = book._connection.execute("PRAGMA page_count").fetchone()[0]
        book._connection.execute(f"PRAGMA max_page_count = {pages + 3}")
        with pytest.raises(GradebookError, match="the disk is full; what is graded so far is kept"):
            run_of(book, settings, exercises, {f"s{k}": perfect for k in range(100)})
    with open_gradebook(path) as book:
        (first,) = book.reader.entries(run.id)
        assert (first.key, first.score) == ("ada", perfect.score)
        assert {one.score for one in book.reader.entries(run.id + 1)} <= {0.0, perfect.score}
        again = book.begin_run(settings, exercises)
        assert again.enter(handed("ada")).pending == []
        run_of(book, settings, exercises, {f"s{k}": perfect for k in range(100)})


def test_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(GradebookError, match=r"cannot use the gradebook '.*/file/g.sqlite': .*; name another file"):
        open_gradebook(tmp_path / "file" / "g.sqlite")


@pytest.fixture
def guarded(settings, exercises, perfect):
    """A gradebook that only its owner may write, in a folder that everyone may enter, seen by someone else."""
    folder = Path(tempfile.mkdtemp())
    with open_gradebook(folder / "gradebook.sqlite") as book:
        run_of(book, settings, exercises, {"ada": perfect})
    for file in folder.iterdir():
        file.chmod(0o444)
    folder.chmod(0o555)
    # Root may write everything, so it is put off for a while.
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(65534)
    yield folder / "gradebook.sqlite"
    if mine == 0:
        os.seteuid(mine)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_read_only_gradebook_is_refused_for_writing(guarded):
    with pytest.raises(GradebookError, match=r"cannot use the gradebook '.*': permission denied; name another file"):
        open_gradebook(guarded)


def test_read_only_gradebook_can_be_read(guarded):
    with read_gradebook(guarded) as reader:
        assert [one.key for one in reader.entries(reader.latest_run().id)] == ["ada"]


def test_file_that_cannot_be_written_in_a_folder_that_can_is_told(path, settings, exercises):
    open_gradebook(path).close()
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)
    from grader.gradebook.reading import Reader

    with Reader(path, connection) as reader, pytest.raises(GradebookError, match="it is read-only; make it writable"):
        list(reader.rows("UPDATE run SET finished = 'now'"))


KILLED = """
import sys
from pathlib import Path

import msgspec

from grader.core.verdict import Report
from grader.gradebook import ExercisePin, HandedIn, RunSettings, open_gradebook

path, report, pins = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
report = msgspec.json.decode(report.read_bytes(), type=Report)
pins = msgspec.json.decode(pins.read_bytes(), type=list[ExercisePin])
with open_gradebook(path) as book:
    run = book.begin_run(RunSettings(course="tiny", seed=0, source="x"), pins)
    hand_ins = (HandedIn(key=f"s{k:03}", name="", sha256=f"{k}") for k in range(400))
    for one, entered in run.pending(hand_ins):
        if entered.pending:
            run.store(entered.id, report)
            print(one.key, flush=True)
    run.finish()
"""


def test_killed_run_loses_nothing_that_was_stored_and_duplicates_nothing(tmp_path, path, exercises, wrong):
    report, pins = tmp_path / "report.json", tmp_path / "pins.json"
    report.write_bytes(msgspec.json.encode(wrong))
    pins.write_bytes(msgspec.json.encode(exercises))
    command = [sys.executable, "-c", KILLED, str(path), str(report), str(pins)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    acknowledged = []
    for lines in (1, 17, 60, None):
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            for k, line in enumerate(process.stdout, 1):
                acknowledged.append(line.strip())
                if k == lines:
                    time.sleep(0.0007 * lines)  # somewhere in one of the next transactions
                    process.send_signal(signal.SIGKILL)
            assert process.wait(60) == (0 if lines is None else -signal.SIGKILL)
    assert len(acknowledged) == len(set(acknowledged))
    with open_gradebook(path) as book:
        run = book.reader.latest_run(finished=True)
        entries = list(book.reader.entries(run.id))
        assert len(entries) == 400
        assert {(one.judged, one.score) for one in entries} == {(1, wrong.score)}
        counts = book.reader.rows("SELECT count(*), count(DISTINCT submission_id) FROM result")
        assert list(counts) == [(400, 400)]
        assert list(book.reader.rows("PRAGMA integrity_check")) == [("ok",)]
        assert list(book.reader.rows("PRAGMA foreign_key_check")) == []
    assert {one.key for one in entries} >= set(acknowledged)
