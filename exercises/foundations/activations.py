"""Activation functions, element by element, and their derivatives."""

from __future__ import annotations

import numpy as np

from grader.authoring import Exercise, Refuted, function, gradient, holds, matches, one_of, reals, regime, torch

SATURATED = 1.0
"""Where sigmoid, tanh, elu and selu level off: the natural size of what they return."""
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805
ACCURACY = (1e-9, 1e-15)
"""Relative and absolute error that the statement allows."""


def sigmoid(x):
    return torch.sigmoid(x)


def tanh(x):
    return torch.tanh(x)


def relu(x):
    return torch.nn.functional.relu(x)


def leaky_relu(x, alpha=0.01):
    return torch.nn.functional.leaky_relu(x, negative_slope=alpha)


def elu(x, alpha=1.0):
    return torch.nn.functional.elu(x, alpha=alpha)


def selu(x):
    return torch.nn.functional.selu(x)


def relu6(x):
    return torch.nn.functional.relu6(x)


def softplus(x):
    # torch's own threshold of 20 would cost 2e-9 of the derivative; beyond 40 softplus(x) = x in float64.
    return torch.nn.functional.softplus(x, threshold=40)


def softsign(x):
    return torch.nn.functional.softsign(x)


def crelu(x):
    return torch.cat([torch.nn.functional.relu(x), torch.nn.functional.relu(-x)], dim=-1)


def step(x):
    return torch.heaviside(x, torch.ones_like(x))


def kink(*points, left, right):
    """Return bounds: at the points, ``dx`` may be ``dy`` times anything between the one-sided slopes."""

    def bounds(case):
        ends = np.stack([case.dy * left(case), case.dy * right(case)])
        at = np.isin(case.x, points)
        return ((np.where(at, ends.min(axis=0), 0.0), np.where(at, ends.max(axis=0), 0.0)),)

    return bounds


def slope_scale(case):
    """The natural size of a backward: slopes are about 1, also where dy happens to be 0."""
    return max(1.0, float(np.abs(case.dy).max()))


def is_plain_at_zero(case):
    """Whether x = 0 is absent where alpha = 1 makes it no kink: conventions of the mask would show in wrong answers."""
    return case.alpha != 1 or not (case.x == 0).any()


def has_no_kink_for_one(name):
    """Return the predicate that the slope at 0 is 1 where alpha = 1, as on both sides of it."""

    def predicate(student, case):
        dy = np.where(case.dy == 0, 1.0, case.dy)
        dx = getattr(student, name)(dy, np.zeros(dy.shape), 1.0)
        if (np.abs(dx - dy) <= 1e-6 * np.abs(dy)).all():
            return None
        i = tuple(np.argwhere(~(np.abs(dx - dy) <= 1e-6 * np.abs(dy)))[0])
        return f"with alpha = 1 and x = 0, dx = {float(dx[i]):.6g} for dy = {float(dy[i]):.6g}, but should equal it"

    return holds(
        name, "alpha 1 makes 0 no kink", predicate, points=0.25, examples=2,
        hint="With alpha = 1 the slope is 1 on both sides of 0, so it is 1 at 0: let one of the two cases hold x = 0.",
    )  # fmt: skip


def zero(_):
    return 0.0


def one(_):
    return 1.0


def crelu_bounds(case):
    """Each half has its own subgradient in [0, 1] at zero."""
    first, second = np.split(case.dy, 2, axis=-1)
    at = case.x == 0
    low = np.minimum(first, 0) + np.minimum(-second, 0)
    high = np.maximum(first, 0) + np.maximum(-second, 0)
    return ((np.where(at, low, 0.0), np.where(at, high, 0.0)),)


def worst(actual, expected, size):
    """Return the flat index of the worst element beyond 1e-5 of `size` (`nan` is), or `None`."""
    with np.errstate(all="ignore"):
        error = np.abs(np.asarray(actual, float) - expected).ravel()
    error = np.where(np.isnan(error), np.inf, error)
    return int(error.argmax()) if error.size and error.max() > 1e-5 * size else None


