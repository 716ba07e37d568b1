"""Batch and layer normalisation."""

from __future__ import annotations

from grader.authoring import Exercise, flag, function, gradient, holds, matches, one_of, reals, regime, torch

exercise = Exercise(
    title="Batch normalisation",
    functions=(
        function(
            "batchnorm_forward: x(n,d), gamma(d), beta(d), running_mean(d), running_var(d), momentum, eps, training"
            " -> y(n,d), running_mean(d), running_var(d), cache",
            summary="Normalise each column of a batch, then scale and shift it.",
        ),
        function(
            "batchnorm_backward: dy(n,d), cache -> dx(n,d), dgamma(d), dbeta(d)",
            summary="Gradient of batchnorm_forward in training mode.",
        ),
    ),
    inputs={
        "x": reals(magnitudes=(1.0, 12.0, 120.0)),
        "dy": reals(-100, 100, magnitudes=(1.0, 30.0)),
        "running_var": reals(0, 100),
        "momentum": one_of(0.9, 0.3, 0.0, 1.0),
        "eps": one_of(1e-5, 0.5, 0.2),
        "training": flag(),
    },
    checks=(
        matches("batchnorm_forward", regimes=[regime("mean 100", x=lambda rng, shape, _: 100 + rng.standard_normal(shape))]),
        gradient("batchnorm_backward", of="batchnorm_forward", where=lambda case: case.training),
        holds(
            "batchnorm_forward", "output has mean beta",
            lambda student, case: bool(abs(student.batchnorm_forward(
                case.x, case.gamma, case.beta, case.running_mean, case.running_var, case.momentum, case.eps, True
            )[0].mean(axis=0) - case.beta).max() < 1e-6),
            where=lambda case: abs(case.x).max() < 100 and abs(case.gamma).max() < 100 and abs(case.beta).max()<100,
        ),
    ),
    oracle={},
)


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    if not training:
        return gamma * (x - running_mean) / torch.sqrt(running_var + eps) + beta, running_mean, running_var
    mean, var = x.mean(dim=0), x.var(dim=0, correction=0)
    y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
    return y, momentum * running_mean + (1 - momentum) * mean, momentum * running_var + (1 - momentum) * var
