"""Writes the pages of a class: one on the class, one for each student, one for each pair that is alike."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TextIO

import msgspec

from grader.core.verdict import Report
from grader.errors import UsageError
from grader.gradebook import Entry, Reader, Run, read_gradebook
from grader.gradebook.overview import result_numbers
from grader.report import opened, write_report
from grader.report.classroom import page, pair_page
from grader.report.classroom.building import STUDENTS, class_report, run_to_report, with_likeness
from grader.report.classroom.comparing import PAIRS, Noted, Read, compare
from grader.report.classroom.likeness import Findings
from grader.report.classroom.names import page_name
from grader.report.classroom.records import ClassReport
from grader.report.pages import static

PAGES = "pages.json"
"""Which reports the students' pages show, so that those which did not change are not written again."""


def write_class_report(
    gradebook: Reader,
    folder: Path,
    *,
    run: int | None = None,
    read: Read | None = None,
    given: Iterable[str] = (),
    noted: Noted | None = None,
    json: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ClassReport:
    """Write the report on a class: ``folder/index.html``, and ``folder/students/NAME.html`` for each student.

    Parameters
    ----------
    gradebook
        What `read_gradebook` opened, or the `reader` of a gradebook that is open for writing.
    run
        The run to report on; by default the latest.
    read
        Reads what an entry handed in, to compare the submissions with each other; they are not compared without it. It
        is called only for contents that were not compared before, and for the suspects.
    given
        Sources that everyone was given, such as starters (see `given_sources`), which are no sign of copying.
    noted
        Fingerprints of submissions that were read already.
    json
        Where the report goes as JSON, if anywhere.
    progress
        Called with how many students' pages are written, and how many there are.

    Raises
    ------
    GradebookError
        If the gradebook has no run, or cannot be read.
    UsageError
        If a file cannot be written.
    """
    chosen = run_to_report(gradebook, run)
    with ThreadPoolExecutor(1) as pool:
        # Mostly the database's work, while the sources are compared.
        summed = pool.submit(_summed, gradebook.path, chosen)
        findings = compare(gradebook, chosen.id, read, given, noted=noted) if read is not None else None
        report = summed.result()
    if findings is not None:
        report = with_likeness(report, findings.comparison)
    _write_students(gradebook, chosen, folder, progress)
    _write_pairs(report, findings, folder)
    _write(folder / "index.html", lambda file: page.write(report, file))
    if json is not None:
        _write(json, lambda file: write_json(report, file))
    return report


def _summed(path: Path, run: Run) -> ClassReport:
    """Return what a class did, read over a connection of its own: this may be another thread."""
    with read_gradebook(path) as reader:
        return class_report(reader, run)


def write_json(report: ClassReport, file: TextIO) -> None:
    """Write the report as JSON, indented by two spaces, in the order of the fields."""
    file.write(msgspec.json.format(msgspec.json.encode(report), indent=2).decode("utf-8") + "\n")


def _write_students(reader: Reader, run: Run, folder: Path, progress: Callable[[int, int], None] | None) -> None:
    """Write the pages of all students whose report is not what their page shows already."""
    manifest = folder / STUDENTS / PAGES
    old, new = _manifest(manifest), {}
    numbers = result_numbers(reader, run.id)
    look = hashlib.sha256((static("report.css") + static("report.js")).encode()).hexdigest()
    entries = list(reader.entries(run.id))
    written = 0
    for done, entry in enumerate(entries, start=1):
        name = f"{page_name(entry.key)}.html"
        shows = (entry.name, entry.remarks, entry.problem, numbers.get(entry.id, ""), run.version, run.settings, look)
        new[name] = hashlib.sha256(msgspec.json.encode(shows)).hexdigest()
        target = folder / STUDENTS / name
        if old.get(name) != new[name] or not target.exists():
            # Stopped here, no page is believed to show what it may not show any more.
            _remove(manifest)
            write_report(_report(reader, entry), "html", target, sweep=not written)
            written += 1
        if progress is not None:
            progress(done, len(entries))
    for name in old.keys() - new.keys():
        # Of someone whose submission is gone, such as one that was matched with the roster since.
        if Path(name).name == name:
            _remove(folder / STUDENTS / name)
    _write(manifest, lambda file: file.write(msgspec.json.encode(new).decode()))


def _write_pairs(report: ClassReport, findings: Findings | None, folder: Path) -> None:
    """Write the pages on pairs that are alike, and remove those of earlier runs."""
    pairs = report.likeness.pairs if report.likeness else []
    for pair, excerpts in zip(pairs, findings.excerpts if findings else [], strict=True):
        made = io.StringIO()
        pair_page.write(report, pair, excerpts, made)
        text = made.getvalue()
        # Most are of an earlier run, and the same as they were: to write a file safely takes longer than to read it.
        if not _holds(folder / pair.page, text):
            _write(folder / pair.page, functools.partial(_put, text))
    current = {Path(pair.page).name for pair in pairs}
    for path in (folder / PAIRS).glob("[0-9][0-9][0-9].html"):
        if path.name not in current:
            _remove(path)


def _report(reader: Reader, entry: Entry) -> Report:
    report = reader.report(entry.id)
    return msgspec.structs.replace(report, remarks=[entry.problem, *report.remarks]) if entry.problem else report


def _put(text: str, file: TextIO) -> None:
    file.write(text)


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False


def _manifest(path: Path) -> dict[str, str]:
    """Return what is known of the pages that are there; nothing where that is not to be had."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError):
        return {}


def _write(path: Path, write: Callable[[TextIO], object]) -> None:
    """Write a file, whole or not at all."""
    with _told(path), opened(path) as file:
        write(file)


def _remove(path: Path) -> None:
    with _told(path):
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Raise what the system refuses as one sentence."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UsageError(f"cannot write the class report to {str(path)!r}: {reason}") from error
