"""Softmax and cross-entropy: stable values, the full Jacobian, the loss and its gradient in one."""

from __future__ import annotations

import numpy as np

from grader.authoring import Exercise, drawn, function, gradient, holds, labels, matches, reals, regime, torch

LIMIT = 1e4
"""The largest |z| of the contract."""


def softmax(z):
    return torch.nn.functional.softmax(z, dim=1)


def softmax_backward(dp, p):
    z = torch.log(p).detach().requires_grad_()  # softmax(log p) is p, also where p is 0 and its log -inf
    return torch.autograd.grad(softmax(z), z, dp)[0]


def softmax_cross_entropy(z, y):
    return torch.nn.functional.cross_entropy(z, y)


def normal(scale, offset=0.0):
    return lambda rng, shape, _: offset + scale * rng.standard_normal(shape)


def per_row(rng, shape, _):
    return rng.standard_normal(shape) + rng.uniform(-2000, 2000, (shape[0], 1))


def label_lowest(gap):
    """Return a draw of scores in which class ``i % c`` of row i is `gap` below 0 and the others are near 0."""

    def draw(rng, shape, _):
        n, c = shape
        z = rng.standard_normal(shape)
        z[np.arange(n), np.arange(n) % c] = -gap
        return z

    return draw


def cyclic_labels(_rng, shape, sizes):
    return np.arange(shape[0], dtype=np.int64) % sizes["c"]


def scale_1000_label_lowest(rng, shape, sizes):
    z = 1000 * rng.standard_normal(shape)
    rows, column = np.arange(shape[0]), cyclic_labels(rng, shape, sizes)
    lowest = z.argmin(axis=1)
    z[rows, lowest], z[rows, column] = z[rows, column], z[rows, lowest].copy()
    return np.clip(z, -LIMIT, LIMIT)


def probabilities(scale):
    """Return a draw of softmax outputs: nearly uniform rows at a small scale, exactly one-hot ones at a large scale."""

    def draw(rng, shape, _):
        z = scale * rng.standard_normal(shape)
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    return draw


def mixed_probabilities(rng, shape, sizes):
    scales = rng.choice([1e-3, 1.0, 8.0, 40.0, 1000.0], (shape[0], 1))
    return probabilities(scales)(rng, shape, sizes)


def size_of(z):
    """Return the size of the scores, which their rounding is proportional to."""
    return 1.0 + float(np.abs(z).max())


def unequal(name, actual, expected, tolerance):
    """Say where two arrays differ most, or return None where they differ by no more than the tolerance."""
    actual, expected = np.broadcast_arrays(np.asarray(actual, float), np.asarray(expected, float))
    with np.errstate(all="ignore"):
        error = np.abs(actual - expected)
    bad = ~(error <= tolerance)
    if not bad.any():
        return None
    worst = np.unravel_index(int(np.argmax(np.where(bad, np.nan_to_num(error, nan=np.inf), -1.0))), error.shape)
    place = f"{name}[{', '.join(map(str, worst))}]" if worst else name
    should = f"{expected[worst]:.6g}" if np.isfinite(expected[worst]) else "finite"
    return f"{place} = {actual[worst]:.6g}, but should be {should}"


def sums_to_one(student, case):
    p = student.softmax(case.z)
    with np.errstate(all="ignore"):
        return unequal("p.sum(axis=1)", np.sum(p, axis=1), 1.0, 1e-4)


def not_negative(student, case):
    p = np.asarray(student.softmax(case.z))
    if np.all((p >= 0) & (p <= 1 + 1e-4)):
        return None
    return f"p has elements outside [0, 1]: from {np.min(p):.6g} to {np.max(p):.6g}"


def row_offsets(case):
    """Return an offset per row, 1000 and -1000 in turn."""
    return 1000.0 * (-1.0) ** np.arange(len(case.z))[:, None]


def has_room(case):
    return float(np.abs(case.z).max()) <= LIMIT - 1000


