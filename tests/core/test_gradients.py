"""Finite differences as a judge: nothing wrong is accepted, nothing right rejected, errors are as large as they say."""

import math

import numpy as np
import pytest

from grader.core.gradient_result import Judgement, TensorResult
from grader.core.gradients import Effort, check_gradient, locally
from grader.core.kinks import shrinks
from grader.core.ridders import exact_steps, extrapolate, grid, ladder, noise_of_sides, rounding_noise

QUICK = Effort(coordinates=8, directions=3)
SEEDS = range(20)


def judge(forward, backward, inputs, seed, *, effort=QUICK, dy=None):
    """Return what is found about a pair ``forward(*inputs) -> y``, ``backward(dy, *inputs) -> gradients``."""
    rng = np.random.default_rng([seed, 99])
    y = np.asarray(forward(*inputs))
    dy = rng.normal(size=y.shape) if dy is None else dy
    gradients = backward(dy, *inputs)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    return check_gradient(locally(lambda *xs: (forward(*xs),)), gradients, inputs, (dy,), seed=seed, effort=effort)


def batchnorm(x, gamma, beta):
    return gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5) + beta


def batchnorm_backward(dy, x, gamma, beta):
    inv = 1 / np.sqrt(x.var(0) + 1e-5)
    hat = (x - x.mean(0)) * inv
    dhat = dy * gamma
    return inv * (dhat - dhat.mean(0) - hat * (dhat * hat).mean(0)), (dy * hat).sum(0), dy.sum(0)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(dy, z):
    p = softmax(z)
    return p * (dy - (dy * p).sum(axis=-1, keepdims=True))


def net(x, w1, b1, w2):
    return np.maximum(x @ w1 + b1, 0) @ w2


def net_backward(dy, x, w1, b1, w2):
    a = x @ w1 + b1
    da = dy @ w2.T * (a > 0)
    return da @ w1.T, x.T @ da, da.sum(0), np.maximum(a, 0).T @ dy


def pool(x):
    return x.reshape(-1, 2).max(axis=1)


def pool_backward(dy, x):
    pairs = x.reshape(-1, 2)
    first = pairs[:, 0] >= pairs[:, 1]
    return np.stack([dy * first, dy * ~first], axis=1).reshape(x.shape)


def normal(*shapes, scale=1.0, offset=0.0):
    return lambda rng: tuple(offset + scale * rng.normal(size=shape) for shape in shapes)


def with_zeros(rng):
    x = rng.normal(size=7)
    x[rng.permutation(7)[:3]] = (0.0, -0.0, 0.0)
    return (x,)


def with_ties(rng):
    x = rng.normal(size=8)
    x[1] = x[0]
    x[5] = x[4]
    return (x,)


def times_x(x):
    return x * x


def as_single(function):
    """Return the function computed in float32, as an honest single-precision implementation does."""

    def single(*args):
        result = function(*(np.asarray(arg, np.float32) for arg in args))
        return tuple(np.asarray(item, np.float32) for item in result) if isinstance(result, tuple) else result

    return single


