"""What judging has found of answers that came before: most of a class gives the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from grader.checks.findings import Finding
from grader.core.verdict import Verdict
from grader.mistakes import Diagnosis

_Value = TypeVar("_Value")
CAPACITY = 2000
"""Answers to one exercise that are remembered; the oldest go first."""


@dataclass(slots=True)
class Memory:
    """Verdicts on answers without a fault, and diagnoses of those with one; both depend on the bytes alone."""

    _verdicts: dict[Hashable, Sequence[Verdict]] = field(default_factory=dict)
    _diagnoses: dict[Hashable, Diagnosis | None] = field(default_factory=dict)

    def verdicts(self, key: Hashable) -> Sequence[Verdict] | None:
        """Return the verdicts on some answers, `None` where they are new."""
        return self._verdicts.get(key)

    def keep(self, key: Hashable, verdicts: Sequence[Verdict]) -> None:
        """Remember the verdicts on answers in which nothing was wrong."""
        _limited(self._verdicts)[key] = tuple(verdicts)

    def diagnosis(self, finding: Finding, diagnose: Callable[[], Diagnosis | None]) -> Diagnosis | None:
        """Return the diagnosis of a finding, which is made where it is new."""
        key = _key(finding)
        if key not in self._diagnoses:
            _limited(self._diagnoses)[key] = diagnose()
        return self._diagnoses[key]


def _limited(entries: dict[Hashable, _Value]) -> dict[Hashable, _Value]:
    """Return the entries with room for one more."""
    if len(entries) >= CAPACITY:
        del entries[next(iter(entries))]
    return entries


def _key(finding: Finding) -> bytes:
    """Return what tells a finding of a check from all others."""
    digest = hashlib.sha256(finding.actual.tobytes())
    digest.update(finding.bad.tobytes())
    told = (finding.plan.check.name, sorted(finding.failures.items()), sorted(finding.noisy_probes.items()),
            sorted(finding.mutated.items()), finding.single, finding.remarks)  # fmt: skip
    digest.update(repr(told).encode(errors="replace"))
    return digest.digest()
