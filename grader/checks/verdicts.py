"""From findings to verdicts: what is said about one function, in the order in which one should mend it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from grader.checks.findings import Failure, Finding
from grader.checks.wording import worst_element
from grader.core.compare import DOUBLE
from grader.core.exercise import Check, Differential
from grader.core.verdict import Counterexample, Outcome, Verdict

SHAPE_POINTS = 0.25
PURITY_POINTS = 0.25

_VARIANTS = {
    "repeated": "is right at first but not when the same call is repeated: it depends on earlier calls",
    "interleaved": "is right alone but not when two runs take turns: their state or caches mix",
    "F": "is wrong for a Fortran-ordered array, whose values are the same",
    "strided": "is wrong for a strided view (every other column of a larger array)",
    "reversed": "is wrong for an array with negative strides (a reversed view)",
    "readonly": "is wrong for a read-only array: it may be writing to its input",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an answer is wrong, as far as the evidence goes."""

    mistake: str | None = None
    hint: str = ""
    counterexample: Counterexample | None = None


Explain = Callable[[Finding], Explanation]
"""Finds the smallest failing case and the known mistake behind a finding; slow, so it is asked only on failure."""


@dataclass(slots=True)
class FunctionVerdicts:
    """Verdicts of one function under construction.

    Attributes
    ----------
    right
        Whether its answers are right, so that what depends on it can be judged.
    """

    function: str
    verdicts: list[Verdict] = field(default_factory=list)
    right: bool = False


def without_running(function: str, checks: Sequence[Check], outcome: Outcome, message: str) -> list[Verdict]:
    """Return verdicts for a function that was not called: it is missing, a stub, or waits for another."""
    return [
        Verdict(check=f"{function}/{slug}", function=function, outcome=outcome, points=0.0, max_points=points,
                title=title, message=message)
        for slug, title, points in claims(checks)
    ]  # fmt: skip


def claims(checks: Sequence[Check]) -> list[tuple[str, str, float]]:
    """Return (slug, title, points) of all verdicts about a function, in order.

    Where only properties look at a function, they judge shape and type of its results on the way.
    """
    answers = [check for check in checks if isinstance(check.body, Differential)]
    properties = [check for check in checks if not isinstance(check.body, Differential)]
    if not answers:
        return [(check.slug, check.title, check.points) for check in properties]
    return [
        ("shape", "returns the right number of results, in the right shapes and types", SHAPE_POINTS),
        *((check.slug, check.title, check.points) for check in answers),
        *((check.slug, check.title, check.points) for check in properties),
        ("purity", "leaves its inputs alone and gives the same answer every time", PURITY_POINTS),
    ]


def judge_answers(
    function: str, findings: Sequence[Finding], explain: Explain
) -> tuple[list[Verdict], bool]:  # fmt: skip
    """Return the verdicts on shape, answers and purity of one function, and whether its answers are right."""
    shape = _shape_verdict(function, findings, explain)
    answers = [_answer_verdict(function, finding, shape, explain) for finding in findings]
    right = all(verdict.outcome is Outcome.PASSED for verdict in (shape, *answers))
    purity = _purity_verdict(function, findings, right=right)
    return [shape, *answers, purity], right


def _verdict(function: str, slug: str, title: str, points: float, *, passed: bool, message: str = "") -> Verdict:
    return Verdict(
        check=f"{function}/{slug}", function=function, outcome=Outcome.PASSED if passed else Outcome.FAILED,
        points=points if passed else 0.0, max_points=points, title=title, message="" if passed else message,
    )  # fmt: skip


def _first_plain(finding: Finding, kinds: frozenset[str]) -> Failure | None:
    plain = finding.plain
    return next((f for i, f in sorted(finding.failures.items()) if plain[i] and f.kind in kinds), None)


def _shape_verdict(function: str, findings: Sequence[Finding], explain: Explain) -> Verdict:
    title = "returns the right number of results, in the right shapes and types"
    remarks = list(dict.fromkeys(remark for finding in findings for remark in finding.remarks))
    for finding in findings:
        failure = _first_plain(finding, frozenset({"contract", "nothing"}))
        if failure is not None:
            case = finding.plan.cases[finding.plan.probes[failure.probe].case]
            sizes = ", ".join(f"{name}={size}" for name, size in case.sizes.items() if name != "...")
            message = failure.message + (f" (with {sizes})" if sizes else "")
            verdict = _verdict(function, "shape", title, SHAPE_POINTS, passed=False, message=message)
            explanation = explain(finding) if failure.kind == "contract" else Explanation()
            return _named(replace_remarks(verdict, remarks), explanation)
    if all(_nothing_returned(finding) for finding in findings):
        verdict = _verdict(function, "shape", title, SHAPE_POINTS, passed=False)
        return _skipped(verdict, "no call returned anything to look at")
    return replace_remarks(_verdict(function, "shape", title, SHAPE_POINTS, passed=True), remarks)


