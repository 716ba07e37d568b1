# functions: dropout_forward, dropout_backward
# wrong: dropout_backward
# about: uses the mask of the newest forward
import numpy as np

current = {"mask": 1.0}


def dropout_forward(x, p, rng, training):
    current["mask"] = (rng.random(x.shape) >= p) / (1 - p) if training else np.ones(x.shape)
    return x * current["mask"], None


def dropout_backward(dy, cache):
    return dy * current["mask"]
