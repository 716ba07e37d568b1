"""`grade` on a full correct submission of the built-in course, warm, beside the same calls in a bare NumPy process.

Usage: python tests/benchmarks/speed.py [RUNS]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from recording import full_submission, record_calls, save, write_files

from grader.discovery import find_course
from grader.judge import Judge
from grader.sandbox import Sandbox

HERE = Path(__file__).parent


def timed(command: list[str], environment: dict[str, str]) -> float:
    """Return the wall seconds of a process."""
    start = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    course = find_course()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        submission, cache = full_submission(course), work / "cache"
        write_files(submission, work / "submit")
        judge = Judge(course, 0, cache)
        judge.prepare()
        save(record_calls(course, judge), work / "calls.pickle")

        environment = {**os.environ, "GRADE_CACHE": str(cache)}
        bare = [sys.executable, str(HERE / "bare.py"), str(work / "calls.pickle"), str(work / "submit")]
        grade = [sys.executable, "-m", "grader.cli", str(work / "submit"), "--report", str(work / "reports")]
        timed(grade, environment)
        whole = statistics.median(timed(grade, environment) for _ in range(runs))
        process = statistics.median(timed(bare, environment) for _ in range(runs))
        limit = float(subprocess.run([*bare, "5"], check=True, capture_output=True, text=True).stdout)

        with Sandbox() as sandbox:
            sandbox.teach(judge.scripts())
            times = [_grade(judge, sandbox, submission) for _ in range(runs + 1)][1:]
        further = statistics.median(times)
    rows = (
        ("grade, whole process, warm", whole, whole / process, f"a bare NumPy process ({process:.3f} s)"),
        ("each further submission", further, further / limit, f"the bare calls ({limit:.3f} s)"),
    )
    for what, seconds, ratio, than in rows:
        print(f"{what:<28} {seconds:7.3f} s   {ratio:6.2f} x {than}")


def _grade(judge: Judge, sandbox: Sandbox, submission) -> float:
    judge.forget()
    start = time.perf_counter()
    with sandbox.worker(submission) as worker:
        report = judge.grade(submission, worker)
    if report.score != report.max_score:
        raise SystemExit(f"the solutions earn {report.score} of {report.max_score}; mend that first")
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
