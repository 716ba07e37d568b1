# functions: momentum, nesterov, adadelta, adamw
# about: the state becomes a plain tuple after the first step; results as a list
import numpy as np


def momentum(w, g, state, lr, beta):
    (v,) = state or (np.zeros_like(w),)
    v = beta * v + (1 - beta) * g
    return [w - lr * v, (v,)]


def nesterov(w, g, state, lr, beta):
    (v,) = state or (np.zeros_like(w),)
    ahead = beta * v - lr * g
    return [w + (1 + beta) * ahead - beta * v, (ahead,)]


def adadelta(w, g, state, rho, eps):
    s, u = state or (np.zeros_like(w), np.zeros_like(w))
    s = rho * s + (1 - rho) * g * g
    dx = np.sqrt(u + eps) / np.sqrt(s + eps) * g
    return [w - dx, (s, rho * u + (1 - rho) * dx * dx)]


def adamw(w, g, state, lr, beta1, beta2, eps, decay):
    m, v, t = state or (0, 0, 0)
    m, v, t = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2, t + 1
    update = m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return [w - lr * update - lr * decay * w, (m, v, t)]
