# functions: sgd, adagrad, adadelta, adam, ewma
# about: accumulators updated in place with out=, parameters on a copy
import numpy as np


def sgd(w, g, state, lr):
    new = np.array(w)
    new -= lr * g
    return new, state


def adagrad(w, g, state, lr, eps):
    if "sum" not in state:
        state["sum"] = np.zeros(w.shape)
    state["sum"] += g**2
    new = np.array(w)
    new -= lr * g / (np.sqrt(state["sum"]) + eps)
    return new, state


def adadelta(w, g, state, rho, eps):
    if not state:
        state["acc"] = np.zeros((2, *w.shape))
    s, u = state["acc"]
    acc = state["acc"]
    acc[0] = rho * s + (1 - rho) * g**2
    dx = -g * np.sqrt(u + eps) / np.sqrt(acc[0] + eps)
    acc[1] = rho * u + (1 - rho) * dx**2
    return w + dx, state


def adam(w, g, state, lr, beta1, beta2, eps):
    if not state:
        state.update(m=np.zeros(w.shape), v=np.zeros(w.shape), t=0)
    state["t"] += 1
    state["m"] *= beta1
    state["m"] += (1 - beta1) * g
    state["v"] *= beta2
    state["v"] += (1 - beta2) * g * g
    m_hat = state["m"] / (1 - beta1 ** state["t"])
    v_hat = state["v"] / (1 - beta2 ** state["t"])
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), state


def ewma(y, beta):
    s = np.array(y, dtype=float)
    s[1:] *= 1 - beta
    for t in range(1, s.size):
        s[t] += beta * s[t - 1]
    return s
