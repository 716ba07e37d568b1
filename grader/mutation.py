"""Whether the checks notice small changes of the kernels: every mutant is judged, and a survivor needs a reason."""

from __future__ import annotations

import contextlib
import difflib
import functools
import multiprocessing
import os
import resource
import signal
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from grader.checks.findings import Finding
from grader.checks.verdicts import Explanation
from grader.core.exercise import Function
from grader.core.mutants import MutableSource, Mutant
from grader.core.verdict import Outcome, Verdict
from grader.discovery import Course, Paired, load_course
from grader.errors import AuthoringError
from grader.judge import ExerciseJudge, Judge
from grader.memory import Memory
from grader.sandbox import InlineWorker
from grader.worker.script import Script, ready_scripts

DEADLINE = 20.0
"""Seconds after which a mutant counts as noticed: a submission would be stopped, too."""
MEMORY = 8 * 2**30
"""Bytes of address space of a process that judges mutants."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no check notices.

    Attributes
    ----------
    function
        The definition in which it is.
    line
        Of the solution's file.
    difference
        The changed lines, before and after.
    """

    function: str
    line: int
    difference: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MutationReport:
    """What came of an exercise's mutants.

    Attributes
    ----------
    explained
        How many survive with a reason.
    survivors
        Those without.
    stale
        What is wrong with the reasons, as clauses.
    """

    exercise: str
    path: Path
    mutants: int
    killed: int
    explained: int
    survivors: tuple[Survivor, ...]
    stale: tuple[str, ...]


Progress = Callable[[int, int], None]
"""Hears how many mutants are judged, and of how many."""


def mutate(
    course: Course,
    *,
    seed: int = 0,
    jobs: int | None = None,
    deadline: float = DEADLINE,
    progress: Progress | None = None,
) -> Iterator[MutationReport]:
    """Yield the report on every exercise's mutants.

    Parameters
    ----------
    jobs
        Processes; as many as processors where `None`, this one where 1.
    deadline
        Seconds that one mutant may take.

    Raises
    ------
    AuthoringError
        If an exercise has no solution.
    """
    count = jobs or os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="grade-") as folder, contextlib.ExitStack() as stack:
        run: Callable[..., Iterator[str]] = map
        if count > 1:
            spawn = multiprocessing.get_context("spawn")
            pool = stack.enter_context(ProcessPoolExecutor(count, mp_context=spawn, initializer=_limit_memory))
            run = functools.partial(pool.map, chunksize=8)
        for pair in course.exercises:
            if pair.solution is None:
                raise AuthoringError(f"{pair.exercise.name} has no solution; write one of the same name")
            bench = Bench(course.folder, pair.solution.path.parent, pair.exercise.name, seed, Path(folder), deadline)
            bench.prepare()
            yield _report(pair, bench, run, progress)


def _report(pair: Paired, bench: Bench, run: Callable[..., Iterator[str]], progress: Progress | None) -> MutationReport:
    solution = pair.solution
    assert solution is not None
    source = MutableSource(solution.source)
    mutants = source.mutants(source.used_by(function.name for function in pair.exercise.functions))
    noticed: list[str] = []
    for check in run(bench.noticed_by, mutants):
        noticed.append(check)
        if progress is not None:
            progress(len(noticed), len(mutants))
    caught = {(m.definition, m.code): check for m, check in zip(mutants, noticed, strict=True)}
    explained, stale = _explained(pair, source, caught)
    alive = [m for m in mutants if not caught[m.definition, m.code]]
    unexplained = [m for m in alive if (m.definition, m.code) not in explained]
    survivors = tuple(
        Survivor(m.definition, m.line, _difference(source.codes[m.definition], m.code)) for m in unexplained
    )
    killed = len(mutants) - len(alive)
    return MutationReport(
        pair.exercise.name, solution.path, len(mutants), killed, len(alive) - len(unexplained), survivors, tuple(stale)
    )


