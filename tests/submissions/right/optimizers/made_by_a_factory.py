# functions: sgd, nesterov, rmsprop, adam, adamw
# about: adaptive methods made by a factory from their update rule, wrapped by a decorator
import functools

import numpy as np


def optimizer(rule):
    @functools.wraps(rule)
    def step(w, g, state, *hyper):
        state = dict(state)
        state["t"] = state.get("t", 0) + 1
        return w + rule(w, g, state, *hyper), state

    return step


def _mix(state, key, new, beta):
    state[key] = beta * state.get(key, 0 * new) + (1 - beta) * new
    return state[key]


@optimizer
def sgd(w, g, state, lr):
    return -lr * g


@optimizer
def rmsprop(w, g, state, lr, beta, eps):
    return -lr * g / (np.sqrt(_mix(state, "s", g * g, beta)) + eps)


@optimizer
def adam(w, g, state, lr, beta1, beta2, eps):
    m, v = _mix(state, "m", g, beta1), _mix(state, "v", g * g, beta2)
    c1, c2 = (1 - beta ** state["t"] for beta in (beta1, beta2))
    return -lr * (m / c1) / (np.sqrt(v / c2) + eps)


@optimizer
def adamw(w, g, state, lr, beta1, beta2, eps, decay):
    m, v = _mix(state, "m", g, beta1), _mix(state, "v", g * g, beta2)
    m, v = m / (1 - beta1 ** state["t"]), v / (1 - beta2 ** state["t"])
    return -lr * (m / (np.sqrt(v) + eps) + decay * w)


@optimizer
def nesterov(w, g, state, lr, beta):
    before = state.get("v", 0)
    state["v"] = beta * before - lr * g
    return (1 + beta) * state["v"] - beta * before
