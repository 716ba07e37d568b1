"""Homework 1, part C: optimizers. Every step returns (new weights, state)."""
import numpy as np


def sgd(w, g, state, lr):
    return w - lr * g, state


def momentum(w, g, state, lr, beta):
    v = beta * state.get('v', np.zeros_like(w)) + (1 - beta) * g
    state['v'] = v
    return w - lr * v, state


def nesterov(w, g, state, lr, beta):
    v = beta * state.get('v', np.zeros_like(w)) - lr * g
    state['v'] = v
    return w + v, state


def adagrad(w, g, state, lr, eps):
    state['sum'] = state.get('sum', 0) + g * g
    return w - lr * g / (np.sqrt(state['sum']) + eps), state


def adadelta(w, g, state, rho, eps):
    s = rho * state.get('s', 0) + (1 - rho) * g ** 2
    u = state.get('u', np.zeros_like(w))
    delta = -np.sqrt((u + eps) / (s + eps)) * g
    return w + delta, {'s': s, 'u': rho * u + (1 - rho) * delta ** 2}


def rmsprop(w, g, state, lr, beta, eps):
    state['cache'] = beta * state.get('cache', 0) + (1 - beta) * g ** 2
    return w - lr * g / (np.sqrt(state['cache']) + eps), state


def _moments(g, state, beta1, beta2):
    state['t'] = state.get('t', 0) + 1
    state['m'] = beta1 * state.get('m', 0) + (1 - beta1) * g
    state['v'] = beta2 * state.get('v', 0) + (1 - beta2) * g ** 2
    return state['m'], state['v'], state['t']


def adam(w, g, state, lr, beta1, beta2, eps):
    m, v, t = _moments(g, state, beta1, beta2)
    return w - lr * m / (np.sqrt(v) + eps), state


def adamw(w, g, state, lr, beta1, beta2, eps, decay):
    m, v, t = _moments(g, state, beta1, beta2)
    m_hat = m / (1 - beta1 ** t)
    v_hat = v / (1 - beta2 ** t)
    return w - lr * (m_hat / (np.sqrt(v_hat) + eps) + decay * w), state


def ewma(y, beta):
    s = np.array(y, dtype=float)
    for t in range(1, len(s)):
        s[t] = beta * s[t - 1] + (1 - beta) * y[t]
    return s
