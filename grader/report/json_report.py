"""Renders a report as JSON, the format from which all others can be derived."""

from __future__ import annotations

import math
from typing import TextIO

import msgspec

from grader.core.verdict import Report, json_schema
from grader.errors import GraderFault
from grader.report.text import json_without_commands

__all__ = ["schema", "write"]


def write(report: Report, file: TextIO) -> None:
    """Write `report` as JSON, indented by two spaces, in the order of the fields.

    Raises
    ------
    GraderFault
        If a score is not a finite number, which JSON cannot say.
    """
    _check_finite(report)
    try:
        encoded = msgspec.json.encode(report)
    except UnicodeEncodeError:
        # Names of files that are not UTF-8 reach Python as lone surrogates, which JSON text cannot hold.
        encoded = msgspec.json.encode(_encodable(msgspec.to_builtins(report)))
    file.write(json_without_commands(msgspec.json.format(encoded, indent=2).decode("utf-8")) + "\n")


def schema() -> str:
    """Return the JSON Schema of what `write` writes, as it is published in ``static/report.schema.json``."""
    return msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode("utf-8") + "\n"


def _check_finite(report: Report) -> None:
    numbers = {"report": [report.score, report.max_score, report.seconds or 0.0]}
    for exercise in report.exercises:
        numbers[exercise.exercise] = [exercise.score, exercise.max_score]
        numbers |= {verdict.check: [verdict.points, verdict.max_points] for verdict in exercise.checks}
    for name, values in numbers.items():
        if not all(map(math.isfinite, values)):
            raise GraderFault(f"{name}: points and times are {values}, but should be finite")


def _encodable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return value