def sigmoid_is_symmetric(student, case):
    y, mirrored = np.asarray(student.sigmoid(case.x), float), np.asarray(student.sigmoid(np.asarray(-case.x)), float)
    i = worst(y, 1 - mirrored, 1.0)
    if i is not None:
        x = case.x.ravel()[i]
        return f"sigmoid({x:g}) + sigmoid({-x:g}) = {(y + mirrored).ravel()[i]:g}, but should be 1"
    return None


def tail_dies_out(name):
    """Return the predicate that f(-40) and f(-60) are next to nothing, be it in float32; no epsilon keeps them up."""

    def predicate(student, _):
        far, farther = np.asarray(getattr(student, name)(np.array([-40.0, -60.0])), float)
        if abs(far) <= 1e-12 and abs(farther) <= 1e-12:
            return None
        message = f"{name}(-40) = {far:g} and {name}(-60) = {farther:g}, but should be 4.2e-18 and 8.8e-27"
        # A plateau above 1e-6 is the values' business; a lower one is within what single precision explains.
        is_clipped = 0 < far < 1e-6 and abs(far - farther) < 1e-3 * far
        return Refuted(message, f"{name}: tail clipped") if is_clipped else message

    return predicate


def sigmoid_reaches_one(student, _):
    y = float(np.asarray(student.sigmoid(np.array([40.0])), float)[0])
    return None if abs(y - 1) <= 1e-9 else f"sigmoid(40) = {y:.12g}, but should be 1 to 17 digits"


def tanh_is_odd(student, case):
    y, mirrored = np.asarray(student.tanh(case.x), float), np.asarray(student.tanh(np.asarray(-case.x)), float)
    i = worst(y, -mirrored, 1.0)
    if i is not None:
        x = case.x.ravel()[i]
        return f"tanh({x:g}) + tanh({-x:g}) = {(y + mirrored).ravel()[i]:g}, but should be 0"
    return None


def softplus_differs_by_x(student, case):
    y, mirrored = np.asarray(student.softplus(case.x), float), np.asarray(student.softplus(np.asarray(-case.x)), float)
    with np.errstate(all="ignore"):
        difference = y - mirrored
    i = worst(difference, case.x, max(1.0, np.abs(case.x).max()))
    if i is not None:
        x = case.x.ravel()[i]
        return f"softplus({x:g}) - softplus({-x:g}) = {difference.ravel()[i]:g}, but should be {x:g}"
    return None


def selu_normalises(student, _):
    """E[selu(x)] = 0 and E[selu(x)^2] = 1 for standard normal x, by the trapezoidal rule."""
    x = np.linspace(-8.0, 8.0, 321)
    weight = np.exp(-(x**2) / 2) * (x[1] - x[0]) / np.sqrt(2 * np.pi)
    y = np.asarray(student.selu(x), float)
    with np.errstate(all="ignore"):
        mean, square = float(np.sum(weight * y)), float(np.sum(weight * y**2))
    if abs(mean) <= 1e-3 and abs(square - 1) <= 1e-3:
        return None
    return f"selu of a standard normal has mean {mean:.4g} and mean square {square:.4g}, but should have 0 and 1"


def crelu_halves_differ_by_x(student, case):
    y = np.asarray(student.crelu(case.x), float)
    d = case.x.shape[-1]
    with np.errstate(all="ignore"):
        difference = y[..., :d] - y[..., d:]
    i = worst(difference, case.x, max(1.0, np.abs(case.x).max()))
    if i is not None:
        x = case.x.ravel()[i]
        return f"first half minus second half is {difference.ravel()[i]:g} where x = {x:g}, but should be x"
    return None


