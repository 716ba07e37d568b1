"""Shrinking: the smallest case on which a wrong answer shows, from a ladder or by Hypothesis, within bounds."""

from __future__ import annotations

import contextlib
from typing import cast

import numpy as np

from grader.checks.findings import Finding, find
from grader.core.cases import Case, case_strategy, whatever_is_imported
from grader.core.exercise import Differential
from grader.core.plan import CheckPlan
from grader.discovery import Paired
from grader.errors import AuthoringError
from grader.mistakes import shows_fault
from grader.oracles import plan_cases
from grader.sandbox import Worker

MAX_EXAMPLES = 60
"""Fresh examples that Hypothesis draws before it shrinks the best."""
MAX_CALLS = 300
"""Cases that are tried in all for one failure."""


class _Spent(Exception):
    """The bound of calls is reached."""


def shrink(pair: Paired, finding: Finding, worker: Worker) -> Finding | None:
    """Return what the smallest failing case shows, alone in its plan; `None` where a limit was hit.

    The ladder of simple cases, prepared with the plan, is asked in one script; its cases and the plan's are tried,
    simplest first. Only where none of the ladder fails does Hypothesis shrink the failure. The search is bounded in
    calls, not in time, so that the same submission gets the same case on every machine.
    """
    if any(failure.kind == "limit" for failure in finding.failures.values()):
        return None
    steps = finding.plan.ladder
    search = _Search(pair, finding.plan, worker)
    try:
        if steps is not None:
            rungs = _failing(find(steps, worker.run_frame(steps.frame, steps.steps)))[:3]
            simplest = sorted([*rungs, *_failing(finding)[:2]], key=lambda case: case.weight) if rungs else []
            for case in simplest:
                if search.fails(case, is_planned=True):
                    return search.best
        for case in _failing(finding)[:5]:
            if search.fails(case, is_planned=True):
                break
    except _Spent:
        return None
    _by_hypothesis(search)
    return search.best


def _failing(finding: Finding) -> list[Case]:
    """Return the cases that fail, in the order of the plan: simplest first."""
    body = cast(Differential, finding.plan.check.body)
    plain = finding.plain
    noisy = finding.noisy_probes if body.quiet else {}
    seen: dict[int, None] = {}
    for i, probe in enumerate(finding.plan.probes):
        if plain[i] and (finding.wrong_probes[i] or i in noisy):
            seen.setdefault(probe.case)
    return [finding.plan.cases[k] for k in seen]


class _Search:
    """Tries cases on the worker and remembers the simplest that fails."""

    def __init__(self, pair: Paired, plan: CheckPlan, worker: Worker) -> None:
        self._pair, self._plan, self._worker = pair, plan, worker
        self._calls = 0
        self.best: Finding | None = None

    def fails(self, case: Case, *, is_planned: bool = False) -> bool:
        """Return whether the worker is wrong on a case; the plan of one that every student gets is kept."""
        if self._calls >= MAX_CALLS:
            raise _Spent
        self._calls += 1
        single = self._plan.singles.get(id(case)) if is_planned else None
        if single is None:
            try:
                single = plan_cases(self._pair, self._plan.check, self._plan.calls, [case], variants=False)
            except AuthoringError:  # a case for which the reference has no answer shows nothing about the student's
                return False
            if is_planned:
                self._plan.singles[id(case)] = single
        found = find(single, self._worker.run_frame(single.frame, single.steps))
        if any(failure.kind == "limit" for failure in found.failures.values()):
            raise _Spent
        if not shows_fault(found) or not np.isfinite(single.target.unit).all():
            return False
        if self.best is None or case.weight < self.best.plan.cases[0].weight:
            self.best = found
        return True


def _by_hypothesis(search: _Search) -> None:
    from hypothesis import HealthCheck, Phase, find, settings
    from hypothesis.errors import HypothesisException

    strategy = case_strategy(search._pair.exercise, search._plan.check)
    bounds = settings(
        max_examples=MAX_EXAMPLES,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    with contextlib.suppress(_Spent, HypothesisException), whatever_is_imported():
        find(strategy, search.fails, settings=bounds)
