"""The gradebook as a run writes it: one transaction for each submission, one writer at a time."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from grader import __version__
from grader.core.verdict import ExerciseReport, Report, Status, Verdict
from grader.gradebook.connection import claim_writer, connect, told, transaction
from grader.gradebook.reading import Reader
from grader.gradebook.records import Entered, ExercisePin, HandedIn, Notice, RunSettings

COUNTED = -1
"""Stands for the seeds that a course's secret gives; digests tell one secret from another."""
DENIED = "not allowed while grading: "
"""How the judge's remarks begin that tell of an attempt at what the sandbox forbids."""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


class Gradebook:
    """A gradebook that is open for writing; a context manager. `open_gradebook` makes it.

    Parameters
    ----------
    clock
        Returns the time now, ISO 8601, UTC.

    Attributes
    ----------
    reader
        Reads what is written so far.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: int, clock: Callable[[], str]) -> None:
        self.path = path
        self.reader = Reader(path, connection)
        self._connection = connection
        self._lock = lock
        self._clock = clock
        self._claims: dict[tuple[str, str, str, str, float], int] = {}

    def __enter__(self) -> Gradebook:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let others write it."""
        try:
            with told(self.path):
                self._connection.close()
        finally:
            if self._lock >= 0:
                os.close(self._lock)
                self._lock = -1

    def begin_run(self, settings: RunSettings, exercises: Sequence[ExercisePin], *, fresh: bool = False) -> RunWriter:
        """Begin a run.

        Parameters
        ----------
        fresh
            Whether to judge again what is judged already; a run that is stopped and begun again without `fresh` goes on
            where it was stopped.
        """
        seed = COUNTED if settings.seed is None else settings.seed
        with told(self.path), transaction(self._connection):
            run = self._insert(
                "INSERT INTO run (kind, started, version, course, seed, source, settings) VALUES (?, ?, ?, ?, ?, ?, ?)",
                settings.kind, self._clock(), __version__, settings.course, seed, settings.source,
                _json(settings.options),
            )  # fmt: skip
            for position, pin in enumerate(exercises):
                self._connection.execute(
                    "INSERT INTO run_exercise VALUES (?, ?, ?, ?, ?)",
                    (run, position, pin.exercise, pin.title, pin.digest),
                )
                if fresh:
                    self._connection.execute(
                        "UPDATE result SET stale = 1 WHERE exercise = ? AND digest = ? AND seed = ?",
                        (pin.exercise, pin.digest, seed),
                    )
        return RunWriter(self, run, seed, {pin.exercise: pin.digest for pin in exercises})

    def _insert(self, statement: str, *values: object) -> int:
        row = self._connection.execute(statement, values).lastrowid
        if row is None:
            raise sqlite3.DatabaseError("a row was not written")
        return row

    def _claim(self, exercise: str, verdict: Verdict) -> int:
        """Return the row of a check's wording."""
        key = (exercise, verdict.check, verdict.function, verdict.title, verdict.max_points)
        if key not in self._claims:
            found = self._connection.execute(
                "SELECT id FROM claim"
                " WHERE exercise = ? AND name = ? AND function = ? AND title = ? AND max_points = ?",
                key,
            ).fetchone()
            self._claims[key] = found[0] if found else self._insert(
                "INSERT INTO claim (exercise, name, function, title, max_points) VALUES (?, ?, ?, ?, ?)", *key
            )  # fmt: skip
        return self._claims[key]


