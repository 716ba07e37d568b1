"""Inverted dropout and the L2 penalty.

The mask is random and any way of drawing it from `rng` is right, so its law is tested, not its bits. Every claim about
the law is an exact test, or several which share the level: it refuses a right function with a probability below 1e-9.
"""

from __future__ import annotations

import math

import numpy as np

from grader.authoring import Exercise, Refuted, Seed, flag, function, gradient, holds, matches, one_of, reals, torch

LEVEL = 1e-9
"""The probability with which a claim about the law of the mask refuses a right function, at most."""

# ---------------------------------------------------------------- torch oracle


def dropout_forward(x, p, _rng, training):
    """Dropout by torch. It does not draw from `_rng`, so it answers only where nothing is random."""
    return torch.nn.functional.dropout(x, p, training)


def l2_penalty(w, lam):
    """Return the penalty; autograd adds its gradient."""
    return lam / 2 * torch.linalg.vector_norm(w) ** 2


# ---------------------------------------------------------------- exact tests


def binomial_p_value(successes, trials, probability):
    """Return the exact two-sided p-value of a binomial count: twice the tail away from the mean, at most 1.

    The tail is the count's own probability times ``1 + r_1 + r_1 r_2 + ...``, where r_i is the ratio of successive
    probabilities; away from the mean it decreases, and 24 standard deviations further nothing is left of it.
    """
    if successes < trials * probability:
        successes, probability = trials - successes, 1 - probability
    k = int(successes)
    logarithm = math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
    logarithm += k * math.log(probability) + (trials - k) * math.log1p(-probability)
    at = np.arange(k, min(trials, k + 12 * math.isqrt(trials) + 400))
    ratios = (trials - at) / (at + 1) * (probability / (1 - probability))
    return min(1.0, 2 * math.exp(logarithm) * (1 + float(np.cumprod(ratios).sum())))


def chi_square_p_value(statistic, freedom):
    """Return the p-value of a chi-square statistic with even freedom: twice the tail away from the mean, at most 1.

    With ``h = statistic / 2`` and ``m = freedom / 2`` the upper tail is the probability that a Poisson variable of mean
    h is below m (Abramowitz and Stegun, section 26.4), so that no incomplete gamma function is needed.
    """
    h, m = statistic / 2, freedom // 2
    if h <= 0:
        return 0.0
    upper = h >= m
    j = m - 1 if upper else m
    logarithm = j * math.log(h) - h - math.lgamma(j + 1)
    reach = 24 * math.isqrt(m) + 400
    ratios = np.arange(m - 1, max(0, m - reach), -1) / h if upper else h / np.arange(m + 1, m + reach)
    return min(1.0, 2 * math.exp(logarithm) * (1 + float(np.cumprod(ratios).sum())))


def units(*shape):
    """Return different values, none of them zero, of both signs."""
    count = math.prod(shape)
    values = np.linspace(0.5, 1.5, count)
    values[::3] *= -1
    return values.reshape(shape)


def near(actual, expected):
    """Return whether all elements agree up to what single precision explains; `nan` never agrees."""
    return bool((np.abs(actual - expected) <= 1e-5 * np.abs(expected)).all())


def percent(part, whole):
    return f"{100 * part / whole:.4g} %"


# ---------------------------------------------------------------- the law of the mask


def drops_at_rate_p(student, case):
    """Exact binomial tests of two drop rates. With 100,000 units 0.3 is told from 0.313 with probability 99 %."""
    for draw, (p, count) in enumerate([(0.3, 100_000), (0.8, 20_000)]):
        x = units(count)
        y, _ = student.dropout_forward(x, p, Seed(case.rng.value + draw), True)
        dropped = int((y == 0).sum())
        if binomial_p_value(dropped, count, p) < LEVEL / 2:
            seen = f"with p = {p}, {percent(dropped, count)} of {count} units are dropped"
            return Refuted(f"{seen}, but should be about {percent(p, 1)}", mistake_of_rate(x, y, p))
    return None


