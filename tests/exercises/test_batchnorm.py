"""Batch and layer normalisation: kernels by hand and by finite differences, and what the checks make of other code."""

from pathlib import Path

import numpy as np
import pytest

from grader.checks.properties import observe
from grader.core.exercise import Property
from grader.core.submission import Submission
from grader.core.verdict import Outcome
from grader.discovery import Course, load_pair
from grader.judge import Judge
from grader.sandbox import InlineWorker

ROOT = Path(__file__).resolve().parents[2]
PAIR = load_pair(ROOT / "exercises/foundations/batchnorm.py", ROOT / "solutions/foundations/batchnorm.py")
KERNELS = PAIR.solution.functions if PAIR.solution else {}
COURSE = Course("batchnorm", "Batch normalisation", (PAIR,))
PROPERTIES = {check.title: check for check in PAIR.exercise.checks if isinstance(check.body, Property)}

batchnorm_forward, batchnorm_backward = KERNELS["batchnorm_forward"], KERNELS["batchnorm_backward"]
layernorm_forward, layernorm_backward = KERNELS["layernorm_forward"], KERNELS["layernorm_backward"]


def column(*values):
    return np.array(values, float)[:, None]


def one(value):
    return np.array([float(value)])


# ---------------------------------------------------------------- kernels


def test_worked_example_of_the_statement():
    y, mean, var, cache = batchnorm_forward(column(1, 5), one(3), one(1), one(0), one(1), 0.9, 5.0, True)
    assert y.ravel() == pytest.approx([-1, 3])
    assert (mean[0], var[0]) == pytest.approx((0.3, 1.3))

    dx, dgamma, dbeta = batchnorm_backward(column(1, 0), cache)
    assert dx.ravel() == pytest.approx([5 / 18, -5 / 18])
    assert (dgamma[0], dbeta[0]) == pytest.approx((-2 / 3, 1))


def test_test_mode_by_hand():
    # (7 - 3)/sqrt(3 + 1) = 2, times 5, plus 1; eps inside the root
    y, mean, var, _ = batchnorm_forward(column(7), one(5), one(1), one(3), one(3), 0.2, 1.0, False)
    assert y == pytest.approx(np.array([[11.0]]))
    assert (mean[0], var[0]) == (3.0, 3.0)


def test_momentum_of_one_keeps_and_of_zero_replaces_the_running_statistics():
    for momentum, mean, var in ((1.0, 10.0, 20.0), (0.0, 3.0, 4.0)):
        out = batchnorm_forward(column(1, 5), one(1), one(0), one(10), one(20), momentum, 0.5, True)
        assert (out[1][0], out[2][0]) == pytest.approx((mean, var))


def test_layernorm_by_hand():
    y, cache = layernorm_forward(np.array([[1.0, 5.0]]), np.array([3.0, 6.0]), np.array([1.0, 0.0]), 5.0)
    assert y == pytest.approx(np.array([[-1.0, 4.0]]))
    # g = (3, 0): as in the statement's batch of two, along the row
    dx, dgamma, dbeta = layernorm_backward(np.array([[1.0, 0.0]]), cache)
    assert dx == pytest.approx(np.array([[5 / 18, -5 / 18]]))
    assert dgamma == pytest.approx([-2 / 3, 0])
    assert dbeta == pytest.approx([1, 0])


def test_batch_of_one_gives_beta_and_no_gradient():
    y, _, var, cache = batchnorm_forward(column(1000.1), one(9), one(2.5), one(0), one(1), 0.5, 1e-5, True)
    dx, dgamma, dbeta = batchnorm_backward(column(3), cache)
    assert (y[0, 0], var[0]) == (2.5, 0.5)
    assert (dx[0, 0], dgamma[0], dbeta[0]) == (0.0, 0.0, 3.0)


@pytest.mark.parametrize("seed", range(4))
def test_layernorm_is_batchnorm_of_the_transpose(seed):
    rng = np.random.default_rng(seed)
    x, dy = rng.standard_normal((2, 4, 6))
    ones, zeros = np.ones(4), np.zeros(4)
    y, *_, cache = batchnorm_forward(x.T, ones, zeros, zeros, ones, 0.9, 0.2, True)
    by_rows, row_cache = layernorm_forward(x, np.ones(6), np.zeros(6), 0.2)
    assert by_rows == pytest.approx(y.T)
    assert layernorm_backward(dy, row_cache)[0] == pytest.approx(batchnorm_backward(dy.T, cache)[0].T)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("eps", [1e-5, 0.5])
