"""A few cases of a check, asked before all of them are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from grader.checks.findings import Finding
from grader.core.compare import Target
from grader.core.plan import CheckPlan
from grader.core.program import ScriptBuilder
from grader.core.protocol import encode

SAMPLE = 4
"""Cases on which a pair is tried before it is on all."""


class Sample:
    """A few cases of a check, on which pairs of mistakes are tried first.

    Attributes
    ----------
    plan
        The check's plan of these cases alone.
    """

    def __init__(self, plan: CheckPlan) -> None:
        builder = ScriptBuilder()
        self._chosen: list[int] = []
        for number in range(len(plan.cases))[:: max(1, len(plan.cases) // SAMPLE)]:
            builder.add(plan.calls, plan.cases[number], number)
            self._chosen += [i for i, p in enumerate(plan.probes) if p.case == number and p.variant == "plain"]
        own = [np.arange(plan.starts[i], plan.starts[i + 1]) for i in self._chosen]
        self._elements = np.concatenate([np.arange(0), *own])
        target = plan.target
        parts = (part[self._elements] for part in (target.low, target.high, target.unit, target.floor))
        low, high, unit, floor = parts
        self.plan = replace(
            plan, frame=encode(builder.script(), bytes(builder.payload)), steps=len(builder.steps),
            probes=tuple(builder.probes), ladder=None,
            target=Target(low, high, unit, floor, tuple(target.shapes[i] for i in self._chosen)),
        )  # fmt: skip

    def of(self, student: Finding) -> Finding:
        """Return what a student gave in these cases."""
        elements, chosen = self._elements, self._chosen
        return replace(
            student, plan=self.plan, starts=self.plan.starts,
            actual=student.actual[elements], bad=student.bad[elements],
            failures={k: student.failures[i] for k, i in enumerate(chosen) if i in student.failures},
            wrong_probes=student.wrong_probes[chosen],
            noisy_probes={k: student.noisy_probes[i] for k, i in enumerate(chosen) if i in student.noisy_probes},
        )  # fmt: skip