PAIRS = {
    "affine": (
        lambda x, w, b: x @ w + b,
        lambda dy, x, w, b: (dy @ w.T, x.T @ dy, dy.sum(0)),
        normal((3, 4), (4, 2), 2),
    ),
    "tanh": (np.tanh, lambda dy, x: dy * (1 - np.tanh(x) ** 2), normal((2, 3))),
    "softmax": (softmax, softmax_backward, normal((3, 4), scale=2)),
    "batchnorm": (batchnorm, batchnorm_backward, normal((6, 3), 3, 3)),
    "mean square": (lambda x: (x**2).mean(), lambda dy, x: dy * 2 * x / x.size, normal((3, 4))),
    "waves": (lambda x: np.sin(50 * x), lambda dy, x: dy * 50 * np.cos(50 * x), normal(5)),
    "tails": (lambda x: np.exp(-20 * x**2), lambda dy, x: dy * -40 * x * np.exp(-20 * x**2), normal(5)),
    "0-d": (lambda x: x**3, lambda dy, x: dy * 3 * x**2, normal(())),
    "one element": (np.exp, lambda dy, x: dy * np.exp(x), normal((1, 1))),
    "empty": (times_x, lambda dy, x: 2 * x * dy, normal((0, 3))),
    "relu net": (net, net_backward, normal((4, 3), (3, 5), 5, (5, 2))),
    "relu at 0": (lambda x: np.maximum(x, 0), lambda dy, x: dy * (x > 0), with_zeros),
    "relu at 0, the other convention": (lambda x: np.maximum(x, 0), lambda dy, x: dy * (x >= 0), with_zeros),
    "abs at 0": (np.abs, lambda dy, x: dy * np.sign(x), with_zeros),
    "elu at 0": (
        lambda x: np.where(x > 0, x, 1.7 * np.expm1(np.minimum(x, 0))),
        lambda dy, x: dy * np.where(x > 0, 1, 1.7 * np.exp(np.minimum(x, 0))),
        with_zeros,
    ),
    "pool": (pool, pool_backward, normal(8)),
    "pool with ties": (pool, pool_backward, with_ties),
    "pool with shared ties": (
        pool,
        lambda dy, x: (np.repeat(dy, 2).reshape(-1, 2) * shares(x)).reshape(-1),
        with_ties,
    ),
    "batchnorm far from 0": (batchnorm, batchnorm_backward, normal((6, 3), 3, 3, offset=1e6)),
    "output far from 0": (lambda x: np.sin(x) + 1e6, lambda dy, x: dy * np.cos(x), normal(5)),
    "softmax far from 0": (softmax, softmax_backward, normal((3, 4), offset=1e6)),
    "large inputs": (times_x, lambda dy, x: 2 * x * dy, normal(5, scale=1e8)),
    "small inputs": (times_x, lambda dy, x: 2 * x * dy, normal(5, scale=1e-8)),
    "large outputs": (lambda x: 1e150 * x**3, lambda dy, x: 3e150 * x**2 * dy, normal(5)),
    "small outputs": (lambda x: 1e-150 * x**3, lambda dy, x: 3e-150 * x**2 * dy, normal(5)),
    "tanh in single precision": (
        as_single(np.tanh),
        as_single(lambda dy, x: dy * (1 - np.tanh(x) ** 2)),
        normal((2, 3)),
    ),
    "batchnorm in single precision": (as_single(batchnorm), as_single(batchnorm_backward), normal((6, 3), 3, 3)),
    "softmax in single precision": (as_single(softmax), as_single(softmax_backward), normal((3, 4))),
    "net in single precision": (as_single(net), as_single(net_backward), normal((4, 3), (3, 5), 5, (5, 2))),
    "only the backward in single precision": (
        np.tanh,
        as_single(lambda dy, x: dy * (1 - np.tanh(x) ** 2)),
        normal((3, 4)),
    ),
}


def shares(x):
    pairs = x.reshape(-1, 2)
    best = pairs == pairs.max(axis=1, keepdims=True)
    return best / best.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("name", PAIRS)
def test_right_gradient_is_never_rejected(name):
    forward, backward, make = PAIRS[name]
    judgements = [judge(forward, backward, make(np.random.default_rng(s)), s).judgement for s in SEEDS]

    assert Judgement.WRONG not in judgements
    assert judgements.count(Judgement.RIGHT) >= 18


def scaled(factor):
    return lambda g, _: factor * g


def one_element(change):
    def spoil(g, rng):
        g = g.copy()
        k = int(np.argmax(np.abs(g)))
        g.reshape(-1)[k] = change(g.reshape(-1)[k])
        return g

    return spoil


def shuffled(g, rng):
    return g.reshape(-1)[::-1].reshape(g.shape) if g.size > 1 else g + 1


SPOILS = {
    "times 1.02": scaled(1.02),
    "negated": scaled(-1.0),
    "zero": scaled(0.0),
    "one element off by 5 %": one_element(lambda v: 1.05 * v),
    "one element forgotten": one_element(lambda v: 0.0),
    "reversed": shuffled,
}
KINKY = {name for name in PAIRS if "at 0" in name or "ties" in name}


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("name", sorted(PAIRS.keys() - {"empty"} - KINKY))
def test_wrong_gradient_is_never_accepted(name, spoil):
    forward, backward, make = PAIRS[name]
    wrong = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        inputs = make(rng)

        def spoiled(dy, *args, rng=rng):
            gradients = backward(dy, *args)
            first, *rest = gradients if isinstance(gradients, tuple) else (gradients,)
            return (SPOILS[spoil](np.asarray(first), rng), *rest)

        found = judge(forward, spoiled, inputs, seed, effort=Effort(coordinates=18, directions=2))
        wrong.append(found.tensors[0].judgement)

    assert Judgement.RIGHT not in wrong
    assert wrong.count(Judgement.WRONG) >= 5


