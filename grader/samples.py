"""Single cases of a check, asked before all of them are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from grader.checks.findings import Finding
from grader.core.compare import SINGLE, Target, wrong
from grader.core.plan import CheckPlan
from grader.core.program import ScriptBuilder
from grader.worker.script import Script

SMALL = 64
"""Elements of a case up to which more of them cost next to nothing."""
SPREAD = 4
"""Cases, evenly spread over those of a check, on which a mistake is tried before it is on all."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One case of a check.

    Attributes
    ----------
    number
        The case's.
    plan
        The check's plan of this case alone, each call made once; without a frame.
    script
        Its calls.
    chosen
        Which probes of the check's plan are its own.
    elements
        Which elements.
    """

    number: int
    plan: CheckPlan
    script: Script
    chosen: list[int]
    elements: np.ndarray[Any, Any]

    def of(self, student: Finding) -> Finding:
        """Return what a student gave in this case."""
        chosen, elements = self.chosen, self.elements
        return replace(
            student, plan=self.plan, starts=self.plan.starts,
            actual=student.actual[elements], bad=student.bad[elements],
            failures={k: student.failures[i] for k, i in enumerate(chosen) if i in student.failures},
            wrong_probes=student.wrong_probes[chosen],
            noisy_probes={k: student.noisy_probes[i] for k, i in enumerate(chosen) if i in student.noisy_probes},
        )  # fmt: skip


@dataclass(slots=True)
class Samples:
    """The cases of one check, each made a sample when first asked for."""

    plan: CheckPlan
    _made: dict[int, Sample] = field(default_factory=dict)

    def spread(self) -> list[Sample]:
        """Return a few cases that are spread evenly."""
        count = len(self.plan.cases)
        return [self._of_case(number) for number in range(0, count, max(1, count // SPREAD))]

    def telling(self, student: Finding) -> list[tuple[Sample, Finding]]:
        """Return a few cases and what a student gave in them, first one that is wrong by more than rounding."""
        spread = self.spread()
        number = _clearly_wrong(student)
        first = [] if number is None else [self._of_case(number)]
        return [(s, s.of(student)) for s in (*first, *(s for s in spread if s.number != number))]

    def _of_case(self, number: int) -> Sample:
        if number not in self._made:
            self._made[number] = _sample(self.plan, number)
        return self._made[number]


def _sample(plan: CheckPlan, number: int) -> Sample:
    builder = ScriptBuilder()
    builder.add(plan.calls, plan.cases[number], number)
    chosen = [i for i, p in enumerate(plan.probes) if p.case == number and p.variant == "plain"]
    elements = np.concatenate([np.arange(0), *(np.arange(plan.starts[i], plan.starts[i + 1]) for i in chosen)])
    target = plan.target
    low, high, unit, floor = (part[elements] for part in (target.low, target.high, target.unit, target.floor))
    shapes = tuple(target.shapes[i] for i in chosen)
    own = replace(
        plan, frame=b"", steps=len(builder.steps), probes=tuple(builder.probes), ladder=None,
        target=Target(low, high, unit, floor, shapes),
    )  # fmt: skip
    return Sample(number, own, Script(builder.script(), bytes(builder.payload)), chosen, elements)


def _clearly_wrong(student: Finding) -> int | None:
    """Return the small case with the most wrong elements, counting first those that are wrong beyond rounding."""
    plan = student.plan
    beyond = wrong(student.actual, plan.target, SINGLE) & student.bad
    bad = beyond if beyond.any() else student.bad
    found: dict[int, tuple[bool, int]] = {}
    for i in np.flatnonzero(student.plain).tolist():
        own = student.elements(i)
        count = int(bad[own].sum())
        if count or i in student.failures:
            found.setdefault(plan.probes[i].case, (own.stop - own.start <= SMALL, count))
    return max(found, key=lambda case: found[case]) if found else None
