"""The plan of a differential check: everything that judging it needs, prepared without a student."""

from __future__ import annotations

from dataclasses import dataclass

from grader.core.cases import Case
from grader.core.compare import Target
from grader.core.exercise import Check
from grader.core.program import Probe, Program


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
    """

    check: Check
    cases: tuple[Case, ...]
    calls: Program
    frame: bytes
    steps: int
    probes: tuple[Probe, ...]
    target: Target
    ladder: CheckPlan | None = None
