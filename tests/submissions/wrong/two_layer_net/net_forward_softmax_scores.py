# functions: net_forward
# wrong: net_forward
# about: returns probabilities where scores are wanted
import numpy as np


def net_forward(x, w1, b1, w2, b2):
    h = np.maximum(x @ w1 + b1, 0)
    z = h @ w2 + b2
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True), (x, h, w2)