def softmax_ignores_offsets(student, case):
    moved = case.z + row_offsets(case)
    p, other = student.softmax(case.z), student.softmax(moved)
    return unequal("after ±1000 was added to the rows of z, p", other, p, 1e-4 + 1e-6 * size_of(moved))


def softmax_follows_classes(student, case):
    p, other = student.softmax(case.z), student.softmax(case.z[:, ::-1].copy())
    return unequal("with the classes reversed, p", other, np.asarray(p)[:, ::-1], 1e-4 + 1e-6 * size_of(case.z))


def dz_sums_to_zero(student, case):
    dz = student.softmax_backward(case.dp, case.p)
    with np.errstate(all="ignore"):
        return unequal("dz.sum(axis=1)", np.sum(dz, axis=1), 0.0, 1e-4 * np.abs(case.dp).max())


def dz_ignores_constants(student, case):
    constant = 1.0 + np.abs(case.dp).max()
    dz, other = student.softmax_backward(case.dp, case.p), student.softmax_backward(case.dp + constant, case.p)
    return unequal(f"after {constant:.3g} was added to dp, dz", other, dz, 1e-4 * constant)


def loss_of_uniform(student, case):
    n, c = case.z.shape
    value = float(case.z[0, 0])
    loss, _ = student.softmax_cross_entropy(np.full((n, c), value), case.y)
    return unequal(f"with every score {value:.6g}, loss", loss, np.log(c), 1e-4 + 1e-6 * abs(value))


def loss_ignores_offsets(student, case):
    moved = case.z + row_offsets(case)
    loss, dz = student.softmax_cross_entropy(case.z, case.y)
    other, dz_other = student.softmax_cross_entropy(moved, case.y)
    tolerance = 1e-4 + 1e-6 * size_of(moved)
    found = unequal("after ±1000 was added to the rows of z, loss", other, loss, tolerance)
    return found or unequal("after ±1000 was added to the rows of z, dz", dz_other, dz, tolerance)


def loss_follows_classes(student, case):
    c = case.z.shape[1]
    loss, dz = student.softmax_cross_entropy(case.z, case.y)
    other, dz_other = student.softmax_cross_entropy(case.z[:, ::-1].copy(), c - 1 - case.y)
    tolerance = 1e-4 + 1e-6 * size_of(case.z)
    found = unequal("with the classes reversed, loss", other, loss, tolerance)
    return found or unequal("with the classes reversed, dz", dz_other, np.asarray(dz)[:, ::-1], tolerance)


def loss_is_a_mean(student, case):
    loss, dz = student.softmax_cross_entropy(case.z, case.y)
    twice, dz_twice = student.softmax_cross_entropy(np.concatenate([case.z] * 2), np.concatenate([case.y] * 2))
    tolerance = 1e-4 + 1e-6 * size_of(case.z)
    found = unequal("with every sample twice, loss", twice, loss, tolerance)
    half = np.concatenate([np.asarray(dz)] * 2) / 2
    return found or unequal("with every sample twice, dz", dz_twice, half, tolerance / len(case.z))


def gradient_sums_to_zero(student, case):
    _, dz = student.softmax_cross_entropy(case.z, case.y)
    with np.errstate(all="ignore"):
        return unequal("dz.sum(axis=1)", np.sum(dz, axis=1), 0.0, 1e-4)


OFFSETS = [
    regime("one offset of 1000", z=normal(1.0, 1000.0)),
    regime("one offset of -1000", z=normal(1.0, -1000.0)),
    regime("an offset per row", z=per_row),
    regime("the largest scores", count=2, z=lambda rng, shape, _: LIMIT - rng.uniform(0, 10, shape)),
    regime("the lowest scores", count=2, z=lambda rng, shape, _: rng.uniform(0, 10, shape) - LIMIT),
    regime("both ends", count=2, z=lambda rng, shape, _: rng.choice([-LIMIT, LIMIT], shape)),
]
LABELS = [
    regime("scale 1000, label at the minimum", z=scale_1000_label_lowest, y=cyclic_labels),
    regime("label at 1e-310", count=2, z=label_lowest(714.0), y=cyclic_labels),
    regime("label at 1e-500", count=2, z=label_lowest(1151.0), y=cyclic_labels),
]

