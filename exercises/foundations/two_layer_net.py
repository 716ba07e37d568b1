"""Backprop for two-layer nets: affine layers, a ReLU classifier in rows, a sigmoid net in columns."""

from __future__ import annotations

import numpy as np

from grader.authoring import Exercise, function, gradient, holds, labels, matches, one_of, reals, regime, torch

MOST_SCORE = 1e4
"""The largest score that net_loss must stand."""
MOST_COLUMN = 30.0
"""The largest pre-activation of the column convention."""
CLEARANCE = 1e-3
"""How far pre-activations keep from ReLU's kink, in units of the sums that make them up, and at least absolutely."""
STEP = 0.5
"""How much of the way to the nearest kink a step goes."""


def affine_forward(x, w, b):
    return torch.nn.functional.linear(x, w.T, b)


def net_forward(x, w1, b1, w2, b2):
    hidden = torch.nn.functional.relu(torch.nn.functional.linear(x, w1.T, b1))
    return torch.nn.functional.linear(hidden, w2.T, b2)


def net_loss(x, y, w1, b1, w2, b2, reg):
    loss = torch.nn.functional.cross_entropy(net_forward(x, w1, b1, w2, b2), y)
    return loss + reg / 2 * (torch.linalg.vector_norm(w1) ** 2 + torch.linalg.vector_norm(w2) ** 2)


def column_forward(x, w1, b1, w2, b2):
    """Return the outputs, and for the backward the parameters and the logits, from which the loss is stable."""
    hidden = torch.sigmoid(torch.addmm(b1, w1, x))
    logits = torch.addmm(b2, w2, hidden)
    return torch.sigmoid(logits), ((w1, b1, w2, b2), logits)


def column_backward(y, cache):
    parameters, logits = cache
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, y, reduction="sum") / y.shape[1]
    return torch.autograd.grad(loss, parameters, retain_graph=True)


def pre_activation(case):
    return case.x @ case.w1 + case.b1


def pre_size(case):
    """Return the size of the sums that make up each pre-activation, which their rounding is proportional to."""
    return np.abs(case.x) @ np.abs(case.w1) + np.abs(case.b1)


def off_the_kink(case):
    return bool((np.abs(pre_activation(case)) > CLEARANCE * np.maximum(1.0, pre_size(case))).all())


def at_the_kink(case):
    """Return which hidden units stand exactly on ReLU's kink for every sample: no weights and no bias."""
    return ~case.w1.any(axis=0) & (case.b1 == 0)


def off_the_kink_or_at_it(case):
    far = np.abs(pre_activation(case)) > CLEARANCE * np.maximum(1.0, pre_size(case))
    return bool((far | at_the_kink(case)).all())


def subgradients(case, dz):
    """Return the bounds of dw1, db1, dw2, db2: each sample may choose any slope in [0, 1] for a unit at its kink."""
    dh = np.where(at_the_kink(case), dz @ case.w2.T, 0.0)
    slopes = case.x[:, :, None] * dh[:, None, :]
    ends = [
        (np.minimum(each, 0).sum(axis=0), np.maximum(each, 0).sum(axis=0)) for each in (slopes, dh)
    ]  # fmt: skip
    return (*ends, (0.0, 0.0), (0.0, 0.0))


def backward_bounds(case):
    return subgradients(case, case.dz)


def loss_bounds(case):
    z = scores(case)
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(p)), case.y] -= 1
    return subgradients(case, p / len(p))


def scores(case):
    return np.maximum(pre_activation(case), 0) @ case.w2 + case.b2


def scores_in_bounds(case):
    return float(np.abs(scores(case)).max()) <= MOST_SCORE


def loss_has_subgradients(case):
    return scores_in_bounds(case) and off_the_kink_or_at_it(case)


def loss_is_smooth(case):
    return scores_in_bounds(case) and off_the_kink(case)


def column_in_bounds(case):
    z1 = case.w1 @ case.x + case.b1
    z2 = case.w2 @ (1 / (1 + np.exp(-np.clip(z1, -MOST_COLUMN, MOST_COLUMN)))) + case.b2
    return max(float(np.abs(z1).max()), float(np.abs(z2).max())) <= MOST_COLUMN


