"""Batch and layer normalisation, forward and backward."""

from __future__ import annotations

import numpy as np

from grader.authoring import Exercise, flag, function, gradient, holds, matches, one_of, reals, regime, torch

# ---------------------------------------------------------------- torch oracle


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    """Batch normalisation by torch; `native_batch_norm` because the functional form refuses a batch of one."""
    if not training:
        statistics = running_mean.detach(), running_var.detach()
        y = torch.nn.functional.batch_norm(x, *statistics, gamma, beta, training=False, eps=eps)
        return y, running_mean, running_var
    y = torch.native_batch_norm(x, gamma, beta, None, None, True, 0.0, eps)[0]
    var, mean = torch.var_mean(x, dim=0, correction=0)
    return y, torch.lerp(mean, running_mean, momentum), torch.lerp(var, running_var, momentum)


def layernorm_forward(x, gamma, beta, eps):
    """Layer normalisation by torch, over the last axis."""
    return torch.nn.functional.layer_norm(x, gamma.shape, gamma, beta, eps)


# ---------------------------------------------------------------- natural scales and tolerances


def inverse_std(x, eps, axis):
    """Return ``1 / sqrt(var + eps)`` along an axis, which stays with length 1."""
    return 1 / np.sqrt(x.var(axis=axis, keepdims=True) + eps)


def forward_scale(x, gamma, eps, axis):
    """Return the largest ``|gamma * x| / sqrt(var + eps)``.

    A rounding of the mean moves x_hat by this. With one or two elements to average, x_hat hardly depends on x, so that
    the measured condition numbers do not show it.
    """
    return float((np.abs(gamma * x) * inverse_std(x, eps, axis)).max())


def backward_scale(x, gamma, dy, eps, axis):
    """Return the natural size of the terms of dx and dgamma, which cancel for one or two elements to average."""
    inv = inverse_std(x, eps, axis)
    size = np.abs(x) * inv
    paths = np.abs(gamma) * inv * (1 + size if x.shape[axis] == 2 else 1.0)
    return float((np.abs(dy).max(axis=axis, keepdims=True) * (1 + size + paths)).max())


def batchnorm_forward_scale(case):
    if not case.training:
        return 0.0
    scale = forward_scale(case.x, case.gamma, case.eps, 0)
    return max(scale, forgotten_size(case))


def forgotten_size(case):
    """Return the size of what a momentum of 0 or 1 takes out of the running statistics.

    ``running + (1 - momentum) * (batch - running)`` is right, too, and leaves the rounding of what cancels.
    """
    if case.momentum == 0:
        return float(max(np.abs(case.running_mean).max(), case.running_var.max()))
    if case.momentum == 1:
        return float(max(np.abs(case.x.mean(axis=0)).max(), case.x.var(axis=0).max()))
    return 0.0


def batchnorm_backward_scale(case):
    return backward_scale(case.x, case.gamma, case.dy, case.eps, 0)


def layernorm_forward_scale(case):
    return forward_scale(case.x, case.gamma, case.eps, 1)


def layernorm_backward_scale(case):
    return backward_scale(case.x, case.gamma, case.dy, case.eps, 1)


def differs(what, actual, expected, tolerance):
    """Return a sentence about the worst element beyond the tolerance, where `nan` is, and `None` where all agree."""
    actual, expected, tolerance = np.broadcast_arrays(actual, expected, tolerance)
    with np.errstate(all="ignore"):
        off = np.abs(actual - expected)
        bad = ~(off <= tolerance)
        if not bad.any():
            return None
        worst = np.unravel_index(np.argmax(np.where(bad, np.nan_to_num(off / tolerance, nan=np.inf), -1.0)), off.shape)
    place = f"[{', '.join(map(str, worst))}]" if worst else ""
    return f"{what}{place} = {actual[worst]:.6g}, but should be {expected[worst]:.6g}"


def rounding(x, gamma, beta, eps, axis):
    """Return what single precision, at its worst, may change in an output: 1e-5 of its terms."""
    largest = np.abs(x).max(axis=axis, keepdims=True) * inverse_std(x, eps, axis)
    return 1e-5 * (np.abs(beta) + np.abs(gamma) * (1 + largest))


