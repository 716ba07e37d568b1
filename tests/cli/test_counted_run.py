"""Runs that count: the course's secret gives the seed, and nothing that a student sees tells it."""

import json
from pathlib import Path

import pytest

from grader.counted import counted_seed

from ..small_course import KERNELS

SECRET = "0123456789abcdef0123"
WRONG = KERNELS.replace("(dy * z).sum(0)", "(dy * z).mean(0)")
FORMATS = ("--format", "json=out.json", "--format", "junit=out.xml", "--format", "html=out.html")


@pytest.fixture(params=["course.toml", "environment"])
def secret_course(request, make_course, monkeypatch):
    """The folder of a course with a secret, which stands in its settings or in the environment."""
    inside = request.param == "course.toml"
    settings = 'title = "Tiny"\n' + (f'secret = "{SECRET}"\n' if inside else "")
    folder = make_course(settings=settings).exercises

    def prepare():
        if not inside:
            monkeypatch.setenv("GRADE_SECRET", SECRET)
        return folder

    return prepare


def test_a_counted_run_tells_neither_seed_nor_secret(grade, write, secret_course):
    end = grade(write(a_dot_py=WRONG), "--course", secret_course(), "-v", *FORMATS)
    assert end.code == 1
    assert "known mistake: mean for sum" in end.err
    seed = counted_seed(SECRET, "toys")
    files = [Path("out.json"), Path("out.xml"), Path("out.html"), Path("reports/a/index.html")]
    for text in (end.err, *(path.read_text("utf-8") for path in files)):
        assert SECRET not in text
        assert str(seed) not in text
        assert f"{seed:x}" not in text
        assert "--seed" not in text
    assert json.loads(files[0].read_text("utf-8"))["seed"] is None
    assert "the seed of the course" in files[2].read_text("utf-8")


def test_a_public_run_of_a_course_with_a_secret_has_the_seed_that_is_given(grade, write, secret_course):
    end = grade(write(a_dot_py=KERNELS), "--course", secret_course(), "--seed", 7, *FORMATS)
    assert end.code == 0
    report = json.loads(Path("out.json").read_text("utf-8"))
    assert report["seed"] == 7
    assert report["command"].endswith("--seed 7")


def test_a_course_without_a_secret_has_seed_0(grade, write, course):
    assert grade(write(a_dot_py=KERNELS), "--course", course, *FORMATS).code == 0
    assert json.loads(Path("out.json").read_text("utf-8"))["seed"] == 0


def test_a_short_secret_of_a_course_is_its_authors_fault(grade, write, make_course):
    folder = make_course(settings='title = "Tiny"\nsecret = "short"\n').exercises
    end = grade(write(a_dot_py=KERNELS), "--course", folder)
    assert end.code == 3
    assert "the secret in course.toml has 5 characters, but should have 16 or more" in end.sentence


def test_a_short_secret_of_the_environment_is_usage(grade, write, course, monkeypatch):
    write(a_dot_py=KERNELS)
    monkeypatch.setenv("GRADE_SECRET", "short")
    end = grade("a.py", "--course", course)
    assert end.code == 2
    assert "the secret in GRADE_SECRET has 5 characters, but should have 16 or more" in end.sentence
