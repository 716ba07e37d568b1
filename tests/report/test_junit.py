"""JUnit XML: every reader can parse it, and no gate lets a gap pass."""

import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from grader.core.verdict import Outcome, Status
from grader.report import junit

GOLD = Path(__file__).parent / "gold"
ILLEGAL_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def rendered(report):
    file = io.StringIO()
    junit.write(report, file)
    return file.getvalue()


def parsed(report):
    return ET.fromstring(rendered(report).encode("utf-8"))


def kinds(report):
    return {case.get("name"): [child.tag for child in case] for case in parsed(report).iter("testcase")}


def test_small_report_equals_the_gold_file(small, assert_gold):
    assert_gold(rendered(small), GOLD / "small.xml")


def test_outcomes_become_the_elements_that_gates_understand(small):
    assert kinds(small) == {
        "batchnorm_forward/shape": [],
        "batchnorm_forward/values": [],
        "batchnorm_backward/gradient": ["failure"],
        "batchnorm_backward/pure": ["skipped"],
        "softmax/values": ["failure"],
        "softmax_backward/gradient": ["failure"],
        "dropout/law": ["error"],
    }


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.SKIPPED])
@pytest.mark.parametrize("state", ["unfilled", "missing"])
def test_unfilled_and_missing_functions_fail(outcome, state, make_report, make_verdict):
    report = make_report(make_verdict("f/values", outcome), make_verdict("g/values"), **{state: ["f"]})
    assert kinds(report) == {"f/values": ["failure"], "g/values": []}


def test_missing_function_without_checks_fails(make_report, make_verdict):
    assert kinds(make_report(make_verdict("g/values"), missing=["f"])) == {"g/values": [], "f": ["failure"]}


@pytest.mark.parametrize(
    ("status", "expected"),
    [(Status.MISSING, ["failure"]), (Status.UNFILLED, ["failure"]), (Status.ERRORED, ["error"])],
)
def test_exercise_without_checks_does_not_vanish(status, expected, make_report):
    assert kinds(make_report(status=status)) == {"e": expected}


@pytest.mark.parametrize("name", ["small", "full"])
def test_counts_are_those_of_the_elements(name, request):
    root = parsed(request.getfixturevalue(name))
    tags = {"failures": "failure", "errors": "error", "skipped": "skipped", "tests": "testcase"}
    for suite in root:
        assert {a: int(suite.get(a)) for a in tags} == {a: len(list(suite.iter(tag))) for a, tag in tags.items()}
    for attribute in ("tests", "failures", "errors"):
        assert int(root.get(attribute)) == sum(int(suite.get(attribute)) for suite in root)


def test_names_are_unique_though_the_checks_are_not(full):
    names = [(case.get("classname"), case.get("name")) for case in parsed(full).iter("testcase")]
    assert len(set(names)) == len(names)
    assert ("foundations.activations", "relu/kink (2)") in names


def test_message_is_repeated_in_the_body_with_all_that_is_known(small):
    failure = parsed(small).find(".//testcase[@name='batchnorm_backward/gradient']/failure")
    verdict = small.exercises[0].checks[2]
    assert failure.get("message") == verdict.message
    for part in (verdict.message, verdict.mistake, verdict.hint, verdict.counterexample.code.strip()):
        assert part in failure.text


def test_hostile_text_is_legal_xml_and_readable(full):
    text = rendered(full)
    assert ILLEGAL_IN_XML.findall(text) == []
    assert "\u202e" not in text
    failure = parsed(full).find(".//testcase[@name='relu/values']/failure")
    assert failure.get("message").startswith(r"<script>alert(1)</script> ]]> \x1b[31mred")
    assert failure.text.startswith(r"<script>alert(1)</script> ]]> \x1b[31mred")


def test_long_message_is_clipped_in_the_attribute_only(full):
    failure = parsed(full).find(".//testcase[@name='relu/pure']/failure")
    assert failure.get("message").endswith("… (9,000 more characters)")
    assert failure.text == "x" * 10_000


def test_cases_name_the_file_and_the_line_of_a_file(make_report, make_verdict):
    report = make_report(
        make_verdict("f/values", file="a.py", line=12),
        make_verdict("g/values", file="b\x1b.ipynb", cell="cell 4", line=2),
        make_verdict("h/values"),
    )
    places = [(case.get("file"), case.get("line")) for case in parsed(report).iter("testcase")]
    assert places == [("a.py", "12"), (r"b\x1b.ipynb", None), (None, None)]


def test_time_is_that_of_the_run(small):
    root = parsed(small)
    assert root.get("time") == "1.250"
    assert {suite.get("timestamp") for suite in root} == {"2026-11-01T10:00:00Z"}


def test_run_without_a_clock_has_no_timestamp(make_report, make_verdict):
    root = parsed(make_report(make_verdict("f/values")))
    assert root.get("time") == "0.000"
    assert [suite.get("timestamp") for suite in root] == [None]
