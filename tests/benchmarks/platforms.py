"""Other graders and `grade` on the same submission and the same six checks: seconds for each submission.

Usage: python tests/benchmarks/platforms.py [--cache DIR] [--count N] [--only NAME]   prints a Markdown table

Each is installed by pip, from PyPI, into an environment of its own in the cache folder, which later runs use again.
Before it is timed each must pass the right submission and refuse a wrong one.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platform_files as files
import platformdirs

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 300


class Unusable(Exception):
    """A grader cannot be installed, or does not judge rightly."""


@dataclass(frozen=True)
class Platform:
    """A grader.

    Attributes
    ----------
    packages
        What pip installs for it; nothing for what is here already.
    prepare
        ``prepare(python, folder)`` writes what the teacher writes.
    submit
        ``submit(folder, name, source)`` puts a submission where it is looked for.
    commands
        ``commands(python, folder, names)`` are the commands that grade the submissions of these names.
    passed
        ``passed(folder, name)`` is how many of the six checks a submission passed, all where there are more.
    times
        How many times as many submissions are timed where each takes little.
    """

    name: str
    packages: tuple[str, ...]
    prepare: Callable[[Path, Path], object]
    submit: Callable[[Path, str, str], object]
    commands: Callable[[Path, Path, list[str]], list[tuple[list[str], Path]]]
    passed: Callable[[Path, str], int]
    times: int = 1


def write(path: Path, text: str) -> None:
    """Write a file, and the folders that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def submit_module(folder: Path, name: str, source: str) -> None:
    """Hand in a module beside the checks."""
    write(folder / name / "submission.py", source)
    for one, text in (("checks.py", files.CHECKS), ("test_layers.py", files.PYTEST), ("run.py", files.GRADESCOPE)):
        write(folder / name / one, text)


def gradescope_passed(folder: Path, name: str) -> int:
    """Count in the results that Gradescope reads."""
    tests = json.loads((folder / name / "results.json").read_text())["tests"]
    return sum(one["score"] == one["max_score"] for one in tests)


def pytest_passed(folder: Path, name: str) -> int:
    """Count in the summary of pytest."""
    report = (folder / name / "report.xml").read_text()
    return report.count("<testcase") - report.count("<failure") - report.count("<error")


def prepare_check50(_: Path, folder: Path) -> None:
    """Write the checks of check50, a package of its own."""
    write(folder / "problem" / "__init__.py", files.CHECK50.format(folder=str(folder / "problem")))
    write(folder / "problem" / "checks.py", files.CHECKS)
    write(folder / "problem" / ".cs50.yml", files.CHECK50_SETTINGS)


def check50_passed(folder: Path, name: str) -> int:
    """Count in the JSON of check50."""
    return sum(one["passed"] is True for one in json.loads((folder / name / "out.json").read_text())["results"])


def prepare_otter(python: Path, folder: Path) -> None:
    """Make the archive of Otter's tests."""
    for name, text in files.otter_tests().items():
        write(folder / "tests" / name, text)
    command = [str(python.with_name("otter")), "generate", "-t", "tests", "-o", "autograder.zip", "--no-config",
               "--no-requirements", "--no-environment"]  # fmt: skip
    _run(command, folder, python)


def submit_to_otter(folder: Path, name: str, source: str) -> None:
    """Hand in a notebook, and make the folder of its results."""
    write(folder / f"{name}.ipynb", files.otter_notebook(source))
    (folder / f"out-{name}").mkdir()


def otter_passed(folder: Path, name: str) -> int:
    """Count in the results of Otter."""
    tests = json.loads((folder / f"out-{name}" / "results.json").read_text())["tests"]
    return sum("score" in one and one["score"] == one["max_score"] for one in tests)


def prepare_nbgrader(python: Path, folder: Path) -> None:
    """Make the assignment of nbgrader."""
    write(folder / "nbgrader_config.py", "c = get_config()\nc.CourseDirectory.course_id = 'layers'\n")
    write(folder / "source" / "ps" / "hw.ipynb", files.nbgrader_notebook(files.RIGHT, is_source=True))
    _run([str(python.with_name("nbgrader")), "generate_assignment", "ps"], folder, python)


