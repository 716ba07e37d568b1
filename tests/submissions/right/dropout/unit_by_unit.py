# functions: dropout_forward, dropout_backward
# about: a loop that draws one number for each unit
import numpy as np


def dropout_forward(x, p, rng, training):
    y = np.array(x, dtype=float)
    kept = {}
    if training:
        for index in np.ndindex(*x.shape):
            kept[index] = rng.random() > p if p > 0 else True
            y[index] = x[index] / (1 - p) if kept[index] else 0.0
    return y, (training, p, kept)


def dropout_backward(dy, cache):
    training, p, kept = cache
    dx = np.array(dy, dtype=float)
    if training:
        for index, alive in kept.items():
            dx[index] = dy[index] / (1 - p) if alive else 0.0
    return dx