def test_backwards_agree_with_central_differences(seed, eps):
    rng = np.random.default_rng(seed)
    x, dy = rng.standard_normal((2, 5, 3)) * 2 + 1
    gamma, beta = rng.standard_normal((2, 3))

    def loss_of_batch(x, gamma, beta):
        return (dy * batchnorm_forward(x, gamma, beta, beta, gamma**2, 0.9, eps, True)[0]).sum()

    def loss_of_rows(x, gamma, beta):
        return (dy * layernorm_forward(x, gamma, beta, eps)[0]).sum()

    cache = batchnorm_forward(x, gamma, beta, beta, gamma**2, 0.9, eps, True)[-1]
    check_slopes(loss_of_batch, (x, gamma, beta), batchnorm_backward(dy, cache))
    check_slopes(loss_of_rows, (x, gamma, beta), layernorm_backward(dy, layernorm_forward(x, gamma, beta, eps)[-1]))


def check_slopes(loss, at, gradients, h=1e-5):
    for k, (value, gradient) in enumerate(zip(at, gradients, strict=True)):
        slopes = np.empty(value.shape)
        for i in np.ndindex(value.shape):
            step = np.zeros(value.shape)
            step[i] = h
            ends = [loss(*(v + s * step if j == k else v for j, v in enumerate(at))) for s in (1, -1)]
            slopes[i] = (ends[0] - ends[1]) / (2 * h)
        assert gradient == pytest.approx(slopes, rel=1e-5, abs=1e-6)


def test_kernels_follow_extended_precision():
    x = np.array([[100, 100.001], [100.002, 99]], np.longdouble)
    two = np.ones(2, np.longdouble)
    *outs, cache = batchnorm_forward(x, two, two, two, two, np.longdouble(0.9), np.longdouble(1e-5), True)
    rows, row_cache = layernorm_forward(x, two, two, np.longdouble(1e-5))
    results = [*outs, rows, *batchnorm_backward(x, cache), *layernorm_backward(x, row_cache)]
    assert {result.dtype for result in results} == {np.dtype(np.longdouble)}


# ---------------------------------------------------------------- right code in other styles


def three_paths_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    if training:
        mu, var = np.mean(x, 0), np.var(x, 0)
        running_mean = running_mean * momentum + mu * (1.0 - momentum)
        running_var = running_var + (1.0 - momentum) * (var - running_var)
    else:
        mu, var = running_mean, running_var
    std = np.sqrt(var + eps)
    out = gamma * ((x - mu) / std) + beta
    return out, running_mean, running_var, {"x": x, "mu": mu, "var": var, "eps": eps, "gamma": gamma}


def three_paths_backward(dy, cache):
    x, mu, var, eps = cache["x"], cache["mu"], cache["var"], cache["eps"]
    n = x.shape[0]
    dxhat = dy * cache["gamma"]
    dvar = np.sum(dxhat * (x - mu) * -0.5 * (var + eps) ** -1.5, axis=0)
    dmu = np.sum(-dxhat / np.sqrt(var + eps), axis=0) + dvar * np.mean(-2.0 * (x - mu), axis=0)
    dx = dxhat / np.sqrt(var + eps) + dvar * 2.0 * (x - mu) / n + dmu / n
    return dx, np.sum(dy * (x - mu) / np.sqrt(var + eps), axis=0), np.sum(dy, axis=0)