def loss_size(case):
    return 1.0 + float(np.abs(scores(case)).max())


def loss_gradient_size(case):
    """Return what an error of dz that is as large as the rounding of the scores makes of the largest gradient."""
    hidden = np.abs(np.maximum(pre_activation(case), 0)).mean(axis=0).max()
    inputs = np.abs(case.x).mean(axis=0).max() * np.abs(case.w2).sum(axis=1).max()
    return loss_size(case) * max(1.0, float(hidden), float(inputs))


def column_gradient_size(case):
    return max(1.0, float(np.abs(case.x).mean(axis=1).max() * np.abs(case.w2).sum(axis=0).max()))


def unequal(name, actual, expected, tolerance):
    """Say where two arrays differ most, or return None where they differ by no more than the tolerance."""
    actual, expected, tolerance = np.broadcast_arrays(*(np.asarray(a, float) for a in (actual, expected, tolerance)))
    with np.errstate(all="ignore"):
        error = np.abs(actual - expected)
        bad = ~(error <= tolerance)
        if not bad.any():
            return None
        excess = np.where(bad, np.nan_to_num(error, nan=np.inf), -1.0)
    worst = np.unravel_index(int(np.argmax(excess)), error.shape)
    place = f"{name}[{', '.join(map(str, worst))}]" if worst else name
    should = f"{expected[worst]:.6g}" if np.isfinite(expected[worst]) else "finite"
    return f"{place} = {actual[worst]:.6g}, but should be {should}"


def first(*findings):
    return next((finding for finding in findings if finding), None)


def near(value, size=0.0):
    """Return a tolerance that single precision stays within, for a value made up of terms of a size."""
    with np.errstate(all="ignore"):
        return 1e-5 + 1e-4 * np.max(np.abs(np.asarray(value, float)), initial=0) + 1e-5 * size


def affine_of_zero(student, case):
    y, _ = student.affine_forward(np.zeros_like(case.x), case.w, case.b)
    return unequal("with x = 0, y", y, np.broadcast_to(case.b, np.shape(y)), near(case.b))


def affine_is_adjoint(student, case):
    """Test sum(dy * (x w)) = sum(dx * x) = sum(dw * w), which needs no derivative."""
    y, cache = student.affine_forward(case.x, case.w, np.zeros_like(case.b))
    dx, dw, _ = student.affine_backward(case.dy, cache)
    with np.errstate(all="ignore"):
        along_y, along_x, along_w = np.sum(case.dy * y), np.sum(dx * case.x), np.sum(dw * case.w)
        size = float(np.sum(np.abs(case.dy) * (np.abs(case.x) @ np.abs(case.w))))
    return first(
        unequal("sum(dx * x)", along_x, along_y, near(0, size)), unequal("sum(dw * w)", along_w, along_y, near(0, size))
    )


def net_size(case):
    """Return the size of the sums that make up each score."""
    return np.maximum(pre_size(case), 0) @ np.abs(case.w2) + np.abs(case.b2)


def net_ignores_hidden_order(student, case):
    z, _ = student.net_forward(case.x, case.w1, case.b1, case.w2, case.b2)
    other, _ = student.net_forward(case.x, case.w1[:, ::-1].copy(), case.b1[::-1].copy(), case.w2[::-1].copy(), case.b2)
    return unequal("with the hidden units reversed, z", other, z, 1e-5 + 1e-5 * net_size(case))


def steps_of(case, name):
    """Return a parameter moved in a random direction, half-way to the nearest kink of any pre-activation."""
    rng = np.random.default_rng(case.x.size + 7 * case.w1.size)
    value = getattr(case, name)
    direction = rng.choice((-1.0, 1.0), value.shape) * (0.1 + np.abs(value))
    moved = {"w1": lambda: case.x @ direction, "b1": lambda: np.broadcast_to(direction, pre_size(case).shape)}
    if name not in moved:
        return direction
    with np.errstate(divide="ignore"):
        room = np.min(np.abs(pre_activation(case)) / np.abs(moved[name]()))
    return direction * min(1.0, STEP * float(room))


