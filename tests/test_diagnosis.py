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


def test_mistakes_and_pairs_in_single_precision_are_named_and_never_otherwise(naming, judge):
    tallies = planted(naming, judge, styles=["single", "rewritten-single"], pairs=1).values()

    assert not any(one.outcomes["wrong"] for one in tallies), [one.remarks for one in tallies]
    right = sum(one.outcomes["right"] + one.outcomes["equal in every answer"] for one in tallies)
    assert right >= 0.97 * sum(one.planted for one in tallies) > 0, [one.remarks for one in tallies]


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


@pytest.mark.parametrize("kind", ["uneven factor", "odd offset", "nan now and then"])
def test_answers_in_single_precision_that_are_wrong_in_another_way_are_never_named(naming, judge, kind):
    pair = judge.course.exercises[0]
    book = judge.book(pair)
    functions = naming.single(UNRELATED[kind](naming, pair.solution.functions))
    named = {name: naming.name_of(book, plan, functions)[1] for name, plan in judge.plan(pair).differential.items()}

    assert {name: mistake for name, mistake in named.items() if mistake} == {}


def test_right_answers_are_never_named_in_any_style(naming, judge):
    pair = judge.course.exercises[0]
    book = judge.book(pair)
    for style in ("noisy", "fortran", "single", "rewritten", "rewritten-single"):
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


OVERLAPPING = """
import numpy as np

from grader.authoring import edit

def f(x):
    y = (x - x.mean()) * 2 + 1
    return np.outer(y, y)

mistakes = [
    edit("y = (x - x.mean()) * 2 + 1", "y = (x - x.sum()) * 2 + 1", name="sum for mean", hint="divide"),
    edit("* 2 + 1", "* 3 + 1", name="three", hint="twice"),
    edit("y = (x - x.mean()) * 2 + 1", "y = x", name="nothing done", hint="do it"),
]
"""


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: (x - x.sum()) * 2 + 1, "sum for mean"),
        (lambda x: (x - x.mean()) * 3 + 1, "three"),
        (lambda x: (x - x.sum()) * 3 + 1, "sum for mean and three"),
        (lambda x: x, "nothing done"),
        (lambda x: 3 * x + 1, None),
        (lambda x: (x - x.sum()) * 3, None),
    ],
)
def test_mistakes_in_the_same_words_are_named_together(make_course, function, name):
    lab = make_course(exercise=EXCEPTION_EXERCISE, solution=OVERLAPPING)

    def f(x):
        return np.outer(function(x), function(x))

    diagnosis = lab.book.diagnose(lab.find("f/values", f=f))
    assert (diagnosis and diagnosis.name) == name
    named_in_single = lab.book.diagnose(lab.find("f/values", f=lambda x: f(x.astype(np.float32)).astype(np.float64)))
    assert (named_in_single and named_in_single.name) == name


NEAR = """
import numpy as np

from grader.authoring import edit

def f(x):
    return np.outer(np.abs(x) + 1, np.abs(x) + 1)

mistakes = [
    edit("return np.outer(", "return 0.5 * np.outer(", name="halved", hint="all of it"),
    edit("np.outer(np.abs(x) + 1, ", "np.outer(np.abs(x) + 1.0001, ", name="a little more", hint="one"),
]
"""


@pytest.mark.parametrize(
    ("factor", "more", "name"), [(0.5, 0.0, "halved"), (0.5, 1e-4, "halved and a little more"), (0.51, 0.0, None)]
)
def test_of_explanations_within_single_precision_the_nearest_is_named(make_course, factor, more, name):
    lab = make_course(exercise=EXCEPTION_EXERCISE, solution=NEAR)

    def f(x):
        size = np.abs(x.astype(np.float32)) + np.float32(1)
        return np.float64(np.outer(size + np.float32(more), np.float32(factor) * size))

    diagnosis = lab.book.diagnose(lab.find("f/values", f=f))
    assert (diagnosis and diagnosis.name) == name


def test_a_call_that_was_given_nothing_proves_no_mistake(make_course, sources):
    """Where a forward fails, its backward gets no cache: every failure of a forward would look the same there."""
    exercise, solution = sources
    failing = 'edit("z = x - x.mean(0)", "z = x - x.mean(7)", name="wrong axis", hint="axis 0"),\n    edit("z = x -'
    lab = make_course(exercise=exercise, solution=solution.replace('edit("z = x -', failing, 1))

    def broken(x, w):
        raise KeyError("w")

    def same(x, w):
        return x - x.mean(7), (x, w)

    assert lab.book.diagnose(lab.find("centre_backward/gradient", centre_forward=broken)) is None
    assert lab.book.diagnose(lab.find("centre_forward/values", centre_forward=same)).name == "wrong axis"


def test_a_mistake_that_the_right_forward_would_show_is_not_made(tiny):
    def spoilt(x, w):
        return tiny.pair.solution.functions["centre_forward"](x, w)[0], (x - x.mean(), w)

    finding = tiny.find("centre_backward/gradient", centre_forward=spoilt)
    assert tiny.book.diagnose(finding).name == "mean over everything"
    assert tiny.book.diagnose(finding, [tiny.plan("centre_forward/values")]) is None
