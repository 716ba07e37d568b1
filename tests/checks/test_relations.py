import functools

import numpy as np
import pytest

from grader.checks.findings import find
from grader.checks.relations import factor_text, relation
from grader.mistakes import InlineCaller
from grader.oracles import plan_check

COURSE = """
from grader.authoring import Exercise, function, matches, one_of, reals, trajectory

exercise = Exercise(
    title="R",
    functions=(
        function("f: a(n,d), p -> y(n,d)"),
        function("two: a(n,d) -> y(n,d), z(d)"),
        function("step: w(n), g(n), state, lr -> w(n), state"),
        function("cube: a(n,h,d) -> y(n,h,d)"),
        function("spread: a(n,d) -> y(d)"),
    ),
    inputs={"a": reals(0.5, 9, magnitudes=(1.0,), ties=False), "w": reals(-2, 2), "g": reals(1, 9),
            "lr": one_of(0.5, 0.25), "p": one_of(0.0, 0.3, 0.8)},
    checks=(matches("f"), matches("two"), trajectory("step"), matches("cube"), matches("spread")),
)
"""
KERNELS = """
def f(a, p):
    return a * a + 0 * p


def two(a):
    return a * 2, a.sum(0)


def step(w, g, state, lr):
    return w - lr * g, {}


def cube(a):
    return a * a


def spread(a):
    return a.var(0)
"""
SEEDS = range(5)


@pytest.fixture(scope="module")
def lab(make_course):
    return make_course(exercise=COURSE, solution=KERNELS)


def said(lab, change, name="f/values"):
    """Return the relation that is found where `change` distorts the right answer of f."""
    return relation(lab.find(name, f=lambda a, p: change(a * a, a, p)))


@functools.cache
def plan_at(lab, seed, check):
    return plan_check(lab.pair, lab.check(check), seed=seed)