def slope_along(name):
    """Return a predicate: scores are linear in each parameter up to the next kink, so its gradient predicts them."""

    def predicts(student, case):
        parameters = {key: getattr(case, key) for key in ("w1", "b1", "w2", "b2")}
        z, cache = student.net_forward(case.x, *parameters.values())
        gradients = dict(zip(parameters, student.net_backward(case.dz, cache), strict=True))
        step = steps_of(case, name)
        other, _ = student.net_forward(case.x, *{**parameters, name: parameters[name] + step}.values())
        with np.errstate(all="ignore"):
            seen = np.sum(case.dz * (np.asarray(other, float) - z))
            told = np.sum(np.asarray(gradients[name], float) * step)
            noise = 2e-6 * float(np.sum(np.abs(case.dz) * (1e-3 + net_size(case))))
        return unequal(f"after a step along {name}, sum(d{name} * step)", told, seen, noise + 1e-4 * abs(seen))

    return predicts


def gradient_follows_hidden_order(student, case):
    _, cache = student.net_forward(case.x, case.w1, case.b1, case.w2, case.b2)
    dw1, db1, dw2, db2 = student.net_backward(case.dz, cache)
    flipped = case.w1[:, ::-1].copy(), case.b1[::-1].copy(), case.w2[::-1].copy()
    _, cache = student.net_forward(case.x, *flipped, case.b2)
    other = student.net_backward(case.dz, cache)
    names = [f"with the hidden units reversed, {name}" for name in ("dw1", "db1", "dw2", "db2")]
    wanted = (np.asarray(dw1)[:, ::-1], np.asarray(db1)[::-1], np.asarray(dw2)[::-1], db2)
    size = backward_size(case)
    return first(*(unequal(n, o, w, near(w, size)) for n, o, w in zip(names, other, wanted, strict=True)))


def backward_size(case):
    """Return the size of the sums that make up the gradients of net_backward."""
    back = np.abs(case.dz) @ np.abs(case.w2).T
    sums = np.abs(case.x).T @ back, pre_size(case).T @ np.abs(case.dz), back.sum(axis=0)
    return max(float(each.max()) for each in sums)


LOSS_RESULTS = ("loss", "dw1", "db1", "dw2", "db2")


def net_loss_of(student, case, reg, **changes):
    given = {name: getattr(case, name) for name in ("x", "y", "w1", "b1", "w2", "b2")} | changes
    results = student.net_loss(*given.values(), reg)
    return {name: np.asarray(value, float) for name, value in zip(LOSS_RESULTS, results, strict=True)}


def loss_is_linear_in_reg(student, case):
    """Test that reg = 2 adds |w|^2 to the loss at reg = 0, 2 w to the weights' gradients, nothing to the biases'."""
    without, with_it = net_loss_of(student, case, 0.0), net_loss_of(student, case, 2.0)
    squares = float(np.sum(case.w1**2) + np.sum(case.w2**2))
    added = {"loss": squares, "dw1": 2 * case.w1, "db1": 0.0, "dw2": 2 * case.w2, "db2": 0.0}
    size = loss_gradient_size(case) + squares
    with np.errstate(all="ignore"):
        seen = {name: with_it[name] - without[name] for name in added}
    return first(*(
        unequal(f"between reg=0 and reg=2, the change of {name}", seen[name], change, near(change, size))
        for name, change in added.items()
    ))  # fmt: skip


def loss_of_zero_weights(student, case):
    c = case.w2.shape[1]
    given = net_loss_of(student, case, 0.7, w1=np.zeros_like(case.w1), w2=np.zeros_like(case.w2), b2=np.zeros(c))
    return unequal("with all weights and b2 zero, loss", given["loss"], np.log(c), 1e-4)


def loss_is_a_mean(student, case):
    once = net_loss_of(student, case, case.reg)
    twice = net_loss_of(student, case, case.reg, x=np.concatenate([case.x] * 2), y=np.concatenate([case.y] * 2))
    size = loss_gradient_size(case)
    return first(*(
        unequal(f"with every sample twice, {name}", twice[name], once[name], near(once[name], size)) for name in once
    ))  # fmt: skip


