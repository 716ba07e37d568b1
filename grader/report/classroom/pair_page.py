"""Renders a page on two submissions that are alike: the places that match, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from grader.report.classroom.likeness import Excerpt
from grader.report.classroom.page import href, key, name, percent
from grader.report.classroom.records import ClassReport, Likeness
from grader.report.pages import static, template

__all__ = ["write"]

_WIDTH = 400


def write(report: ClassReport, pair: Likeness, excerpts: Sequence[Excerpt], file: TextIO) -> None:
    """Write the page on a pair; it asks the network for nothing and has no script."""
    page = template("pair.html.j2").render(
        report=report,
        pair=pair,
        excerpts=excerpts,
        left=report.students[pair.left],
        right=report.students[pair.right],
        share=percent(pair.shared, 1),
        href=href,
        name=name,
        key=key,
        width=_WIDTH,
        style=static("report.css") + static("class.css"),
    )
    file.write(page)
