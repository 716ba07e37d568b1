# functions: momentum, rmsprop, adam, ewma
# about: a generator that receives gradients is the state
import itertools

import numpy as np


def _average(beta):
    average, g = 0.0, (yield)
    while True:
        average = beta * average + (1 - beta) * g
        g = yield average


def _started(generator):
    next(generator)
    return generator


def momentum(w, g, state, lr, beta):
    if "average" not in state:
        state["average"] = _started(_average(beta))
    return w - lr * state["average"].send(g), state


def rmsprop(w, g, state, lr, beta, eps):
    if "average" not in state:
        state["average"] = _started(_average(beta))
    return w - lr * g / (np.sqrt(state["average"].send(g * g)) + eps), state


def adam(w, g, state, lr, beta1, beta2, eps):
    if not state:
        state.update(m=_started(_average(beta1)), v=_started(_average(beta2)), clock=itertools.count(1))
    t = next(state["clock"])
    m = state["m"].send(g) / (1 - beta1**t)
    v = state["v"].send(g**2) / (1 - beta2**t)
    return w - lr * m / (np.sqrt(v) + eps), state


def ewma(y, beta):
    return np.fromiter(itertools.accumulate(y, lambda s, v: beta * s + (1 - beta) * v), dtype=float, count=len(y))