def loss_follows_classes(student, case):
    plain = net_loss_of(student, case, case.reg)
    c = case.w2.shape[1]
    other = net_loss_of(student, case, case.reg, y=c - 1 - case.y, w2=case.w2[:, ::-1].copy(), b2=case.b2[::-1].copy())
    wanted = {**plain, "dw2": plain["dw2"][:, ::-1], "db2": plain["db2"][::-1]}
    size = loss_gradient_size(case)
    return first(*(
        unequal(f"with the classes reversed, {name}", other[name], value, near(value, size))
        for name, value in wanted.items()
    ))  # fmt: skip


COLUMN_RESULTS = ("dw1", "db1", "dw2", "db2")


def column_gradients(student, case, **changes):
    given = {name: getattr(case, name) for name in ("x", "w1", "b1", "w2", "b2", "y")} | changes
    y = given.pop("y")
    _, cache = student.column_forward(*given.values())
    return dict(zip(COLUMN_RESULTS, student.column_backward(y, cache), strict=True))


def column_is_a_mean(student, case):
    once = column_gradients(student, case)
    twice = column_gradients(student, case, x=np.tile(case.x, 2), y=np.tile(case.y, 2))
    size = column_gradient_size(case)
    return first(*(
        unequal(f"with every column twice, {name}", twice[name], once[name], near(once[name], size)) for name in once
    ))  # fmt: skip


def column_rests_at_target(student, case):
    a2, _ = student.column_forward(case.x, case.w1, case.b1, case.w2, case.b2)
    target = np.array(a2, dtype=float)
    size = column_gradient_size(case)
    if not np.all((target > 0) & (target < 1)):  # a float32 sigmoid rounds to 0 or 1; its loss has no finite derivative
        return None if np.all((target >= 0) & (target <= 1)) else "a2 has elements outside [0, 1]"
    rest = column_gradients(student, case, y=target)
    return first(*(unequal(f"with y = a2, {name}", value, 0.0, near(0, size)) for name, value in rest.items()))


def column_stays_in_unit_interval(student, case):
    a2, _ = student.column_forward(case.x, case.w1, case.b1, case.w2, case.b2)
    values = np.asarray(a2, float)
    if np.all((values >= 0) & (values <= 1 + 1e-6)):
        return None
    return f"a2 has elements outside [0, 1]: from {np.min(values):.6g} to {np.max(values):.6g}"


def steep(rng, shape, sizes):
    return rng.choice((-29.0, 29.0), shape) + rng.uniform(-1, 1, shape)


def large(scale):
    return lambda rng, shape, _: scale * rng.standard_normal(shape)


def class_ramp(_rng, shape, _sizes):
    return np.linspace(-2000.0, 2000.0, shape[0])


WEIGHTS = reals(-100, 100, magnitudes=(1.0, 1e-2, 12.0))
INPUTS = reals(magnitudes=(1.0, 1e-3, 12.0, 1000.0))
UPSTREAM = reals(-100, 100, magnitudes=(1.0, 1e-3, 30.0))
SMALL = reals(-30, 30, magnitudes=(0.3, 1.0, 3.0))


def first_is_zero(rng, shape, _):
    """Return normal numbers, but zeros for the first hidden unit."""
    value = rng.normal(size=shape)
    value[..., 0] = 0.0
    return value


