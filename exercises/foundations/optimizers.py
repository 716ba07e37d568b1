"""Optimisers, one step at a time, and the exponentially weighted moving average that they rest on."""

from __future__ import annotations

import numpy as np

from grader.authoring import Exercise, function, holds, matches, one_of, reals, regime, torch, trajectory

FEW = 1e-4
"""Relative error that properties forgive: single precision loses less over the few steps that they take."""

TINY = 1e-12
"""Stands for eps -> 0 where gradients are at least 0.1 in size."""


STUCK = "w is still 0 after a step with a gradient that is not"


def torch_step(make, w, g, state):
    """Take one step of an optimiser of torch.optim; it keeps its own state, and is given the `w` that came in."""
    if not state:
        parameter = torch.nn.Parameter(w.clone())
        state = {"parameter": parameter, "optimizer": make([parameter])}
    parameter = state["parameter"]
    parameter.data.copy_(w)
    parameter.grad = g
    state["optimizer"].step()
    return parameter.detach().clone(), state


def torch_sgd(w, g, state, lr):
    return torch_step(lambda p: torch.optim.SGD(p, lr=lr), w, g, state)


def torch_momentum(w, g, state, lr, beta):
    # torch.optim.SGD starts its velocity at the gradient itself, so that its first step is another one.
    velocity = torch.lerp(state.get("velocity", torch.zeros_like(g)), g, 1 - beta)
    return torch.sub(w, velocity, alpha=lr), {"velocity": velocity}


def torch_nesterov(w, g, state, lr, beta):
    # torch refuses Nesterov's method without momentum, which is plain gradient descent.
    return torch_step(lambda p: torch.optim.SGD(p, lr=lr, momentum=beta, nesterov=beta > 0), w, g, state)


def torch_adagrad(w, g, state, lr, eps):
    return torch_step(lambda p: torch.optim.Adagrad(p, lr=lr, eps=eps), w, g, state)


def torch_adadelta(w, g, state, rho, eps):
    return torch_step(lambda p: torch.optim.Adadelta(p, lr=1.0, rho=rho, eps=eps), w, g, state)


def torch_rmsprop(w, g, state, lr, beta, eps):
    return torch_step(lambda p: torch.optim.RMSprop(p, lr=lr, alpha=beta, eps=eps), w, g, state)


def torch_adam(w, g, state, lr, beta1, beta2, eps):
    return torch_step(lambda p: torch.optim.Adam(p, lr=lr, betas=(beta1, beta2), eps=eps), w, g, state)


def torch_adamw(w, g, state, lr, beta1, beta2, eps, decay):
    def make(p):
        return torch.optim.AdamW(p, lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=decay)

    return torch_step(make, w, g, state)


def torch_ewma(y, beta):
    # In closed form: y[j] has the weight (1-beta) * beta^(t-j) in s[t], and y[0] the weight beta^t.
    times = torch.arange(len(y))
    lags = times[:, None] - times[None, :]
    weights = torch.tensor(beta, dtype=y.dtype) ** lags.clamp(min=0) * (lags >= 0)
    weights[:, 1:] *= 1 - beta
    return weights @ y


HYPER = {
    "sgd": ("lr",),
    "momentum": ("lr", "beta"),
    "nesterov": ("lr", "beta"),
    "adagrad": ("lr", "eps"),
    "adadelta": ("rho", "eps"),
    "rmsprop": ("lr", "beta", "eps"),
    "adam": ("lr", "beta1", "beta2", "eps"),
    "adamw": ("lr", "beta1", "beta2", "eps", "decay"),
}
"""The hyper-parameters of each optimiser, in order."""


STEPS = 20
"""Steps of the one long trajectory; code whose fault shows only later than the sixth step is told by it."""


def run(student, optimiser, case, gradients, *, start=None, **changed):
    """Return where each of some steps leads from `start` (zeros unless it is given); only the state is carried on.

    So no call depends on what the student's earlier calls returned, and all of them can be sent at once.
    """
    hyper = [changed.get(name, getattr(case, name)) for name in HYPER[optimiser]]
    origin = np.zeros(case.w.shape) if start is None else start
    state, reached = {}, []
    for g in gradients:
        w, state = getattr(student, optimiser)(origin, np.asarray(g), state, *hyper)
        reached.append(w)
    return reached


def two_gradients(case):
    """Return two different gradients whose elements are at least 0.1 in size."""
    first = case.g + np.copysign(0.1, case.g)
    rolled = np.roll(first.ravel(), 1).reshape(first.shape)
    return first, -0.5 * rolled - np.copysign(1.7, rolled)