@pytest.mark.parametrize("factor", [1 + 1e-7, 1 - 1e-8])
def test_double_precision_sees_errors_that_single_precision_would_hide(factor):
    x = np.random.default_rng(1).normal(size=6)

    assert judge(np.tanh, lambda dy, x: dy * (1 - np.tanh(x) ** 2) * factor, (x,), 0).judgement is Judgement.WRONG


# ---------------------------------------------------------------- kinks


@pytest.mark.parametrize(
    ("slope", "expected"),
    [(-0.01, "wrong"), (0.0, "right"), (0.3, "right"), (1.0, "right"), (1.01, "wrong"), (-1.0, "wrong")],
)
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_any_subgradient_of_relu_at_0_is_right_and_nothing_else(slope, expected, zero):
    x = np.array([zero, 1.0, -1.0])
    for seed in SEEDS:
        result = judge(
            lambda x: np.maximum(x, 0), lambda dy, x: dy * np.where(x == 0, slope, x > 0), (x,), seed
        )  # fmt: skip
        assert result.judgement.value == expected


@pytest.mark.parametrize(
    ("slope", "expected"), [(0.99, "wrong"), (1.0, "right"), (1.4, "right"), (1.7, "right"), (1.72, "wrong")]
)
def test_elu_at_0_may_be_anything_between_its_two_slopes(slope, expected):
    x = np.array([0.0, 0.5, -0.5])

    def backward(dy, x):
        return dy * np.where(x == 0, slope, np.where(x > 0, 1, 1.7 * np.exp(np.minimum(x, 0))))

    result = judge(lambda x: np.where(x > 0, x, 1.7 * np.expm1(np.minimum(x, 0))), backward, (x,), 0)

    assert result.judgement.value == expected


def test_kink_between_two_steps_is_not_taken_for_one_at_the_point():
    for distance in 10.0 ** -np.arange(1, 9, 0.5):
        x = np.array([distance, -distance, 1.0])
        right = judge(lambda x: np.maximum(x, 0), lambda dy, x: dy * (x > 0), (x,), 0)
        wrong = judge(lambda x: np.maximum(x, 0), lambda dy, x: dy * 0.5, (x,), 0)

        assert right.judgement is Judgement.RIGHT
        assert not right.tensors[0].kinks
        assert wrong.judgement is Judgement.WRONG


def test_no_share_for_a_tie_is_wrong():
    x = np.array([2.0, 2.0, 1.0, 3.0])

    def backward(dy, x):
        return pool_backward(dy, x) * np.array([0, 0, 1, 1])

    for seed in SEEDS:
        assert judge(pool, backward, (x,), seed).judgement is Judgement.WRONG


def test_no_share_for_a_tie_is_wrong_even_for_a_scalar_maximum():
    for seed in SEEDS:
        result = judge(np.max, lambda dy, x: np.zeros_like(x), (np.array([2.0, 2.0]),), seed, dy=np.array(1.5))
        assert result.judgement is Judgement.WRONG


def test_kinks_that_cancel_in_the_sum_do_not_refute_a_convention():
    x = np.zeros(2)
    for seed in SEEDS:
        result = judge(
            lambda x: np.maximum(x[0], 0) - np.maximum(x[1], 0), lambda dy, x: np.zeros(2), (x,), seed, dy=np.array(1.0)
        )  # fmt: skip
        assert result.judgement is Judgement.RIGHT


def test_curvature_is_no_kink():
    x = np.array([1e-3, -0.5, 2.0])
    result = judge(lambda x: np.sqrt(x**2 + 1e-4), lambda dy, x: dy * x / np.sqrt(x**2 + 1e-4), (x,), 0)

    assert result.ok
    assert not result.tensors[0].kinks


# ---------------------------------------------------------------- roughness and precision


@pytest.mark.parametrize("noise", [1e-2, 1e-1, 1.0])
def test_noise_is_inconclusive(noise):
    def rough(x):
        return x + noise * np.sin(1e13 * x)

    for seed in SEEDS:
        x = np.random.default_rng(seed).normal(size=4)
        for claim in (1.0, 1.01):
            assert judge(rough, lambda dy, x, claim=claim: claim * dy, (x,), seed).judgement is Judgement.INCONCLUSIVE


def test_little_noise_widens_the_error_and_decides():
    def rough(x):
        return x + 1e-9 * np.sin(1e13 * x)

    for seed in SEEDS:
        x = np.random.default_rng(seed).normal(size=4)
        assert judge(rough, lambda dy, x: dy, (x,), seed).judgement is Judgement.RIGHT
        assert judge(rough, lambda dy, x: 1.01 * dy, (x,), seed).judgement is Judgement.WRONG


