"""Dropout: kernels by hand, exact tests against scipy, false alarms, right and wrong code in other styles."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from grader.checks.properties import observe
from grader.core.cases import Case
from grader.core.domains import Seed
from grader.core.exercise import Property
from grader.core.submission import Submission
from grader.core.verdict import Outcome
from grader.discovery import Course, find_course, load_pair
from grader.judge import Judge
from grader.sandbox import InlineWorker

ROOT = Path(__file__).resolve().parents[2]
PAIR = load_pair(ROOT / "exercises/foundations/dropout.py", ROOT / "solutions/foundations/dropout.py")
KERNELS = PAIR.solution.functions if PAIR.solution else {}
COURSE = Course("dropout", "Dropout", (PAIR,))
CLAIMS = {check.title: check for check in PAIR.exercise.checks if isinstance(check.body, Property)}
MODULE = CLAIMS["drops units independently"].body.predicate.__globals__
RATE, INDEPENDENTLY, ANEW = RANDOM = (
    "drops units with probability p",
    "drops units independently",
    "draws a new mask at each call",
)


def seen_of(title, functions, seed=0):
    """Return what a claim's predicate sees of some functions."""
    inputs = {"x": np.ones(1), "p": 0.5, "rng": Seed(seed), "training": True, "dy": np.ones(1)}
    case = Case(inputs, {"...": (1,)}, "test")
    seen = observe(PAIR.exercise, CLAIMS[title], [case], InlineWorker({**KERNELS, **functions}))
    assert not seen.broken
    return seen


def refuted(functions, seed=0):
    return {title for title in CLAIMS if seen_of(title, functions, seed).message}


# ---------------------------------------------------------------- kernels


def test_worked_example_of_the_statement():
    class Fixed:
        def random(self, shape):
            return np.array([0.9, 0.1]).reshape(shape)

    y, cache = KERNELS["dropout_forward"](np.array([3.0, 6.0]), 0.25, Fixed(), True)
    assert y == pytest.approx([4.0, 0.0])
    assert KERNELS["dropout_backward"](np.array([1.5, 1.0]), cache) == pytest.approx([2.0, 0.0])


def test_penalty_by_hand():
    loss, dw = KERNELS["l2_penalty"](np.array([3.0, -4.0]), 0.1)
    assert loss == pytest.approx(1.25)
    assert dw == pytest.approx([0.3, -0.4])
    assert KERNELS["l2_penalty"](np.array([[2.0]]), 0.0) == (0.0, np.array([[0.0]]))


