"""The calls that grading a full correct submission makes, recorded so that a bare NumPy process can repeat them."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

from grader.core.submission import Cell, SourceFile, Submission
from grader.discovery import Course
from grader.judge import Judge
from grader.sandbox import InlineWorker


def full_submission(course: Course) -> Submission:
    """Return the solutions of a course as one submission of several files."""
    files = [
        SourceFile(f"{pair.exercise.name}.py", [Cell("", _student_source(pair.solution.source))])
        for pair in course.exercises
    ]
    return Submission(student="full", files=files)


def _student_source(source: str) -> str:
    return "\n".join(line for line in source.splitlines() if not line.startswith("from grader"))


def write_files(submission: Submission, folder: Path) -> None:
    """Write a submission's files to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in submission.files:
        (folder / file.path).write_text(file.cells[0].source, encoding="utf-8")


def record_calls(course: Course, judge: Judge) -> list[tuple[str, tuple]]:
    """Return (function, arguments) of every call that grading makes."""
    calls: list[tuple[str, tuple]] = []
    functions = {}
    for pair in course.exercises:
        for name, kernel in pair.solution.functions.items():
            functions[name] = _recorded(name, kernel, calls)
    judge.grade(Submission(student="recorded", files=[]), InlineWorker(functions))
    return calls


def _recorded(name, kernel, calls):
    def call(*args):
        calls.append((name, copy.deepcopy(args)))
        return kernel(*args)

    return call


def save(calls: list[tuple[str, tuple]], path: Path) -> None:
    """Store calls for the bare process; our own data, read back by our own script."""
    path.write_bytes(pickle.dumps(calls))