def test_single_precision_is_noticed():
    x = np.random.default_rng(0).normal(size=(2, 3))
    forward, backward, _ = PAIRS["tanh in single precision"]

    assert judge(forward, backward, (x,), 0).single
    assert not judge(np.tanh, lambda dy, x: dy * (1 - np.tanh(x) ** 2), (x,), 0).single
    assert "single precision" in str(judge(forward, backward, (x,), 0))
    assert "single precision" in judge(forward, backward, (x,), 0)._repr_html_()


def test_round_inputs_of_an_exact_function_are_not_taken_for_single_precision():
    x = np.array([1.0, 2.0, -3.0])

    assert not judge(lambda x: 2 * x, lambda dy, x: 2 * dy, (x,), 0, dy=np.ones(3)).single


OUTER = (
    (np.sin, np.cos),
    (np.exp, np.exp),
    (np.tanh, lambda t: 1 - np.tanh(t) ** 2),
    (lambda t: t**3 - 2 * t, lambda t: 3 * t**2 - 2),
    (lambda t: 1 / (1 + t * t), lambda t: -2 * t / (1 + t * t) ** 2),
    (lambda t: np.log1p(t * t), lambda t: 2 * t / (1 + t * t)),
    (lambda t: np.sqrt(1 + t * t), lambda t: t / np.sqrt(1 + t * t)),
    (lambda t: np.sin(20 * t), lambda t: 20 * np.cos(20 * t)),
    (np.arctan, lambda t: 1 / (1 + t * t)),
    (lambda t: np.exp(-50 * t * t), lambda t: -100 * t * np.exp(-50 * t * t)),
    (lambda t: 1 / t, lambda t: -1 / t**2),
    (lambda t: np.log(np.abs(t)), lambda t: 1 / t),
)


def test_true_error_is_within_ten_estimated_errors():
    rng = np.random.default_rng(2024)
    compared = exceeded = rejected = 0
    effort = Effort(coordinates=4, directions=1)
    for _ in range(700):
        (f, df), (g, dg) = (OUTER[int(k)] for k in rng.integers(len(OUTER), size=2))
        c = float(rng.normal())
        x = rng.normal(size=4) * 10.0 ** rng.choice([-3, -1, 0, 0, 1])

        def forward(x, f=f, g=g, c=c):
            with np.errstate(all="ignore"):
                return (f(c * g(x)),)

        with np.errstate(all="ignore"):
            exact = np.asarray(c * df(c * g(x)) * dg(x))
        if not np.isfinite(exact).all():
            continue
        [tensor] = check_gradient(locally(forward), [exact], [x], [np.ones(4)], effort=effort).tensors
        for slope in tensor.slopes:
            if slope.judgement is Judgement.INCONCLUSIVE:
                continue
            rejected += slope.judgement is Judgement.WRONG
            rounding = 64 * 2.0**-53 * abs(slope.backward)
            compared += 1
            exceeded += slope.distance > 10 * slope.error + rounding

    assert compared > 2500
    assert exceeded <= compared / 1000
    assert rejected == 0


# ---------------------------------------------------------------- how the evaluations are asked for


def test_all_points_of_the_first_ladder_come_in_one_batch_with_the_base_first():
    x = np.arange(1.0, 4.0)
    batches = []

    def evaluate(batch):
        given = [tuple(point) for point in batch]
        batches.append(given)
        return [(np.sin(point[0]),) for point in given]

    result = check_gradient(evaluate, [np.cos(x)], [x], [np.ones(3)], effort=Effort(directions=2, rungs=7, ladders=1))

    [batch] = batches
    assert result.ok
    assert len(batch) == 1 + (3 + 2) * 2 * 7 == result.evaluations
    assert np.array_equal(batch[0][0], x)


def test_points_without_a_result_are_inconclusive():
    x = np.ones(2)

    def evaluate(batch):
        return [(np.sin(point[0]),) if np.array_equal(point[0], x) else None for point in batch]

    assert check_gradient(evaluate, [np.cos(x)], [x], [np.ones(2)]).judgement is Judgement.INCONCLUSIVE


def test_same_seed_chooses_the_same_elements():
    x = np.random.default_rng(0).normal(size=(20, 20))

    def chosen(seed):
        return [slope.index for slope in judge(np.sin, lambda dy, x: dy * np.cos(x), (x,), seed).tensors[0].slopes]

    assert chosen(1) == chosen(1) != chosen(2)
    assert len(chosen(1)) == QUICK.coordinates + QUICK.directions


