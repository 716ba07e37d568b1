"""How right the verdicts are: every right and wrong implementation under tests/submissions, at many seeds.

Usage: python tests/benchmarks/judgement.py [--seeds N] [--jobs N] [--only EXERCISE] [--sandbox] [--cache DIR]
                                              [--names FILE]

A wrong file is caught where a check of its wrong function fails; a right file is wrongly failed where one of its
functions loses points. The files are the project's own, so they run in this process; `--sandbox` runs them confined.
`--names` writes what each wrong file is about and the mistake that it was told, to be read by a person.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import multiprocessing
import re
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from grader.core.submission import Submission
from grader.core.verdict import ExerciseReport, Outcome
from grader.discovery import find_course
from grader.judge import Judge
from grader.sandbox import InlineWorker, Sandbox
from grader.submissions import read_submission

FOLDER = Path(__file__).resolve().parents[1] / "submissions"


@dataclass(frozen=True)
class Entry:
    """A file of the sets: which functions it holds, which one is wrong, and what is wrong with it."""

    path: Path
    exercise: str
    functions: tuple[str, ...]
    wrong: str
    about: str

    @property
    def label(self) -> str:
        """The exercise and the file's name."""
        return f"{self.exercise}/{self.path.stem}"


@dataclass(frozen=True)
class Seen:
    """What one file was told at one seed."""

    label: str
    seed: int
    wrong: bool
    about: str
    as_due: bool
    seconds: float
    problems: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    hints: tuple[str, ...] = field(default=())


def entries(exercise: str | None = None) -> list[Entry]:
    """Return all files of both sets."""
    paths = [*sorted((FOLDER / "right").glob("*/*.py")), *sorted((FOLDER / "wrong").glob("*/*.py"))]
    return [read_entry(path) for path in paths if exercise in (None, path.parent.name)]


def read_entry(path: Path) -> Entry:
    """Return a file's header."""
    header = dict(re.findall(r"^# (\w+): (.*)$", path.read_text("utf-8"), re.MULTILINE)[:3])
    functions = tuple(name.strip() for name in header["functions"].split(","))
    return Entry(path, path.parent.name, functions, header.get("wrong", "").strip(), header.get("about", ""))


def functions_of(path: Path, names: list[str]) -> dict[str, Callable[..., object]]:
    """Return a trusted file's functions of the given names."""
    module = ModuleType(f"benchmarked_{path.parent.parent.name}_{path.parent.name}_{path.stem}")
    sys.modules[module.__name__] = module  # a dataclass looks its module up by name
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(path.read_text("utf-8"), str(path), "exec"), vars(module))
    return {name: getattr(module, name) for name in names if callable(getattr(module, name, None))}


def grade_group(task: tuple[str, int, str | None, bool]) -> list[Seen]:
    """Grade all files of one exercise at one seed."""
    exercise, seed, cache, confined = task
    course = find_course().select([exercise])
    judge = Judge(course, seed, Path(cache) if cache else None)
    judge.prepare()
    names = [function.name for function in course.exercises[0].exercise.functions]
    seen = []
    with contextlib.ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox()) if confined else None
        for entry in entries(exercise):
            start = time.perf_counter()
            if sandbox is None:
                submission = Submission(student=entry.label, files=[])
                with contextlib.redirect_stdout(io.StringIO()):
                    report = judge.grade(submission, InlineWorker(functions_of(entry.path, names))).exercises[0]
            else:
                submission = read_submission(entry.path)
                with sandbox.worker(submission) as worker:
                    report = judge.grade(submission, worker).exercises[0]
            seen.append(_seen(entry, seed, report, time.perf_counter() - start))
    return seen


def _seen(entry: Entry, seed: int, report: ExerciseReport, seconds: float) -> Seen:
    checks = [verdict for verdict in report.checks if verdict.function in entry.functions]
    named = tuple(dict.fromkeys(v.mistake for v in checks if v.mistake))
    if entry.wrong:
        own = [verdict for verdict in checks if verdict.function == entry.wrong]
        failed = [v for v in own if v.outcome is Outcome.FAILED]
        problems = tuple(f"{v.check}: {v.message}" for v in failed)
        caught = bool(failed) and not any(v.outcome is Outcome.ERRORED for v in own)
        hints = tuple(dict.fromkeys(v.hint for v in failed if v.hint))
        return Seen(entry.label, seed, True, entry.about, caught, seconds, problems, named, hints)
    lost = tuple(f"{v.check}: {v.message}" for v in checks if v.points < v.max_points)
    return Seen(entry.label, seed, False, entry.about, not lost, seconds, lost, named)


def measure(seeds: int, *, jobs: int, only: str | None, confined: bool, cache: str | None) -> Iterator[Seen]:
    """Yield what every file was told at every seed, as it comes."""
    exercises = sorted({entry.exercise for entry in entries(only)})
    tasks = [(exercise, seed, cache, confined) for seed in range(seeds) for exercise in exercises]
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for group in pool.imap_unordered(grade_group, tasks):
            yield from group


def table(seen: list[Seen], seeds: int) -> str:
    """Return caught and wrongly failed by exercise as a Markdown table."""
    lines = ["| exercise | caught | wrongly failed | named | time per file (median) |", "|---|---|---|---|---|"]
    by_exercise: dict[str, list[Seen]] = defaultdict(list)
    for one in seen:
        by_exercise[one.label.split("/")[0]].append(one)
    for name, group in [*sorted(by_exercise.items()), ("all", seen)]:
        wrong, right = [s for s in group if s.wrong], [s for s in group if not s.wrong]
        milliseconds = 1000 * statistics.median(s.seconds for s in group)
        lines.append(
            f"| {name} | {sum(s.as_due for s in wrong)} of {len(wrong)}"
            f" | {sum(not s.as_due for s in right)} of {len(right)}"
            f" | {sum(bool(s.names) for s in wrong)} of {len(wrong)} | {milliseconds:.0f} ms |"
        )
    return "\n".join([f"{seeds} seeds", "", *lines])


def faults(seen: list[Seen]) -> Iterator[str]:
    """Yield each file that was missed or wrongly failed, with the seeds and what was said."""
    by_label: dict[tuple[str, bool], list[Seen]] = defaultdict(list)
    for one in seen:
        if not one.as_due:
            by_label[one.label, one.wrong].append(one)
    for (label, wrong), group in sorted(by_label.items()):
        where = ", ".join(str(one.seed) for one in sorted(group, key=lambda one: one.seed))
        said = "" if wrong else "; ".join(group[0].problems)
        yield f"{'missed' if wrong else 'wrongly failed'}: {label} at seeds {where}  ({group[0].about})  {said}"
    for one in seen:
        if not one.wrong and one.names:
            yield f"right, but named: {one.label} at seed {one.seed}: {one.names}"


def main() -> None:
    parser = argparse.ArgumentParser(description="How right the verdicts are.")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--only")
    parser.add_argument("--sandbox", action="store_true")
    parser.add_argument("--cache")
    parser.add_argument("--names", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seen = list(
            measure(options.seeds, jobs=options.jobs, only=options.only, confined=options.sandbox,
                    cache=options.cache or folder)
        )  # fmt: skip
    print(table(seen, options.seeds))
    for line in faults(seen):
        print(line)
    if options.names:
        lines = [
            f"{s.label}\t{s.about}\t{' | '.join(s.names) or '-'}\t{' | '.join(s.hints)}\t{' | '.join(s.problems)}"
            for s in sorted(seen, key=lambda s: (s.label, s.seed)) if s.wrong
        ]  # fmt: skip
        options.names.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