# ---------------------------------------------------------------- properties


def train(student, case, x, *, eps=None):
    """Return what the student's `batchnorm_forward` makes of a batch in training."""
    eps = case.eps if eps is None else eps
    return student.batchnorm_forward(
        x, case.gamma, case.beta, case.running_mean, case.running_var, case.momentum, eps, True
    )


def has_mean_beta(student, case):
    y = train(student, case, case.x)[0]
    tolerance = rounding(case.x, case.gamma, case.beta, case.eps, 0)[0]
    return differs("the mean over the batch of column", y.mean(axis=0), case.beta, tolerance)


def has_variance_gamma_squared(student, case):
    y = train(student, case, case.x)[0]
    var = case.x.var(axis=0)
    delta = rounding(case.x, case.gamma, case.beta, case.eps, 0)[0]
    tolerance = 4 * np.abs(case.gamma) * delta + 4 * delta**2 + 1e-30
    return differs("the variance of column", y.var(axis=0), case.gamma**2 * var / (var + case.eps), tolerance)


def is_affine_invariant(student, case):
    plain = train(student, case, case.x, eps=0.5)[0]
    moved = train(student, case, 2 * case.x + 3, eps=2.0)[0]
    tolerance = 4 * rounding(2 * case.x + 3, case.gamma, case.beta, 2.0, 0)
    return differs("with 2x + 3 for x and eps = 2 for eps = 0.5, y", moved, plain, tolerance)


def averages_over_several_calls(student, case):
    m = case.momentum
    batches = [case.x, 1 - 0.5 * case.x, 0.25 * case.x + 2, 2 * case.x]
    mean, var = case.running_mean, case.running_var
    for x in batches:
        _, mean, var, _ = student.batchnorm_forward(x, case.gamma, case.beta, mean, var, m, case.eps, True)
    weights = [(1 - m) * m ** (len(batches) - 1 - i) for i in range(len(batches))]
    old = m ** len(batches)
    should_mean = old * case.running_mean + sum(w * x.mean(axis=0) for w, x in zip(weights, batches, strict=True))
    should_var = old * case.running_var + sum(w * x.var(axis=0) for w, x in zip(weights, batches, strict=True))
    largest = 2 * np.abs(case.x).max() + 2
    after = f"after {len(batches)} training calls with momentum {m:g}, "
    return differs(f"{after}running_mean", mean, should_mean, 1e-5 * (largest + np.abs(case.running_mean))) or differs(
        f"{after}running_var", var, should_var, 1e-5 * (largest**2 + case.running_var)
    )


def does_not_see_the_batch(student, case):
    fixed = (case.gamma, case.beta, case.running_mean, case.running_var, case.momentum, case.eps, False)
    whole = student.batchnorm_forward(case.x, *fixed)
    alone = student.batchnorm_forward(case.x[-1:], *fixed)
    inv = 1 / np.sqrt(case.running_var + case.eps)
    size = np.abs(case.beta) + np.abs(case.gamma) * (np.abs(case.x[-1:]) + np.abs(case.running_mean)) * inv
    return (
        differs("out of training, the last row of x given alone has y", alone[0], whole[0][-1:], 1e-5 * size + 1e-30)
        or differs(
            "out of training, running_mean", whole[1], case.running_mean, 1e-6 * np.abs(case.running_mean) + 1e-30
        )
        or differs("out of training, running_var", whole[2], case.running_var, 1e-6 * case.running_var + 1e-30)
    )


def dx_tolerance(case, axis):
    """Return what single precision may leave of a sum of dx that cancels."""
    inv = inverse_std(case.x, case.eps, axis)
    size = np.abs(case.dy * case.gamma).max(axis=axis) * (inv * (1 + np.abs(case.x) * inv)).max(axis=axis)
    return 1e-5 * case.x.shape[axis] * size + 1e-30


