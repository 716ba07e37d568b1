# functions: sgd, momentum, adagrad, adadelta, adam, ewma
# about: loops over the elements, state as lists of Python floats
import math

import numpy as np


def _step(w, new):
    return np.array(new, dtype=float).reshape(np.shape(w))


def sgd(w, g, state, lr):
    return _step(w, [a - lr * b for a, b in zip(w.flat, g.flat)]), state


def momentum(w, g, state, lr, beta):
    v = state.get("v", [0.0] * w.size)
    new = []
    for i, (a, b) in enumerate(zip(w.flat, g.flat)):
        v[i] = beta * v[i] + (1 - beta) * b
        new.append(a - lr * v[i])
    state["v"] = v
    return _step(w, new), state


def adagrad(w, g, state, lr, eps):
    s = state.setdefault("s", [0.0] * w.size)
    new = []
    for i, (a, b) in enumerate(zip(w.flat, g.flat)):
        s[i] += b * b
        new.append(a - lr * b / (math.sqrt(s[i]) + eps))
    return _step(w, new), state


def adadelta(w, g, state, rho, eps):
    pairs = state.setdefault("pairs", [[0.0, 0.0] for _ in range(w.size)])
    new = []
    for pair, a, b in zip(pairs, w.flat, g.flat):
        pair[0] = rho * pair[0] + (1 - rho) * b * b
        dx = -math.sqrt(pair[1] + eps) / math.sqrt(pair[0] + eps) * b
        pair[1] = rho * pair[1] + (1 - rho) * dx * dx
        new.append(a + dx)
    return _step(w, new), state


def adam(w, g, state, lr, beta1, beta2, eps):
    state.setdefault("mv", [(0.0, 0.0)] * w.size)
    state["t"] = t = state.get("t", 0) + 1
    new, moments = [], []
    for (m, v), a, b in zip(state["mv"], w.flat, g.flat):
        m, v = beta1 * m + (1 - beta1) * b, beta2 * v + (1 - beta2) * b * b
        moments.append((m, v))
        new.append(a - lr * m / (1 - beta1**t) / (math.sqrt(v / (1 - beta2**t)) + eps))
    state["mv"] = moments
    return _step(w, new), state


def ewma(y, beta):
    out = [float(y[0])]
    for value in y[1:]:
        out.append(beta * out[-1] + (1 - beta) * float(value))
    return np.array(out)
