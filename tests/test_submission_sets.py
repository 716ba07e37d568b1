"""Every right answer in another style earns full points; every wrong one, with one mistake each, fails."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.core.verdict import ExerciseReport, Outcome
from grader.discovery import find_course
from grader.judge import Judge
from grader.sandbox import Sandbox
from grader.submissions import read_submission

FOLDER = Path(__file__).parent / "submissions"


@dataclass(frozen=True)
class Entry:
    path: Path
    exercise: str
    functions: tuple[str, ...]
    wrong: str


def read_entry(path: Path) -> Entry:
    header = dict(re.findall(r"^# (\w+): (.*)$", path.read_text("utf-8"), re.MULTILINE)[:3])
    functions = tuple(name.strip() for name in header["functions"].split(","))
    return Entry(path, path.parent.name, functions, header.get("wrong", "").strip())


def entries(kind: str) -> list[pytest.ParameterSet]:
    paths = sorted((FOLDER / kind).glob("*/*.py"))
    return [pytest.param(read_entry(path), id=f"{path.parent.name}/{path.stem}") for path in paths]


@pytest.fixture(scope="session")
def sandbox():
    with Sandbox() as opened:
        yield opened


@pytest.fixture(scope="session")
def judges(tmp_path_factory):
    course = find_course()
    cache = tmp_path_factory.mktemp("plans")
    return {pair.exercise.name: Judge(course.select([pair.exercise.name]), 0, cache) for pair in course.exercises}


def grade(entry: Entry, judges: dict[str, Judge], sandbox: Sandbox) -> ExerciseReport:
    submission = read_submission(entry.path)
    with sandbox.worker(submission) as worker:
        return judges[entry.exercise].grade(submission, worker).exercises[0]


@pytest.mark.parametrize("entry", entries("right"))
def test_right_answer_earns_full_points(entry, judges, sandbox):
    report = grade(entry, judges, sandbox)
    lost = [
        f"{v.check}: {v.message}" for v in report.checks if v.function in entry.functions and v.points < v.max_points
    ]
    judged = {v.function for v in report.checks if v.outcome is Outcome.PASSED}

    assert not lost
    assert set(entry.functions) <= judged


@pytest.mark.parametrize("entry", entries("wrong"))
def test_wrong_answer_does_not_pass(entry, judges, sandbox):
    verdicts = [v for v in grade(entry, judges, sandbox).checks if v.function == entry.wrong]

    assert verdicts
    assert any(v.outcome is Outcome.FAILED for v in verdicts), "every check passes"
    assert not any(v.outcome is Outcome.ERRORED for v in verdicts)


def test_sets_are_as_large_as_promised():
    assert len(entries("right")) >= 40
    assert len(entries("wrong")) >= 100
