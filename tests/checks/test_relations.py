import numpy as np
import pytest

from grader.checks.relations import factor_text, relation

COURSE = """
from grader.authoring import Exercise, function, matches, one_of, reals, trajectory

exercise = Exercise(
    title="R",
    functions=(
        function("f: a(n,d), p -> y(n,d)"),
        function("two: a(n,d) -> y(n,d), z(d)"),
        function("step: w(n), g(n), state, lr -> w(n), state"),
    ),
    inputs={"a": reals(0.5, 9, magnitudes=(1.0,), ties=False), "w": reals(-2, 2), "g": reals(1, 9),
            "lr": one_of(0.5, 0.25), "p": one_of(0.0, 0.3, 0.8)},
    checks=(matches("f"), matches("two"), trajectory("step")),
)
"""
KERNELS = """
def f(a, p):
    return a * a + 0 * p


def two(a):
    return a * 2, a.sum(0)


def step(w, g, state, lr):
    return w - lr * g, {}
"""


@pytest.fixture(scope="module")
def lab(make_course):
    return make_course(exercise=COURSE, solution=KERNELS)


def said(lab, change, name="f/values"):
    """Return the relation that is found where `change` distorts the right answer of f."""
    return relation(lab.find(name, f=lambda a, p: change(a * a, a, p)))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda y, a, p: 2 * y, "y is 2 times what it should be"),
        (lambda y, a, p: y / 3, "y is 0.3333 times what it should be"),
        (lambda y, a, p: -y, "y has the wrong sign"),
        (lambda y, a, p: 0 * y, "y is always zero"),
        (
            lambda y, a, p: len(a) * y,
            "y is n times what it should be: a sum where a mean is due, or a division missing",
        ),
        (lambda y, a, p: y / len(a), "y is 1/n of what it should be: a mean where a sum is due, or divided twice"),
        (
            lambda y, a, p: -y / len(a),
            "y is minus 1/n of what it should be: a mean where a sum is due, or divided twice",
        ),
        (
            lambda y, a, p: y * a.shape[1],
            "y is d times what it should be: a sum where a mean is due, or a division missing",
        ),
        (lambda y, a, p: y * (1 - p), "y is (1 - p) times what it should be"),
        (lambda y, a, p: y / (1 - p), "y is what it should be, divided by (1 - p)"),
        (lambda y, a, p: y * p, "y is p times what it should be"),
        (lambda y, a, p: y.T if len(y) == y.shape[1] else y, "y is transposed where it is square"),
    ],
)
def test_a_relation_that_holds_everywhere_is_named(lab, change, sentence):
    assert said(lab, change) == sentence


def distort_one(y, change):
    """Return answers that are changed only for arrays of one row or column."""
    return change(y) if 1 in y.shape else y


@pytest.mark.parametrize(
    "change",
    [
        lambda y, a, p: y,
        lambda y, a, p: y + 1e-3,
        lambda y, a, p: distort_one(y, lambda y: 2 * y),
        lambda y, a, p: 2 * y if y.shape[0] > 1 else 3 * y,
        lambda y, a, p: np.where(y > 9, -y, y),
        lambda y, a, p: 2 * y * (1 + 1e-4 * a),
        lambda y, a, p: 2 * y if y.max() < 60 else y * np.nan,
        lambda y, a, p: 0 * y if y.shape[0] > 1 else y,
        lambda y, a, p: y * len(a) if len(a) != 3 else y,
        lambda y, a, p: y * (1 - p) if p else 2 * y,
        lambda y, a, p: y.T if y.shape == (3, 3) else y + (y.shape[0] > 4),
        lambda y, a, p: a,
        lambda y, a, p: np.roll(y, 1),
    ],
)
def test_partial_agreement_is_never_named(lab, change):
    assert said(lab, change) == ""


def test_a_case_with_zero_answer_can_contradict(tiny):
    def nearly(x, p, rng):
        return 2 * x if x.any() else x + 1

    found = tiny.find("jitter/values", jitter=lambda x, p, rng: 2 * x)
    assert relation(found) == "y is 2 times what it should be"
    zeros = [i for i, case in enumerate(found.plan.cases) if not case.inputs["x"].any()]
    assert zeros, "Hypothesis begins with the simplest case, which is all zero"
    assert relation(tiny.find("jitter/values", jitter=nearly)) == ""


def test_every_wrong_result_needs_a_relation(lab):
    assert relation(lab.find("two/values", two=lambda a: (-2 * a, 3 * a.sum(0)))) == (
        "y has the wrong sign; z is 3 times what it should be"
    )
    assert relation(lab.find("two/values", two=lambda a: (-2 * a, a.sum(0) + 1))) == ""
    assert relation(lab.find("two/values", two=lambda a: (-2 * a, a.sum(0)))) == "y has the wrong sign"


def test_an_exception_somewhere_leaves_nothing_to_name(lab):
    def fragile(a, p):
        if len(a) == 1:
            raise ValueError("one row")
        return 2 * a * a

    assert relation(lab.find("f/values", f=fragile)) == ""


def late(w, g, state, lr):
    return w - lr * state.get("g", 0 * g), {"g": g.copy()}


def test_a_step_behind_is_named_only_where_it_is_one(lab):
    def behind(w, g, state, lr):
        due = state.get("due", w)
        return due, {"due": due - lr * g}

    assert relation(lab.find("step/trajectory", step=behind)) == "each step returns what the step before should have"
    assert relation(lab.find("step/trajectory", step=late)) == "each step returns what the step before should have"
    assert relation(lab.find("step/trajectory", step=lambda w, g, state, lr: (w + lr * g, {}))) == ""
    assert relation(lab.find("step/trajectory", step=lambda w, g, state, lr: (w, {}))) == ""


@pytest.mark.parametrize(("k", "text"), [(2.0, "2"), (1.0001, "1.0001"), (0.5, "0.5"), (1.00000125, "1.000001")])
def test_a_factor_is_told_from_one(k, text):
    assert factor_text(k) == text
