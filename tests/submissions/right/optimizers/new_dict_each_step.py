# functions: sgd, momentum, nesterov, adagrad, adadelta, rmsprop, adam, adamw
# about: a new state dict at every step, the old one untouched
import numpy as np


def sgd(w, g, state, lr):
    return w - lr * g, {}


def momentum(w, g, state, lr, beta):
    v = (1 - beta) * g + beta * state.get("velocity", 0.0)
    return w - lr * v, {"velocity": v}


def nesterov(w, g, state, lr, beta):
    old = state.get("velocity", 0.0 * w)
    new = beta * old - lr * g
    return w + beta * (new - old) + new, {"velocity": new}


def adagrad(w, g, state, lr, eps):
    total = np.square(g) + (state["total"] if state else 0)
    return w - lr / (eps + np.sqrt(total)) * g, {"total": total}


def adadelta(w, g, state, rho, eps):
    s = (1 - rho) * np.square(g) + rho * state.get("s", 0.0)
    u = state.get("u", 0.0)
    dx = -g * np.sqrt((u + eps) / (s + eps))
    return w + dx, {**state, "s": s, "u": rho * u + (1 - rho) * np.square(dx)}


def rmsprop(w, g, state, lr, beta, eps):
    s = beta * state.get("s", 0.0) + (1 - beta) * np.square(g)
    return w - lr * g / (s**0.5 + eps), dict(s=s)


def adam(w, g, state, lr, beta1, beta2, eps):
    t = state.get("t", 0.0) + 1.0
    m = beta1 * state.get("m", 0.0) + (1 - beta1) * g
    v = beta2 * state.get("v", 0.0) + (1 - beta2) * np.square(g)
    step = (m / (1 - np.power(beta1, t))) / (np.sqrt(v / (1 - np.power(beta2, t))) + eps)
    return w - lr * step, {"t": t, "m": m, "v": v}


def adamw(w, g, state, lr, beta1, beta2, eps, decay):
    new_w, new_state = adam(w, g, state, lr, beta1, beta2, eps)
    return new_w - lr * decay * w, new_state