def mistake_of_rate(x, y, p):
    """Return the mistake that a wrong rate of dropped units shows, if any."""
    kept = y != 0
    if kept.all():
        return "nothing is dropped" if near(y, x) else None
    return "p as keep probability" if binomial_p_value(int(kept.sum()), x.size, p) > LEVEL else None


def divides_by_keep_probability(student, case):
    """Kept values are ``x / (1 - p)``, for any shape and any p; nothing is left to chance."""
    shapes = ((37, 11), (37, 11), (37, 11), (), (1,), (2, 1, 3, 2), (23,))
    for draw, (shape, p) in enumerate(zip(shapes, (0.3, 0.8, 0.5, 0.25, 0.05, 0.35, 0.95), strict=True)):
        x = units(*shape)
        y, _ = student.dropout_forward(x, p, Seed(case.rng.value + draw), True)
        kept = y != 0
        if not near(y[kept], x[kept] / (1 - p)):
            i = tuple(np.argwhere(kept & ~(np.abs(y - x / (1 - p)) <= 1e-5 * np.abs(x)))[0])
            place = f"x[{', '.join(map(str, i))}]" if shape else "x"
            seen = f"with p = {p}, {place} = {x[i]:.6g} is kept as {y[i]:.6g}, but should be {x[i] / (1 - p):.6g}"
            return Refuted(seen, mistake_of_scale(x, y, kept, p))
    return None


def mistake_of_scale(x, y, kept, p):
    """Return the mistake that the size of the kept values shows, if any."""
    if near(y[kept], x[kept]):
        return "nothing is dropped" if kept.all() else "no scaling"
    if near(y[kept], x[kept] * (1 - p)):
        return "multiplied by 1 - p"
    return "divided by p" if near(y[kept], x[kept] / p) else None


def drops_independently(student, case):
    """Chi-square tests of the counts along each axis, and an exact test of neighbours.

    At p = 1/2 a standardised binomial count has lighter tails than a normal one, so that the chi-square level is kept;
    whether two neighbours agree is a fair coin, independent of the other pairs. Counts that vary too little (a fixed
    number of units in each row) are refused as those that vary too much (a mask that is shared).
    """
    shape = (30, 40, 30)
    y, _ = student.dropout_forward(units(*shape), 0.5, case.rng, True)
    dropped = y == 0
    if dropped.all() or not dropped.any():
        return f"with p = 0.5, all of {dropped.size} units are {'dropped' if dropped.all() else 'kept'}"
    if (dropped == dropped[:1]).all():
        return Refuted(f"x.shape={shape}: every sample has the same mask", "one mask row shared by the batch")
    if (dropped == dropped[:1, :1]).all():
        return Refuted(f"x.shape={shape}: every row has the same mask", "one mask row shared by the batch")
    if (dropped == dropped[..., :1]).all():
        return Refuted(f"x.shape={shape}: every row is kept or dropped as a whole", "whole rows dropped")
    for axis, side in enumerate(shape):
        counts = dropped.sum(axis=axis)
        statistic = float(((counts - side / 2) ** 2).sum() / (side / 4))
        if chi_square_p_value(statistic, counts.size) < LEVEL / 4:
            return (
                f"x.shape={shape}: the units are not dropped independently: the numbers dropped along axis {axis}"
                f" have variance {statistic / counts.size * side / 4:.4g}, but should have about {side / 4:g}"
            )
    flat = dropped.ravel()
    agreeing = int((flat[1:] == flat[:-1]).sum())
    if binomial_p_value(agreeing, flat.size - 1, 0.5) < LEVEL / 4:
        return f"{percent(agreeing, flat.size - 1)} of neighbouring units share their fate, but half of them should"
    return None