def differ(actual, expected, scale):
    """Return a sentence about the element that is furthest off, `None` where all are near."""
    error = np.abs(actual - expected)
    if (np.isfinite(actual) & (error <= FEW * scale)).all():
        return None
    error = np.where(np.isfinite(error), error, np.inf)
    i = np.unravel_index(int(error.argmax()), error.shape)
    where = f"[{', '.join(map(str, i))}]" if i else ""
    return f"w{where} = {float(actual[i]):.6g}, but should be {float(expected[i]):.6g}"


def stays_put(optimiser):
    def predicate(student, case):
        moved = run(student, optimiser, case, [np.zeros(case.w.shape)], start=case.w)[0]
        said = differ(moved, case.w, 1e-2 * np.abs(case.w) + 1e-9)
        return said and f"after a step with a zero gradient {said}, as before"

    return holds(optimiser, "a zero gradient from the empty state does not move w", predicate, points=0.25, examples=3)


def is_homogeneous(optimiser):
    def predicate(student, case):
        gradients = two_gradients(case)
        first, once = run(student, optimiser, case, gradients)
        if not first.any():
            return STUCK
        thrice = run(student, optimiser, case, [-3 * g for g in gradients])[-1]
        said = differ(thrice, -3 * once, 3 * case.lr * np.abs(gradients).max())
        return said and f"after the second step from w = 0 with gradients -3 times as large {said}, -3 times as far"

    return holds(optimiser, "steps are linear in the gradients", predicate, points=0.25, examples=3)


def is_scale_invariant(optimiser):
    def predicate(student, case):
        gradients = two_gradients(case)
        first, plain = run(student, optimiser, case, gradients, eps=TINY)
        if not first.any():
            return STUCK
        scaled = run(student, optimiser, case, [100 * g for g in gradients], eps=TINY)[-1]
        said = differ(scaled, plain, case.lr + np.abs(plain))
        sentence = f"after the second step from w = 0 with gradients 100 times as large and eps={TINY:g}"
        return said and f"{sentence} {said}, as without the factor"

    claim = "gradients of any unit give the same steps as eps -> 0"
    return holds(optimiser, claim, predicate, points=0.25, examples=3)


def starts_with_the_sign(optimiser):
    def predicate(student, case):
        gradient = two_gradients(case)[0]
        moved = run(student, optimiser, case, [gradient], eps=TINY)[0]
        said = differ(moved, -case.lr * np.sign(gradient), case.lr)
        return said and f"after the first step from w = 0 with eps={TINY:g} {said}, which is -lr*sign(g)"

    return holds(optimiser, "the first step is lr*sign(g) as eps -> 0", predicate, points=0.25, examples=3)


def weighted(rate, values):
    """Return the sums of what came before at each step, each weighted by `rate` to the power of its age."""
    ages = np.arange(STEPS)[:, None] - np.arange(STEPS)
    return np.tensordot(np.where(ages >= 0, rate ** np.maximum(ages, 0.0), 0.0), values, 1)


def adam_path(case, g):
    times = np.arange(1, STEPS + 1).reshape(-1, *[1] * case.w.ndim)
    m = (1 - case.beta1) * weighted(case.beta1, g) / (1 - case.beta1**times)
    v = (1 - case.beta2) * weighted(case.beta2, g**2) / (1 - case.beta2**times)
    return -case.lr * m / (np.sqrt(v) + case.eps)


def nesterov_path(case, g):
    v = -case.lr * weighted(case.beta, g)
    return (1 + case.beta) * v - case.beta * np.concatenate([np.zeros_like(v[:1]), v[:-1]])


def adadelta_path(case, g):
    s, u, steps = (1 - case.rho) * weighted(case.rho, g**2), np.zeros(case.w.shape), []
    for t in range(STEPS):
        steps.append(-np.sqrt(u + case.eps) / np.sqrt(s[t] + case.eps) * g[t])
        u = case.rho * u + (1 - case.rho) * steps[-1] ** 2
    return np.stack(steps)


PATHS = {
    "sgd": lambda case, g: -case.lr * g,
    "momentum": lambda case, g: -case.lr * (1 - case.beta) * weighted(case.beta, g),
    "nesterov": nesterov_path,
    "adagrad": lambda case, g: -case.lr * g / (np.sqrt(np.cumsum(g**2, axis=0)) + case.eps),
    "adadelta": adadelta_path,
    "rmsprop": lambda case, g: -case.lr * g / (np.sqrt((1 - case.beta) * weighted(case.beta, g**2)) + case.eps),
    "adam": adam_path,
    "adamw": adam_path,
}
"""Where each step from w = 0 leads, from all gradients up to it: sums with weights in place of a state."""


