"""What injection attacks say is text in every format: graded for real, then shown."""

import io
import xml.etree.ElementTree as ET

import pytest
from rich.console import Console

from grader.attacks import Bench, read_suite
from grader.report import reporter
from grader.report.terminal import print_report
from grader.report.text import visible

from ..hostile_text import assert_inert, html_structure

SUITE = {attack.name: attack for attack in read_suite(categories=["injection"])}


@pytest.mark.parametrize("name", SUITE)
def test_what_a_submission_says_commands_nothing(name, bench: Bench):
    report = bench.run(SUITE[name]).report
    shown = {}
    for fmt in ("html", "json", "junit"):
        file = io.StringIO()
        reporter(fmt)(report, file)
        shown[fmt] = file.getvalue()
    for verbose in (False, True):
        file = io.StringIO()
        print_report(report, Console(file=file, width=80, highlight=False), verbose=verbose)
        assert_inert(file.getvalue())
    assert_inert(shown["json"])
    assert_inert(shown["junit"])
    assert ET.fromstring(shown["junit"].encode("utf-8")).tag == "testsuites"
    assert visible(shown["html"]) == shown["html"]
    elements = html_structure(shown["html"])
    assert [element for element in elements if element[0] == "script"] == [("script",)]
    assert not {element[0] for element in elements} & {"img", "svg", "iframe", "form", "input", "!--", "?"}
    assert not [name for element in elements for name, *_ in element[1:] if name.startswith("on")]