def nbgrader_passed(folder: Path, name: str) -> int:
    """Count in nbgrader's database."""
    query = (
        "SELECT sum(auto_score) FROM grade JOIN submitted_notebook n ON n.id = grade.notebook_id"
        " JOIN submitted_assignment a ON a.id = n.assignment_id WHERE a.student_id = ?"
    )
    with sqlite3.connect(folder / "gradebook.db") as book:
        return int(book.execute(query, (name,)).fetchone()[0] or 0)


def prepare_grade(_: Path, folder: Path) -> None:
    """Write a course of one exercise with the six checks."""
    write(folder / "six" / "course.toml", files.COURSE)
    write(folder / "six" / "layers.py", files.EXERCISE)
    write(folder / "six" / "solutions" / "layers.py", f"{files.RIGHT}\n\nmistakes = []\n")


def grade_command(names: list[str], folder: Path, *options: str) -> list[tuple[list[str], Path]]:
    """Return the command that grades submissions in one process."""
    paths = [f"{name}/submission.py" for name in names] if len(names) == 1 else names
    reports = [] if len(names) > 1 else ["--format", f"json={names[0]}.json"]
    return [([sys.executable, "-m", "grader.cli", *paths, *options, "--report", "reports", *reports], folder)]


def grade_passed(folder: Path, name: str) -> int:
    """Say that all passed, or one less."""
    report = json.loads((folder / f"{name}.json").read_text())
    wanted = [one for exercise in report["exercises"] for one in exercise["checks"]
              if one["function"] in ("relu", "relu_backward", "softmax_cross_entropy")]  # fmt: skip
    return 6 - sum(one["outcome"] != "passed" for one in wanted)


def class_command(_: Path, folder: Path, names: list[str]) -> list[tuple[list[str], Path]]:
    """Return the command that grades submissions as a class, with one judge and every page; it has never seen them."""
    made = folder / f"class-{len(names)}-{names[0]}"
    shutil.rmtree(made, ignore_errors=True)
    for name in names:
        write(made / "handed-in" / name / "submission.py", (folder / name / "submission.py").read_text())
    options = ["--course", "six", "--jobs", "1", "--report", str(made / "report")]
    return [([sys.executable, "-m", "grader.cli", "class", str(made / "handed-in"), *options], folder)]


def class_passed(folder: Path, name: str) -> int:
    """Say that all passed, or one less."""
    with sqlite3.connect(folder / f"class-1-{name}" / "report" / "gradebook.sqlite") as book:
        return 6 - (book.execute("SELECT count(*) FROM result WHERE status != 'passed'").fetchone()[0] > 0)


def _each(command: Callable[[Path, Path, str], list[str]], *, inside: bool = True):
    def commands(python: Path, folder: Path, names: list[str]) -> list[tuple[list[str], Path]]:
        return [(command(python, folder, name), folder / name if inside else folder) for name in names]

    return commands


def platforms() -> Iterator[Platform]:
    """Yield all graders."""
    yield Platform(
        "gradescope-utils", ("gradescope-utils",), lambda *_: None, submit_module,
        _each(lambda python, folder, name: [str(python), "run.py"]), gradescope_passed,
    )  # fmt: skip
    yield Platform(
        "pytest", ("pytest",), lambda *_: None, submit_module,
        _each(lambda python, folder, name: [str(python), "-m", "pytest", "-q", "--junitxml=report.xml"]), pytest_passed,
    )  # fmt: skip
    yield Platform(
        "check50", ("check50",), prepare_check50, submit_module,
        _each(lambda python, folder, name: [str(python.with_name("check50")), "--dev", str(folder / "problem"), "-o",
                                            "json", "--output-file", "out.json"]), check50_passed,
    )  # fmt: skip
    yield Platform(
        "nbgrader", ("nbgrader",), prepare_nbgrader,
        lambda folder, name, source: write(
            folder / "submitted" / name / "ps" / "hw.ipynb", files.nbgrader_notebook(source, is_source=False)),
        _each(lambda python, folder, name: [str(python.with_name("nbgrader")), "autograde", "ps", "--student", name,
                                            "--force"], inside=False), nbgrader_passed,
    )  # fmt: skip
    yield Platform(
        "otter-grader", ("otter-grader", "ipykernel"), prepare_otter,
        submit_to_otter,
        _each(lambda python, folder, name: [str(python.with_name("otter")), "run", f"{name}.ipynb", "-a",
                                            "autograder.zip", "-o", f"out-{name}"], inside=False), otter_passed,
    )  # fmt: skip
    yield Platform(
        "grade, the same six checks", (), prepare_grade, submit_module,
        lambda python, folder, names: grade_command(names, folder, "--course", "six"), grade_passed, 10,
    )  # fmt: skip
    yield Platform("grade class, the same", (), prepare_grade, submit_module, class_command, class_passed, 10)
    yield Platform(
        "grade, all checks of both exercises", (), lambda *_: None, submit_module,
        lambda python, folder, names: grade_command(
            names, folder, "--only", "activations", "--only", "softmax_cross_entropy"), grade_passed, 10,
    )  # fmt: skip