def _explained(
    pair: Paired, source: MutableSource, caught: Mapping[tuple[str, str], str]
) -> tuple[set[tuple[str, str]], list[str]]:
    """Return which mutants have a reason to survive, and what is wrong with those reasons."""
    explained: set[tuple[str, str]] = set()
    stale = []
    for item in pair.solution.equivalents if pair.solution else ():
        subject = f"equivalent {item.old!r} -> {item.new!r}" + (f" in {item.within}" if item.within else "")
        try:
            key = source.difference(item.apply(pair.solution.source if pair.solution else ""))
        except AuthoringError as error:
            stale.append(f"{subject}: {error}")
            continue
        if key not in caught:
            stale.append(f"{subject} is no mutant; remove it")
        elif caught[key]:
            stale.append(f"{subject} is noticed by {caught[key]}; remove it, or mend that check")
        elif key in explained:
            stale.append(f"{subject} is given twice; keep one")
        explained.add(key)
    return explained, stale


def _difference(before: str, after: str) -> tuple[str, ...]:
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))[2:]
    return tuple(f"{line[0]} {line[1:].strip()}" for line in lines if line[0] in "-+")


@dataclass(frozen=True, slots=True)
class Bench:
    """Where an exercise's mutants are judged; another process finds everything by it.

    Attributes
    ----------
    exercises, solutions
        The course's folders.
    cache
        Where the exercise's plan is.
    deadline
        Seconds for one mutant.
    """

    exercises: Path
    solutions: Path
    exercise: str
    seed: int
    cache: Path
    deadline: float = DEADLINE

    def prepare(self) -> None:
        """Compute what every mutant is judged by, for all processes."""
        _judge(self).prepare()

    def noticed_by(self, mutant: Mutant) -> str:
        """Return the first check that a mutant fails, ``""`` where it passes all."""
        judge, source = _judge(self), _source(self)
        pair = judge.course.exercises[0]
        names = [function.name for function in pair.exercise.functions]
        try:
            worker = InlineWorker(_kernels(source.replaced(mutant), names), _scripts(self))
        except Exception as error:
            return f"loading it ({type(error).__name__})"
        definitions = worker.load().definitions
        chosen = {definition.name: definition for definition in definitions}
        users = frozenset(name for name in names if mutant.definition in source.used_by([name]))
        try:
            with _within(self.deadline):
                # Only what passes as itself is seen by all checks: those of other functions may call it.
                for only in (users, frozenset(names)):
                    plan, book = judge.plan(pair), judge.book(pair)
                    _Hasty(plan, book, Memory(), chosen, definitions, worker, only=only).report()
        except _Noticed as noticed:
            return str(noticed)
        except _TooLong:
            return f"the limit of {self.deadline:g} s"
        return ""


@functools.cache
def _judge(bench: Bench) -> Judge:
    return Judge(load_course(bench.exercises, bench.solutions).select([bench.exercise]), bench.seed, bench.cache)


@functools.cache
def _scripts(bench: Bench) -> dict[bytes, Script]:
    """Return the scripts that this process has made ready; few beside those of the plans are asked twice."""
    return {frame: script for frame in _judge(bench).scripts() for script in ready_scripts(frame)}


@functools.cache
def _source(bench: Bench) -> MutableSource:
    solution = _judge(bench).course.exercises[0].solution
    return MutableSource(solution.source if solution else "")


def _kernels(source: str, names: Sequence[str]) -> dict[str, Callable[..., Any]]:
    namespace: dict[str, Any] = {"__name__": "mutant"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(source, "<mutant>", "exec"), namespace)
    return {name: namespace[name] for name in names}


class _Noticed(Exception):
    """A check fails; the text is its name."""


class _TooLong(KeyboardInterrupt):
    """A mutant takes too long; as an interruption, it passes through the evaluator of the kernels' exceptions."""


@dataclass(slots=True)
class _Hasty(ExerciseJudge):
    """Stops at the first check that fails, and takes functions that are not asked for as right."""

    only: frozenset[str] = frozenset()

    def _judge(self, function: Function) -> list[Verdict]:
        if function.name not in self.only:
            self.right.add(function.name)
            return []
        verdicts = ExerciseJudge._judge(self, function)
        for verdict in verdicts:
            if verdict.outcome is Outcome.FAILED:
                raise _Noticed(verdict.check)
        return verdicts

    def _explain(self, finding: Finding) -> Explanation:
        raise _Noticed(finding.plan.check.name)


@contextlib.contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Raise `_TooLong` in this thread after some seconds."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise _TooLong

    handler = signal.signal(signal.SIGALRM, stop)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, handler)


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
