"""The gradebook as reports read it: rows one after the other, never all of a class at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from grader.core.verdict import Counterexample, ExerciseReport, Outcome, Report, Status, Verdict
from grader.gradebook.connection import connect_to_read, told
from grader.gradebook.records import (
    Entry,
    ExercisePin,
    MadeMistake,
    Member,
    MistakeStatistics,
    Notice,
    Remark,
    Run,
    RunSettings,
)

_ENTRIES = """
    SELECT entry.id, student.key, student.name, student.ids, coalesce(submission.sha256, ''), entry.submitted,
           entry.late, entry.attempt, entry.source, entry.problem, entry.remarks,
           count(result.id),
           coalesce(sum(result.status = 'errored'), 0), coalesce(sum(result.score), 0.0),
           coalesce(sum(result.max_score), 0.0),
           (SELECT sum(seconds) FROM grading WHERE id IN (
               SELECT grading_id FROM entry_result JOIN result ON result.id = result_id WHERE entry_id = entry.id))
    FROM entry JOIN student ON student.id = entry.student_id
    LEFT JOIN submission ON submission.id = entry.submission_id
    LEFT JOIN entry_result ON entry_result.entry_id = entry.id
    LEFT JOIN result ON result.id = entry_result.result_id
"""

_OUTCOMES = {one.value: one for one in Outcome}


class Reader:
    """Reads a gradebook, also while a run writes it; a context manager. `read_gradebook` makes it.

    All that is read of a run is what holds for it: a result of an earlier run that was not judged again counts, one
    that was does not.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._claims: dict[int, tuple[str, str, float, str]] = {}

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        with told(self.path):
            self._connection.close()

    def rows(self, query: str, *values: object) -> Iterator[tuple[object, ...]]:
        """Yield the rows of a query; for this package alone."""
        with told(self.path):
            yield from self._connection.execute(query, values)

    def runs(self) -> Iterator[Run]:
        """Yield all runs, the latest first."""
        with told(self.path):
            rows = self._connection.execute("SELECT id FROM run ORDER BY id DESC").fetchall()
        for (run,) in rows:
            yield self.run(run)

    def latest_run(self, *, finished: bool = False) -> Run | None:
        """Return the latest run, or the latest that came to its end; `None` where there is none."""
        return next((run for run in self.runs() if run.finished is not None or not finished), None)

    def run(self, run: int) -> Run:
        """Return a run."""
        with told(self.path):
            kind, started, finished, version, course, seed, source, options = self._connection.execute(
                "SELECT kind, started, finished, version, course, seed, source, settings FROM run WHERE id = ?", (run,)
            ).fetchone()
            exercises = self._connection.execute(
                "SELECT exercise, title, digest FROM run_exercise WHERE run_id = ? ORDER BY position", (run,)
            ).fetchall()
        return Run(
            id=run,
            settings=RunSettings(
                course=course, seed=_seed(seed), source=source, kind=kind,
                options=msgspec.json.decode(options, type=dict[str, str | list[str]]),
            ),
            version=version,
            started=started,
            finished=finished,
            exercises=[ExercisePin(exercise=name, title=title, digest=digest) for name, title, digest in exercises],
        )  # fmt: skip

    def entries(self, run: int) -> Iterator[Entry]:
        """Yield the submissions of a run, by student."""
        query = f"{_ENTRIES} WHERE entry.run_id = ? GROUP BY entry.id ORDER BY student.key"
        with told(self.path):
            for row in self._connection.execute(query, (run,)):
                yield self._entry(row)

    def entry(self, entry: int) -> Entry:
        """Return a submission of a run."""
        with told(self.path):
            query = f"{_ENTRIES} WHERE entry.id = ? GROUP BY entry.id"
            return self._entry(self._connection.execute(query, (entry,)).fetchone())

    def statuses(self, run: int) -> Iterator[tuple[int, str, Status, float]]:
        """Yield (entry, exercise, status, score) of a run, entry by entry in the order of `entries`."""
        query = """
            SELECT entry.id, result.exercise, result.status, result.score
            FROM entry JOIN student ON student.id = entry.student_id
            JOIN entry_result ON entry_result.entry_id = entry.id JOIN result ON result.id = result_id
            JOIN run_exercise ON run_exercise.run_id = entry.run_id AND run_exercise.exercise = result.exercise
            WHERE entry.run_id = ? ORDER BY student.key, run_exercise.position
        """
        with told(self.path):
            for entry, exercise, status, score in self._connection.execute(query, (run,)):
                yield entry, exercise, Status(status), score

    def report(self, entry: int) -> Report:
        """Return all that is said about a submission, as it was judged; exercises in the order of the course."""
        with told(self.path):
            name, odd, course, seed, version = self._connection.execute(
                "SELECT student.name, entry.remarks, run.course, run.seed, run.version"
                " FROM entry JOIN run ON run.id = entry.run_id JOIN student ON student.id = student_id"
                " WHERE entry.id = ?",
                (entry,),
            ).fetchone()
            gradings = self._connection.execute(
                "SELECT grading.id, grading.started, grading.seconds FROM entry_result"
                " JOIN result ON result.id = result_id JOIN grading ON grading.id = grading_id"
                " WHERE entry_id = ? GROUP BY grading.id ORDER BY grading.id",
                (entry,),
            ).fetchall()
            remarks = [
                *msgspec.json.decode(odd, type=list[str]),
                *(text for grading, *_ in gradings for text in self._remarks(grading)),
            ]
        exercises = list(self._exercises(entry))
        seconds = [taken for _, _, taken in gradings if taken is not None]
        return Report(
            student=name,
            course=course,
            seed=_seed(seed),
            version=version,
            score=round(sum(exercise.score for exercise in exercises), 6),
            max_score=round(sum(exercise.max_score for exercise in exercises), 6),
            remarks=list(dict.fromkeys(remarks)),
            exercises=exercises,
            started=gradings[-1][1] if gradings else None,
            seconds=round(sum(seconds), 3) if seconds else None,
        )

    def notices(self, run: int) -> Iterator[Notice]:
        """Yield what a run has to say about the class."""
        query = "SELECT kind, subject, message FROM notice WHERE run_id = ? ORDER BY position"
        with told(self.path):
            for kind, subject, message in self._connection.execute(query, (run,)):
                yield Notice(kind=kind, subject=subject, message=message)

    def remarks(self, run: int, *, kind: str | None = None) -> Iterator[Remark]:
        """Yield what was odd about the submissions of a run; ``kind="denied"``: attempts at what is forbidden."""
        query = """
            SELECT DISTINCT entry.id, student.key, student.name, remark.kind, remark.text
            FROM entry JOIN student ON student.id = entry.student_id
            JOIN entry_result ON entry_result.entry_id = entry.id JOIN result ON result.id = result_id
            JOIN remark ON remark.grading_id = result.grading_id
            WHERE entry.run_id = ? AND (? IS NULL OR remark.kind = ?)
            ORDER BY student.key, remark.grading_id, remark.position
        """
        with told(self.path):
            for entry, key, name, found, text in self._connection.execute(query, (run, kind, kind)):
                yield Remark(entry=entry, key=key, name=name, kind=found, text=text)

    def mistakes(self, run: int) -> Iterator[MistakeStatistics]:
        """Yield the known mistakes that were made in a run, those of most submissions first."""
        query = """
            SELECT claim.exercise, verdict.mistake, max(coalesce(verdict.hint, '')), count(DISTINCT entry.id) AS entries
            FROM entry JOIN entry_result ON entry_result.entry_id = entry.id
            JOIN verdict ON verdict.result_id = entry_result.result_id JOIN claim ON claim.id = verdict.claim_id
            WHERE entry.run_id = ? AND verdict.mistake IS NOT NULL
            GROUP BY claim.exercise, verdict.mistake ORDER BY entries DESC, claim.exercise, verdict.mistake
        """
        with told(self.path):
            for exercise, mistake, hint, entries in self._connection.execute(query, (run,)):
                yield MistakeStatistics(exercise=exercise, mistake=mistake, hint=hint, entries=entries)

    def who_made(self, run: int, exercise: str, mistake: str) -> Iterator[MadeMistake]:
        """Yield the submissions of a run that make a known mistake, by student."""
        query = """
            SELECT entry.id, student.key, student.name, min(claim.name)
            FROM entry JOIN student ON student.id = entry.student_id
            JOIN entry_result ON entry_result.entry_id = entry.id
            JOIN verdict ON verdict.result_id = entry_result.result_id JOIN claim ON claim.id = verdict.claim_id
            WHERE entry.run_id = ? AND claim.exercise = ? AND verdict.mistake = ?
            GROUP BY entry.id ORDER BY student.key
        """
        with told(self.path):
            for entry, key, name, check in self._connection.execute(query, (run, exercise, mistake)):
                yield MadeMistake(entry=entry, key=key, name=name, exercise=exercise, check=check, mistake=mistake)

    def _entry(self, row: tuple[object, ...]) -> Entry:
        fields = dict(zip(Entry.__struct_fields__, [*row[:11], [], *row[11:]], strict=True))
        fields["ids"] = msgspec.json.decode(str(fields["ids"]))
        fields["remarks"] = msgspec.json.decode(str(fields["remarks"]))
        fields["late"] = None if fields["late"] is None else bool(fields["late"])
        fields["members"] = self._members(row[0])
        entry = msgspec.convert(fields, Entry)
        return msgspec.structs.replace(entry, score=round(entry.score, 6), max_score=round(entry.max_score, 6))

    def _members(self, entry: object) -> list[Member]:
        query = "SELECT name, ids FROM member WHERE entry_id = ? ORDER BY position"
        return [
            Member(name=name, ids=msgspec.json.decode(ids, type=dict[str, str]))
            for name, ids in self._connection.execute(query, (entry,))
        ]

    def _remarks(self, grading: int) -> list[str]:
        query = "SELECT text FROM remark WHERE grading_id = ? ORDER BY position"
        return [text for (text,) in self._connection.execute(query, (grading,))]

    def _exercises(self, entry: int) -> Iterator[ExerciseReport]:
        query = """
            SELECT result.id, result.exercise, result.title, result.status, result.score, result.max_score,
                   result.unfilled, result.missing, result.remarks
            FROM entry JOIN entry_result ON entry_result.entry_id = entry.id JOIN result ON result.id = result_id
            JOIN run_exercise ON run_exercise.run_id = entry.run_id AND run_exercise.exercise = result.exercise
            WHERE entry.id = ? ORDER BY run_exercise.position
        """
        names = list[str]
        with told(self.path):
            for row, exercise, title, status, score, most, unfilled, missing, remarks in self._connection.execute(
                query, (entry,)
            ):
                yield ExerciseReport(
                    exercise=exercise,
                    title=title,
                    status=Status(status),
                    score=score,
                    max_score=most,
                    checks=self.verdicts(row),
                    unfilled=msgspec.json.decode(unfilled, type=names),
                    missing=msgspec.json.decode(missing, type=names),
                    remarks=msgspec.json.decode(remarks, type=names),
                )

    def verdicts(self, result: int) -> list[Verdict]:
        """Return the verdicts of one result; for this package alone."""
        query = """
            SELECT claim_id, outcome, points, message, hint, mistake, counterexample, remarks
            FROM verdict WHERE result_id = ? ORDER BY position
        """
        found = self._connection.execute("SELECT function, file, cell, line FROM place WHERE result_id = ?", (result,))
        places = {function: place for function, *place in found}
        listed = []
        for number, outcome, points, message, hint, mistake, counterexample, remarks in self._connection.execute(
            query, (result,)
        ):
            check, function, most, title = self._claim(number)
            file, cell, line = places.get(function, ("", "", 0))
            listed.append(
                Verdict(
                    check=check, function=function, outcome=_OUTCOMES[outcome], points=points, max_points=most,
                    title=title, message=message or "", hint=hint or "", mistake=mistake,
                    counterexample=msgspec.json.decode(counterexample, type=Counterexample) if counterexample else None,
                    remarks=msgspec.json.decode(remarks, type=list[str]) if remarks else [],
                    file=file, cell=cell, line=line,
                )
            )  # fmt: skip
        return listed

    def _claim(self, number: int) -> tuple[str, str, float, str]:
        """Return name, function, points and title of a claim; those of a course are few, and never change."""
        if number not in self._claims:
            rows = self._connection.execute("SELECT id, name, function, max_points, title FROM claim")
            self._claims = {row: (name, function, most, title) for row, name, function, most, title in rows}
        return self._claims[number]


def _seed(stored: int) -> int | None:
    """Return a run's seed; `None` for those that a course's secret gives."""
    return stored if stored >= 0 else None


def read_gradebook(path: Path) -> Reader:
    """Open a gradebook for reading.

    Raises
    ------
    GradebookError
        If there is none, or it cannot be read: damaged, of a newer or older version, no gradebook.
    """
    return Reader(path, connect_to_read(path))