def moving_from_the_batch(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    y, mean, var, cache = three_paths_forward(x, gamma, beta, running_mean, running_var, 0.0, eps, training)
    if training:
        mean, var = mean + momentum * (running_mean - mean), var + momentum * (running_var - var)
    return y, mean, var, cache


def summed_backward(dy, cache):
    x, mean, inv_std, gamma = cache
    n, x_hat = len(x), (x - mean) * inv_std
    dgamma, dbeta = np.einsum("nd,nd->d", dy, x_hat), np.ones(n) @ dy
    return gamma * inv_std / n * (n * dy - dbeta - x_hat * dgamma), dgamma, dbeta


def fused_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    mean, var = (x.mean(0), x.var(0)) if training else (running_mean, running_var)
    slope = gamma / np.sqrt(var + eps)
    keep = momentum if training else 1.0
    return (
        x * slope + (beta - mean * slope),
        keep * running_mean + (1 - keep) * mean,
        keep * running_var + (1 - keep) * var,
        (x, mean, 1 / np.sqrt(var + eps), gamma),
    )


def looping_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    n, d = x.shape
    y, means, variances = np.empty((n, d)), running_mean.copy(), running_var.copy()
    kept = []
    for j in range(d):
        mean, var = running_mean[j], running_var[j]
        if training:
            mean = sum(x[i, j] for i in range(n)) / n
            var = sum((x[i, j] - mean) ** 2 for i in range(n)) / n
            means[j] = momentum * running_mean[j] + (1 - momentum) * mean
            variances[j] = momentum * running_var[j] + (1 - momentum) * var
        for i in range(n):
            y[i, j] = gamma[j] * (x[i, j] - mean) / (var + eps) ** 0.5 + beta[j]
        kept.append((mean, (var + eps) ** -0.5))
    mean, inv_std = np.array(kept).T
    return y, means, variances, (x, mean, inv_std, gamma)


def jacobian_backward(dy, cache):
    """Multiply by the Jacobian of each column: (I - 1/n - x_hat x_hat^T / n) * gamma * inv_std."""
    x, mean, inv_std, gamma = cache
    n, d = x.shape
    x_hat = (x - mean) * inv_std
    dx = np.empty((n, d))
    for j in range(d):
        jacobian = np.eye(n) - 1 / n - np.outer(x_hat[:, j], x_hat[:, j]) / n
        dx[:, j] = jacobian @ (dy[:, j] * gamma[j] * inv_std[j])
    return dx, np.sum(dy * x_hat, 0), np.sum(dy, 0)


def layernorm_by_transposing(x, gamma, beta, eps):
    centred = x.T - x.T.mean(0)
    std = np.sqrt((centred**2).mean(0) + eps)
    return (centred / std).T * gamma + beta, [centred / std, std, gamma]


def layernorm_backward_by_transposing(dy, cache):
    x_hat, std, gamma = cache
    g = (dy * gamma).T
    dx = (g - g.mean(0) - x_hat * (g * x_hat).mean(0)) / std
    return dx.T, (dy * x_hat.T).sum(0), dy.sum(0)


def layernorm_row_by_row(x, gamma, beta, eps):
    rows = [(row - np.average(row)) / np.sqrt(np.average((row - np.average(row)) ** 2) + eps) for row in x]
    inv_std = 1 / np.sqrt(x.var(1, keepdims=True) + eps)
    return np.array(rows) * gamma + beta, (x, x.mean(1, keepdims=True), inv_std, gamma)


def in_single_precision(kernel):
    def single(*args):
        cast = [np.asarray(a, np.float32) if isinstance(a, np.ndarray) else a for a in args]
        return kernel(*cast)

    return single


STYLES = {
    "three paths": {
        "batchnorm_forward": three_paths_forward,
        "batchnorm_backward": three_paths_backward,
        "layernorm_forward": layernorm_by_transposing,
        "layernorm_backward": layernorm_backward_by_transposing,
    },
    "fused": {"batchnorm_forward": fused_forward, "batchnorm_backward": summed_backward},
    "moving from the batch": {
        "batchnorm_forward": moving_from_the_batch,
        "batchnorm_backward": three_paths_backward,
    },
    "loops": {
        "batchnorm_forward": looping_forward,
        "batchnorm_backward": jacobian_backward,
        "layernorm_forward": layernorm_row_by_row,
    },
    "single precision": {name: in_single_precision(kernel) for name, kernel in KERNELS.items()},
    "three paths in single precision": {
        "batchnorm_forward": in_single_precision(three_paths_forward),
        "batchnorm_backward": in_single_precision(three_paths_backward),
    },
}


@pytest.fixture(scope="module", params=[0, 1, 22, 25])
def judge(request):
    return Judge(COURSE, seed=request.param)


@pytest.mark.parametrize("style", STYLES)
def test_right_code_in_another_style_earns_full_points(judge, style):
    worker = InlineWorker({**KERNELS, **STYLES[style]})
    report = judge.grade(Submission(student="s", files=[]), worker).exercises[0]
    assert [(v.check, v.message) for v in report.checks if v.outcome is not Outcome.PASSED] == []


@pytest.mark.parametrize("style", ["three paths", "fused", "loops"])
def test_right_code_in_double_precision_gets_no_remark(judge, style):
    worker = InlineWorker({**KERNELS, **STYLES[style]})
    report = judge.grade(Submission(student="s", files=[]), worker).exercises[0]
    assert [(v.check, v.remarks) for v in report.checks if v.remarks] == []


# ---------------------------------------------------------------- properties


def refuted(judge, functions):
    worker = InlineWorker({**KERNELS, **functions})
    cases = judge.plan(PAIR).properties
    seen = {title: observe(PAIR.exercise, check, cases[check.name], worker) for title, check in PROPERTIES.items()}
    assert not [s.broken for s in seen.values() if s.broken]
    return {title for title, s in seen.items() if s.message}


MEAN, VARIANCE = "output has mean beta in training", "output has the variance that gamma and eps give in training"
AFFINE = "training output ignores the scale and the offset of the inputs"
RUNNING, ALONE = "running statistics average over several calls", "test mode does not depend on the batch"
COLUMNS_CANCEL, ROWS_CANCEL = "columns of dx sum to zero", "rows of dx sum to zero"
ROWS_STANDARD, ROWS_ALONE = "rows are standardised but for eps", "a row does not depend on the others"

REFUTED = {
    "batchnorm: variance divided by n - 1": {VARIANCE, RUNNING},
    "batchnorm: eps outside the root": {VARIANCE, AFFINE},
    "batchnorm: square root forgotten": {VARIANCE, AFFINE},
    "batchnorm: mean not subtracted": {MEAN, AFFINE},
    "batchnorm: beta forgotten": {MEAN},
    "momentum reversed": {RUNNING},
    "running statistics not updated in training": {RUNNING},
    "running variance with n - 1": {RUNNING},
    "batch statistics in test mode": {ALONE},
    "running statistics updated in test mode": {ALONE},
    "training flag ignored": {ALONE},
    "batchnorm: mean path missing": {COLUMNS_CANCEL},
    "batchnorm: mean and variance treated as constants": {COLUMNS_CANCEL},
    "batchnorm: dx averaged over the wrong axis": {COLUMNS_CANCEL},
    "batchnorm: variance path missing": set(),
    "layernorm over the batch axis": {ROWS_STANDARD, ROWS_ALONE},
    "layernorm over the whole array": {ROWS_STANDARD, ROWS_ALONE},
    "layernorm: mean not subtracted": {ROWS_STANDARD},
    "layernorm: variance divided by d - 1": {ROWS_STANDARD},
    "layernorm: mean path missing": {ROWS_CANCEL},
    "layernorm: gamma outside the means": {ROWS_CANCEL},
    "layernorm: variance path missing": set(),
}
"""A mistake, and claims that it must refute; one that keeps every claim refutes none."""


@pytest.mark.parametrize("name", REFUTED)
def test_properties_tell_mistakes_apart(judge, name):
    book = judge.book(PAIR)
    functions = book.functions([mistake for mistake in book.mistakes if mistake.name == name])
    seen = refuted(judge, functions)
    assert seen >= REFUTED[name]
    if not REFUTED[name]:
        assert seen == set()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_no_property_holds_of_nonsense_in_the_right_shape(judge, value):
    def filled(*arrays):
        return tuple(np.full(array.shape, value) for array in arrays)

    nonsense = {
        "batchnorm_forward": lambda x, gamma, beta, mean, var, *_: (*filled(x, mean, var), (x, gamma, beta)),
        "batchnorm_backward": lambda dy, cache: filled(dy, *cache[1:]),
        "layernorm_forward": lambda x, gamma, beta, eps: (*filled(x), (x, gamma, beta)),
        "layernorm_backward": lambda dy, cache: filled(dy, *cache[1:]),
    }
    constant = {AFFINE, ROWS_ALONE} if np.isfinite(value) else set()
    assert refuted(judge, nonsense) >= set(PROPERTIES) - constant