def test_wrong_element_is_found_among_thousands():
    x = np.random.default_rng(0).normal(size=(60, 50))
    for seed in range(5):
        i, j = np.random.default_rng(seed).integers(50, size=2)

        def backward(dy, x, i=i, j=j):
            dx = dy * np.cos(x)
            dx[i, j] += 0.3
            return dx

        worst = judge(np.sin, backward, (x,), seed).tensors[0].worst
        assert worst is not None
        assert worst.index == (i, j)


def test_gradient_of_another_shape_or_with_nan_is_wrong_without_an_evaluation():
    x = np.ones(3)
    shaped = check_gradient(locally(lambda x: (x,)), [np.ones(2)], [x], [np.ones(3)], names=["x"])
    missing = check_gradient(locally(lambda x: (x,)), [np.array([1, np.nan, np.inf])], [x], [np.ones(3)], names=["x"])

    assert shaped.tensors[0].problem == "dx.shape=(2,), but should be (3,), the shape of x"
    assert missing.tensors[0].problem == "dx[1] is nan, but should be finite (2 of 3 are not)"
    assert not shaped.ok
    assert not missing.ok


# ---------------------------------------------------------------- the parts


def test_steps_move_an_input_by_exactly_their_size():
    rng = np.random.default_rng(0)
    x = rng.uniform(1, 1.9, 500) * 2.0 ** rng.integers(-30, 30, 500)
    d = exact_steps(np.abs(x), x)

    for h in ladder(9, 1024.0)[2:]:
        assert np.array_equal((x - h * d) + h * d, x)
    assert np.all(np.abs(d / np.abs(x) - 1) < 1e-2)


def test_extrapolation_of_a_polynomial_is_exact_to_its_error():
    h = ladder(9)
    central = (1 + h**2 + 3 * h**4)[None]
    estimate = extrapolate(central, np.full_like(central, 1e-15), 2)

    assert abs(estimate.value[0] - 1) <= 10 * estimate.error[0] < 1e-12


def test_extrapolation_of_what_does_not_converge_has_a_large_error():
    diverging = (1 / ladder(9))[None]

    assert extrapolate(diverging, np.full_like(diverging, 1e-15), 2).error[0] > 1e4


def test_extrapolation_ignores_steps_without_a_value():
    h = ladder(9)
    central = (1 + h**2)[None]
    central[0, :3] = np.nan
    estimate = extrapolate(central, np.full_like(central, 1e-15), 2)

    assert estimate.value[0] == pytest.approx(1, abs=1e-10)
    assert math.isinf(extrapolate(central[:, :1], central[:, :1], 2).error[0])


def test_noise_is_measured_without_slope_and_curvature():
    h = ladder(9)
    rng = np.random.default_rng(0)
    smooth = 3 * h + 5 * h**2
    measured = [rounding_noise(smooth + 1e-8 * rng.normal(size=9)) for _ in range(200)]

    assert rounding_noise(smooth) < 1e-15
    assert 0.3e-8 < np.median(measured) < 3e-8


def test_grid_is_the_least_move_of_rounded_values_and_no_kink():
    h = ladder(9)
    rounded, kinked = np.round(3 * h, 6), np.maximum(h - 1e-4, 0)

    assert grid(rounded, -rounded, np.array(1.0)) == pytest.approx(6e-6, rel=0.2)
    assert grid(kinked, np.zeros(9), np.array(1.0)) == 0
    assert grid(kinked, -h, np.array(1.0)) == 0


def test_kink_on_one_side_is_not_taken_for_noise():
    h = ladder(9)
    rng = np.random.default_rng(0)
    rise, fall = (1e-8 * rng.normal(size=9) for _ in range(2))

    assert noise_of_sides(rise, fall) > 1e-9
    assert noise_of_sides(np.maximum(h - h[-2], 0), -h) < 1e-15


def test_gap_shrinks_where_smooth_and_not_at_a_kink():
    h = ladder(9)[None]

    assert shrinks(5 * h).tolist() == [True]
    assert shrinks(np.full_like(h, 0.4)).tolist() == [False]


def test_nothing_compared_is_inconclusive_unless_there_is_nothing_to_compare():
    assert TensorResult("x", (3,)).judgement is Judgement.INCONCLUSIVE
    assert TensorResult("x", (0, 3)).judgement is Judgement.RIGHT
    assert TensorResult("x", (0, 3)).note == "it has no elements"
