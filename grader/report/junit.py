"""Renders a report as JUnit XML, as GitLab, Jenkins and GitHub actions read it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TextIO

from grader.core.verdict import Outcome, Report, Verdict
from grader.report.text import assigned, clipped, one_line, visible, without_commands
from grader.report.view import ExerciseView, FunctionView, State, exercise_views

__all__ = ["write"]

# Some readers load attributes whole into a column of a table; the body holds the full text.
_ATTRIBUTE_LIMIT = 1000
_UNTIMED = "0.000"


@dataclass(frozen=True, slots=True)
class _Case:
    """One test case; `kind` is the element that tells of its outcome, or None where it passed."""

    name: str
    kind: str | None = None
    message: str = ""
    body: str = ""
    file: str = ""
    line: int = 0


def write(report: Report, file: TextIO) -> None:
    """Write `report` as JUnit XML: one suite per exercise, one case per check.

    A wrong answer is a ``failure``, and so is a function that is missing or not implemented, since a gate must not let
    it pass. The grader's own fault is an ``error``. Checks share batched calls, so only the whole run has a time.
    """
    seconds = _UNTIMED if report.seconds is None else f"{report.seconds:.3f}"
    root = ET.Element("testsuites", name=one_line(f"grade: {report.student}"))
    for view in exercise_views(report):
        root.append(_suite(view, course=report.course, started=report.started))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    root.set("time", seconds)
    ET.indent(root)
    document = '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
    file.write(without_commands(document, colon="&#58;", number_sign="&#35;"))


def _suite(view: ExerciseView, *, course: str, started: str | None) -> ET.Element:
    cases = list(_cases(view))
    kinds = [case.kind for case in cases]
    suite = ET.Element("testsuite", name=one_line(view.name), tests=str(len(cases)))
    for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(kinds.count(kind)))
    suite.set("time", _UNTIMED)
    if started is not None:
        suite.set("timestamp", one_line(started))
    taken: set[str] = set()
    for case in cases:
        name = _unique(one_line(case.name), taken)
        element = ET.SubElement(suite, "testcase", classname=one_line(f"{course}.{view.name}"), name=name)
        if case.file:
            element.set("file", one_line(case.file))
        if case.file and case.line:
            element.set("line", str(case.line))
        element.set("time", _UNTIMED)
        if case.kind is not None:
            message = clipped(one_line(case.message), _ATTRIBUTE_LIMIT)
            ET.SubElement(element, case.kind, message=message).text = visible(case.body or case.message)
    return suite


def _cases(view: ExerciseView) -> Iterator[_Case]:
    """Yield at least one case, so that an exercise of which nothing could be checked does not vanish."""
    for function in view.functions:
        if function.checks:
            for verdict in function.checks:
                # The line within a notebook's cell is no line of the file.
                line = 0 if verdict.cell else verdict.line
                yield replace(_case(function, verdict), file=verdict.file, line=line)
        else:
            yield _Case(function.name, "failure", f"{function.name}: {function.state}")
    if not view.functions and view.state is not State.PASSED:
        kind = "error" if view.state is State.ERRORED else "failure"
        yield _Case(view.name, kind, f"{view.name}: {view.state}")


def _case(function: FunctionView, verdict: Verdict) -> _Case:
    if function.state in (State.UNFILLED, State.MISSING):
        text = f"{function.name}: {function.state}"
        return _Case(verdict.check, "failure", text, _body(verdict, text))
    kinds = {Outcome.PASSED: None, Outcome.FAILED: "failure", Outcome.ERRORED: "error", Outcome.SKIPPED: "skipped"}
    kind = kinds[verdict.outcome]
    if kind is None:
        return _Case(verdict.check)
    text = verdict.message or verdict.title or str(verdict.outcome)
    return _Case(verdict.check, kind, text, _body(verdict, text))


def _body(verdict: Verdict, message: str) -> str:
    parts = [message]
    if verdict.message and verdict.message != message:
        parts.append(verdict.message)
    if verdict.mistake:
        parts.append(f"known mistake: {verdict.mistake}")
    if verdict.hint:
        parts.append(f"hint: {verdict.hint}")
    if (found := verdict.counterexample) is not None:
        inputs = [f"  {line}" for name, value in found.inputs.items() for line in assigned(name, value)]
        parts.append("\n".join(["smallest failing input:", *inputs]))
        parts.append(f"actual:\n{found.actual}")
        parts.append(f"expected:\n{found.expected}")
        parts.append(f"to reproduce:\n{found.code}")
    return "\n\n".join(parts)


def _unique(name: str, taken: set[str]) -> str:
    """Return `name`, numbered if it is taken: GitLab drops all but one of the cases of a name."""
    stem = re.sub(r" \(\d+\)$", "", name)
    number = 1
    while name in taken:
        number += 1
        name = f"{stem} ({number})"
    taken.add(name)
    return name