def columns_of_dx_cancel(student, case):
    cache = train(student, case, case.x)[-1]
    dx = student.batchnorm_backward(case.dy, cache)[0]
    return differs("the sum over the batch of dx in column", dx.sum(axis=0), 0.0, dx_tolerance(case, 0))


def rows_are_standardised(student, case):
    one, zero = np.ones_like(case.gamma), np.zeros_like(case.beta)
    y, _ = student.layernorm_forward(case.x, one, zero, case.eps)
    var = case.x.var(axis=1)
    delta = rounding(case.x, 1.0, 0.0, case.eps, 1)[:, 0]
    return differs("with gamma 1 and beta 0, the mean of row", y.mean(axis=1), 0.0, delta) or differs(
        "with gamma 1 and beta 0, the variance of row", y.var(axis=1), var / (var + case.eps), 4 * delta + 4 * delta**2
    )


def rows_stand_alone(student, case):
    y, _ = student.layernorm_forward(case.x, case.gamma, case.beta, case.eps)
    alone, _ = student.layernorm_forward(case.x[-1:], case.gamma, case.beta, case.eps)
    tolerance = rounding(case.x[-1:], case.gamma, case.beta, case.eps, 1) + 1e-30
    return differs("the last row of x given alone has y", alone, y[-1:], tolerance)


def rows_of_dx_cancel(student, case):
    _, cache = student.layernorm_forward(case.x, case.gamma, case.beta, case.eps)
    dx = student.layernorm_backward(case.dy, cache)[0]
    return differs("the sum over the features of dx in row", dx.sum(axis=1), 0.0, dx_tolerance(case, 1))


# ---------------------------------------------------------------- situations


def around_100(rng, shape, _):
    return 100 + rng.standard_normal(shape)


def tiny_spread(rng, shape, _):
    return rng.standard_normal(shape[-1:]) + 1e-3 * rng.standard_normal(shape)


def tiny_spread_in_rows(rng, shape, _):
    return rng.standard_normal((*shape[:-1], 1)) + 1e-3 * rng.standard_normal(shape)


def constant_column(rng, shape, _):
    x = rng.standard_normal(shape)
    x[:, 0] = 0.7
    return x


def constant_row(rng, shape, _):
    x = rng.standard_normal(shape)
    x[0] = 0.7
    return x


def some_zeros(rng, shape, _):
    gamma = rng.standard_normal(shape)
    gamma[0] = 0.0
    return gamma


COLUMNS = (
    regime("mean 100", x=around_100, count=2),
    regime("standard deviation 1e-3", x=tiny_spread, count=2),
    regime("constant column", x=constant_column, gamma=some_zeros, count=2),
)
FAR_FROM_ZERO = regime(
    "mean far above the spread",
    x=lambda rng, shape, _: 100 + 1e-3 * rng.standard_normal(shape),
    eps=lambda *_: 1e-5,
    training=lambda *_: True,
    count=3,
)
ROWS = (
    regime("mean 100", x=around_100, count=2),
    regime("standard deviation 1e-3", x=tiny_spread_in_rows, count=2),
    regime("constant row", x=constant_row, gamma=some_zeros, count=2),
)


def has_some_gamma(case):
    return np.abs(case.gamma).max() > 0.1