def installed(platform: Platform, cache: Path) -> Path:
    """Return the Python of an environment with a grader."""
    folder = cache / platform.packages[0]
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "-q", f"numpy=={np.__version__}", *platform.packages]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unusable(f"not installed: {done.stderr.strip().splitlines()[-1]}")
        (folder / "installed").touch()
    return python


def _run(command: list[str], folder: Path, python: Path) -> str:
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    own = {"PYTHONPATH": str(ROOT), "GRADE_CACHE": str(folder / "cache")} if python == Path(sys.executable) else {}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | own
    done = subprocess.run(command, cwd=folder, env=environment | {"PATH": path}, capture_output=True, text=True,
                          timeout=SECONDS, check=False)  # fmt: skip
    return f"{done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"


def timed(platform: Platform, python: Path, folder: Path, names: list[str]) -> float:
    """Return the wall seconds of grading some submissions, one process after the other."""
    start = time.perf_counter()
    for command, where in platform.commands(python, folder, names):
        _run(command, where, python) if python != Path(sys.executable) else _run(command, folder, python)
    return time.perf_counter() - start


def measure(platform: Platform, cache: Path, folder: Path, count: int) -> tuple[float, float]:
    """Return the seconds of one submission and of each further one, after a proof that the grader judges."""
    python = installed(platform, cache) if platform.packages else Path(sys.executable)
    folder.mkdir(parents=True)
    platform.prepare(python, folder)
    for name, source, wanted in (("right", files.RIGHT, True), ("wrong", files.WRONG, False)):
        platform.submit(folder, name, source)
        told = [_run(command, where, python) for command, where in platform.commands(python, folder, [name])]
        try:
            passed = platform.passed(folder, name)
        except (OSError, ValueError, KeyError, TypeError, sqlite3.Error) as error:
            raise Unusable(f"no result ({type(error).__name__}): {' '.join(told)[-300:]}") from error
        if (passed == len(files.NAMES)) is not wanted:
            raise Unusable(f"{passed} checks passed of the {name} submission: {' '.join(told)[-300:]}")
    names = [f"s{number}" for number in range(count)]
    for number, name in enumerate(names):
        platform.submit(folder, name, f"# {number}\n{files.RIGHT}")
    one = statistics.median(timed(platform, python, folder, [name]) for name in names[:3])
    return one, (timed(platform, python, folder, names) - one) / (count - 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, default=Path(platformdirs.user_cache_dir("grade-benchmarks")))
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    found: dict[str, tuple[float, float] | str] = {}
    with tempfile.TemporaryDirectory() as name:
        for platform in platforms():
            if options.only in platform.name:
                try:
                    count = options.count * platform.times
                    found[platform.name] = measure(platform, options.cache, Path(name) / platform.name, count)
                except (Unusable, subprocess.TimeoutExpired) as error:
                    found[platform.name] = " ".join(str(error).split())
    own = found.get("grade class, the same")
    print("| grader | one submission, whole process | each further one | submissions a minute | `grade class` is |")
    print("|---|---|---|---|---|")
    for grader, value in found.items():
        if isinstance(value, str):
            print(f"| {grader} | {value} | | | |")
            continue
        ratio = f"{value[1] / own[1]:.1f} × as fast" if isinstance(own, tuple) else ""
        print(f"| {grader} | {value[0]:.2f} s | {1000 * value[1]:.1f} ms | {60 / value[1]:.0f} | {ratio} |")


if __name__ == "__main__":
    main()
