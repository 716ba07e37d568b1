"""Grades attacks as any submission is graded, and says what did not come out as it must."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import tempfile
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal

import msgspec

from grader.attacks.canaries import Canaries
from grader.attacks.suite import Attack
from grader.core.submission import Cell, SourceFile, Submission
from grader.core.verdict import Outcome, Report, Verdict
from grader.discovery import find_course
from grader.errors import UsageError
from grader.judge import Judge
from grader.report import FORMATS, reporter
from grader.report.view import remarks
from grader.sandbox import Limits, Sandbox
from grader.submissions import read_submission

LIMITS = Limits(
    load_seconds=0.5, load_total_seconds=4.0, call_seconds=0.75, patience=0.5, total_seconds=20.0, cpu_seconds=15,
    memory=2**28, returned_bytes=2**26,
)  # fmt: skip
"""Tight, so that an attack which is held by a limit alone takes seconds and not minutes."""
_UNHURRIED = msgspec.structs.replace(LIMITS, call_seconds=3.0)
"""Where protections are left out: an attack has the time to do its harm."""

_NEXT = """
import numpy as np


def relu(x):
    return np.maximum(x, 0)


def relu_backward(dy, x):
    return dy * (x > 0)
"""
"""A right submission that is graded after each attack, in the same sandbox."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one attack.

    Attributes
    ----------
    report
        `None` where the submission could not be read; `refused` says why.
    defined
        The graded functions that the submission's text defines.
    output
        The report in every format.
    harm
        What happened outside; see `Canaries.harm`. ``"next"``: the submission after it was not graded rightly.
    """

    attack: Attack
    report: Report | None
    refused: str
    defined: list[str]
    output: str
    harm: dict[str, str]
    seconds: float

    def problems(self) -> list[str]:
        """Return what did not come out as it must, one sentence each."""
        found = [f"{kind}: {what}" for kind, what in self.harm.items()]
        if self.report is None:
            return found if self.attack.score == "none" else [*found, f"cannot be read: {self.refused}"]
        return [*found, *_wrong_points(self.report, self.attack, self.defined), *_no_remark(self.report, self.attack)]


def _wrong_points(report: Report, attack: Attack, defined: Sequence[str]) -> list[str]:
    if attack.score == "none":
        return [f"earns {report.score:g} points, but should earn none"] if report.score else []
    honest = [name for name in defined if name != attack.hit or attack.score == "full"]
    if not honest:
        return ["defines no honest function, so that nothing shows whether they still earn their points"]
    lost = [f"{v.check} should pass: {v.message}" for v in _of(report, honest) if v.points < v.max_points]
    unjudged = [f"{name} was not judged" for name in honest if not any(v.points for v in _of(report, [name]))]
    if attack.score == "full" or not attack.hit:
        return lost + unjudged
    earned = [f"{v.check} should earn nothing" for v in _of(report, [attack.hit]) if v.points]
    return lost + unjudged + earned


def _of(report: Report, functions: Sequence[str]) -> list[Verdict]:
    return [verdict for verdict in report.verdicts if verdict.function in functions]


def _no_remark(report: Report, attack: Attack) -> list[str]:
    if any(verdict.outcome is Outcome.ERRORED for verdict in report.verdicts):
        return ["the grader broke on it"]
    if any(attack.remark in text for text in remarks(report)) or not attack.remark:
        return []
    return [f"no remark names {attack.remark!r}, only: {remarks(report)}"]


class Bench:
    """Runs attacks one after the other in one sandbox with all protections, or without some.

    Parameters
    ----------
    cache
        Where the plans are kept; `None` keeps them in memory.
    without
        Names of protections to leave out.
    strength
        As `Sandbox` has it, where none is left out.

    Attributes
    ----------
    canaries
        What the attacks aim at.
    """

    def __init__(
        self, *, cache: Path | None, without: Sequence[str] = (), strength: Literal["full", "weak"] = "full"
    ) -> None:
        self._course = find_course()
        self._cache = cache
        self._without = tuple(without)
        self._strength = strength
        self._judges: dict[str, Judge] = {}

    def __enter__(self) -> Bench:
        self.canaries = Canaries().__enter__()
        try:
            if self._without:
                self._sandbox = Sandbox(limits=_UNHURRIED, strength="weak", without=self._without)
            else:
                self._sandbox = Sandbox(limits=LIMITS, strength=self._strength)
        except BaseException:
            self.canaries.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._sandbox.close()
        finally:
            self.canaries.__exit__(kind, error, trace)

    def run(self, attack: Attack) -> Trial:
        """Return what comes of an attack; it has been ended and cleared away."""
        started = time.monotonic()
        report, refused, defined, output = None, "", list[str](), ""
        with tempfile.TemporaryDirectory(prefix="grade-attack-") as scratch:
            try:
                given = read_submission(attack.submission(Path(scratch)))
            except UsageError as error:
                refused = output = str(error)
            else:
                given = msgspec.structs.replace(given, data={**given.data, **self.canaries.data()})
                report = self._grade(given, attack.exercise)
                defined = _defined(given, {verdict.function for verdict in report.verdicts})
                output = _rendered(report)
        seconds = time.monotonic() - started
        harm = {**self.canaries.harm(output), **self._next()}
        if harm:
            self._sweep()
        return Trial(
            attack=attack, report=report, refused=refused, defined=defined, output=output, harm=harm, seconds=seconds
        )

    def _grade(self, submission: Submission, exercise: str) -> Report:
        if exercise not in self._judges:
            self._judges[exercise] = Judge(self._course.select([exercise]), 0, self._cache)
        with self._sandbox.worker(submission) as worker:
            return self._judges[exercise].grade(submission, worker)

    def _next(self) -> dict[str, str]:
        """Grade a right submission in the same sandbox; return the harm if it does not earn full points."""
        right = Submission(student="next", files=[SourceFile("next.py", [Cell("", _NEXT)])])
        verdicts = _of(self._grade(right, "activations"), ["relu", "relu_backward"])
        lost = [f"{v.check}: {v.message}" for v in verdicts if v.points < v.max_points]
        harm = {"next": f"a right submission lost points after it: {'; '.join(lost)}"} if lost else {}
        pid, folder = self._sandbox.spare() or (0, None)
        left = [f"process {number}" for number in self._left_processes(pid)]
        staged = [path for path in self._sandbox.folder.iterdir() if path != folder or any(path.iterdir())]
        left += [f"staged folder {path.name}" for path in staged]
        return {**harm, "left": ", ".join(left)} if left else harm

    def _sweep(self) -> None:
        """Clear away what an attack did, so that the next one is not blamed for it."""
        for pid in self._left_processes(0):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.canaries.sweep()

    def _left_processes(self, spare: int) -> list[int]:
        marks = [str(self._sandbox.folder), str(self.canaries.targets["token"])]
        return _others(marks, known={os.getpid(), self._sandbox.server, spare})


def _defined(submission: Submission, graded: set[str]) -> list[str]:
    text = "\n".join(cell.source for file in submission.files for cell in file.cells)
    return [name for name in dict.fromkeys(re.findall(r"^def (\w+)\(", text, re.MULTILINE)) if name in graded]


def _rendered(report: Report) -> str:
    file = io.StringIO()
    for name in FORMATS:
        reporter(name)(report, file)
    return file.getvalue()


def _others(marks: Sequence[str], *, known: Collection[int]) -> list[int]:
    """Return the processes beside those known whose command line has one of some marks; forks have the server's."""
    found = []
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else ():
        if name.isdigit() and int(name) not in known:
            try:
                command = Path(f"/proc/{name}/cmdline").read_text("utf-8", "replace")
            except OSError:
                continue
            if any(mark in command for mark in marks):
                found.append(int(name))
    return found
