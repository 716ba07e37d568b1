"""The plan of a differential check: everything that judging it needs, prepared without a student."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from grader.core.cases import Case
from grader.core.compare import Target, expected_leaves
from grader.core.exercise import Check
from grader.core.program import Probe, Program
from grader.core.protocol import Leaf


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """Everything that judging a check needs, prepared without a student.

    Attributes
    ----------
    frame
        The encoded script of all calls; the same for every student.
    steps
        How many calls it makes.
    probes
        Which of them are judged, as which case and variant.
    target
        The right answers of all probes, in order.
    ladder
        The plan of small cases with simple values, simplest first; asked only after a failure.
    starts
        Where each probe's elements begin in the target, and the end.
    plain
        Which probes are first calls with ordinary arrays: they decide about values.
    expected
        Per probe, the form of a result that is exactly as the contract says; equal forms are one object.
    judged_steps
        The step of each probe.
    repetitions
        Of all repeated calls: their elements, and those of the first calls that they repeat.
    is_float
        Whether all judged results are float64.
    singles
        Plans of single cases of this plan or its ladder, by the case's identity, as they were asked for.
    reduced
        Plans of cases that came of reducing others, by their inputs: the same mistake asks for the same ones.
    """

    check: Check
    cases: tuple[Case, ...]
    calls: Program
    frame: bytes
    steps: int
    probes: tuple[Probe, ...]
    target: Target
    ladder: CheckPlan | None = None
    starts: npt.NDArray[np.int64] = field(init=False, repr=False, compare=False)
    plain: npt.NDArray[np.bool_] = field(init=False, repr=False, compare=False)
    expected: tuple[list[Leaf], ...] = field(init=False, repr=False, compare=False)
    judged_steps: tuple[int, ...] = field(init=False, repr=False, compare=False)
    repetitions: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] = field(init=False, repr=False, compare=False)
    is_float: bool = field(init=False, repr=False, compare=False)
    singles: dict[int, CheckPlan] = field(init=False, repr=False, compare=False, default_factory=dict)
    reduced: dict[Hashable, CheckPlan | None] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        sizes = [sum(map(math.prod, shapes)) for shapes in self.target.shapes]
        object.__setattr__(self, "starts", np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))
        object.__setattr__(self, "plain", np.array([probe.variant == "plain" for probe in self.probes], bool))
        judged = [call for call in self.calls if call.judged]
        made: dict[tuple[int, tuple[tuple[int, ...], ...]], list[Leaf]] = {}
        for probe, shapes in zip(self.probes, self.target.shapes, strict=True):
            if (probe.call, shapes) not in made:
                made[probe.call, shapes] = expected_leaves(judged[probe.call], shapes)
        leaves = tuple(made[p.call, shapes] for p, shapes in zip(self.probes, self.target.shapes, strict=True))
        object.__setattr__(self, "expected", leaves)
        object.__setattr__(self, "judged_steps", tuple(probe.step for probe in self.probes))
        object.__setattr__(self, "is_float", all(term.dtype == "float" for call in judged for term in call.terms))
        object.__setattr__(self, "repetitions", self._repetitions())

    def _repetitions(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        first = {(p.case, p.call): i for i, p in reversed(list(enumerate(self.probes))) if p.variant == "plain"}
        again = [i for i, probe in enumerate(self.probes) if probe.variant == "repeated"]
        before = [first[self.probes[i].case, self.probes[i].call] for i in again]
        own, other = ([np.arange(self.starts[i], self.starts[i + 1]) for i in some] for some in (again, before))
        none = np.arange(0)
        return np.concatenate([none, *own]), np.concatenate([none, *other])