def default_alpha(name, default):
    """Return the predicate that leaving `alpha` out means the default; the mistake is any other default."""

    def predicate(student, case):
        arguments = (case.dy, case.x) if name.endswith("_backward") else (case.x,)
        left_out = np.asarray(getattr(student, name)(*arguments), float)
        given = np.asarray(getattr(student, name)(*arguments, default), float)
        # Both calls take the same steps in the same precision, so only the rounding of alpha itself may differ.
        with np.errstate(all="ignore"):
            i = worst(left_out / (np.abs(given) + default), given / (np.abs(given) + default), 0.1)
        if i is None:
            return None
        shown = ", ".join(f"{a.ravel()[i]:g}" for a in arguments)
        message = (
            f"{name}({shown}) = {left_out.ravel()[i]:g}, but should be {given.ravel()[i]:g},"
            f" which {name}({shown}, {default}) returns"
        )
        finite = np.isfinite(left_out).all() and np.isfinite(given).all()
        return Refuted(message, f"{name}: another default of alpha") if finite else message

    return predicate


def has_negative(case):
    """Whether alpha matters in every element that is drawn on the negative side, and there is one."""
    below = case.x < -0.1
    return bool(below.any() and np.abs(case.x).max() < 100 and (np.abs(getattr(case, "dy", case.x))[below] > 0.1).any())


WIDE = reals(-1e4, 1e4, magnitudes=(1.0, 1e-3, 12.0, 40.0, 120.0, 1000.0, 5000.0), at=(0.0,))
SLOPE = {"x": WIDE, "alpha": one_of(0.01, 0.3, 0.0, 1.0)}
LEVEL = {"x": WIDE, "alpha": one_of(1.0, 0.3, 1.7)}
SIX = {"x": reals(-1e4, 1e4, magnitudes=(1.0, 4.0, 12.0, 40.0, 1000.0), at=(0.0, 6.0))}

FAR = (
    regime("all far above 0", count=1, x=lambda rng, shape, _: np.asarray(rng.uniform(800, 1e4, shape))),
    regime("all far below 0", count=1, x=lambda rng, shape, _: np.asarray(rng.uniform(-1e4, -800, shape))),
    regime("where the tails begin", count=2, x=lambda rng, shape, _: np.asarray(rng.uniform(-12, 12, shape))),
)
"""One tail at a time tells formulas apart that overflow on one side only; between them a low threshold shows."""
BESIDE_SIX = (
    regime("just above 6", count=1, x=lambda rng, shape, _: np.asarray(6 + rng.uniform(1e-4, 5e-3, shape))),
    regime("just below 6", count=1, x=lambda rng, shape, _: np.asarray(6 - rng.uniform(1e-4, 5e-3, shape))),
)
"""Other values hardly come so near to 6 that a kink which is a little off shows."""
DEFAULTS = (("leaky_relu", 0.01), ("leaky_relu_backward", 0.01), ("elu", 1.0), ("elu_backward", 1.0))