AT_THE_KINK = regime("a hidden unit at its kink", count=2, w1=first_is_zero, b1=first_is_zero)
"""Any subgradient is right there, and nothing else: neither `nan` nor a slope outside of [0, 1]."""
THOUSANDFOLD = regime("inputs x1000", x=large(1000.0), w1=large(1.0), w2=large(1.0))
LOSS_REGIMES = [
    regime("inputs x1000", x=large(1000.0), w1=large(0.5), w2=large(0.5)),
    regime("a class far below", count=2, x=large(1.0), w1=large(1.0), w2=large(1.0), b2=class_ramp,
           y=lambda rng, shape, _: np.zeros(shape, dtype=np.int64)),
    regime("scores near 9000", count=2, x=large(1.0), w1=large(1.0), w2=large(1.0),
           b2=lambda rng, shape, _: 9000 + rng.standard_normal(shape)),
]  # fmt: skip
LOSS_INPUTS = {
    "x": INPUTS,
    "w1": reals(-30, 30, magnitudes=(1.0, 1e-2, 5.0)),
    "w2": reals(-30, 30, magnitudes=(1.0, 1e-2, 5.0)),
    "b1": reals(-100, 100, magnitudes=(1.0, 12.0)),
    "b2": reals(-1000, 1000, magnitudes=(1.0, 12.0, 300.0)),
    "y": labels("c"),
}
COLUMN_INPUTS = {
    "x": reals(-10, 10, magnitudes=(1.0, 0.01, 4.0)),
    "w1": reals(-10, 10, magnitudes=(1.0, 0.1, 4.0)),
    "w2": reals(-10, 10, magnitudes=(1.0, 0.1, 4.0)),
    "b1": reals(-15, 15, magnitudes=(1.0, 5.0)),
    "b2": reals(-15, 15, magnitudes=(1.0, 5.0)),
}
TARGETS = reals(0, 1, at=(0.0, 1.0), magnitudes=(1.0,))
COLUMN_REGIMES = [
    regime("saturated output", x=large(0.5), w1=large(0.5), b1=large(0.5), w2=large(0.1), b2=steep),
    regime("saturated hidden units", x=large(0.1), w1=large(0.5), b1=steep, w2=large(1.0), b2=large(1.0)),
]


