"""Grades against a worker whose frames are forged at random, and proves that no verdict is lost, invented or gained.

Usage: python -m tests.faults.frames [FRAMES] [SEED]
"""

from __future__ import annotations

import collections
import faulthandler
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from grader.core.protocol import Bind, Load, Reply, Request, Run
from grader.core.submission import Submission
from grader.core.verdict import Outcome, Report, Verdict
from grader.sandbox import Limits

from .fake_worker import FakeServer, Functions, Known
from .mutations import Forged, forge, shift

ADA = Submission(student="ada", files=[])
LIMITS = Limits(call_seconds=1.0, load_seconds=0.5, load_total_seconds=2.0)
PATIENCE = 300
"""Seconds after which a grading counts as hung; it may take its limits, which sum up to less."""
OWN_WORD = "purity"
"""The verdict for which the worker's own word is taken: it says itself which inputs a call changed."""


def shifted(functions: Functions) -> Functions:
    """Return functions whose first result is wrong in every element."""

    def off(function):
        def call(*args):
            result = function(*args)
            return (result[0] + 7, *result[1:]) if isinstance(result, tuple) else result + 7

        return call

    return {name: off(function) for name, function in functions.items()}


@dataclass(slots=True)
class Tampering:
    """Forges the answers to scripts that call one of some functions, or what is said before any call.

    Attributes
    ----------
    targets
        Names of functions; ``"load"`` and ``"bind"`` stand for those requests.
    share
        How many of these answers are forged.
    values_only
        Send well-formed answers with other values instead of broken frames.
    """

    rng: random.Random
    targets: frozenset[str]
    share: float = 0.7
    values_only: bool = False
    kinds: list[str] = field(default_factory=list)

    def __call__(self, request: Request | Reply, frame: bytes) -> Forged | None:
        """Return what is sent in place of an honest frame, `None` to send that."""
        if not self.targets & asked(request) or (not self.values_only and self.rng.random() > self.share):
            return None
        forged = shift(frame) if self.values_only else forge(self.rng, frame)
        self.kinds.append(forged.kind)
        return forged


def asked(request: Request | Reply) -> set[str]:
    """Return what a request is about: the functions that it calls, ``"load"`` or ``"bind"``."""
    if isinstance(request, Run):
        return {step.function for step in request.steps}
    return {"load"} if isinstance(request, Load) else {"bind"} if isinstance(request, Bind) else set()


class Campaign:
    """Many gradings of one small course.

    Parameters
    ----------
    tiny
        The course with its judge, as in `tests/conftest.py`.
    """

    def __init__(self, tiny, folder: Path, *, seed: int = 0) -> None:
        self.judge = tiny.judge
        self.exercise = tiny.pair.exercise
        self.folder = folder
        self.seed = seed
        self.gradings = 0
        self.kinds: collections.Counter[str] = collections.Counter()
        right = tiny.functions()
        self.submissions = [(functions, {}) for functions in (right, shifted(right))]
        honest = Tampering(random.Random(0), frozenset())
        self.honest = [self.grade(functions, known, honest) for functions, known in self.submissions]

    @property
    def frames(self) -> int:
        """How many frames were forged so far."""
        return self.kinds.total()

    def grade(self, functions: Functions, known: Known, tampering: Tampering) -> Report:
        """Return the report on functions whose answers are tampered with."""
        server = FakeServer(functions, tampering, known)
        with server.worker(LIMITS, self.folder / "staged") as worker:
            report = self.judge.grade(ADA, worker)
        if server.running:
            raise AssertionError(f"{server.running} children were left behind")
        return report

    def affected(self, targets: Iterable[str]) -> set[str]:
        """Return the functions whose verdicts may change: the targets, and what needs them."""
        targets = set(targets)
        if targets & {"load", "bind"}:
            return {function.name for function in self.exercise.functions}
        needs = self.judge.plan(self.judge.course.exercises[0]).needs
        return targets | {check.function for check in self.exercise.checks if targets & set(needs[check.name])}

    def run(self, frames: int) -> None:
        """Grade until so many frames were forged.

        Raises
        ------
        AssertionError
            If a verdict is lost, invented or gained; it names the grading's seed.
        """
        while self.frames < frames:
            self.one(self.gradings)

    def one(self, number: int) -> None:
        """Grade once, with the tampering that follows from a number."""
        rng = random.Random(f"{self.seed}/{number}")
        which = int(rng.random() < 0.3)
        functions, known = self.submissions[which]
        names = sorted(functions)
        targets = rng.choice([*([name] for name in names), rng.sample(names, 2), ["load"], ["bind"], names])
        tampering = Tampering(
            rng, frozenset(targets), share=rng.choice((0.2, 0.7, 1.0)), values_only=rng.random() < 0.15
        )
        report = self.grade(functions, known, tampering)
        self.gradings += 1
        self.kinds.update(tampering.kinds)
        try:
            check_report(report, self.honest[which], self.affected(targets))
            if tampering.values_only and not {"load", "bind"} & set(targets):
                check_values(report.verdicts, targets)
        except AssertionError as problem:
            raise AssertionError(f"grading {number} of seed {self.seed} ({sorted(targets)}): {problem}") from None


def check_report(report: Report, honest: Report, affected: set[str]) -> None:
    """Raise unless every check has one verdict, the unaffected ones their honest verdicts, and no other gained."""
    seen, due = [[verdict.check for verdict in one.verdicts] for one in (report, honest)]
    if seen != due:
        raise AssertionError(f"verdicts are {seen}, but should be {due}")
    for verdict, before in zip(report.verdicts, honest.verdicts, strict=True):
        if verdict.outcome is Outcome.ERRORED:
            raise AssertionError(f"{verdict.check} errored: {verdict.message}")
        if verdict.function not in affected:
            same = msgspec.to_builtins(verdict) == msgspec.to_builtins(before)
            if not same:
                raise AssertionError(f"{verdict.check} became {verdict}, but was {before}")
        elif verdict.outcome is not Outcome.PASSED:
            if verdict.points or not verdict.message:
                raise AssertionError(f"{verdict.check} is {verdict}")
        elif before.outcome is not Outcome.PASSED and not verdict.check.endswith(f"/{OWN_WORD}"):
            raise AssertionError(f"{verdict.check} passed, but failed honestly: {before.message}")
    if report.score != sum(verdict.points for verdict in report.verdicts):
        raise AssertionError(f"the score {report.score} is not the sum of the points")


def check_values(verdicts: Sequence[Verdict], targets: Iterable[str]) -> None:
    """Raise if functions whose values were all replaced by others passed where values are compared."""
    compared = ("values", "gradient", "trajectory")
    for verdict in verdicts:
        slug = verdict.check.rpartition("/")[2]
        if verdict.function in targets and slug in compared and verdict.outcome is Outcome.PASSED:
            raise AssertionError(f"{verdict.check} passed on values that are not right")


def main() -> None:
    from ..conftest import Tiny

    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        campaign = Campaign(Tiny(Path(name)), Path(name), seed=seed)
        while campaign.frames < frames:
            faulthandler.dump_traceback_later(PATIENCE, exit=True)
            campaign.one(campaign.gradings)
    faulthandler.cancel_dump_traceback_later()
    for kind, count in campaign.kinds.most_common():
        print(f"{count:8} {kind}")
    print(
        f"{campaign.frames} forged frames in {campaign.gradings} gradings, {time.perf_counter() - start:.0f} s: "
        "no crash, no hang, no lost, invented or gained verdict"
    )


if __name__ == "__main__":
    main()