@dataclass(slots=True)
class RunWriter:
    """A run that goes on; `Gradebook.begin_run` makes it.

    Attributes
    ----------
    id
        Of the run, for `Reader`.
    """

    book: Gradebook
    id: int
    _seed: int
    _digests: dict[str, str]
    _submissions: dict[int, int] = field(default_factory=dict)

    def pending(self, handed_in: Iterable[HandedIn]) -> Iterator[tuple[HandedIn, Entered]]:
        """Enter hand-ins one after the other, and say of each which exercises are still to be judged."""
        for one in handed_in:
            yield one, self.enter(one)

    def enter(self, handed_in: HandedIn) -> Entered:
        """Enter a hand-in, with the results that are known already.

        Results are known where content, exercise, seed and grader are what they were, and the grader did not fail.
        """
        connection = self.book._connection
        with told(self.book.path), transaction(connection):
            student = self._student(handed_in)
            submission = self._submission(student, handed_in.sha256) if handed_in.sha256 else None
            connection.execute("DELETE FROM entry WHERE run_id = ? AND student_id = ?", (self.id, student))
            entry = self.book._insert(
                "INSERT INTO entry (run_id, student_id, submission_id, submitted, late, attempt, source, problem,"
                " remarks) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                self.id, student, submission, handed_in.submitted, handed_in.late, handed_in.attempt,
                handed_in.source, handed_in.problem, _json(handed_in.remarks),
            )  # fmt: skip
            connection.executemany(
                "INSERT INTO member VALUES (?, ?, ?, ?)",
                [(entry, k, one.name, _json(one.ids)) for k, one in enumerate(handed_in.members)],
            )
            known = self._known(submission) if submission is not None else {}
            connection.executemany(
                "INSERT INTO entry_result VALUES (?, ?, ?)", [(entry, name, row) for name, row in known.items()]
            )
        if submission is None:
            return Entered(id=entry, pending=[])
        pending = [name for name in self._digests if name not in known]
        if pending:
            self._submissions[entry] = submission
        return Entered(id=entry, pending=pending)

    def store(self, entry: int, report: Report) -> None:
        """Store the report on the exercises of an entry that were pending, in one transaction."""
        connection = self.book._connection
        submission = self._submissions[entry]
        claims = dict(self.book._claims)
        try:
            with told(self.book.path), transaction(connection):
                grading = self.book._insert(
                    "INSERT INTO grading (run_id, submission_id, started, seconds) VALUES (?, ?, ?, ?)",
                    self.id, submission, report.started, report.seconds,
                )  # fmt: skip
                connection.executemany(
                    "INSERT INTO remark VALUES (?, ?, ?, ?)",
                    [(grading, k, *_kind_of(text)) for k, text in enumerate(report.remarks)],
                )
                for exercise in report.exercises:
                    row = self._result(grading, submission, exercise)
                    connection.execute(
                        "INSERT OR REPLACE INTO entry_result VALUES (?, ?, ?)", (entry, exercise.exercise, row)
                    )
        except BaseException:
            self.book._claims = claims
            raise
        del self._submissions[entry]

    def fail(self, entry: int, problem: str) -> None:
        """Note that an entry could not be judged, and why."""
        with told(self.book.path), transaction(self.book._connection):
            self.book._connection.execute("UPDATE entry SET problem = ? WHERE id = ?", (problem, entry))

    def note(self, notices: Iterable[Notice]) -> None:
        """Add what is to be said about the class."""
        connection = self.book._connection
        with told(self.book.path), transaction(connection):
            (first,) = connection.execute(
                "SELECT coalesce(max(position) + 1, 0) FROM notice WHERE run_id = ?", (self.id,)
            ).fetchone()
            connection.executemany(
                "INSERT INTO notice VALUES (?, ?, ?, ?, ?)",
                [(self.id, first + k, one.kind, one.subject, one.message) for k, one in enumerate(notices)],
            )

    def finish(self) -> None:
        """Note that the run has come to its end."""
        with told(self.book.path), transaction(self.book._connection):
            self.book._connection.execute("UPDATE run SET finished = ? WHERE id = ?", (self.book._clock(), self.id))

    def _student(self, handed_in: HandedIn) -> int:
        (row,) = self.book._connection.execute(
            "INSERT INTO student (key, name, ids) VALUES (?, ?, ?)"
            " ON CONFLICT (key) DO UPDATE SET name = excluded.name, ids = excluded.ids RETURNING id",
            (handed_in.key, handed_in.name, _json(handed_in.ids)),
        ).fetchone()
        return int(row)

    def _submission(self, student: int, sha256: str) -> int:
        found = self.book._connection.execute(
            "SELECT id FROM submission WHERE student_id = ? AND sha256 = ?", (student, sha256)
        ).fetchone()
        if found:
            return int(found[0])
        return self.book._insert("INSERT INTO submission (student_id, sha256) VALUES (?, ?)", student, sha256)

    def _known(self, submission: int) -> dict[str, int]:
        """Return the newest results that hold for a submission, by exercise."""
        rows = self.book._connection.execute(
            "SELECT exercise, digest, id FROM result"
            " WHERE submission_id = ? AND seed = ? AND NOT stale AND status != ? ORDER BY id",
            (submission, self._seed, Status.ERRORED.value),
        )
        return {exercise: row for exercise, digest, row in rows if self._digests.get(exercise) == digest}

    def _result(self, grading: int, submission: int, report: ExerciseReport) -> int:
        row = self.book._insert(
            "INSERT INTO result (grading_id, submission_id, exercise, digest, seed, title, status, score, max_score,"
            " unfilled, missing, remarks) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            grading, submission, report.exercise, self._digests[report.exercise], self._seed, report.title,
            report.status.value, report.score, report.max_score, _json(report.unfilled), _json(report.missing),
            _json(report.remarks),
        )  # fmt: skip
        unwritten = {*report.unfilled, *report.missing}
        self.book._connection.executemany(
            "INSERT INTO verdict VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    row, k, self.book._claim(report.exercise, one), one.outcome.value, one.function not in unwritten,
                    one.points, one.message or None, one.hint or None, one.mistake,
                    None if one.counterexample is None else _json(one.counterexample),
                    _json(one.remarks) if one.remarks else None,
                )
                for k, one in enumerate(report.checks)
            ],
        )  # fmt: skip
        places = {one.function: (one.file, one.cell, one.line) for one in report.checks if one.file}
        self.book._connection.executemany(
            "INSERT INTO place VALUES (?, ?, ?, ?, ?)", [(row, name, *place) for name, place in places.items()]
        )
        return row


def _kind_of(remark: str) -> tuple[str, str]:
    return ("denied" if remark.startswith(DENIED) else "remark"), remark


def open_gradebook(path: Path, *, clock: Callable[[], str] = _now) -> Gradebook:
    """Open a gradebook for writing; it is made where there is none, and brought up to date.

    Raises
    ------
    GradebookError
        If another run writes it, or it cannot be used: locked, read-only, damaged, of a newer version, no gradebook.
    """
    lock = claim_writer(path)
    try:
        return Gradebook(path, connect(path), lock, clock)
    except BaseException:
        os.close(lock)
        raise
