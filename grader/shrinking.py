"""Shrinking: the smallest case on which a wrong answer shows, within bounds."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import cast

import numpy as np

from grader.checks.findings import Failure, Finding, find
from grader.core.cases import Case
from grader.core.compare import MIXED, SINGLE, fits_single, wrong
from grader.core.exercise import Differential
from grader.core.plan import CheckPlan
from grader.core.program import Program
from grader.core.reductions import STEPS, Axis, Place, Reductions, minimal
from grader.discovery import Paired
from grader.errors import AuthoringError
from grader.mistakes import shows_fault
from grader.oracles import plan_cases, plan_roughly
from grader.reference import reference
from grader.sandbox import Worker

MAX_CALLS = 300
"""Cases that are tried in all for one failure."""
MAX_BACK = 4
"""How many steps of a reduction are taken back at most, in search of a case that fails by itself."""
MAX_KEPT = 64
"""Plans of reduced cases that are kept for each check."""
ROUNDS = 3
"""How often sizes and values are gone through at most."""

Kind = tuple[str, str]
"""How a case fails: which kind of failure, ``value`` or ``warning``; and of what was raised the class."""


class _Spent(Exception):
    """The bound of calls is reached, or the worker ran into a limit."""


def shrink(pair: Paired, finding: Finding, worker: Worker) -> Finding | None:
    """Return what the smallest failing case shows, alone in its plan; `None` where a limit was hit.

    The ladder of simple cases, prepared with the plan, is asked in one script. Of its failing cases and the plan's the
    simplest is taken, and reduced as long as it fails in the same way. The search is bounded in calls, not in time, so
    that the same submission gets the same case on every machine.
    """
    if any(failure.kind == "limit" for failure in finding.failures.values()):
        return None
    search = _Search(pair, finding.plan, worker)
    try:
        start = _simplest(search, finding)
    except _Spent:
        return None
    return start and _Reduction(search, start).smallest()


def _simplest(search: _Search, finding: Finding) -> Finding | None:
    """Return what the simplest failing case of the ladder and the plan shows when it is asked alone."""
    rungs = search.failing_rungs()[:3]
    planned = list(_failing(finding).values())
    simplest = sorted([*rungs, *planned[:2]], key=lambda case: case.weight) if rungs else []
    for case in [*simplest, *planned[:5]]:
        found = search.ask(case, is_planned=True)
        if found is not None:
            return found
    return None


def _failing(finding: Finding) -> dict[int, Case]:
    """Return the cases that would fail alone, by number in the order of the plan: simplest first."""
    return {k: finding.plan.cases[k] for k in _kinds(finding)}


def _kinds(finding: Finding) -> dict[int, Kind]:
    """Return how each case fails that would fail alone, by its first fault.

    One whose answers alone pass for computed in single precision would not, whatever other cases show.
    """
    body = cast(Differential, finding.plan.check.body)
    plain = finding.plain
    noisy = finding.noisy_probes if body.quiet else {}
    mixed, single = (finding.bad & wrong(finding.actual, finding.plan.target, unit) for unit in (MIXED, SINGLE))
    kinds: dict[int, Kind] = {}
    for i, probe in enumerate(finding.plan.probes):
        if plain[i] and (finding.wrong_probes[i] or i in noisy):
            own = finding.elements(i)
            failure = finding.failures.get(i)
            near = not single[own].any() and (not mixed[own].any() or fits_single(finding.actual[own]))
            if failure is not None or not near:
                kinds.setdefault(probe.case, _kind(failure))
            elif i in noisy:
                kinds.setdefault(probe.case, ("warning", ""))
    return kinds


def _first_kind(finding: Finding) -> Kind:
    return next(iter(_kinds(finding).values()), ("", ""))


def _kind(failure: Failure | None) -> Kind:
    if failure is None:
        return ("value", "")
    return (failure.kind, failure.message.partition(":")[0] if failure.kind == "raised" else "")


class _Search:
    """Asks the worker for its answers to cases, within the bound of calls."""

    def __init__(self, pair: Paired, plan: CheckPlan, worker: Worker) -> None:
        self.pair, self.plan, self._worker = pair, plan, worker
        self._functions, self._extended = reference(pair)
        self._calls = 0
        self._vain: set[Hashable] = set()

    def _answered(self, plan: CheckPlan) -> Finding:
        found = find(plan, self._worker.run_frame(plan.frame, plan.steps))
        if any(failure.kind == "limit" for failure in found.failures.values()):
            raise _Spent
        return found

    def _count(self, cases: int, *, most: int) -> None:
        if self._calls + cases > most:
            raise _Spent
        self._calls += cases

    def failing_rungs(self) -> list[Case]:
        """Return the cases of the ladder that fail, simplest first."""
        steps = self.plan.ladder
        if steps is None:
            return []
        return list(_failing(find(steps, self._worker.run_frame(steps.frame, steps.steps))).values())

    def ask(self, case: Case, *, is_planned: bool = False) -> Finding | None:
        """Return what a case shows alone, `None` where nothing; the plan of one that every student gets is kept."""
        self._count(1, most=MAX_CALLS)
        if is_planned and id(case) in self.plan.singles:
            single: CheckPlan | None = self.plan.singles[id(case)]
        else:
            single = self._alone(case) if is_planned else self._kept(_key(case), lambda: self._alone(case))
        if single is None:
            return None
        if is_planned:
            self.plan.singles[id(case)] = single
        found = self._answered(single)
        return found if shows_fault(found) and np.isfinite(single.target.unit).all() else None

    def _alone(self, case: Case) -> CheckPlan | None:
        try:
            return plan_cases(self.pair, self.plan.check, self._calls_of(case), [case], variants=False)
        except AuthoringError:  # a case for which the reference has no answer shows nothing about the student's
            return None

    def seem_to_fail(self, cases: Sequence[Case], kind: Kind) -> list[bool]:
        """Return which of some cases seem to fail in a certain way; those of as many calls are asked in one script."""
        new = {key: case for case in cases if (key := _key(case)) not in self._vain}
        self._count(len(new), most=MAX_CALLS - MAX_BACK)
        alike: dict[int, dict[Hashable, Case]] = {}
        for key, case in new.items():
            alike.setdefault(len(self._calls_of(case)), {})[key] = case
        failing: set[Hashable] = set()
        for group in alike.values():
            rough = self._kept(tuple(group), lambda group=group: self._together(list(group.values())))  # type: ignore[misc]
            kinds = {} if rough is None else _kinds(self._answered(rough))
            failing |= {_key(case) for k, case in enumerate(rough.cases if rough else ()) if kinds.get(k) == kind}
        self._vain.update(new.keys() - failing)
        return [_key(case) in failing for case in cases]

    def _together(self, cases: Sequence[Case]) -> CheckPlan | None:
        calls = self._calls_of(cases[0])
        return plan_roughly(self._functions, self.plan.check, calls, cases, extended=self._extended)

    def _kept(self, key: Hashable, make: Callable[[], CheckPlan | None]) -> CheckPlan | None:
        """Return a plan, kept for others who make the same mistake."""
        reduced = self.plan.reduced
        if key in reduced:
            return reduced[key]
        made = make()
        if len(reduced) < MAX_KEPT:
            reduced[key] = made
        return made

    def _calls_of(self, case: Case) -> Program:
        """Return the calls of a case: of a trajectory as many as it has steps."""
        body = cast(Differential, self.plan.check.body)
        return self.plan.calls if body.per_step is None else self.plan.calls[: len(case.inputs[body.per_step])]  # type: ignore[arg-type]


class _Reduction:
    """Reduces a case by delta debugging (Zeller & Hildebrandt 2002): along each axis, then value by value."""

    def __init__(self, search: _Search, start: Finding) -> None:
        self._search, self._start = search, start
        self._kind = _first_kind(start)
        self._taken: list[Case] = [start.plan.cases[0]]
        self._reductions = Reductions(search.pair.exercise, search.plan.check, start.plan.cases[0])

    @property
    def _case(self) -> Case:
        return self._taken[-1]

    def smallest(self) -> Finding:
        """Return what the smallest case shows that was found."""
        try:
            with np.errstate(all="ignore"):
                self._reduce()
        except _Spent:
            pass
        return self._confirmed()

    def _confirmed(self) -> Finding:
        """Return what the last case shows that fails alone and by more than its own tolerance, or else the first."""
        try:
            for case in reversed(self._taken[1:][-MAX_BACK:]):
                found = self._search.ask(case)
                if found is not None and _first_kind(found) == self._kind:
                    return found
        except _Spent:
            pass
        return self._start

    def _reduce(self) -> None:
        self._end_at_the_fault()
        for k in range(ROUNDS):
            before = self._case
            self._lessen()
            if k and self._case is before:
                break
            self._simplify(self._reductions.nonzero, zero=True)
            self._simplify(self._reductions.unwieldy)

    def _end_at_the_fault(self) -> None:
        """Leave out the steps after the first wrong one, which change nothing before them."""
        wrong = np.flatnonzero(self._start.wrong_probes)
        for axis in self._reductions.axes(self._case):
            if axis.name == STEPS and len(wrong):
                last = self._start.plan.probes[int(wrong[0])].call
                case = self._reductions.kept(self._case, axis, range(last + 1))
                if case is not None and last + 1 < axis.length:
                    self._taken.append(case)

    def _lessen(self) -> None:
        """Leave out what is not needed along each axis."""
        for name, lead in [(axis.name, axis.lead) for axis in self._reductions.axes(self._case)]:
            for axis in self._reductions.axes(self._case):
                if (axis.name, axis.lead) == (name, lead):
                    self._shorten(axis)
        flat = self._reductions.flat(self._case)
        if flat is not None and any(self._search.seem_to_fail([flat], self._kind)):
            self._taken.append(flat)

    def _shorten(self, axis: Axis) -> None:
        whole = self._case

        def first(choices: Sequence[Sequence[int]]) -> int | None:
            cases = [self._reductions.kept(whole, axis, keep) for keep in choices]
            legal = [(i, case) for i, case in enumerate(cases) if case is not None]
            seem = self._search.seem_to_fail([case for _, case in legal], self._kind)
            return next((i for (i, _), fails in zip(legal, seem, strict=True) if fails), None)

        keep = minimal(range(axis.length), first)
        case = self._reductions.kept(whole, axis, keep) if len(keep) < axis.length else None
        if case is not None:
            self._taken.append(case)

    def _simplify(self, find_places: Callable[[Case], list[Place]], *, zero: bool = False) -> None:
        """Make values simpler: all at once where that fails as well, else one after the other."""
        case = self._case
        options = [
            (place, one) for place in find_places(case) for one in self._reductions.simpler(case, place, zero=zero)
        ]
        seem = self._search.seem_to_fail([one for _, one in options], self._kind)
        chosen: dict[Place, Case] = {}
        for (place, one), fails in zip(options, seem, strict=True):
            if fails and Place(place.name) not in chosen:
                chosen.setdefault(place, one)
        waiting = list(chosen.items())
        while waiting:
            # Of the longest run of changes that fails together, then of what comes after the one that ends it.
            runs = [self._reductions.merged(self._case, dict(waiting[:k])) for k in range(len(waiting), 0, -1)]
            legal = [(len(waiting) - i, run) for i, run in enumerate(runs) if run is not None]
            first, rest = legal[:1], legal[1:]
            for some in (first, rest):
                seem = self._search.seem_to_fail([run for _, run in some], self._kind)
                taken = next((pair for pair, fails in zip(some, seem, strict=True) if fails), None)
                if taken is not None:
                    break
            if taken is not None:
                self._taken.append(taken[1])
            waiting = waiting[1 + (taken[0] if taken else 0) :]


def _key(case: Case) -> Hashable:
    """Return what tells a case's inputs from others'."""
    return tuple(
        (value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value for value in case.inputs.values()
    )
