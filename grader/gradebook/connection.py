"""Opens gradebooks, brings them up to date, and says in one sentence why a database cannot be used."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.errors import GradebookError
from grader.gradebook.schema import APPLICATION, MIGRATIONS

BUSY_SECONDS = 10.0
"""How long to wait for another program that uses the file."""

_REASONS = {
    "SQLITE_BUSY": "it is locked by another program; close that, then run the same command again",
    "SQLITE_LOCKED": "it is locked by another program; close that, then run the same command again",
    "SQLITE_READONLY": "it is read-only; make it writable, or name another file with --gradebook",
    "SQLITE_PERM": "permission denied; make it writable, or name another file with --gradebook",
    "SQLITE_AUTH": "permission denied; make it writable, or name another file with --gradebook",
    "SQLITE_CANTOPEN": "it cannot be opened; check that its folder exists and can be written",
    "SQLITE_NOTADB": "it is not a gradebook, or is damaged; restore a copy, or name another file with --gradebook",
    "SQLITE_CORRUPT": "it is damaged; restore a copy, or name another file with --gradebook",
    "SQLITE_FULL": "the disk is full; what is graded so far is kept, so make room and run the same command again",
    "SQLITE_IOERR": "the disk cannot be read or written; what is graded so far is kept",
}


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Raise what SQLite raises as a `GradebookError` of one sentence."""
    try:
        yield
    except sqlite3.Error as error:
        # Extended codes continue the name of their primary code: SQLITE_READONLY_DBMOVED, SQLITE_IOERR_WRITE.
        name = "_".join(str(getattr(error, "sqlite_errorname", "")).split("_")[:2])
        reason = _REASONS.get(name, str(error).lower())
        raise GradebookError(f"cannot use the gradebook {str(path)!r}: {reason}") from error


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection to a gradebook that is brought up to date, or made where there is none."""
    with _told_system(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with told(path):
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            _refuse_foreign(connection, path, MIGRATIONS)
            connection.execute("PRAGMA journal_mode = WAL")
            # A killed process loses nothing this way; a power cut may lose the last commits, though nothing older.
            connection.execute("PRAGMA synchronous = NORMAL")
            migrate(connection, MIGRATIONS)
            connection.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            connection.close()
            raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Return a connection that cannot write; the file may be in use by a run."""
    if not path.is_file():
        raise GradebookError(f"there is no gradebook {str(path)!r}; `grade class` makes one")
    # A write-ahead log needs a writable folder, unless nobody writes: then the file alone is all there is.
    writable = os.access(path.parent, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
    alone = not writable and not path.with_name(f"{path.name}-wal").exists()
    address = f"{path.resolve().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"
    with told(path):
        connection = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            version = _refuse_foreign(connection, path, MIGRATIONS)
        except BaseException:
            connection.close()
            raise
    if version < len(MIGRATIONS):
        connection.close()
        raise GradebookError(
            f"the gradebook {str(path)!r} is of an older version; run `grade class` with it once, which updates it"
        )
    return connection


def _refuse_foreign(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> int:
    """Return the version of a gradebook; raise for what is no gradebook, or one of a newer version."""
    application, version, tables = (
        connection.execute(query).fetchone()[0]
        for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
    )
    if application != APPLICATION and tables:
        raise GradebookError(f"{str(path)!r} is a database, but not a gradebook; name another file with --gradebook")
    if version > len(migrations):
        raise GradebookError(
            f"the gradebook {str(path)!r} is of version {version}, but this `grade` knows versions up to"
            f" {len(migrations)}; install a newer `grade`, or name another file with --gradebook"
        )
    return int(version)


def migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    """Apply the migrations that a database has not seen, each whole or not at all."""
    while True:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version >= len(migrations):
            return
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE; {migrations[version]};"
                f" PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {version + 1}; COMMIT"
            )
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what is written inside, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk has rolled back already.
        with contextlib.suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        raise


def claim_writer(path: Path) -> int:
    """Return the descriptor of a lock that one process at a time can hold; closing it, or dying, gives it back.

    Raises
    ------
    GradebookError
        If another process holds it.
    """
    lock = path.with_name(f"{path.name}-writer")
    with _told_system(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
        os.close(descriptor)
        process = f" (process {holder})" if holder.isdigit() else ""
        raise GradebookError(
            f"the gradebook {str(path)!r} is being written by another run of `grade`{process}; wait until it ends,"
            " or name another file with --gradebook"
        ) from None
    except OSError:
        # A file system without locks: SQLite's own still keep the file whole.
        return descriptor
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


@contextlib.contextmanager
def _told_system(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise GradebookError(
            f"cannot use the gradebook {str(path)!r}: {reason}; name another file with --gradebook"
        ) from error
