"""Grades of a class in the files that platforms read: ``--export FORMAT=FILE``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from grader.classroom import exports
from grader.classroom.handins import HandIn
from grader.classroom.late import adjusted, exact
from grader.classroom.matching import Entry as Owner
from grader.cli.class_job import ClassJob
from grader.cli.class_roll import Roll
from grader.core.verdict import Status
from grader.courses import did_you_mean
from grader.errors import UsageError
from grader.files import replacing
from grader.gradebook import Entry, Reader, exercise_statistics
from grader.report.classroom.building import STUDENTS
from grader.report.classroom.names import page_name
from grader.report.text import points

FORMATS = ("csv", "xlsx", "canvas", "moodle", "canvas-feedback", "moodle-feedback", "json")


class Target(NamedTuple):
    """A format and the file to write."""

    format: str
    path: Path


def parse_exports(job: ClassJob) -> list[Target]:
    """Return what is to be exported; refused before anything is graded where it cannot be.

    Raises
    ------
    UsageError
        If a format is unknown, names no file, or needs something that was not given.
    """
    targets: list[Target] = []
    for text in job.exports:
        name, equals, file = text.partition("=")
        if name not in FORMATS:
            raise UsageError(f"--export: unknown format {name!r}{did_you_mean(name, FORMATS)}")
        if not equals or not file:
            raise UsageError(f"--export: format {name!r} names no file; write it as {name}=FILE")
        if name == "moodle" and not job.worksheet:
            raise UsageError("--export moodle fills in the worksheet that Moodle gives; name it with --worksheet FILE")
        if name == "canvas" and not job.assignment:
            raise UsageError("--export canvas needs --assignment TITLE, the column of Canvas' gradebook")
        if job.worksheet and Path(file).resolve() == Path(job.worksheet).resolve():
            raise UsageError(f"--export {text}: the worksheet itself is kept as it is; name another file")
        if any(target.path.resolve() == Path(file).resolve() for target in targets):
            raise UsageError(f"two exports name the file {file!r}; give each its own")
        targets.append(Target(name, Path(file)))
    if job.worksheet and not Path(job.worksheet).is_file():
        raise UsageError(f"--worksheet: no such file {job.worksheet!r}; check the spelling")
    return targets


def write_exports(targets: Sequence[Target], job: ClassJob, roll: Roll, reader: Reader, run: int) -> Iterator[str]:
    """Write the exports, and yield a sentence about each and about each problem.

    Raises
    ------
    GradeError
        If one cannot be written or filled in.
    """
    if not targets:
        return
    rows = export_rows(roll, reader, run)
    for target in targets:
        if target.format == "json":  # the class report itself, written with its pages
            yield f"{target.path}: json"
            continue
        try:
            if target.format.endswith("-feedback"):
                problems = _write_feedback(target, job, roll)
                yield f"{target.path}: {target.format}"
            else:
                filled = _filled(target.format, job, rows)
                _write(target.path, filled.content)
                problems = filled.problems
                yield f"{target.path}: {target.format}, {filled.written} grades"
        except OSError as error:
            raise UsageError(
                f"cannot write {str(target.path)!r}: {(error.strerror or type(error).__name__).lower()}"
            ) from error
        yield from (f"{target.path}: {problem}" for problem in problems)


def export_rows(roll: Roll, reader: Reader, run: int) -> list[exports.ExportRow]:
    """Return the grade of every student, those in no roster and those who handed in nothing included."""
    maxima = {one.exercise: exact(one.max_score) for one in exercise_statistics(reader, run)}
    entries = {entry.key: entry for entry in reader.entries(run)}
    scores: dict[int, dict[str, tuple[Status, Decimal]]] = {}
    for number, exercise, status, score in reader.statuses(run):
        scores.setdefault(number, {})[exercise] = (status, exact(score))
    total = sum(maxima.values(), Decimal(0))
    rows = []
    for owner in roll.matched.entries:
        entry = entries.get(owner.handin.key) if owner.handin is not None else None
        if owner.handin is None or entry is None:
            rows.append(
                exports.ExportRow(key=owner.key, name=owner.name, ids=owner.ids, max_score=total, status="missing")
            )
        else:
            rows.append(_row(owner, owner.handin, entry, scores.get(entry.id, {}), roll, total, len(maxima)))
    return rows


def _row(
    owner: Owner,
    handin: HandIn,
    entry: Entry,
    scores: dict[str, tuple[Status, Decimal]],
    roll: Roll,
    total: Decimal,
    exercises: int,
) -> exports.ExportRow:
    if entry.problem or entry.errored or entry.judged < exercises:
        note = entry.problem or "the grader failed on it; grade it again, or look at it yourself"
        return exports.ExportRow(
            key=owner.key, name=owner.name, ids=owner.ids, max_score=total, status="ungraded", note=note,
            submitted=handin.submitted, late=handin.late,
        )  # fmt: skip
    extension = roll.extensions.of(owner.ids, owner.name)
    grade = adjusted(roll.policy, handin, exact(entry.score), total, extension=extension)
    return exports.ExportRow(
        key=owner.key,
        name=owner.name,
        ids=owner.ids,
        raw=grade.raw,
        penalty=grade.penalty,
        final=grade.final,
        max_score=total,
        late=grade.late,
        days_late=grade.days_late,
        submitted=handin.submitted,
        exercises={name: score for name, (_, score) in scores.items()},
        comment="; ".join(f"{name}: {points(float(score))}" for name, (_, score) in scores.items()),
        note=grade.note,
    )


def _filled(name: str, job: ClassJob, rows: Sequence[exports.ExportRow]) -> exports.Filled:
    if name == "csv":
        return exports.Filled(content=exports.write_csv(rows), written=_graded(rows))
    if name == "xlsx":
        return exports.Filled(content=exports.write_xlsx(rows), written=_graded(rows))
    if name == "moodle":
        return exports.fill_moodle(Path(job.worksheet), rows)
    if job.worksheet:
        return exports.fill_canvas(Path(job.worksheet), rows, assignment=job.assignment)
    total = rows[0].max_score if rows else Decimal(0)
    return exports.fresh_canvas(rows, assignment=job.assignment, points=total)


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as file:
        file.write(content)


def _graded(rows: Sequence[exports.ExportRow]) -> int:
    return sum(row.status == "graded" for row in rows)


def _write_feedback(target: Target, job: ClassJob, roll: Roll) -> list[str]:
    """Write each student's page into an archive that the platform takes back."""

    def pages() -> Iterator[tuple[HandIn, bytes]]:
        for handin in roll.counted.values():
            page = job.report_folder / STUDENTS / f"{page_name(handin.key)}.html"
            if page.is_file():
                yield handin, page.read_bytes()

    with replacing(target.path) as stream:
        if target.format == "moodle-feedback":
            return exports.write_moodle_feedback(stream, ((one, {"feedback.html": page}) for one, page in pages()))
        return exports.write_canvas_feedback(stream, pages())
