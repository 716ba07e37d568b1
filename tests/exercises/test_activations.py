"""Facts of the activations' contract from independent knowledge, on the kernels and on the properties."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from grader.core.exercise import Property, Refuted
from grader.core.submission import Submission
from grader.core.verdict import Outcome
from grader.discovery import Course, load_pair
from grader.judge import Judge
from grader.sandbox import InlineWorker

ROOT = Path(__file__).resolve().parents[2]
PAIR = load_pair(
    ROOT / "exercises" / "foundations" / "activations.py", ROOT / "solutions" / "foundations" / "activations.py"
)
KERNELS = PAIR.solution.functions
X = np.array([-1.0, 0.0, 2.0])
DY = np.array([1.0, 1.0, 2.0])
E = math.e
SELU_PRODUCT = 1.7580993408473766
"""scale * alpha of selu, as self-normalising nets are given in the literature."""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sigmoid", [1 / (1 + E), 0.5, E**2 / (1 + E**2)]),
        ("tanh", [(1 - E**2) / (1 + E**2), 0.0, (E**4 - 1) / (E**4 + 1)]),
        ("relu", [0.0, 0.0, 2.0]),
        ("leaky_relu", [-0.01, 0.0, 2.0]),
        ("elu", [1 / E - 1, 0.0, 2.0]),
        ("selu", [SELU_PRODUCT * (1 / E - 1), 0.0, 2 * 1.0507009873554805]),
        ("relu6", [0.0, 0.0, 2.0]),
        ("softplus", [math.log(1 + 1 / E), math.log(2), math.log(1 + E**2)]),
        ("softsign", [-1 / 2, 0.0, 2 / 3]),
        ("crelu", [0.0, 0.0, 2.0, 1.0, 0.0, 0.0]),
        ("step", [0.0, 1.0, 1.0]),
    ],
)
def test_forward_has_the_value_computed_by_hand(name, expected):
    np.testing.assert_allclose(KERNELS[name](X), expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sigmoid_backward", [E / (1 + E) ** 2, 2 * E**2 / (1 + E**2) ** 2]),
        ("tanh_backward", [4 / (E + 1 / E) ** 2, 8 / (E**2 + E**-2) ** 2]),
        ("relu_backward", [0.0, 2.0]),
        ("leaky_relu_backward", [0.01, 2.0]),
        ("elu_backward", [1 / E, 2.0]),
        ("selu_backward", [SELU_PRODUCT / E, 2 * 1.0507009873554805]),
        ("relu6_backward", [0.0, 2.0]),
        ("softplus_backward", [1 / (1 + E), 2 * E**2 / (1 + E**2)]),
        ("softsign_backward", [1 / 4, 2 / 9]),
    ],
)
def test_backward_has_the_value_computed_by_hand_off_the_kink(name, expected):
    np.testing.assert_allclose(KERNELS[name](DY, X)[[0, 2]], expected, rtol=1e-13)


def test_elu_and_leaky_relu_follow_alpha():
    np.testing.assert_allclose(KERNELS["elu"](X, 2.0), [2 / E - 2, 0, 2], rtol=1e-15)
    np.testing.assert_allclose(KERNELS["elu_backward"](DY, X, 2.0)[[0, 2]], [2 / E, 2], rtol=1e-15)
    np.testing.assert_array_equal(KERNELS["leaky_relu"](X, 0.5), [-0.5, 0, 2])
    np.testing.assert_array_equal(KERNELS["leaky_relu_backward"](DY, X, 0.0)[[0, 2]], [0, 2])
    np.testing.assert_array_equal(KERNELS["leaky_relu_backward"](DY, X, 1.0), DY)


def test_crelu_backward_sends_each_half_where_its_relu_is_active():
    dx = KERNELS["crelu_backward"](np.array([[1.0, 5.0, 3.0, 7.0]]), np.array([[2.0, -2.0]]))

    np.testing.assert_array_equal(dx, [[1.0, -7.0]])


def test_crelu_joins_along_the_last_of_three_axes():
    x = np.arange(-6.0, 6.0).reshape(2, 2, 3)
    y = KERNELS["crelu"](x)

    assert y.shape == (2, 2, 6)
    np.testing.assert_array_equal(y[0, 0], [0, 0, 0, 6, 5, 4])
    np.testing.assert_array_equal(y[1, 1], [3, 4, 5, 0, 0, 0])


def test_relu6_levels_off_at_six_and_passes_nothing_beyond():
    x = np.array([5.5, 6.5, 1e4])

    np.testing.assert_array_equal(KERNELS["relu6"](x), [5.5, 6, 6])
    np.testing.assert_array_equal(KERNELS["relu6_backward"](np.ones(3), x), [1, 0, 0])


def test_step_is_one_at_both_zeros():
    np.testing.assert_array_equal(KERNELS["step"](np.array([0.0, -0.0, -1e-300])), [1, 1, 0])


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("sigmoid", 0.0, 1.0), ("tanh", -1.0, 1.0), ("elu", -1.0, 1e4), ("softplus", 0.0, 1e4)],
)
def test_forward_is_finite_and_silent_at_ten_thousand(name, low, high):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        y = KERNELS[name](np.array([-1e4, 1e4]))

    np.testing.assert_allclose(y, [low, high], rtol=1e-15)


def test_tails_keep_their_relative_accuracy():
    """sigmoid(x) and softplus(x) are exp(x) (1 + O(exp(x))) far below zero."""
    x = np.array([-50.0, -300.0, -700.0])

    np.testing.assert_allclose(KERNELS["sigmoid"](x), np.exp(x), rtol=1e-13)
    np.testing.assert_allclose(KERNELS["softplus"](x), np.exp(x), rtol=1e-13)


SMOOTH_AWAY_FROM = {"relu": (0,), "leaky_relu": (0,), "elu": (0,), "selu": (0,), "relu6": (0, 6), "crelu": (0,)}


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    "name", ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "relu6", "softplus", "softsign", "crelu"]
)
def test_backward_is_the_central_difference_of_the_forward(name, seed):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-8, 8, (40, 3))
    for kink in SMOOTH_AWAY_FROM.get(name, ()):
        x = np.where(np.abs(x - kink) < 0.01, x + 0.1, x)
    alpha = (0.3,) if name in ("leaky_relu", "elu") else ()
    dy = rng.standard_normal(KERNELS[name](x).shape)
    h = 1e-5
    slope = (KERNELS[name](x + h, *alpha) - KERNELS[name](x - h, *alpha)) / (2 * h) * dy
    expected = slope[:, :3] + slope[:, 3:] if name == "crelu" else slope

    np.testing.assert_allclose(KERNELS[f"{name}_backward"](dy, x, *alpha), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_kernel_keeps_extended_precision_and_its_inputs(name):
    terms = PAIR.exercise.function(name).signature.arguments
    x = np.linspace(-3, 3, 4, dtype=np.longdouble)
    arrays = [np.ones(8 if term.name == "dy" and "crelu" in name else 4, np.longdouble) * 2 for term in terms]
    arguments = [x if term.name == "x" else array for term, array in zip(terms, arrays, strict=True)]
    arguments = [np.longdouble(0.5) if term.name == "alpha" else a for term, a in zip(terms, arguments, strict=True)]
    before = [np.array(a) for a in arguments]
    y = KERNELS[name](*arguments)

    assert y.dtype == (np.float64 if name == "step" else np.longdouble)
    for argument, old in zip(arguments, before, strict=True):
        np.testing.assert_array_equal(argument, old)


# ---------------------------------------------------------------- the checks, on functions in other styles


@pytest.fixture(scope="module", params=[3, 11])
def judge(request):
    return Judge(Course("foundations", "Foundations", (PAIR,)), seed=request.param)


def failed(judge, **functions):
    """Return (check, mistake) of what fails when some functions replace the kernels."""
    report = judge.grade(Submission(student="someone", files=[]), InlineWorker({**KERNELS, **functions}))
    return {(v.check, v.mistake) for v in report.exercises[0].checks if v.outcome is not Outcome.PASSED}


def single(x):
    return np.asarray(x, np.float32)


RIGHT_VARIANTS = {
    "half at the kink of relu": {"relu_backward": lambda dy, x: dy * np.heaviside(x, 0.5)},
    "one at the kink of relu": {"relu_backward": lambda dy, x: dy * (x >= 0)},
    "closed mask of relu6": {"relu6_backward": lambda dy, x: dy * ((x >= 0) & (x <= 6))},
    "mean slope at the kink of leaky_relu": {
        "leaky_relu_backward": lambda dy, x, alpha=0.01: dy * np.where(
            x == 0, (1 + alpha) / 2, np.where(x > 0, 1, alpha))
    },
    "one at the kink of elu": {
        "elu_backward": lambda dy, x, alpha=1.0: dy * np.where(x >= 0, 1, alpha * np.exp(np.minimum(x, 0)))
    },
    "alpha at the kink of selu": {
        "selu_backward": lambda dy, x: dy * 1.0507009873554805 * np.where(
            x > 0, 1, 1.6732632423543772 * np.exp(np.minimum(x, 0)))
    },
    "both halves of crelu open at zero": {
        "crelu_backward": lambda dy, x: np.split(dy, 2, -1)[0] * (x >= 0) - np.split(dy, 2, -1)[1] * (x <= 0)
    },
    "exp(x) - 1 by subtraction": {
        "elu": lambda x, alpha=1.0: np.where(x > 0, x, alpha * (np.exp(np.minimum(x, 0)) - 1)),
        "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * (np.exp(np.minimum(x, 0)) - 1)),
    },
    "softplus of a plain logarithm": {"softplus": lambda x: np.maximum(x, 0) + np.log(1 + np.exp(-np.abs(x)))},
    "sigmoid by tanh": {"sigmoid": lambda x: (1 + np.tanh(x / 2)) / 2},
    "single precision by subtraction": {
        "sigmoid": lambda x: (1 + np.tanh(single(x) / 2)) / 2,
        "elu": lambda x, alpha=1.0: np.where(x > 0, single(x), single(alpha) * (np.exp(single(np.minimum(x, 0))) - 1)),
        "softplus": lambda x: np.maximum(single(x), 0) + np.log(1 + np.exp(-np.abs(single(x)))),
        "tanh_backward": lambda dy, x: single(dy) * (1 - np.tanh(single(x)) ** 2),
    },
}  # fmt: skip


@pytest.mark.parametrize("style", RIGHT_VARIANTS)
def test_right_answer_in_another_style_loses_nothing(judge, style):
    assert failed(judge, **RIGHT_VARIANTS[style]) == set()


def test_subgradient_outside_the_slopes_is_refused(judge):
    found = failed(judge, relu_backward=lambda dy, x: dy * np.where(x == 0, 2, x > 0))

    assert ("relu_backward/gradient", None) in found


@pytest.mark.parametrize("name", ["leaky_relu_backward", "elu_backward"])
def test_zero_at_no_kink_is_refused_and_the_mean_of_the_slopes_is_not(judge, name):
    def with_slope(at_zero):
        default = 0.01 if name == "leaky_relu_backward" else 1.0
        return lambda dy, x, alpha=default: np.where(x == 0, dy * at_zero(alpha), KERNELS[name](dy, x, alpha))

    claim = f"{name}/alpha-1-makes-0-no-kink"
    assert (claim, None) in failed(judge, **{name: with_slope(lambda alpha: 0.5)})
    assert failed(judge, **{name: with_slope(lambda alpha: (1 + alpha) / 2)}) == set()


def test_known_mistake_is_named_whatever_the_convention_at_the_kink(judge):
    found = failed(judge, leaky_relu_backward=lambda dy, x, alpha=0.01: np.where(x < 0, 0.01 * dy, dy))

    assert ("leaky_relu_backward/gradient", "leaky_relu_backward: alpha ignored") in found


def test_another_default_of_alpha_is_found_and_named(judge):
    found = failed(judge, elu=lambda x, alpha=0.5: KERNELS["elu"](x, alpha))

    assert ("elu/alpha-is-1-by-default", "elu: another default of alpha") in found


# ---------------------------------------------------------------- the properties alone


def predicate(name):
    body = next(check.body for check in PAIR.exercise.checks if check.name == name)
    assert isinstance(body, Property)
    return body.predicate


PROPERTIES = [check for check in PAIR.exercise.checks if isinstance(check.body, Property)]


@pytest.mark.parametrize("check", PROPERTIES, ids=lambda check: check.name)
@pytest.mark.parametrize("garbage", [np.nan, np.inf, -np.inf, 1e308])
def test_property_refutes_garbage_without_raising(check, garbage):
    x = np.array([[-2.0, 0.5, 3.0]])
    case = SimpleNamespace(x=x, dy=np.array([[1.0, -2.0, 0.5]]), alpha=0.3)

    def answer(*arguments):
        y = np.full_like(KERNELS[check.function](*arguments), garbage)
        return y if len(arguments) == (2 if "backward" in check.function else 1) else np.ones_like(y)

    with np.errstate(all="ignore"):
        seen = check.body.predicate(SimpleNamespace(**{check.function: answer}), case)

    assert isinstance(seen, str | Refuted)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("check", PROPERTIES, ids=lambda check: check.name)
def test_property_holds_for_the_kernel_rounded_to_single_precision(check, seed):
    rng = np.random.default_rng(seed)
    case = SimpleNamespace(x=rng.standard_normal((4, 3)) * 10.0**seed, dy=rng.standard_normal((4, 3)), alpha=0.3)

    def answer(*arguments):
        return KERNELS[check.function](*arguments).astype(np.float32).astype(float)

    assert check.body.predicate(SimpleNamespace(**{check.function: answer}), case) in (None, True)


def test_selu_property_says_the_moments_of_elu():
    """E[elu(x)^2] for normal x is 1/2 + the negative half, which is less than 1: elu does not normalise."""
    seen = predicate("selu/standard-normals-keep-mean-0-and-variance-1")(SimpleNamespace(selu=KERNELS["elu"]), None)

    assert "but should have 0 and 1" in seen


@pytest.mark.parametrize("name", ["sigmoid", "softplus"])
def test_plateau_in_the_tail_is_named_only_where_it_is_one(name):
    check = predicate(f"{name}/the-lower-tail-dies-out")

    clipped = check(SimpleNamespace(**{name: lambda x: np.maximum(KERNELS[name](x), 1e-9)}), None)
    slow = check(SimpleNamespace(**{name: lambda x: np.exp(x / 2)}), None)

    assert isinstance(clipped, Refuted)
    assert clipped.mistake == f"{name}: tail clipped"
    assert isinstance(slow, str)