def is_right_for_long(optimiser, points):
    def predicate(student, case):
        sizes = 1.5 + np.cos(np.arange(STEPS))
        gradients = np.stack([size * two_gradients(case)[0] for size in sizes])
        reached = np.stack(run(student, optimiser, case, gradients))
        expected = PATHS[optimiser](case, gradients)
        scales = np.abs(expected).reshape(STEPS, -1).max(axis=1)
        near = np.abs(reached - expected).reshape(STEPS, -1).max(axis=1) <= FEW * scales
        if near.all():
            return None
        t = int(near.argmin())
        return f"at step {t + 1}, from w = 0, {differ(reached[t], expected[t], scales[t])}"

    hint = "The first steps may be right all the same: look at what depends on the number of the step."
    return holds(
        optimiser, f"each of {STEPS} steps goes where it should", predicate, points=points, examples=1,
        hint=hint,
    )  # fmt: skip


def shrinks_by_decay(student, case):
    moved = run(student, "adamw", case, [np.zeros(case.w.shape)], start=case.w)[0]
    said = differ(moved, case.w * (1 - case.lr * case.decay), 0.1 * np.abs(case.w) + 1e-9)
    return said and f"after a step with a zero gradient {said}, which is (1 - lr*decay) * w"


def slows_down(student, case):
    gradient = two_gradients(case)[0]
    fourth = run(student, "adagrad", case, [gradient] * 4, eps=TINY)[3]
    said = differ(fourth, -case.lr * np.sign(gradient) / 2, case.lr)
    return said and f"after the fourth step from w = 0 with one gradient {said}, half the first step"


def follows_a_constant(student, case):
    s = student.ewma(np.full(case.y.shape, case.y[0]), case.beta)
    said = differ(s, np.full(case.y.shape, case.y[0]), np.abs(case.y[0]) + 1e-9)
    return said and f"of a constant series s{said.removeprefix('w')}"


def stays_in_range(student, case):
    s = student.ewma(case.y, case.beta)
    slack = FEW * np.abs(case.y).max()
    low, high = np.minimum.accumulate(case.y) - slack, np.maximum.accumulate(case.y) + slack
    outside = ~((s >= low) & (s <= high))
    if not outside.any():
        return None
    t = int(outside.argmax())
    past = case.y[: t + 1]
    return f"s[{t}] = {s[t]:.6g}, but y up to there lies between {past.min():.6g} and {past.max():.6g}"


def obeys_the_ends(student, case):
    scale = np.abs(case.y).max() + 1e-9
    said = differ(student.ewma(case.y, 0.0), case.y, scale)
    if said:
        return f"with beta = 0, s{said.removeprefix('w')}, which is y itself"
    said = differ(student.ewma(case.y, 1.0), np.full(case.y.shape, case.y[0]), scale)
    return said and f"with beta = 1, s{said.removeprefix('w')}, which is y[0]"


# Adaptive steps have a size of their own, whatever the gradients': a rounding of one that was taken stays in w, even
# where w has come back near zero. Relative changes of the inputs do not show it, so that it is stated here.
def adagrad_step(case):
    return case.lr


def adadelta_step(case):
    return np.sqrt(case.eps / (1 - case.rho))


def rmsprop_step(case):
    return case.lr / np.sqrt(1 - case.beta)


def adam_step(case):
    # 1 - beta2**t is a small difference of numbers near 1, which magnifies the rounding of beta2**t.
    return case.lr * (1 + 0.1 / (1 - case.beta2))


def fixed(value):
    return lambda _rng, _shape, _sizes: value


DEFAULTS = regime(
    "default hyper-parameters", count=2, lr=fixed(1e-3), beta1=fixed(0.9), beta2=fixed(0.999), eps=fixed(1e-8)
)