exercise = Exercise(
    title="Activation functions",
    functions=(
        function("sigmoid: x(...) -> y(...)", summary="Logistic function 1 / (1 + exp(-x))."),
        function("sigmoid_backward: dy(...), x(...) -> dx(...)", summary="Gradient of sigmoid."),
        function("tanh: x(...) -> y(...)", summary="Hyperbolic tangent."),
        function("tanh_backward: dy(...), x(...) -> dx(...)", summary="Gradient of tanh."),
        function("relu: x(...) -> y(...)", summary="Rectified linear unit max(x, 0)."),
        function("relu_backward: dy(...), x(...) -> dx(...)", summary="Gradient of relu."),
        function(
            "leaky_relu: x(...), alpha=0.01 -> y(...)", summary="x where x > 0, alpha * x elsewhere.", inputs=SLOPE
        ),
        function(
            "leaky_relu_backward: dy(...), x(...), alpha=0.01 -> dx(...)",
            summary="Gradient of leaky_relu.",
            inputs=SLOPE,
        ),
        function(
            "elu: x(...), alpha=1.0 -> y(...)",
            summary="Exponential linear unit: x where x > 0, alpha * (exp(x) - 1) elsewhere.",
            inputs=LEVEL,
        ),
        function("elu_backward: dy(...), x(...), alpha=1.0 -> dx(...)", summary="Gradient of elu.", inputs=LEVEL),
        function("selu: x(...) -> y(...)", summary="Scaled exponential linear unit."),
        function("selu_backward: dy(...), x(...) -> dx(...)", summary="Gradient of selu."),
        function("relu6: x(...) -> y(...)", summary="relu, cut off at 6.", inputs=SIX),
        function("relu6_backward: dy(...), x(...) -> dx(...)", summary="Gradient of relu6.", inputs=SIX),
        function("softplus: x(...) -> y(...)", summary="log(1 + exp(x))."),
        function("softplus_backward: dy(...), x(...) -> dx(...)", summary="Gradient of softplus."),
        function("softsign: x(...) -> y(...)", summary="x / (1 + |x|)."),
        function("softsign_backward: dy(...), x(...) -> dx(...)", summary="Gradient of softsign."),
        function(
            "crelu: x(...,d) -> y(...,2d)",
            summary="Positive parts of x, then the positive parts of -x, along the last axis.",
        ),
        function("crelu_backward: dy(...,2d), x(...,d) -> dx(...,d)", summary="Gradient of crelu."),
        function("step: x(...) -> y(...)", summary="1.0 where x >= 0, else 0.0."),
    ),
    inputs={"x": WIDE, "dy": reals(-100, 100, magnitudes=(1.0, 30.0))},
    checks=(
        matches(
            "sigmoid", points=0.5, quiet=True, accuracy=ACCURACY, scale=lambda _: SATURATED, regimes=FAR,
            hint="sigmoid(0) is 0.5; for large |x|, take the exponential of -|x| only.",
        ),
        gradient(
            "sigmoid_backward", of="sigmoid", points=0.5, scale=slope_scale,
            hint="The derivative is y * (1 - y) with y = sigmoid(x); the function is given x, and dy multiplies it.",
        ),
        matches(
            "tanh", points=0.5, quiet=True, accuracy=ACCURACY, scale=lambda _: SATURATED, regimes=FAR,
            hint="tanh(0) is 0, and it levels off at -1 and 1.",
        ),
        gradient(
            "tanh_backward", of="tanh", points=0.5, scale=slope_scale,
            hint="The derivative is 1 - y**2 with y = tanh(x); the function is given x, and dy multiplies it.",
        ),
        matches("relu", points=0.5, hint="Negative elements become 0, the others stay."),
        gradient(
            "relu_backward", of="relu", points=0.5, scale=slope_scale, bounds=kink(0.0, left=zero, right=one),
            hint="dy passes where x > 0 and is stopped where x < 0.",
        ),
        matches("leaky_relu", points=0.5, hint="Only where x is negative is it multiplied by alpha."),
        gradient(
            "leaky_relu_backward", of="leaky_relu", points=0.5, scale=slope_scale, where=is_plain_at_zero,
            bounds=kink(0.0, left=lambda case: case.alpha, right=one),
            hint="The slope is 1 where x > 0 and alpha where x < 0; dy multiplies it.",
        ),
        has_no_kink_for_one("leaky_relu_backward"),
        matches(
            "elu", points=0.5, quiet=True, accuracy=ACCURACY, scale=lambda _: SATURATED, regimes=FAR,
            hint="Where x < 0 it is alpha * (exp(x) - 1); where x > 0 no exponential should be taken, as it overflows.",
        ),
        gradient(
            "elu_backward", of="elu", points=0.5, scale=slope_scale, where=is_plain_at_zero,
            bounds=kink(0.0, left=lambda case: case.alpha, right=one),
            hint="The slope is 1 where x > 0 and alpha * exp(x) where x < 0; dy multiplies it.",
        ),
        has_no_kink_for_one("elu_backward"),
        matches(
            "selu", points=0.5, accuracy=ACCURACY, scale=lambda _: SATURATED,
            hint="It is scale * elu(x, alpha), with both constants to all their digits.",
        ),
        gradient(
            "selu_backward", of="selu", points=0.5, scale=slope_scale,
            bounds=kink(0.0, left=lambda _: SELU_SCALE * SELU_ALPHA, right=lambda _: SELU_SCALE),
            hint="The slope is scale where x > 0 and scale * alpha * exp(x) where x < 0; dy multiplies it.",
        ),
        matches("relu6", points=0.5, regimes=BESIDE_SIX, hint="It is 0 below 0, 6 above 6, and x in between."),
        gradient(
            "relu6_backward", of="relu6", points=0.5, scale=slope_scale, bounds=kink(0.0, 6.0, left=zero, right=one),
            regimes=BESIDE_SIX,
            hint="dy passes only where 0 < x < 6.",
        ),
        matches(
            "softplus", points=0.5, quiet=True, accuracy=ACCURACY, scale=lambda _: SATURATED, regimes=FAR,
            hint="log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)), which takes no exponential of a large number.",
        ),
        gradient(
            "softplus_backward", of="softplus", points=0.5, scale=slope_scale,
            hint="The derivative of softplus is sigmoid(x); dy multiplies it.",
        ),
        matches("softsign", points=0.5, hint="x is divided by 1 + |x|, so that the result lies between -1 and 1."),
        gradient(
            "softsign_backward", of="softsign", points=0.5, scale=slope_scale,
            hint="The derivative is 1 / (1 + |x|)**2, the same for x and -x; dy multiplies it.",
        ),
        matches("crelu", points=0.5, hint="The last axis holds relu(x) first and relu(-x) after it."),
        gradient(
            "crelu_backward", of="crelu", points=0.5, scale=slope_scale, bounds=crelu_bounds,
            hint="Where x > 0 the first half of dy passes; where x < 0 the second half does, with a minus sign.",
        ),
        matches("step", points=0.5, hint="It is 1.0 where x >= 0 (at 0, too) and 0.0 elsewhere."),
        holds("sigmoid", "sigmoid(-x) is 1 - sigmoid(x)", sigmoid_is_symmetric, points=0.25, examples=3),
        holds("sigmoid", "the lower tail dies out", tail_dies_out("sigmoid"), points=0.25, examples=1),
        holds("sigmoid", "the upper tail reaches one", sigmoid_reaches_one, points=0.25, examples=1),
        holds("tanh", "tanh(-x) is -tanh(x)", tanh_is_odd, points=0.25, examples=3),
        holds("softplus", "softplus(x) - softplus(-x) is x", softplus_differs_by_x, points=0.25, examples=3),
        holds("softplus", "the lower tail dies out", tail_dies_out("softplus"), points=0.25, examples=1),
        holds("selu", "standard normals keep mean 0 and variance 1", selu_normalises, points=0.25, examples=1),
        holds("crelu", "the halves differ by x", crelu_halves_differ_by_x, points=0.25, examples=3),
        *(
            holds(
                name, f"alpha is {alpha:g} by default", default_alpha(name, alpha), points=0.25, examples=2,
                where=has_negative, hint="alpha comes last and has the default that the statement gives.",
            )
            for name, alpha in DEFAULTS
        ),
    ),
    oracle={
        "sigmoid": sigmoid,
        "tanh": tanh,
        "relu": relu,
        "leaky_relu": leaky_relu,
        "elu": elu,
        "selu": selu,
        "relu6": relu6,
        "softplus": softplus,
        "softsign": softsign,
        "crelu": crelu,
        "step": step,
    },
)  # fmt: skip
