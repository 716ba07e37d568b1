"""What checking an exercise costs beside the bare calls of the student's functions on the same cases.

Usage: python tests/benchmarks/cost.py [RUNS] [--profile EXERCISE]

The student's functions are the model answers, vectorised NumPy: the hardest case, as slower code makes the checks' own
share smaller. Plans are warm, scripts are ready, as they are for a class, and no answer has been seen before. "in
process" is judge and evaluator in one process, "confined" adds the sandbox.
"""

from __future__ import annotations

import argparse
import copy
import cProfile
import pstats
import time
from collections.abc import Callable

from recording import full_submission, record_calls

from grader.allocation import retain_freed_memory
from grader.core.submission import Submission
from grader.discovery import Course, find_course
from grader.judge import Judge
from grader.sandbox import InlineWorker, Sandbox
from grader.worker.script import ready_scripts


def bare_seconds(course: Course, judge: Judge) -> tuple[float, int]:
    """Return the processor seconds that the recorded calls take alone, and how many they are."""
    functions = dict(course.exercises[0].solution.functions)
    calls = [(functions[name], args) for name, args in record_calls(course, judge)]
    fresh = copy.deepcopy([args for _, args in calls])
    start = time.process_time()
    for (function, _), args in zip(calls, fresh, strict=True):
        function(*args)
    return time.process_time() - start, len(calls)


def seconds_of(action: Callable[[], object], clock: Callable[[], float]) -> float:
    """Return what a clock says that an action took."""
    start = clock()
    action()
    return clock() - start


def measure(course: Course, sandbox: Sandbox, runs: int) -> tuple[float, float, float, int]:
    """Return the least of bare and in-process processor seconds, and wall seconds confined, and the calls."""
    judge = Judge(course)
    judge.prepare()
    submission = full_submission(course)
    functions = dict(course.exercises[0].solution.functions)
    empty = Submission(student="cost", files=[])

    ready = {frame: script for frame in judge.scripts() for script in ready_scripts(frame)}

    def confined() -> None:
        judge.forget()
        with sandbox.worker(submission) as worker:
            judge.grade(submission, worker)

    def inline() -> None:
        judge.forget()
        judge.grade(empty, InlineWorker(functions, ready))

    sandbox.teach(judge.scripts())
    inline()
    confined()
    bare, own, wall = [], [], []
    for _ in range(runs):  # in turns, so that whatever else the machine does falls on all of them
        bare.append(bare_seconds(course, judge))
        own.append(seconds_of(inline, time.process_time))
        wall.append(seconds_of(confined, time.perf_counter))
    return min(seconds for seconds, _ in bare), min(own), min(wall), bare[0][1]


def profile(course: Course) -> None:
    """Print where the time of a check in process goes."""
    judge = Judge(course)
    judge.prepare()
    functions = dict(course.exercises[0].solution.functions)
    submission = Submission(student="cost", files=[])
    judge.grade(submission, InlineWorker(functions))
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(10):
        judge.forget()
        judge.grade(submission, InlineWorker(functions))
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


def main() -> None:
    parser = argparse.ArgumentParser(description="What checking costs beside the bare calls.")
    parser.add_argument("runs", type=int, nargs="?", default=9)
    parser.add_argument("--profile", metavar="EXERCISE")
    options = parser.parse_args()
    retain_freed_memory()
    course = find_course()
    if options.profile:
        profile(course.select([options.profile]))
        return
    print("| exercise | calls | bare calls | in process, processor time | ratio | confined, wall time | ratio |")
    print("|---|---|---|---|---|---|---|")
    with Sandbox() as sandbox:
        for pair in course.exercises:
            bare, own, wall, calls = measure(course.select([pair.exercise.name]), sandbox, options.runs)
            print(
                f"| {pair.exercise.name} | {calls} | {1000 * bare:.1f} ms | {1000 * own:.1f} ms | {own / bare:.1f}"
                f" | {1000 * wall:.1f} ms | {wall / bare:.1f} |"
            )


if __name__ == "__main__":
    main()
