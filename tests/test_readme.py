"""What README.md shows can be copied: its course is written to a folder and proves right."""

import re
from pathlib import Path

import pytest

from grader.discovery import find_course
from grader.judge import Judge
from grader.sandbox import Sandbox
from grader.selfcheck import check_pair
from grader.starters import starter

README = Path(__file__).resolve().parents[1] / "README.md"
NAMED_BLOCK = re.compile(r"^`(\S+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The course of the authoring guide."""
    folder = tmp_path_factory.mktemp("guide")
    blocks = dict(NAMED_BLOCK.findall(README.read_text("utf-8")))
    assert list(blocks) == ["exercises/lab/course.toml", "exercises/lab/scale.py", "solutions/lab/scale.py"]
    for name, text in blocks.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return find_course(folder / "exercises" / "lab")


def test_every_fact_about_the_example_holds(course):
    (pair,) = course.exercises
    with Sandbox() as sandbox:
        facts = list(check_pair(pair, Judge(course), sandbox))
    assert {fact.subject: fact.problem for fact in facts} == dict.fromkeys(
        ("oracles", "solution", "starter", "exponential forgotten"), ""
    )
    assert f"says `{len(facts)} passed, 0 failed`" in README.read_text("utf-8")


def test_the_examples_starter_has_both_functions(course):
    assert re.findall(r"^def (\w+)", starter(course.exercises[0].exercise), re.MULTILINE) == [
        "scale_forward", "scale_backward"
    ]  # fmt: skip
