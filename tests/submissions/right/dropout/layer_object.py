# functions: dropout_forward, dropout_backward, l2_penalty
# about: a dataclass with a mask; drops by assignment to a copy
from dataclasses import dataclass

import numpy as np


@dataclass
class Dropout:
    rate: float
    active: bool
    zeroed: np.ndarray | None = None

    def draw(self, shape, rng):
        self.zeroed = rng.random(shape) < self.rate
        return self

    def apply(self, values):
        if not self.active:
            return values
        out = np.array(values)
        out /= 1 - self.rate
        out[self.zeroed] = 0
        return out


def dropout_forward(x, p, rng, training):
    layer = Dropout(p, training).draw(x.shape, rng)
    return layer.apply(x), layer


def dropout_backward(dy, cache):
    return cache.apply(dy)


def l2_penalty(w, lam):
    flat = np.reshape(w, -1)
    return np.float64(lam * (flat @ flat) / 2), lam * w
