"""Whatever a student writes into a name or a message stays text in every format."""

import io
import json
import xml.etree.ElementTree as ET

import msgspec
import pytest
from rich.console import Console

from grader.core.verdict import Counterexample
from grader.report import FORMATS, reporter
from grader.report.terminal import print_report
from grader.report.text import one_line, visible

from ..hostile_text import HOSTILE, assert_inert, html_structure, json_structure, tame, xml_structure

STRUCTURE = {"html": html_structure, "junit": xml_structure, "json": json_structure}


def in_verdict(**fields):
    """Return what sets fields of the failed check to a text."""

    def put(report, text):
        first, *others = report.exercises
        checks = [
            msgspec.structs.replace(check, **{name: of(text) for name, of in fields.items()})
            if check.counterexample else check
            for check in first.checks
        ]  # fmt: skip
        return msgspec.structs.replace(report, exercises=[msgspec.structs.replace(first, checks=checks), *others])

    return put


def in_example(**fields):
    """Return what sets fields of the counterexample to a text."""
    plain = {"inputs": {"x": "1"}, "actual": "", "expected": "", "code": "print(1)\n"}
    return in_verdict(
        counterexample=lambda text: Counterexample(**{**plain, **{name: of(text) for name, of in fields.items()}})
    )


def itself(text):
    return text


FIELDS = {
    "student": lambda report, text: msgspec.structs.replace(report, student=text),
    "command": lambda report, text: msgspec.structs.replace(report, command=text or " "),
    "remark": lambda report, text: msgspec.structs.replace(report, remarks=["before", text, "after"]),
    "message": in_verdict(message=itself),
    "hint": in_verdict(hint=itself),
    "mistake": in_verdict(mistake=itself),
    "remark of a check": in_verdict(remarks=lambda text: [text]),
    "file": in_verdict(file=itself),
    "cell": in_verdict(file=lambda _: "hw.ipynb", cell=itself),
    "input": in_example(inputs=lambda text: {"x": text}),
    "name of an input": in_example(inputs=lambda text: {text: "1"}),
    "answers": in_example(actual=itself, expected=itself),
    "code": in_example(code=itself),
}


def rendered(report, fmt):
    file = io.StringIO()
    reporter(fmt)(report, file)
    return file.getvalue()


def printed(report, **options):
    file = io.StringIO()
    print_report(report, Console(file=file, width=80, highlight=False), **options)
    return file.getvalue()


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("fmt", FORMATS)
def test_no_text_changes_the_structure_of_a_document(small, fmt, name):
    text = HOSTILE[name]
    for field, put in FIELDS.items():
        hostile, harmless = rendered(put(small, text), fmt), rendered(put(small, tame(text)), fmt)
        assert STRUCTURE[fmt](hostile) == STRUCTURE[fmt](harmless), field


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("fmt", ["json", "junit"])
def test_no_document_in_a_log_commands_whoever_shows_it(small, fmt, name):
    for put in FIELDS.values():
        assert_inert(rendered(put(small, HOSTILE[name]), fmt))


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_in_a_page_is_unseen(small, name):
    for put in FIELDS.values():
        assert visible(page := rendered(put(small, HOSTILE[name]), "html")) == page


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("verbose", [False, True], ids=["short", "verbose"])
def test_no_text_commands_the_terminal_or_the_runner(small, name, verbose):
    for put in FIELDS.values():
        assert_inert(printed(put(small, HOSTILE[name]), verbose=verbose))


@pytest.mark.parametrize("name", HOSTILE)
def test_json_gives_every_text_back_as_it_was(small, name):
    text = HOSTILE[name]
    for field in ("student", "command"):
        back = json.loads(rendered(FIELDS[field](small, text), "json"))[field]
        assert back == text.encode("utf-8", "backslashreplace").decode("utf-8")


@pytest.mark.parametrize("name", HOSTILE)
def test_junit_gives_every_text_back_as_it_is_shown(small, name):
    text = HOSTILE[name]
    root = ET.fromstring(rendered(FIELDS["student"](small, text), "junit").encode("utf-8"))
    assert root.get("name") == one_line(f"grade: {text}")
    failure = ET.fromstring(rendered(FIELDS["message"](small, text or "x"), "junit").encode("utf-8")).find(".//failure")
    assert visible(text) in failure.text


@pytest.mark.parametrize("name", HOSTILE)
def test_every_text_can_be_read_on_the_terminal(small, name):
    text = HOSTILE[name][:200]
    log = printed(FIELDS["student"](small, text)).replace(r"\x23", "#").replace(r"\x3a", ":")
    assert "".join(one_line(text).split()) in "".join(log.split())
