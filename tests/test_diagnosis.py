"""A named mistake is the one that was made: known mistakes in other styles, pairs, and answers wrong in other ways."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from grader.discovery import find_course
from grader.judge import Judge

EXERCISES = [pair.exercise.name for pair in find_course().exercises]


@pytest.fixture(scope="session")
def naming():
    path = Path(__file__).parent / "benchmarks" / "naming.py"
    spec = importlib.util.spec_from_file_location("benchmark_naming", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def judges():
    return {}


@pytest.fixture(params=EXERCISES)
def judge(request, judges):
    """Return the judge of one exercise, the same for all tests: its plans and mistakes take seconds."""
    return judges.setdefault(request.param, Judge(find_course().select([request.param])))


def planted(naming, judge, *, styles, pairs):
    exercise = judge.course.exercises[0].exercise.name
    return naming.tally(judge, exercise, styles=styles, pairs=pairs, one_style=True)


def test_each_known_mistake_is_named_in_whatever_style(naming, judge):
    tallies = planted(naming, judge, styles=["noisy", "rewritten", "fortran"], pairs=0)

    assert sum(one.planted for one in tallies.values()) >= len(judge.book(judge.course.exercises[0]).mistakes) // 2
    assert [remark for one in tallies.values() for remark in one.remarks] == []


def test_pairs_of_mistakes_are_named_and_never_otherwise(naming, judge):
    tallies = planted(naming, judge, styles=["noisy", "rewritten"], pairs=4).values()
    pairs = [one for one in tallies if one.outcomes]

    assert not any(one.outcomes["wrong"] for one in pairs), [one.remarks for one in pairs]
    right = sum(one.outcomes["right"] + one.outcomes["equal in every answer"] for one in pairs)
    assert right >= 0.95 * sum(one.planted for one in pairs), [one.remarks for one in pairs]


def test_mistakes_in_single_precision_are_never_named_otherwise(naming, judge):
    tallies = planted(naming, judge, styles=["single"], pairs=1).values()

    assert sum(one.planted for one in tallies) > 0
    assert [remark for one in tallies for remark in one.remarks if remark.startswith("wrong")] == []


def on_results(change):
    """Return a change of all functions: their float results, changed."""

    def changed(naming, functions):
        return naming._wrapped(functions, lambda arg: arg, lambda result: naming._shown(result, change))

    return changed


def raises(kind, text):
    def changed(_, functions):
        def call(*_):
            raise kind(text)

        return dict.fromkeys(functions, call)

    return changed


UNRELATED = {
    "uneven factor": on_results(lambda x: x * (1 + 0.3 * np.cos(np.arange(np.size(x)).reshape(np.shape(x)) + 1))),
    "odd offset": on_results(lambda x: x + 0.123),
    "nearly right": on_results(lambda x: x * 1.001 + 1e-3),
    "nan now and then": on_results(lambda x: np.where(np.arange(x.size).reshape(x.shape) % 3 == 1, np.nan, x) + 1e-3),
    "broadcast error": raises(ValueError, "operands could not be broadcast together with shapes (97,) (31,) "),
    "own error": raises(ValueError, "x must be a matrix"),
    "no attribute": raises(AttributeError, "'tuple' object has no attribute 'shape'"),
}


@pytest.mark.parametrize("kind", UNRELATED)
def test_answers_wrong_in_another_way_are_never_named(naming, judge, kind):
    pair = judge.course.exercises[0]
    book = judge.book(pair)
    functions = UNRELATED[kind](naming, pair.solution.functions)
    named = {name: naming.name_of(book, plan, functions)[1] for name, plan in judge.plan(pair).differential.items()}

    assert {name: mistake for name, mistake in named.items() if mistake} == {}


def test_right_answers_are_never_named_in_any_style(naming, judge):
    pair = judge.course.exercises[0]
    book = judge.book(pair)
    for style in ("noisy", "fortran", "single", "rewritten"):
        functions = naming.compiled(pair, (), style)
        for plan in judge.plan(pair).differential.values():
            seen, name = naming.name_of(book, plan, functions)
            assert name is None
            assert seen.right, (style, plan.check.name)


def test_answers_near_a_mistake_in_double_precision_are_not_the_mistake(tiny):
    def nearly(dy, cache):
        return dy * cache[1] * (1 + 1e-5), (dy * cache[0]).sum(0)

    assert tiny.book.diagnose(tiny.find("centre_backward/gradient", centre_backward=nearly)) is None


EXCEPTION = """
import numpy as np

from grader.authoring import edit

def f(x):
    return x[:, None] * np.ones((1, x.size))

mistakes = [
    edit("x[:, None] * np.ones((1, x.size))", "x @ np.ones((x.size + 1, 1))", name="misfit", hint="look at the shapes"),
    edit("x[:, None]", "int('x') * x[:, None]", name="text for a number", hint="look at the text"),
]
"""
EXCEPTION_EXERCISE = """
from grader.authoring import Exercise, function, matches, reals
exercise = Exercise(title="Q", functions=(function("f: x(n) -> y(n,n)"),), checks=(matches("f"),))
"""


def raising(text, kind=ValueError):
    def f(x):
        raise kind(text.format(x.size, x.size + 1))

    return f


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (raising("invalid literal for int() with base 10: 'x'"), "text for a number"),
        (raising("invalid literal for int() with base 10: 'y'"), None),
        (raising("invalid literal for int() with base 10: 'x'", TypeError), None),
        (raising("x should have two dimensions"), None),
        (raising("shapes ({},) and ({},1) not aligned"), None),
    ],
)
def test_an_exception_proves_a_mistake_only_by_the_same_words(make_course, function, name):
    lab = make_course(exercise=EXCEPTION_EXERCISE, solution=EXCEPTION)
    diagnosis = lab.book.diagnose(lab.find("f/values", f=function))

    assert (diagnosis and diagnosis.name) == name


def test_a_mistake_that_the_right_forward_would_show_is_not_made(tiny):
    def spoilt(x, w):
        return tiny.pair.solution.functions["centre_forward"](x, w)[0], (x - x.mean(), w)

    finding = tiny.find("centre_backward/gradient", centre_forward=spoilt)
    assert tiny.book.diagnose(finding).name == "mean over everything"
    assert tiny.book.diagnose(finding, [tiny.plan("centre_forward/values")]) is None