def draws_a_new_mask(student, case):
    """Exact tests of the agreement between calls: eight with one generator, and one with another."""
    x = units(25, 40)
    generator = student.generator(case.rng.value)
    masks = [student.dropout_forward(x, 0.5, generator, True)[0] == 0 for _ in range(8)]
    masks.append(student.dropout_forward(x, 0.5, Seed(case.rng.value + 1), True)[0] == 0)
    if masks[0].any() and all((mask == masks[0]).all() for mask in masks):
        return Refuted(
            f"{len(masks)} calls, the last with another generator, drop the same units", "the same mask at every call"
        )
    for k, (mask, previous) in enumerate(zip(masks[1:], masks[:-1], strict=True)):
        agreeing = int((mask == previous).sum())
        if binomial_p_value(agreeing, x.size, 0.5) < LEVEL / 10:
            seen = f"with p = 0.5, calls {k + 1} and {k + 2} agree on {agreeing} of {x.size} units"
            return f"{seen}, but should on about half of them"
    counts = {int(mask.sum()) for mask in masks}
    if counts == {x.size // 2}:  # for a right mask this has probability 0.0252 ** 9, below LEVEL / 10
        return f"each of {len(masks)} calls drops exactly {x.size // 2} of {x.size} units; the number should vary"
    return None


def draws_only_from_rng(student, case):
    """Equal seeds give equal outputs, whatever was called in between."""
    x = units(25, 40)
    first, _ = student.dropout_forward(x, 0.5, case.rng, True)
    student.dropout_forward(x, 0.5, Seed(case.rng.value + 1), True)
    second, _ = student.dropout_forward(x, 0.5, case.rng, True)
    if np.array_equal(first, second, equal_nan=True):
        return None
    different = int(((first == 0) != (second == 0)).sum())
    if not different:
        return "two calls with equal generators keep the same units, but scale them differently"
    seen = f"two calls with equal generators (p = 0.5) treat {different} of {x.size} units differently, but should none"
    return Refuted(seen, "drawn from another generator than rng")


def is_identity_at_test(student, case):
    """When not training, the output is x."""
    x, p = units(25, 40), 0.3
    y, _ = student.dropout_forward(x, p, case.rng, False)
    if near(y, x):
        return None
    dropped = int((y == 0).sum())
    if not dropped:
        return Refuted("when not training, y differs from x", "scaled at test" if near(y, x * (1 - p)) else None)
    return Refuted(f"when not training, {dropped} of {x.size} units are dropped, but none should be", "dropped at test")


def leaves_x_alone(student, case):
    """In training, too, the input is not changed in place."""
    student.dropout_forward(units(4, 5), 0.5, case.rng, True)
    return f"{student.changed[0]} is changed in place, but should stay as it is" if student.changed else None


# ---------------------------------------------------------------- backward


def passes_through_the_same_mask(student, case):
    """With two forwards in a row, each backward multiplies by its own ``y / x``, mask and scale in one."""
    x, dy = units(20, 50), units(20, 50)[::-1].copy()
    for p in (0.3, 0.8):
        generator = student.generator(case.rng.value)
        runs = [student.dropout_forward(x, p, generator, True) for _ in range(2)]
        factors = [y / x for y, _ in runs]
        for k, (_, cache) in enumerate(runs):
            dx = student.dropout_backward(dy, cache)
            if "dy of dropout_backward" in student.changed:
                return "dropout_backward changes dy in place, but should leave it as it is"
            if not near(dx, dy * factors[k]):
                return Refuted(
                    backward_fault(dx, dy, factors[k], p), mistake_of_backward(dx, dy, factors[k], factors[1 - k])
                )
    return None


def backward_fault(dx, dy, factor, p):
    """Return the first element of dx that is wrong, in words."""
    i = tuple(np.argwhere(~(np.abs(dx - dy * factor) <= 1e-5 * np.abs(dy * factor)))[0])
    fate = "dropped" if factor[i] == 0 else f"multiplied by {factor[i]:.6g}"
    place = ", ".join(map(str, i))
    return (
        f"with p = {p}, the forward had unit [{place}] {fate}, so dx[{place}] should be {dy[i] * factor[i]:.6g},"
        f" but it is {dx[i]:.6g}"
    )


def mistake_of_backward(dx, dy, factor, other):
    """Return the mistake that a wrong gradient shows, if any."""
    kept, passed = factor != 0, dx != 0
    scale = float(np.abs(factor).max())
    if passed.all():
        known = near(dx, dy) or near(dx, dy * scale)
        return "mask forgotten in backward" if known and not kept.all() else None
    if (passed == kept).all():
        if near(dx[kept], dy[kept]):
            return "mask not scaled in backward"
        return "scaled twice in backward" if near(dx[kept], (dy * factor**2)[kept]) else None
    if near(dx, dy * other):
        return "mask of the latest call in backward"
    rates = kept.mean(), passed.mean()
    agreement = rates[0] * rates[1] + (1 - rates[0]) * (1 - rates[1])
    looks_fresh = 0 < agreement < 1 and binomial_p_value(int((kept == passed).sum()), kept.size, agreement) > 1e-6
    return "a fresh mask in backward" if looks_fresh else None


def is_not_random(case):
    return not case.training or case.p == 0


exercise = Exercise(
    title="Dropout and the L2 penalty",
    functions=(
        function(
            "dropout_forward: x(...), p, rng, training -> y(...), cache",
            summary="Inverted dropout: drop each unit with probability p, divide what is kept by 1 - p.",
        ),
        function("dropout_backward: dy(...), cache -> dx(...)", summary="Gradient of dropout_forward."),
        function(
            "l2_penalty: w(...), lam -> loss, dw(...)", summary="Half of lam times the squared norm, and its gradient."
        ),
    ),
    inputs={
        "x": reals(magnitudes=(1.0, 1e-3, 1000.0)),
        "dy": reals(magnitudes=(1.0, 1e-3, 120.0)),
        "w": reals(magnitudes=(1.0, 1e-3, 12.0, 1000.0)),
        "p": one_of(0.5, 0.0, 0.3, 0.8),
        "lam": one_of(0.7, 0.0, 0.1, 3.0),
        "training": flag(),
    },
    checks=(
        matches(
            "dropout_forward",
            points=2.0,
            where=is_not_random,
            examples=10,
            hint="When not training, and when p is 0, the output is x: nothing is dropped and nothing scaled.",
        ),
        holds(
            "dropout_forward",
            "drops units with probability p",
            drops_at_rate_p,
            points=1.0,
            examples=1,
            hint="p is the probability of dropping a unit.",
        ),
        holds(
            "dropout_forward",
            "divides what it keeps by 1 - p",
            divides_by_keep_probability,
            points=1.0,
            examples=1,
            hint="What is kept is divided by 1 - p, so that the expected output is x.",
        ),
        holds(
            "dropout_forward",
            "drops units independently",
            drops_independently,
            points=1.0,
            examples=1,
            hint="Draw one random number for each element of x.",
        ),
        holds(
            "dropout_forward",
            "draws a new mask at each call",
            draws_a_new_mask,
            points=0.5,
            examples=1,
            hint="Draw the mask from rng in each call, and seed nothing yourself.",
        ),
        holds(
            "dropout_forward",
            "draws from rng only",
            draws_only_from_rng,
            points=0.5,
            examples=1,
            hint="Draw from the rng that is handed over: neither from np.random nor from a generator of your own.",
        ),
        holds("dropout_forward", "is the identity when not training", is_identity_at_test, points=0.5, examples=1),
        holds(
            "dropout_forward",
            "leaves x alone in training",
            leaves_x_alone,
            points=0.5,
            examples=1,
            hint="Build a new array, x * mask, in place of x *= mask.",
        ),
        gradient(
            "dropout_backward",
            of="dropout_forward",
            points=1.5,
            where=is_not_random,
            examples=10,
            hint="After a forward that was not training, or with p = 0, dx is dy.",
        ),
        holds(
            "dropout_backward",
            "uses the mask and the scale of its own forward",
            passes_through_the_same_mask,
            points=2.0,
            examples=1,
            needs=["dropout_forward"],
            hint="Keep the mask in the cache: dx is dy times that mask, divided by 1 - p.",
        ),
        matches("l2_penalty", results=["loss"], points=1.0, hint="lam / 2 times the sum of all squares."),
        gradient("l2_penalty", of="l2_penalty", results=["dw"], points=1.0, hint="The gradient is lam * w."),
    ),
    oracle={"dropout_forward": dropout_forward, "l2_penalty": l2_penalty},
)