exercise = Exercise(
    title="Softmax and cross-entropy",
    functions=(
        function("softmax: z(n,c) -> p(n,c)", summary="Turn each row of scores into probabilities."),
        function(
            "softmax_backward: dp(n,c), p(n,c) -> dz(n,c)",
            summary="Gradient with respect to the scores, from that with respect to the probabilities.",
        ),
        function(
            "softmax_cross_entropy: z(n,c), y(n):int -> loss, dz(n,c)",
            summary="Mean cross-entropy of softmax(z) and the labels y, and its gradient.",
        ),
    ),
    inputs={
        "z": reals(-LIMIT, LIMIT, magnitudes=(1.0, 1e-3, 12.0, 120.0, 1000.0, 5000.0)),
        "y": labels("c"),
        "dp": reals(-100, 100, magnitudes=(1.0, 1e-3, 30.0)),
        "p": drawn(*map(probabilities, (1.0, 0.0, 8.0, 40.0, 1000.0)), mixed_probabilities, name="softmax outputs"),
    },
    checks=(
        matches(
            "softmax",
            points=2,
            regimes=OFFSETS,
            scale=lambda case: size_of(case.z),
            hint="Check the axis: each row of p is one sample. Subtract each row's own maximum before np.exp.",
        ),
        holds("softmax", "rows sum to one", sums_to_one, points=0.5, examples=3),
        holds("softmax", "probabilities lie between 0 and 1", not_negative, points=0.5, examples=3),
        holds(
            "softmax",
            "an offset per row changes nothing",
            softmax_ignores_offsets,
            points=0.5,
            examples=3,
            where=has_room,
        ),
        holds(
            "softmax",
            "permuting classes permutes the probabilities",
            softmax_follows_classes,
            points=0.5,
            examples=3,
        ),
        gradient(
            "softmax_backward",
            of="softmax_backward",
            points=3,
            hint="Every score of a row moves every probability of that row: the Jacobian is diag(p) - p p^T.",
        ),
        holds("softmax_backward", "rows of dz sum to zero", dz_sums_to_zero, points=0.5, examples=3),
        holds(
            "softmax_backward",
            "a constant added to dp changes nothing",
            dz_ignores_constants,
            points=0.5,
            examples=3,
        ),
        matches(
            "softmax_cross_entropy",
            results=["loss"],
            points=2,
            regimes=[*OFFSETS, *LABELS],
            scale=lambda case: size_of(case.z),
            hint="The loss is the mean over the batch of log(sum(exp(z))) - z[label], each with the row's "
            "maximum taken out.",
        ),
        gradient(
            "softmax_cross_entropy",
            of="softmax_cross_entropy",
            results=["dz"],
            points=3,
            regimes=[*OFFSETS, *LABELS],
            scale=lambda case: size_of(case.z) / len(case.z),
            hint="For a mean over n samples, dz is (softmax(z) - one_hot(y)) / n.",
        ),
        holds("softmax_cross_entropy", "uniform scores cost ln c", loss_of_uniform, points=0.5, examples=3),
        holds(
            "softmax_cross_entropy",
            "an offset per row changes nothing",
            loss_ignores_offsets,
            points=0.5,
            examples=3,
            where=has_room,
        ),
        holds(
            "softmax_cross_entropy",
            "permuting classes permutes the gradient",
            loss_follows_classes,
            points=0.5,
            examples=3,
        ),
        holds(
            "softmax_cross_entropy",
            "repeating the batch leaves the loss unchanged",
            loss_is_a_mean,
            points=0.5,
            examples=3,
        ),
        holds("softmax_cross_entropy", "rows of dz sum to zero", gradient_sums_to_zero, points=0.5, examples=3),
    ),
    oracle={
        "softmax": softmax,
        "softmax_backward": softmax_backward,
        "softmax_cross_entropy": softmax_cross_entropy,
    },
)
