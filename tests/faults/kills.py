"""Kills workers and fork servers at random moments, and proves that no verdict is lost, invented or gained.

Usage: python -m tests.faults.kills [KILLS] [SEED]
"""

from __future__ import annotations

import collections
import contextlib
import faulthandler
import os
import random
import re
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import msgspec

from grader.core.submission import Cell, SourceFile, Submission
from grader.core.verdict import Outcome, Report, Verdict
from grader.sandbox import Sandbox
from grader.worker.parent import Child
from grader.worker.server import RESTARTS, Server

from ..small_course import KERNELS as RIGHT

PATIENCE = 300
"""Seconds after which a grading counts as hung."""
TARGETS = ("worker", "worker", "worker", "fork server")
PARDONED = 3
"""So many kills of one grading change no verdict at all."""
EVERY = 25
"""After so many gradings one is left alone: it must be graded fully."""

WRONG = RIGHT.replace("z.argmax(1)", "z.argmin(1)").replace("dz - dz.mean(0)", "dz").replace("x + p", "2 * x + p")
"""Answers to the small course of which three functions are wrong."""

DEFINED = re.compile(
    r"ended the worker: (killed by signal 9 \(SIGKILL|the worker is gone|the worker that held the results)"
    r"|on which it depends, is not right yet|which it needs, is not right yet|no call returned anything to look at"
    r"|its answers are not right yet|is not defined"
)
"""What may be said of a function whose worker was killed more often than is pardoned."""


def handed_in(source: str) -> Submission:
    """Return a submission of one file."""
    return Submission(student="ada", files=[SourceFile("hw.py", [Cell("", source)])])


class Targets:
    """The present worker and fork server of a sandbox, by descriptors that never name another process.

    Parameters
    ----------
    server
        Its `child` is wrapped for as long as this is open.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._child = server.child
        self._lock = threading.Lock()
        self._worker = -1
        server.child = self._noting  # type: ignore[method-assign]

    def _noting(self) -> Child:
        child = self._child()
        with self._lock:
            self._forget()
            self._worker = os.dup(child._pidfd)
        return child

    def kill(self, which: str) -> bool:
        """Kill the worker or the fork server; return whether it was there."""
        if which == "fork server":
            process = self._server._process
            # It is our own child, and not waited for as long as it runs: its number is not given to another.
            if process.returncode is not None:
                return False
            process.send_signal(signal.SIGKILL)
            return True
        with self._lock, contextlib.suppress(OSError):
            signal.pidfd_send_signal(self._worker, signal.SIGKILL)
            return True
        return False

    def close(self) -> None:
        """Let the server be as it was."""
        del self._server.child
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        if self._worker >= 0:
            os.close(self._worker)
            self._worker = -1


class Killer(threading.Thread):
    """Kills at given moments, as long as the grading goes on.

    Parameters
    ----------
    moments
        (seconds after the one before, what to kill).
    """

    def __init__(self, targets: Targets, moments: list[tuple[float, str]]) -> None:
        super().__init__(daemon=True)
        self._targets = targets
        self._moments = moments
        self._over = threading.Event()
        self.killed: list[str] = []

    def run(self) -> None:
        """Kill at each moment."""
        for seconds, which in self._moments:
            if self._over.wait(seconds):
                return
            if self._targets.kill(which):
                self.killed.append(which)

    def stop(self) -> None:
        """Kill no more."""
        self._over.set()
        self.join()


class Campaign:
    """Many gradings of a right and of a wrong submission of the small course, during which workers are killed."""

    def __init__(self, tiny, sandbox: Sandbox, *, seed: int = 0) -> None:
        self.judge = tiny.judge
        self.sandbox = sandbox
        self.seed = seed
        self.gradings = 0
        self.unchanged = 0
        self.killed: collections.Counter[str] = collections.Counter()
        self.submissions = [handed_in(RIGHT), handed_in(WRONG)]
        self.grade(0, [])
        start = time.perf_counter()
        self.honest = [self.grade(which, [])[0] for which in (0, 1)]
        self.seconds = (time.perf_counter() - start) / 2

    @property
    def kills(self) -> int:
        """How often something was killed so far."""
        return self.killed.total()

    def grade(self, which: int, moments: list[tuple[float, str]]) -> tuple[Report, list[str]]:
        """Return the report on a submission, and what was killed meanwhile."""
        targets = Targets(self.sandbox._server)
        killer = Killer(targets, moments)
        try:
            killer.start()
            with self.sandbox.worker(self.submissions[which]) as worker:
                report = self.judge.grade(self.submissions[which], worker)
        finally:
            killer.stop()
            targets.close()
        return report, killer.killed

    def one(self, number: int) -> None:
        """Grade once, with the kills that follow from a number.

        Raises
        ------
        AssertionError
            If a verdict is lost, invented or gained; it names the grading.
        """
        rng = random.Random(f"{self.seed}/{number}")
        which = rng.randrange(2)
        moments = []
        if number % EVERY:
            for _ in range(rng.choice((1, 1, 2, 3, RESTARTS))):
                moments.append((rng.random() * self.seconds, rng.choice(TARGETS)))
        report, killed = self.grade(which, moments)
        self.gradings += 1
        self.killed.update(killed)
        try:
            self.unchanged += check_report(report, self.honest[which], kills=len(killed))
        except AssertionError as problem:
            raise AssertionError(f"grading {number} of seed {self.seed}, {killed} killed: {problem}") from None


def check_report(report: Report, honest: Report, *, kills: int) -> bool:
    """Raise unless every check has one verdict: the honest one, or a failure that names the kill; return which."""
    seen, due = [[verdict.check for verdict in one.verdicts] for one in (report, honest)]
    if seen != due:
        raise AssertionError(f"verdicts are {seen}, but should be {due}")
    changed = [pair for pair in zip(report.verdicts, honest.verdicts, strict=True) if plain(pair[0]) != plain(pair[1])]
    for verdict, before in changed:
        if kills <= PARDONED:
            raise AssertionError(f"{verdict.check} became {verdict}, but was {before}")
        if verdict.outcome is Outcome.ERRORED:
            raise AssertionError(f"{verdict.check} errored: {verdict.message}")
        if verdict.outcome is Outcome.PASSED and before.outcome is not Outcome.PASSED:
            raise AssertionError(f"{verdict.check} passed, but failed honestly: {before.message}")
        if verdict.points > before.points or (before.points and not DEFINED.search(verdict.message)):
            raise AssertionError(f"{verdict.check} became {verdict}")
    return not changed


def plain(verdict: Verdict) -> object:
    """Return a verdict as plain data."""
    return msgspec.to_builtins(verdict)


def main() -> None:
    from ..conftest import Tiny

    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as name, Sandbox() as sandbox:
        campaign = Campaign(Tiny(Path(name)), sandbox, seed=seed)
        while campaign.kills < kills:
            faulthandler.dump_traceback_later(PATIENCE, exit=True)
            campaign.one(campaign.gradings)
        campaign.one(0)
        if not campaign.unchanged:
            raise AssertionError("no submission was graded as if nothing had happened")
    faulthandler.cancel_dump_traceback_later()
    counts = ", ".join(f"{count} of a {what}" for what, count in campaign.killed.most_common())
    print(
        f"{campaign.kills} kills ({counts}) in {campaign.gradings} gradings, {campaign.unchanged} of them unchanged, "
        f"{time.perf_counter() - start:.0f} s: no crash, no hang, no lost, invented or gained verdict"
    )


if __name__ == "__main__":
    main()
