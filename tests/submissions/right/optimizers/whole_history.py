# functions: momentum, adagrad, rmsprop, adam, ewma
# about: keeps every gradient and recomputes the averages from the history
import numpy as np


def _history(state, g):
    return [*state.get("history", []), np.array(g)]


def _weighted(values, beta):
    last = len(values) - 1
    return sum((1 - beta) * beta ** (last - k) * v for k, v in enumerate(values))


def momentum(w, g, state, lr, beta):
    history = _history(state, g)
    return w - lr * _weighted(history, beta), {"history": history}


def adagrad(w, g, state, lr, eps):
    history = _history(state, g)
    return w - lr * g / (np.sqrt(sum(h * h for h in history)) + eps), {"history": history}


def rmsprop(w, g, state, lr, beta, eps):
    history = _history(state, g)
    return w - lr * g / (np.sqrt(_weighted([h * h for h in history], beta)) + eps), {"history": history}


def adam(w, g, state, lr, beta1, beta2, eps):
    history = _history(state, g)
    t = len(history)
    m = _weighted(history, beta1) / (1 - beta1**t)
    v = _weighted([h**2 for h in history], beta2) / (1 - beta2**t)
    return w - lr * m / (np.sqrt(v) + eps), {"history": history}


def ewma(y, beta):
    t = np.arange(len(y))
    powers = np.tril(np.power(float(beta), np.maximum(t[:, None] - t, 0)))
    weights = np.where(t == 0, 1.0, 1 - beta)
    return powers @ (weights * y)
