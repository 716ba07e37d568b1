# functions: sgd, momentum, rmsprop, adam, ewma
# about: accumulators in float32
import numpy as np

F = np.float32


def rmsprop(w, g, state, lr, beta, eps):
    g = np.asarray(g, F)
    state["s"] = F(beta) * state.get("s", F(0)) + F(1 - beta) * g * g
    return np.asarray(w - lr * g / (np.sqrt(state["s"]) + F(eps)), dtype=float), state


def adam(w, g, state, lr, beta1, beta2, eps):
    g = np.asarray(g, F)
    t = state["t"] = state.get("t", 0) + 1
    state["m"] = F(beta1) * state.get("m", F(0)) + F(1 - beta1) * g
    state["v"] = F(beta2) * state.get("v", F(0)) + F(1 - beta2) * g * g
    m, v = state["m"] / F(1 - beta1**t), state["v"] / F(1 - beta2**t)
    return np.asarray(w - lr * (m / (np.sqrt(v) + F(eps))), dtype=float), state


def momentum(w, g, state, lr, beta):
    state["v"] = F(beta) * state.get("v", F(0)) + F(1 - beta) * np.asarray(g, F)
    return np.asarray(w, F) - F(lr) * state["v"], state


def sgd(w, g, state, lr):
    return np.asarray(w, F) - F(lr) * np.asarray(g, F), state


def ewma(y, beta):
    s = np.empty(len(y), F)
    s[0] = y[0]
    for t in range(1, len(y)):
        s[t] = F(beta) * s[t - 1] + F(1 - beta) * F(y[t])
    return s
