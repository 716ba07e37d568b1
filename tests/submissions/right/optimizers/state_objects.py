# functions: momentum, rmsprop, adam, adamw
# about: the empty dict is replaced by a dataclass instance that remembers the moments
from dataclasses import dataclass

import numpy as np


@dataclass
class Moments:
    m: np.ndarray
    v: np.ndarray
    t: int = 0

    def update(self, g, beta1, beta2):
        self.t += 1
        self.m = self.m + (1 - beta1) * (g - self.m)
        self.v = self.v + (1 - beta2) * (g * g - self.v)
        return self.m / (1 - beta1**self.t), self.v / (1 - beta2**self.t)


def _moments(state, w):
    return Moments(np.zeros_like(w), np.zeros_like(w)) if isinstance(state, dict) else state


def adam(w, g, state, lr, beta1, beta2, eps):
    state = _moments(state, w)
    m, v = state.update(g, beta1, beta2)
    return w - lr * m / (np.sqrt(v) + eps), state


def adamw(w, g, state, lr, beta1, beta2, eps, decay):
    state = _moments(state, w)
    m, v = state.update(g, beta1, beta2)
    return w * (1 - lr * decay) - lr * m / (np.sqrt(v) + eps), state


def rmsprop(w, g, state, lr, beta, eps):
    state = _moments(state, w)
    state.update(g, 0.0, beta)
    return w - lr * g / (np.sqrt(state.v) + eps), state


def momentum(w, g, state, lr, beta):
    state = _moments(state, w)
    state.update(g, beta, 0.0)
    return w - lr * state.m, state