@pytest.mark.parametrize("p", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("seed", range(3))
def test_output_has_mean_x_and_variance_of_a_scaled_bernoulli(p, seed):
    x = np.full(200_000, 2.0)
    y, _ = KERNELS["dropout_forward"](x, p, np.random.default_rng(seed), True)
    variance = 4 * p / (1 - p)
    assert y.mean() == pytest.approx(2.0, abs=6 * math.sqrt(variance / x.size))
    assert y.var() == pytest.approx(variance, rel=0.05)


@pytest.mark.parametrize("shape", [(), (1,), (2, 1, 3)])
def test_any_shape_keeps_shape_and_precision(shape):
    for real in (np.float64, np.longdouble):
        x = np.full(shape, 2, real)
        y, cache = KERNELS["dropout_forward"](x, real(0.0), np.random.default_rng(0), True)
        dx = KERNELS["dropout_backward"](x, cache)
        assert np.shape(y) == np.shape(dx) == shape
        assert y.dtype == dx.dtype == real
        assert np.all(y == x)
        assert np.all(dx == x)


# ---------------------------------------------------------------- the exact tests


@pytest.mark.parametrize(("trials", "p"), [(1, 0.5), (7, 0.3), (999, 0.5), (20_000, 0.8), (100_000, 0.3)])
def test_binomial_p_value_is_twice_scipys_smaller_tail(trials, p):
    sigma = math.sqrt(trials * p * (1 - p))
    counts = {round(trials * p + z * sigma) for z in (-9, -6.5, -3, -1, 0, 0.5, 2, 6.2, 12)} | {0, trials}
    for k in counts:
        if 0 <= k <= trials:
            tails = stats.binom.cdf(k, trials, p), stats.binom.sf(k - 1, trials, p)
            expected = min(1.0, 2 * min(tails))
            assert MODULE["binomial_p_value"](k, trials, p) == pytest.approx(expected, rel=1e-6, abs=1e-300)


@pytest.mark.parametrize("freedom", [2, 40, 1200, 2000])
def test_chi_square_p_value_is_twice_scipys_tail_away_from_the_mean(freedom):
    for z in (-6.5, -4, -1, -0.2, 0.3, 2, 6.5, 20):
        statistic = freedom + z * math.sqrt(2 * freedom)
        if statistic > 0:
            tail = stats.chi2.cdf if z < 0 else stats.chi2.sf
            expected = min(1.0, 2 * tail(statistic, freedom))
            assert MODULE["chi_square_p_value"](statistic, freedom) == pytest.approx(expected, rel=1e-6)


def test_chi_square_of_counts_that_never_vary_is_impossible():
    assert MODULE["chi_square_p_value"](0.0, 40) == 0.0


def test_right_code_is_refused_as_rarely_as_the_level_says(monkeypatch):
    monkeypatch.setitem(MODULE, "LEVEL", 0.1)
    seeds = 120
    alarms = {title: sum(bool(seen_of(title, {}, 1000 * k).message) for k in range(seeds)) for title in RANDOM}
    assert max(alarms.values()) <= stats.binom.isf(1e-6, seeds, 0.1)
    assert alarms[RATE] > 0, "the level is not spent at all"


@pytest.mark.parametrize("rate", [0.287, 0.313])
def test_claimed_power_of_the_rate_test_is_true(rate):
    count, level = 100_000, MODULE["LEVEL"] / 2
    accepted = [k for k in range(28_000, 32_001) if MODULE["binomial_p_value"](k, count, 0.3) >= level]

    missed = stats.binom.cdf(accepted[-1], count, rate) - stats.binom.cdf(accepted[0] - 1, count, rate)
    false_alarm = 1 - stats.binom.cdf(accepted[-1], count, 0.3) + stats.binom.cdf(accepted[0] - 1, count, 0.3)

    assert missed < 0.01
    assert false_alarm <= level * (1 + 1e-6)


def test_level_keeps_a_false_alarm_below_one_in_a_billion():
    assert MODULE["LEVEL"] <= 1e-9
    equal_counts = stats.binom.pmf(500, 1000, 0.5) ** 9
    assert equal_counts < MODULE["LEVEL"] / 10


# ---------------------------------------------------------------- right code in other styles


def masked_forward(draw):
    """Return a forward that multiplies by a mask of zeros and ones."""

    def dropout_forward(x, p, rng, training):
        if not training:
            return x, None
        mask = draw(x, p, rng)
        return x * mask / (1 - p), (mask, 1 - p)

    return dropout_forward


def masked_backward(dy, cache):
    return dy if cache is None else dy * cache[0] / cache[1]


def one_at_a_time(x, p, rng):
    mask = np.zeros(x.size)
    for i, u in enumerate(rng.random(x.size).tolist()):
        mask[i] = u >= p
    return mask.reshape(x.shape)


def count_then_places(x, p, rng):
    mask = np.ones(x.size)
    mask[rng.permutation(x.size)[: rng.binomial(x.size, p)]] = 0
    return mask.reshape(x.shape)


def bytes_at_half(x, p, rng):
    return rng.integers(0, 2**32, x.shape) >= p * 2**32


STYLES = {
    "binomial": lambda x, p, rng: rng.binomial(1, 1 - p, x.shape),
    "choice": lambda x, p, rng: rng.choice([0.0, 1.0], x.shape, p=[p, 1 - p]),
    "keep below 1 - p": lambda x, p, rng: rng.uniform(size=x.shape) < 1 - p,
    "exponential": lambda x, p, rng: rng.exponential(size=x.shape) >= -math.log1p(-p),
    "float32 draws": lambda x, p, rng: rng.random(x.shape, dtype=np.float32) >= np.float32(p),
    "Fortran order": lambda x, p, rng: (rng.random(x.shape[::-1]) >= p).T,
    "own generator, seeded from rng": lambda x, p, rng: np.random.default_rng(rng.integers(2**63)).random(x.shape) >= p,
    "RandomState, seeded from rng": lambda x, p, rng: (
        np.random.RandomState(rng.integers(2**31)).random_sample(x.shape) >= p
    ),
    "integers": bytes_at_half,
    "loop": one_at_a_time,
    "count, then places": count_then_places,
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seed", [0, 7])
def test_any_way_of_drawing_earns_full_points(style, seed):
    judge = Judge(COURSE, seed=seed)
    functions = {**KERNELS, "dropout_forward": masked_forward(STYLES[style]), "dropout_backward": masked_backward}
    report = judge.grade(Submission(student="s", files=[]), InlineWorker(functions))
    assert [(v.check, v.message) for v in report.exercises[0].checks if v.outcome is not Outcome.PASSED] == []


def single_forward(x, p, rng, training):
    x = np.asarray(x, np.float32)
    scale = (rng.random(x.shape) >= p) * np.float32(1 / (1 - p)) if training else np.ones(x.shape, np.float32)
    return (x * scale).astype(np.float32), scale.astype(np.float32)


def test_single_precision_is_no_mistake():
    functions = {
        "dropout_forward": single_forward,
        "dropout_backward": lambda dy, scale: np.asarray(dy, np.float32) * scale,
        "l2_penalty": lambda w, lam: (lam / 2 * np.sum(np.float32(w) ** 2), np.float32(lam) * np.float32(w)),
    }
    report = Judge(COURSE).grade(Submission(student="s", files=[]), InlineWorker(functions))
    assert [(v.check, v.message) for v in report.exercises[0].checks if v.outcome is not Outcome.PASSED] == []


# ---------------------------------------------------------------- wrong code


def fixed_number(x, p, rng):
    mask = np.ones(x.size)
    mask[: round(p * x.size)] = 0
    return rng.permutation(mask).reshape(x.shape)


def fixed_number_per_row(x, p, rng):
    mask = np.ones(x.shape)
    mask[..., : round(p * x.shape[-1])] = 0
    return rng.permuted(mask, axis=-1)


def second_half_is_the_opposite(x, p, rng):
    half = rng.random((x.shape[0] // 2, *x.shape[1:])) >= p
    return np.concatenate([half, ~half, half[: x.shape[0] % 2]])


def in_pairs(x, p, rng):
    flat = np.repeat(rng.random((x.size + 1) // 2) >= p, 2)[: x.size]
    return flat.reshape(x.shape)


LAWS = {
    "rate 0.02 too high": (lambda x, p, rng: rng.random(x.shape) >= p + 0.02, RATE),
    "rate 0.02 too low": (lambda x, p, rng: rng.random(x.shape) >= p - 0.02, RATE),
    "rate of one half always": (lambda x, p, rng: rng.random(x.shape) >= 0.5, RATE),
    "normal for uniform": (lambda x, p, rng: rng.standard_normal(x.shape) >= p, RATE),
    "rounded p": (lambda x, p, rng: rng.integers(0, 8, x.shape) >= round(8 * p), RATE),
    "the smallest values": (lambda x, p, rng: x >= np.quantile(x, p), ANEW),
    "one mask for the samples": (lambda x, p, rng: np.ones(x.shape) * (rng.random(x.shape[1:]) >= p), INDEPENDENTLY),
    "one mask for the features": (
        lambda x, p, rng: np.ones(x.shape) * (rng.random((*x.shape[:-1], 1)) >= p), INDEPENDENTLY,
    ),
    "one mask for the middle axis": (
        lambda x, p, rng: np.ones(x.shape) * (rng.random((*x.shape[:-2], 1, *x.shape[-1:])) >= p), INDEPENDENTLY,
    ),
    "a fixed number": (fixed_number, ANEW),
    "a fixed number per row": (fixed_number_per_row, INDEPENDENTLY),
    "halves are opposite": (second_half_is_the_opposite, INDEPENDENTLY),
    "in pairs": (in_pairs, INDEPENDENTLY),
    "a seed of its own": (lambda x, p, rng: np.random.default_rng(3).random(x.shape) >= p, ANEW),
}  # fmt: skip


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_wrong_law_is_refuted(law, seed):
    draw, title = LAWS[law]
    assert title in refuted({"dropout_forward": masked_forward(draw), "dropout_backward": masked_backward}, seed)


NAMED = {
    "p as keep probability": (RATE, lambda x, p, rng: (rng.random(x.shape) < p) * ((1 - p) / p)),
    "no scaling": ("divides what it keeps by 1 - p", lambda x, p, rng: (rng.random(x.shape) >= p) * (1 - p)),
    "multiplied by 1 - p": (
        "divides what it keeps by 1 - p", lambda x, p, rng: (rng.random(x.shape) >= p) * (1 - p) ** 2,
    ),
    "one mask row shared by the batch": (
        INDEPENDENTLY, lambda x, p, rng: np.ones(x.shape) * rng.binomial(1, 1 - p, x.shape[-1:]),
    ),
    "whole rows dropped": (
        INDEPENDENTLY, lambda x, p, rng: np.ones(x.shape) * rng.binomial(1, 1 - p, (*x.shape[:-1], 1)),
    ),
    "the same mask at every call": (ANEW, lambda x, p, rng: np.random.default_rng(9).binomial(1, 1 - p, x.shape)),
    "nothing is dropped": (RATE, lambda x, p, rng: np.ones(x.shape) * (1 - p)),
    "drawn from another generator than rng": (
        "draws from rng only", lambda x, p, rng: np.random.binomial(1, 1 - p, x.shape),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_evidence_names_the_mistake_however_it_is_drawn(name):
    title, draw = NAMED[name]
    functions = {"dropout_forward": masked_forward(draw), "dropout_backward": masked_backward}
    assert seen_of(title, functions).mistake == name


def later_mask():
    last = {}

    def dropout_forward(x, p, rng, training):
        last["mask"] = (rng.random(x.shape) >= p) / (1 - p) if training else np.ones(x.shape)
        return x * last["mask"], None

    return {"dropout_forward": dropout_forward, "dropout_backward": lambda dy, _: dy * last["mask"]}


def backward_with(change):
    return {
        "dropout_forward": masked_forward(STYLES["binomial"]),
        "dropout_backward": lambda dy, cache: dy if cache is None else change(dy, *cache),
    }


BACKWARDS = {
    "a fresh mask in backward": backward_with(
        lambda dy, mask, keep: dy * np.random.default_rng(4).binomial(1, keep, dy.shape) / keep
    ),
    "mask not scaled in backward": backward_with(lambda dy, mask, keep: dy * mask),
    "scaled twice in backward": backward_with(lambda dy, mask, keep: dy * mask / keep**2),
    "mask forgotten in backward": backward_with(lambda dy, mask, keep: dy / keep),
    "mask of the latest call in backward": later_mask(),
}
BACKWARD = "uses the mask and the scale of its own forward"


@pytest.mark.parametrize("name", BACKWARDS)
def test_evidence_names_the_mistake_in_backward(name):
    assert seen_of(BACKWARD, BACKWARDS[name]).mistake == name


def test_backward_that_is_wrong_in_a_way_of_its_own_gets_no_name():
    shifted = backward_with(lambda dy, mask, keep: dy * mask / keep + 0.01)
    tripled = backward_with(lambda dy, mask, keep: dy * mask * 3)
    few = backward_with(lambda dy, mask, keep: dy * np.where(np.arange(dy.size).reshape(dy.shape) < 3, 1, mask) / keep)
    for functions in (shifted, tripled, few):
        seen = seen_of(BACKWARD, functions)
        assert seen.message
        assert seen.mistake is None


def test_every_name_that_evidence_gives_is_a_known_mistake():
    known = {mistake.name for mistake in (PAIR.solution.mistakes if PAIR.solution else ())}
    assert known >= set(NAMED) | set(BACKWARDS) | {"scaled at test", "dropped at test", "divided by p"}


def test_input_changed_in_place_is_seen():
    def in_place(x, p, rng, training):
        mask = (rng.random(x.shape) >= p) / (1 - p) if training else np.ones(x.shape)
        x *= mask
        return x.copy(), mask

    def backward_in_place(dy, mask):
        dy *= mask
        return dy.copy()

    assert "x of dropout_forward" in seen_of("leaves x alone in training", {"dropout_forward": in_place}).message
    wrong = {"dropout_backward": lambda dy, cache: backward_in_place(dy, cache["mask"])}
    assert "changes dy" in seen_of(BACKWARD, wrong).message


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, 1e300])
def test_no_predicate_breaks_on_nonsense(value):
    functions = {
        "dropout_forward": lambda x, p, rng, training: (np.full(x.shape, value), None),
        "dropout_backward": lambda dy, cache: np.full(dy.shape, value),
    }
    seen = refuted(functions)
    assert {RATE, INDEPENDENTLY, "is the identity when not training"} <= seen


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda x, p: (_ for _ in ()).throw(ValueError("2-D only")) if x.ndim != 2 else p, id="2-D only"),
        pytest.param(lambda x, p: round(p, 1), id="p in tenths"),
        pytest.param(lambda x, p: min(p, 0.8), id="p capped"),
    ],
)
def test_any_shape_and_any_p_is_tried_in_training(wrong):
    def forward(x, p, rng, training):
        if not training:
            return x.copy(), None
        scale = 1 - wrong(x, p)
        mask = (rng.random(x.shape) < scale) / scale
        return x * mask, mask

    judge = Judge(find_course().select(["dropout"]))
    report = judge.grade(Submission(student="s", files=[]), InlineWorker({"dropout_forward": forward}))
    failed = {verdict.check for verdict in report.verdicts if verdict.outcome == "failed"}

    assert "dropout_forward/divides-what-it-keeps-by-1-p" in failed