exercise = Exercise(
    title="Backprop for two-layer nets",
    functions=(
        function(
            "affine_forward: x(n,d), w(d,m), b(m) -> y(n,m), cache",
            summary="An affine layer: x w + b.",
            inputs={"x": INPUTS, "w": WEIGHTS, "b": WEIGHTS},
        ),
        function(
            "affine_backward: dy(n,m), cache -> dx(n,d), dw(d,m), db(m)",
            summary="Gradients of affine_forward.",
            inputs={"dy": UPSTREAM},
        ),
        function(
            "net_forward: x(n,d), w1(d,h), b1(h), w2(h,c), b2(c) -> z(n,c), cache",
            summary="Affine layer, ReLU, affine layer.",
            inputs={"x": INPUTS, "w1": WEIGHTS, "b1": WEIGHTS, "w2": WEIGHTS, "b2": WEIGHTS},
        ),
        function(
            "net_backward: dz(n,c), cache -> dw1(d,h), db1(h), dw2(h,c), db2(c)",
            summary="Gradients of net_forward with respect to its parameters.",
            inputs={"dz": UPSTREAM},
        ),
        function(
            "net_loss: x(n,d), y(n):int, w1(d,h), b1(h), w2(h,c), b2(c), reg"
            " -> loss, dw1(d,h), db1(h), dw2(h,c), db2(c)",
            summary="Mean softmax cross-entropy of net_forward plus reg/2 times the squared weights, and its "
            "gradients.",
            inputs={**LOSS_INPUTS, "reg": one_of(0.0, 0.7, 3.0)},
        ),
        function(
            "column_forward: x(d,n), w1(h,d), b1(h,1), w2(c,h), b2(c,1) -> a2(c,n), cache",
            summary="Two sigmoid layers, one sample per column.",
            inputs=COLUMN_INPUTS,
        ),
        function(
            "column_backward: y(c,n), cache -> dw1(h,d), db1(h,1), dw2(c,h), db2(c,1)",
            summary="Gradients of the mean over the columns of the summed binary cross-entropy.",
            inputs={"y": TARGETS},
        ),
    ),
    checks=(
        matches("affine_forward", points=1, hint="y is x @ w + b: one row per sample, one column per output."),
        holds("affine_forward", "a zero input gives the bias", affine_of_zero, points=0.25, examples=2),
        gradient(
            "affine_backward",
            of="affine_forward",
            points=1.5,
            hint="Each gradient has the shape of what it belongs to; what all samples share is summed over the "
            "samples.",
        ),
        holds(
            "affine_backward",
            "dx and dw agree with the forward without a bias",
            affine_is_adjoint,
            points=0.5,
            examples=2,
            needs=["affine_forward"],
        ),
        matches("net_forward", points=1, regimes=[THOUSANDFOLD], hint="The scores are relu(x @ w1 + b1) @ w2 + b2."),
        holds(
            "net_forward",
            "the order of the hidden units does not matter",
            net_ignores_hidden_order,
            points=0.25,
            examples=2,
        ),
        gradient(
            "net_backward",
            of="net_forward",
            points=2,
            where=off_the_kink_or_at_it,
            bounds=backward_bounds,
            regimes=[THOUSANDFOLD, AT_THE_KINK],
            hint="Go back layer by layer: first w2 and b2, then through the ReLU's mask to w1 and b1.",
        ),
        *(
            holds(
                "net_backward",
                f"d{name} predicts the scores after a step along {name}",
                slope_along(name),
                points=0.25,
                examples=2,
                where=off_the_kink,
                needs=["net_forward"],
            )
            for name in ("w1", "b1", "w2", "b2")
        ),
        holds(
            "net_backward",
            "permuting the hidden units permutes the gradients",
            gradient_follows_hidden_order,
            points=0.25,
            examples=2,
            where=off_the_kink,
            needs=["net_forward"],
        ),
        matches(
            "net_loss",
            results=["loss"],
            points=1,
            where=scores_in_bounds,
            regimes=LOSS_REGIMES,
            scale=loss_size,
            hint="The loss is a mean over the batch plus reg/2 times the sums of squares of w1 and w2.",
        ),
        gradient(
            "net_loss",
            of="net_loss",
            results=["dw1", "db1", "dw2", "db2"],
            points=2,
            where=loss_has_subgradients,
            bounds=loss_bounds,
            regimes=[*LOSS_REGIMES, AT_THE_KINK],
            scale=loss_gradient_size,
            hint="Start from (softmax(z) - one_hot(y)) / n, go back through the net, and add reg * w to the "
            "weights' gradients.",
        ),
        holds(
            "net_loss",
            "loss and gradients are linear in reg",
            loss_is_linear_in_reg,
            points=0.5,
            examples=3,
            where=loss_is_smooth,
        ),
        holds("net_loss", "zero weights cost ln c", loss_of_zero_weights, points=0.25, examples=2),
        holds(
            "net_loss",
            "repeating the batch changes nothing",
            loss_is_a_mean,
            points=0.5,
            examples=3,
            where=loss_is_smooth,
        ),
        holds(
            "net_loss",
            "permuting the classes permutes the gradients",
            loss_follows_classes,
            points=0.25,
            examples=2,
            where=loss_is_smooth,
        ),
        matches(
            "column_forward",
            points=1,
            where=column_in_bounds,
            regimes=COLUMN_REGIMES,
            scale=lambda case: 1.0,
            hint="Samples are columns: z1 = w1 @ x + b1, a1 = sigmoid(z1), z2 = w2 @ a1 + b2, a2 = sigmoid(z2).",
        ),
        holds(
            "column_forward",
            "outputs lie between 0 and 1",
            column_stays_in_unit_interval,
            points=0.25,
            examples=2,
            where=column_in_bounds,
        ),
        gradient(
            "column_backward",
            of="column_forward",
            points=2,
            where=column_in_bounds,
            regimes=COLUMN_REGIMES,
            scale=column_gradient_size,
            hint="Start from (a2 - y) / n; samples are columns, so gradients of the biases sum over axis 1 and "
            "keep it.",
        ),
        holds(
            "column_backward",
            "repeating the columns changes nothing",
            column_is_a_mean,
            points=0.5,
            examples=3,
            where=column_in_bounds,
            needs=["column_forward"],
        ),
        holds(
            "column_backward",
            "gradients vanish where the output is the target",
            column_rests_at_target,
            points=0.25,
            examples=2,
            where=column_in_bounds,
            needs=["column_forward"],
        ),
    ),
    oracle={
        "affine_forward": affine_forward,
        "net_forward": net_forward,
        "net_loss": net_loss,
        "column_forward": column_forward,
        "column_backward": column_backward,
    },
)
