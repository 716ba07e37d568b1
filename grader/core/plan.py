"""The plan of a differential check: everything that judging it needs, prepared without a student."""

from __future__ import annotations

import math
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
        Per probe, the form of a result that is exactly as the contract says.
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
