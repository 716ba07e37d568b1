"""Runs the command line: in this process where that does not matter, as a process of its own where it does."""

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.cli import main

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "exercises" / "foundations" / "example_submission"


@dataclass
class Ended:
    code: int
    out: str
    err: str

    @property
    def sentence(self):
        """What was said, as one line."""
        return " ".join(f"{self.out}{self.err}".split())


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """A cache of plans that all workers of a test run share."""
    shared = tmp_path_factory.getbasetemp()
    folder = (shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared) / "plans"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def grade(monkeypatch, capsys, tmp_path, cache):
    """Run `grade` in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADE_CACHE", str(cache))
    monkeypatch.delenv("GRADE_DEBUG", raising=False)
    monkeypatch.delenv("GRADE_SECRET", raising=False)

    def run(*args):
        with pytest.raises(SystemExit) as end:
            main([str(arg) for arg in args])
        shown = capsys.readouterr()
        return Ended(end.value.code, shown.out, shown.err)

    return run


@pytest.fixture(scope="session")
def environment(cache):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GRADE_", "COLUMNS", "FORCE_"))}
    return {**kept, "PYTHONPATH": str(ROOT), "GRADE_CACHE": str(cache), "PYTHONWARNINGS": "error"}


@pytest.fixture(scope="session")
def process(environment):
    """Run `grade` as a process of its own."""

    def run(*args, cwd, **more):
        command = [sys.executable, "-m", "grader.cli", *map(str, args)]
        done = subprocess.run(
            command, cwd=cwd, env={**environment, **more}, capture_output=True, text=True, timeout=250, check=False
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def write(tmp_path):
    """Write files below the test's folder, indentation removed; return the path of the first."""

    def written(**files):
        paths = []
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
            paths.append(path)
        return paths[0]

    return written


@pytest.fixture(scope="session")
def course(tiny):
    """The folder of the small course."""
    return tiny.exercises


def report_in(path):
    """Return a JSON report with the verdicts by check."""
    report = json.loads(Path(path).read_text("utf-8"))
    return report, {check["check"]: check for exercise in report["exercises"] for check in exercise["checks"]}
