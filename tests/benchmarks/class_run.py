"""A class of many kinds of hand-ins: time, processors and memory; beside the bare calls; killed, and begun again.

Usage: python tests/benchmarks/class_run.py [N] [--jobs N] [--seed N] [--keep DIR] [--only-limit]   prints tables

Plans are warm. Processor time is of the command with its judges and their workers, as the kernel sums it up.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from calls_of_a_class import record
from hand_ins import Generator, HandIn, write_class
from processes import Measured, Watched, run

from grader.discovery import find_course
from grader.engines import cores
from grader.judge import Judge

HERE = Path(__file__).parent
PART = 200
"""Submissions whose calls are recorded at once."""


@dataclass(frozen=True)
class Bench:
    """Where a class is graded, and by how many judges."""

    work: Path
    jobs: int

    @property
    def environment(self) -> dict[str, str]:
        """The environment of all processes: the project, and warm plans."""
        package = str(HERE.parents[1])
        return {**os.environ, "PYTHONPATH": package, "GRADE_CACHE": str(self.work / "cache"), "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1"}  # fmt: skip

    def command(self, source: str, report: str) -> list[str]:
        """Return the command that grades a class."""
        return [sys.executable, "-m", "grader.cli", "class", str(self.work / source), "--report",
                str(self.work / report), "--jobs", str(self.jobs)]  # fmt: skip

    def grade(self, source: str, report: str) -> Measured:
        """Grade a class."""
        return _sound(run(self.command(source, report), self.environment))

    def ask(self, report: str, query: str) -> list[tuple]:
        """Return the rows of a query to a gradebook."""
        with contextlib.closing(sqlite3.connect(self.work / report / "gradebook.sqlite")) as book:
            return book.execute(query).fetchall()


def _sound(one: Measured) -> Measured:
    if one.code not in (0, 2, 3):
        raise SystemExit(f"grade class ended with {one.code}: {one.said[-3:]}")
    return one


def table(head: Sequence[str], *rows: Sequence[str]) -> None:
    """Print a Markdown table."""
    for row in (head, ["---"] * len(head), *rows):
        print(f"| {' | '.join(row)} |")
    print(flush=True)


def whole_class(bench: Bench, count: int) -> None:
    """Grade the class, and print what it took."""
    one = bench.grade("class", "report")
    judged = one.when(f"grading: {count} of {count}")
    tenth, begun = (one.when(f"grading: {-(-count * share // 20)} of {count}") for share in (2, 1))
    busy = one.cpu_between(begun, judged) / (judged - begun) / min(bench.jobs, cores())
    memory = f"{one.peak('judge', until=tenth):.0f} MB, {one.peak('judge', since=tenth):.0f} MB"
    table(
        ("class", "wall time", "processor time", "submissions a second", "cores busy while judging",
         "judge's memory: first tenth, rest", "parent's memory", "pages"),
        (f"{count} × 6 exercises, {bench.jobs} judges", f"{one.wall:.1f} s", f"{one.cpu:.1f} s",
         f"{count / judged:.1f}", f"{100 * busy:.0f} %", memory, f"{one.peak('parent'):.0f} MB",
         f"{one.wall - judged:.1f} s"),
    )  # fmt: skip
    worst = bench.ask("report", "SELECT max(seconds), avg(seconds) FROM grading")[0]
    errored = bench.ask("report", "SELECT count(*) FROM result WHERE status = 'errored'")[0][0]
    print(f"slowest submission {worst[0]:.1f} s, mean {worst[1]:.2f} s, exit code {one.code}, errored {errored}\n")


def limit(bench: Bench, hand_ins: Sequence[HandIn]) -> None:
    """Grade what can be compared, make the same calls in bare processes, and print both."""
    write_class([one for one in hand_ins if one.is_comparable], bench.work / "comparable")
    compared = [one for one in hand_ins if one.is_comparable]
    one = bench.grade("comparable", "comparable-report")
    bare, calls, scores = 0.0, 0, {}
    judge = Judge(find_course(), 0, bench.work / "cache")
    judge.prepare()
    for first in range(0, len(compared), PART):
        folder = bench.work / f"calls-{first}"
        scores |= record(judge, compared[first : first + PART], folder)
        seconds, made = bare_calls(folder, bench)
        bare, calls = bare + seconds, calls + made
        for path in folder.iterdir():
            path.unlink()
    lost = [h.key for h in compared if h.kind == "right" and scores[h.key] < 1]
    table(
        ("submissions", "calls", "bare calls, processor time", "grade class, processor time", "ratio",
         "of it parent, judges, workers", "right, and lost points"),
        (f"{len(compared)} right or mistaken", f"{calls}", f"{bare:.1f} s", f"{one.cpu:.1f} s", f"{one.cpu / bare:.1f}",
         ", ".join(f"{one.cpu_of(role):.1f} s" for role in ("parent", "judge", "worker")), str(len(lost))),
    )  # fmt: skip


def bare_calls(folder: Path, bench: Bench) -> tuple[float, int]:
    """Return processor seconds and number of the recorded calls, made by one bare process for each judge."""

    def part(first: int) -> tuple[float, int]:
        command = [sys.executable, str(HERE / "bare_class.py"), str(folder), str(first), str(bench.jobs)]
        done = subprocess.run(command, env=bench.environment, check=True, capture_output=True, text=True)
        seconds, calls = done.stdout.split()
        return float(seconds), int(calls)

    with ThreadPoolExecutor(bench.jobs) as pool:
        parts = list(pool.map(part, range(bench.jobs)))
    return sum(seconds for seconds, _ in parts), sum(calls for _, calls in parts)


def interrupted(bench: Bench, count: int) -> None:
    """Kill a run in its middle, begin it again, change one submission, and print what came of it."""
    stored = "SELECT count(*) FROM grading"
    watched = Watched(bench.command("class", "killed"), bench.environment)
    half = f"grading: {-(-count * 10 // 20)} of {count}"
    while not any(half in line for _, line in watched.measured.said):
        time.sleep(0.01)
    watched.kill()
    watched.wait()
    before = bench.ask("killed", stored)[0][0]
    again = bench.grade("class", "killed")
    after = bench.ask("killed", stored)[0][0]
    readable = bench.ask("report", stored)[0][0]
    twice = bench.ask("killed", "SELECT count(*) FROM (SELECT 1 FROM result GROUP BY submission_id, exercise"
                                " HAVING count(*) > 1)")[0][0]  # fmt: skip
    same = "SELECT count(*), sum(score) FROM entry_result JOIN result ON result.id = result_id JOIN entry ON" \
           " entry.id = entry_id WHERE entry.run_id = (SELECT max(id) FROM run)"  # fmt: skip
    with (bench.work / "class" / "s00000" / "activations.py").open("a") as file:
        file.write("\n# changed\n")
    alike = bench.ask("killed", same) == bench.ask("report", same)
    changed = bench.grade("class", "killed")
    judged = bench.ask("killed", stored)[0][0] - after
    nothing = bench.grade("class", "killed")
    table(
        ("what", "time", "judged"),
        ("killed by SIGKILL at half", "", f"{before} of {readable} stored"),
        ("begun again", f"{again.wall:.1f} s",
         f"{after - before}; lost {readable - after}, judged twice {twice}, same grades as at once: {alike}"),
        ("one changed", f"{changed.wall:.2f} s ({changed.cpu:.2f} s of processors)", f"{judged}"),
        ("nothing changed", f"{nothing.wall:.2f} s ({nothing.cpu:.2f} s of processors)", "0"),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("students", type=int, nargs="?", default=1000)
    parser.add_argument("--jobs", type=int, default=cores())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="an empty folder for everything, which stays")
    parser.add_argument("--only-limit", action="store_true", help="only what is beside the bare calls")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        work = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bench = Bench(work.resolve(), options.jobs)
        course = find_course()
        generator = Generator(course, options.seed)
        hand_ins = [generator.hand_in(number) for number in range(options.students)]
        print(", ".join(f"{count} {kind}" for kind, count in Counter(one.kind for one in hand_ins).items()) + "\n")
        Judge(course, 0, bench.work / "cache").prepare()
        if not options.only_limit:
            write_class(hand_ins, bench.work / "class")
            whole_class(bench, len(hand_ins))
            interrupted(bench, len(hand_ins))
        limit(bench, hand_ins)


if __name__ == "__main__":
    main()
