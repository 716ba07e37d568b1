"""Renders the class report as one self-contained web page."""

from __future__ import annotations

from typing import TextIO

from grader.report.classroom.records import ClassReport
from grader.report.pages import policy_hash, static, template

__all__ = ["write"]


def write(report: ClassReport, file: TextIO) -> None:
    """Write the page on a class; it asks the network for nothing, and shows what matters without JavaScript."""
    script = static("class.js")
    style = static("report.css") + static("class.css")
    page = template("class.html.j2")
    file.write(page.render(report=report, style=style, script=script, script_hash=policy_hash(script)))