exercise = Exercise(
    title="Batch and layer normalisation",
    functions=(
        function(
            "batchnorm_forward: x(n,d), gamma(d), beta(d), running_mean(d), running_var(d), momentum, eps, training"
            " -> y(n,d), running_mean(d), running_var(d), cache",
            summary="Normalise each column of a batch, then scale and shift it; keep running statistics.",
        ),
        function(
            "batchnorm_backward: dy(n,d), cache -> dx(n,d), dgamma(d), dbeta(d)",
            summary="Gradient of batchnorm_forward in training mode.",
        ),
        function(
            "layernorm_forward: x(n,d), gamma(d), beta(d), eps -> y(n,d), cache",
            summary="Normalise each row, then scale and shift each column.",
        ),
        function(
            "layernorm_backward: dy(n,d), cache -> dx(n,d), dgamma(d), dbeta(d)",
            summary="Gradient of layernorm_forward.",
        ),
    ),
    inputs={
        "x": reals(magnitudes=(1.0, 1e-3, 12.0, 120.0, 1000.0)),
        "gamma": reals(-100, 100, magnitudes=(1.0, 12.0), at=(0.0,)),
        "beta": reals(-100, 100, magnitudes=(1.0, 12.0)),
        "running_mean": reals(magnitudes=(1.0, 120.0)),
        "running_var": reals(0, 1000, magnitudes=(1.0, 1e-3, 120.0), at=(0.0,)),
        "dy": reals(-100, 100, magnitudes=(1.0, 1e-3, 30.0)),
        "momentum": one_of(0.9, 0.3, 0.0, 1.0),
        "eps": one_of(1e-5, 0.5, 0.2),
        "training": flag(),
    },
    checks=(
        matches(
            "batchnorm_forward",
            points=3.0,
            examples=32,
            scale=batchnorm_forward_scale,
            regimes=(*COLUMNS, FAR_FROM_ZERO),
            hint="In training: mean and biased variance of each column, eps inside the root, and"
            " momentum * running + (1 - momentum) * batch. Else: the running statistics, returned unchanged.",
        ),
        holds("batchnorm_forward", "output has mean beta in training", has_mean_beta, points=0.5, examples=3),
        holds(
            "batchnorm_forward",
            "output has the variance that gamma and eps give in training",
            has_variance_gamma_squared,
            points=0.5,
            examples=5,
            where=has_some_gamma,
        ),
        holds(
            "batchnorm_forward",
            "training output ignores the scale and the offset of the inputs",
            is_affine_invariant,
            points=0.5,
            examples=3,
            hint="With 2x + 3 for x and 4 eps for eps, x - mean and sqrt(var + eps) both double.",
        ),
        holds(
            "batchnorm_forward",
            "running statistics average over several calls",
            averages_over_several_calls,
            points=1.0,
            examples=2,
            hint="Each training call returns momentum * running + (1 - momentum) * batch.",
        ),
        holds(
            "batchnorm_forward",
            "test mode does not depend on the batch",
            does_not_see_the_batch,
            points=0.5,
            examples=3,
            hint="Out of training use running_mean and running_var, and return them as they are.",
        ),
        gradient(
            "batchnorm_backward",
            of="batchnorm_forward",
            points=3.5,
            where=lambda case: case.training,
            scale=batchnorm_backward_scale,
            regimes=COLUMNS,
            hint="x reaches y along three paths: directly, through the mean and through the variance.",
        ),
        holds(
            "batchnorm_backward",
            "columns of dx sum to zero",
            columns_of_dx_cancel,
            points=0.5,
            examples=3,
            needs=["batchnorm_forward"],
            hint="Adding a constant to a column of x does not change y, so the column's gradient sums to zero.",
        ),
        matches(
            "layernorm_forward",
            points=2.0,
            scale=layernorm_forward_scale,
            regimes=ROWS,
            hint="Mean and biased variance of each row (axis 1, keepdims=True), eps inside the root.",
        ),
        holds("layernorm_forward", "rows are standardised but for eps", rows_are_standardised, points=0.5, examples=3),
        holds(
            "layernorm_forward",
            "a row does not depend on the others",
            rows_stand_alone,
            points=0.5,
            examples=3,
            hint="Mean and variance are those of the row alone: axis 1.",
        ),
        gradient(
            "layernorm_backward",
            of="layernorm_forward",
            points=2.5,
            scale=layernorm_backward_scale,
            regimes=ROWS,
            hint="Average dy * gamma along the row; dgamma and dbeta are sums over the batch.",
        ),
        holds(
            "layernorm_backward",
            "rows of dx sum to zero",
            rows_of_dx_cancel,
            points=0.5,
            examples=3,
            needs=["layernorm_forward"],
            hint="Adding a constant to a row of x does not change y, so the row's gradient sums to zero.",
        ),
    ),
    oracle={"batchnorm_forward": batchnorm_forward, "layernorm_forward": layernorm_forward},
)