def said_at(lab, seed, check, **changed):
    """Return the relation that is found in the cases of another seed, where some functions are replaced."""
    plan = plan_at(lab, seed, check)
    with np.errstate(all="ignore"):
        return relation(find(plan, InlineCaller(lab.functions(**changed)).run_frame(plan.frame, plan.steps)))


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
        (
            lambda y, a, p: y.T.reshape(y.shape),
            "y is transposed and reshaped: a reshape where a transpose is due, or one too many",
        ),
        (
            lambda y, a, p: y.size * y,
            "y is n*d times what it should be: a sum where a mean is due, or a division missing",
        ),
        (
            lambda y, a, p: y / y.size,
            "y is 1/(n*d) of what it should be: a mean where a sum is due, or divided twice",
        ),
        (
            lambda y, a, p: y * (len(y) - 1) / len(y),
            "y is (n - 1)/n of what it should be: divided by n where n - 1 is due",
        ),
        (
            lambda y, a, p: y * len(y) / (len(y) - 1) if len(y) > 1 else y * np.nan,
            "y is n/(n - 1) times what it should be: divided by n - 1 where n is due",
        ),
        (
            lambda y, a, p: y * len(y) / max(len(y) - 1, 1),
            "y is n/(n - 1) times what it should be: divided by n - 1 where n is due",
        ),
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
        lambda y, a, p: y * len(y) / (len(y) - 1) if len(y) > 1 else 7 * y,
        lambda y, a, p: y * len(y) / (len(y) - 1) if len(y) > 2 else y * np.nan,
        lambda y, a, p: y * len(y) / (len(y) - 1 + 1e-3),
        lambda y, a, p: y * (len(y) + 1) / len(y),
        lambda y, a, p: np.sort(y, axis=None).reshape(y.shape),
        lambda y, a, p: y[::-1],
        lambda y, a, p: y.T.reshape(y.shape) * (1 + 1e-4),
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


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (lambda w, g, state, lr: (w + lr * g, {}), "each step of w has the wrong sign"),
        (lambda w, g, state, lr: (w - 3 * lr * g, {}), "each step of w is 3 times what it should be"),
        (lambda w, g, state, lr: (w - g, {}), "each step of w is what it should be, divided by lr"),
        (lambda w, g, state, lr: (w - lr * lr * g, {}), "each step of w is lr times what it should be"),
        (lambda w, g, state, lr: (w.copy(), {}), "each step of w is always zero"),
        (lambda w, g, state, lr: (w - lr * g + 1e-3, {}), ""),
        (lambda w, g, state, lr: (w - lr * np.sign(g), {}), ""),
        (lambda w, g, state, lr: (-w + lr * g, {}), ""),
        (lambda w, g, state, lr: (w - 2 * lr * g if state else w - lr * g, {"t": 1}), ""),
    ],
)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_relation_of_all_steps_is_told_of_the_step(lab, seed, step, sentence):
    assert said_at(lab, seed, "step/trajectory", step=step) == sentence


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("spread", "sentence"),
    [
        (
            lambda a: a.var(0, ddof=1) if len(a) > 1 else np.full(a.shape[1], np.nan),
            "y is n/(n - 1) times what it should be: divided by n - 1 where n is due",
        ),
        (
            lambda a: a.var(0, ddof=1) if len(a) > 1 else a.var(0),
            "y is n/(n - 1) times what it should be: divided by n - 1 where n is due",
        ),
        (
            lambda a: a.var(0) * len(a),
            "y is n times what it should be: a sum where a mean is due, or a division missing",
        ),
        (lambda a: a.std(0), ""),
        (lambda a: a.var(0) * (len(a) + 1) / len(a), ""),
        (lambda a: a.var(0, ddof=1) if len(a) > 1 else a[0], ""),
        (lambda a: a.var(0, ddof=1) if a.shape[1] > 1 else a.var(0), ""),
    ],
)
def test_the_variance_of_a_sample_is_told(lab, seed, spread, sentence):
    assert said_at(lab, seed, "spread/values", spread=spread) == sentence


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("order", "words"),
    [
        ((0, 2, 1), "with its axes in the order (0, 2, 1)"),
        ((2, 1, 0), "with its axes in the order (2, 1, 0)"),
        ((1, 2, 0), "with its axes in the order (1, 2, 0)"),
    ],
)
def test_an_order_of_axes_is_told(lab, seed, order, words):
    def reshaped(a):
        return (a * a).transpose(order).reshape(a.shape)

    assert said_at(lab, seed, "cube/values", cube=reshaped).startswith(f"y is {words} and reshaped")


@pytest.mark.parametrize("seed", SEEDS)
def test_an_order_of_axes_is_told_where_the_sizes_allow_it(lab, seed):
    def turned(a):
        y = a * a
        return y.transpose(0, 2, 1) if a.shape[1] == a.shape[2] else y

    due = "y is with its axes in the order (0, 2, 1) where the sizes allow it"
    assert said_at(lab, seed, "cube/values", cube=turned) == due


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "change",
    [
        lambda y: y + 0.1,
        lambda y: y * (1 + 0.01 * np.cos(np.arange(y.size)).reshape(y.shape)),
        lambda y: np.abs(y - 3),
        lambda y: np.roll(y, 1),
        lambda y: np.clip(y, 1, 9),
        lambda y: y * 1.5 if len(y) > 1 else y,
        np.sqrt,
    ],
)
def test_no_relation_is_told_of_answers_wrong_in_another_way(lab, seed, change):
    assert said_at(lab, seed, "f/values", f=lambda a, p: change(a * a)) == ""
    assert said_at(lab, seed, "cube/values", cube=lambda a: change(a * a)) == ""


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("k", "words"), [(2, "is 2 times"), (-1, "has the wrong sign"), (0.1, "is 0.1 times")])
def test_a_factor_is_told_in_single_precision(lab, seed, k, words):
    def single(a, p):
        small = a.astype(np.float32)
        return (np.float32(k) * small * small).astype(np.float64)

    assert said_at(lab, seed, "f/values", f=single).startswith(f"y {words}")


@pytest.mark.parametrize(("k", "text"), [(2.0, "2"), (1.0001, "1.0001"), (0.5, "0.5"), (1.00000125, "1.000001")])
def test_a_factor_is_told_from_one(k, text):
    assert factor_text(k) == text