exercise = Exercise(
    title="Optimisers",
    functions=(
        function(
            "sgd: w(...), g(...), state, lr -> w(...), state",
            summary="Take a step of gradient descent.",
        ),
        function(
            "momentum: w(...), g(...), state, lr, beta -> w(...), state",
            summary="Take a step along the exponentially weighted average of the gradients.",
        ),
        function(
            "nesterov: w(...), g(...), state, lr, beta -> w(...), state",
            summary="Take a step with Nesterov's momentum.",
        ),
        function(
            "adagrad: w(...), g(...), state, lr, eps -> w(...), state",
            summary="Take a step of AdaGrad, scaled by the sum of all squared gradients.",
        ),
        function(
            "adadelta: w(...), g(...), state, rho, eps -> w(...), state",
            summary="Take a step of AdaDelta, which needs no learning rate.",
        ),
        function(
            "rmsprop: w(...), g(...), state, lr, beta, eps -> w(...), state",
            summary="Take a step of RMSProp, scaled by an average of squared gradients.",
        ),
        function(
            "adam: w(...), g(...), state, lr, beta1, beta2, eps -> w(...), state",
            summary="Take a step of Adam, with bias-corrected averages.",
        ),
        function(
            "adamw: w(...), g(...), state, lr, beta1, beta2, eps, decay -> w(...), state",
            summary="Take a step of Adam with decoupled weight decay.",
        ),
        function(
            "ewma: y(t), beta -> s(t)",
            summary="Return the exponentially weighted moving average of a series.",
            inputs={"beta": one_of(0.9, 0.5, 0.0, 1.0, 0.7)},
        ),
    ),
    inputs={
        "w": reals(magnitudes=(1.0, 1e-3, 12.0)),
        "g": reals(magnitudes=(1.0, 12.0)),
        "lr": one_of(0.3, 0.05, 2.0),
        "beta": one_of(0.9, 0.6, 0.8, 0.0, 0.3),
        "rho": one_of(0.95, 0.7, 0.3),
        "beta1": one_of(0.9, 0.6, 0.0, 0.8),
        "beta2": one_of(0.999, 0.8, 0.3, 0.6, 0.9),
        "eps": one_of(1e-8, 0.5, 0.2),
        "decay": one_of(0.1, 0.7, 0.0),
    },
    checks=(
        trajectory("sgd", points=0.25, examples=10, hint="w -= lr*g, and nothing else."),
        is_right_for_long("sgd", points=0.25),
        stays_put("sgd"),
        is_homogeneous("sgd"),
        trajectory(
            "momentum", points=0.75, examples=10, hint="v = beta*v + (1-beta)*g, then w -= lr*v with the new v."
        ),
        is_right_for_long("momentum", points=0.25),
        stays_put("momentum"),
        is_homogeneous("momentum"),
        trajectory(
            "nesterov",
            points=0.75,
            examples=10,
            hint="v_new = beta*v - lr*g, then w += -beta*v + (1+beta)*v_new; both velocities are needed.",
        ),
        is_right_for_long("nesterov", points=0.25),
        stays_put("nesterov"),
        is_homogeneous("nesterov"),
        trajectory(
            "adagrad",
            points=0.75,
            examples=10,
            scale=adagrad_step,
            hint="s += g**2, then w -= lr*g / (sqrt(s) + eps) with the new s.",
        ),
        is_right_for_long("adagrad", points=0.25),
        stays_put("adagrad"),
        is_scale_invariant("adagrad"),
        holds("adagrad", "the fourth step with one gradient is half the first", slows_down, points=0.25, examples=3),
        trajectory(
            "adadelta",
            points=1.25,
            examples=10,
            scale=adadelta_step,
            hint="In order: s from g**2, dx from the old u and the new s, u from dx**2; eps inside both roots.",
        ),
        is_right_for_long("adadelta", points=0.25),
        stays_put("adadelta"),
        trajectory(
            "rmsprop",
            points=0.75,
            examples=10,
            scale=rmsprop_step,
            hint="s = beta*s + (1-beta)*g**2, then w -= lr*g / (sqrt(s) + eps) with the new s.",
        ),
        is_right_for_long("rmsprop", points=0.25),
        stays_put("rmsprop"),
        is_scale_invariant("rmsprop"),
        trajectory(
            "adam",
            points=1.25,
            examples=10,
            scale=adam_step,
            regimes=[DEFAULTS],
            hint="t counts from 1; update m and v, correct both for their start at zero; eps outside the root.",
        ),
        is_right_for_long("adam", points=0.25),
        stays_put("adam"),
        starts_with_the_sign("adam"),
        is_scale_invariant("adam"),
        trajectory(
            "adamw",
            points=0.75,
            examples=10,
            scale=adam_step,
            regimes=[DEFAULTS],
            hint="Adam's step plus decay*w, both times lr; w is the old one and the moments know nothing of the decay.",
        ),
        is_right_for_long("adamw", points=0.25),
        starts_with_the_sign("adamw"),
        holds(
            "adamw", "a zero gradient shrinks w by the factor 1 - lr*decay", shrinks_by_decay, points=0.25, examples=3
        ),
        matches("ewma", points=0.5, examples=14, hint="s[0] = y[0], then s[t] = beta*s[t-1] + (1-beta)*y[t]."),
        holds("ewma", "a constant series stays as it is", follows_a_constant, points=0.25, examples=3),
        holds("ewma", "s stays within the range of y so far", stays_in_range, points=0.25, examples=3),
        holds("ewma", "beta 0 returns y, beta 1 repeats y[0]", obeys_the_ends, points=0.25, examples=2),
    ),
    oracle={
        "sgd": torch_sgd,
        "momentum": torch_momentum,
        "nesterov": torch_nesterov,
        "adagrad": torch_adagrad,
        "adadelta": torch_adadelta,
        "rmsprop": torch_rmsprop,
        "adam": torch_adam,
        "adamw": torch_adamw,
        "ewma": torch_ewma,
    },
)