def _named(verdict: Verdict, explanation: Explanation) -> Verdict:
    """Return the verdict with the known mistake, where one was found: a check's hint speaks of values, not shapes."""
    if explanation.mistake is None:
        return verdict
    return _changed(
        verdict, mistake=explanation.mistake, hint=explanation.hint, counterexample=explanation.counterexample
    )  # fmt: skip


def replace_remarks(verdict: Verdict, remarks: list[str]) -> Verdict:
    """Return the verdict with remarks."""
    return _changed(verdict, remarks=remarks)


def _changed(verdict: Verdict, **changes: object) -> Verdict:
    return msgspec.structs.replace(verdict, **changes)


def _skipped(verdict: Verdict, why: str) -> Verdict:
    return _changed(verdict, outcome=Outcome.SKIPPED, points=0.0, message=why)


def _nothing_returned(finding: Finding) -> bool:
    plain = finding.plain
    return all(i in finding.failures for i in range(len(plain)) if plain[i])


def _answer_verdict(function: str, finding: Finding, shape: Verdict, explain: Explain) -> Verdict:
    check = finding.plan.check
    body = check.body
    passed = _verdict(function, check.slug, check.title, check.points, passed=True)
    remarks = ["answers are right to single precision only; float64 is expected"] if finding.single else []
    noisy = [i for i in sorted(finding.noisy_probes) if finding.plain[i]]
    is_quiet = isinstance(body, Differential) and body.quiet
    if noisy and not is_quiet:
        remarks.append(f"{function} raised a warning: {finding.noisy_probes[noisy[0]]}")
    if finding.right and not (noisy and is_quiet):
        return replace_remarks(passed, remarks)
    if shape.outcome is Outcome.FAILED and _first_plain(finding, frozenset({"contract", "nothing"})):
        return _skipped(passed, "number, shape or type of the results is wrong")
    if finding.right:
        message = f"the values are right, but some call raised {finding.noisy_probes[noisy[0]]}"
    else:
        message = _wrong_message(function, finding)
    explanation = explain(finding)
    return _changed(
        passed, outcome=Outcome.FAILED, points=0.0, message=message, mistake=explanation.mistake,
        hint=explanation.hint, counterexample=explanation.counterexample, remarks=remarks,
    )  # fmt: skip


def _wrong_message(function: str, finding: Finding) -> str:
    plain = [i for i in range(len(finding.plan.probes)) if finding.plain[i]]
    bad = [i for i in plain if finding.wrong_probes[i]]
    cases, wrong_cases = (len({finding.plan.probes[i].case for i in some}) for some in (plain, bad))
    failed = [finding.failures[i] for i in bad if i in finding.failures]
    if failed and failed[0].kind == "limit":
        return failed[0].message
    share = f"wrong in {wrong_cases} of {cases} cases)"
    worst = "" if failed and len(failed) == len(bad) else worst_element(finding, bad)
    return f"{worst.removesuffix(')')}; {share}" if worst else f"{failed[0].message} ({share}"


def _differing_repetition(finding: Finding) -> str:
    """Return how a repeated call's answer differs from the first one's, also where both are within the tolerance."""
    own, before = (finding.actual[elements] for elements in finding.plan.repetitions)
    if np.array_equal(own, before):
        return ""
    with np.errstate(invalid="ignore"):
        gap = np.abs(own - before)
    apart = gap > 2 * finding.plan.target.tolerance(DOUBLE)[finding.plan.repetitions[0]]
    if not apart.any():
        return ""
    k = int(np.argmax(np.where(apart, gap, -1.0)))
    pair = f"{before[k]:.17g} first and {own[k]:.17g} then"
    return f"gives different answers when the same call is repeated: {pair}"


def _purity_verdict(function: str, findings: Sequence[Finding], *, right: bool) -> Verdict:
    title = "leaves its inputs alone and gives the same answer every time"
    verdict = _verdict(function, "purity", title, PURITY_POINTS, passed=True)
    for finding in findings:
        if finding.mutated:
            names = ", ".join(finding.mutated)
            hint = "work on a copy: an in-place operation such as x -= … or x[mask] = 0 changes the caller's array"
            return _changed(
                verdict, outcome=Outcome.FAILED, points=0.0, message=f"{function} changes its input {names}", hint=hint
            )
    if not right:
        return _skipped(verdict, "its answers are not right yet")
    for finding in findings:
        differing = _differing_repetition(finding)
        if differing:
            return _changed(verdict, outcome=Outcome.FAILED, points=0.0, message=f"{function} {differing}")
        wrong = np.flatnonzero(finding.wrong_probes).tolist()
        if wrong:
            failure = finding.failures.get(wrong[0])
            seen = failure.message if failure else worst_element(finding, wrong[:1])
            message = f"{function} {_VARIANTS[finding.plan.probes[wrong[0]].variant]}: {seen}"
            return _changed(verdict, outcome=Outcome.FAILED, points=0.0, message=message)
    return verdict
