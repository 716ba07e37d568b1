# functions: sgd, momentum, nesterov, adagrad, adadelta, rmsprop, adam, adamw, ewma
# about: the textbook steps with names in the state dict, changed in place
import numpy as np


def sgd(w, g, state, lr):
    return w - lr * g, state


def momentum(w, g, state, lr, beta):
    if "v" not in state:
        state["v"] = np.zeros_like(w)
    state["v"] = beta * state["v"] + (1 - beta) * g
    return w - lr * state["v"], state


def nesterov(w, g, state, lr, beta):
    v_prev = state.get("v", np.zeros_like(w))
    v = beta * v_prev - lr * g
    state["v"] = v
    return w - beta * v_prev + (1 + beta) * v, state


def adagrad(w, g, state, lr, eps):
    state["s"] = state.get("s", 0) + g**2
    return w - lr * g / (np.sqrt(state["s"]) + eps), state


def adadelta(w, g, state, rho, eps):
    s = state.setdefault("s", np.zeros_like(w))
    u = state.setdefault("u", np.zeros_like(w))
    s = rho * s + (1 - rho) * g**2
    dx = -np.sqrt(u + eps) / np.sqrt(s + eps) * g
    state["s"], state["u"] = s, rho * u + (1 - rho) * dx**2
    return w + dx, state


def rmsprop(w, g, state, lr, beta, eps):
    state["s"] = beta * state.get("s", np.zeros_like(w)) + (1 - beta) * g * g
    return w - lr * g / (np.sqrt(state["s"]) + eps), state


def adam(w, g, state, lr, beta1, beta2, eps):
    t = state["t"] = state.get("t", 0) + 1
    m = state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * g
    v = state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), state


def adamw(w, g, state, lr, beta1, beta2, eps, decay):
    t = state["t"] = state.get("t", 0) + 1
    m = state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * g
    v = state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return w - lr * (m_hat / (np.sqrt(v_hat) + eps) + decay * w), state


def ewma(y, beta):
    s = np.zeros(len(y))
    s[0] = y[0]
    for t in range(1, len(y)):
        s[t] = beta * s[t - 1] + (1 - beta) * y[t]
    return s
