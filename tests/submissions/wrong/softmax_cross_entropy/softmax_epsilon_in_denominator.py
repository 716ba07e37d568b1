# functions: softmax
# wrong: softmax
# about: adds 1e-3 to the denominator
import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / (e.sum(axis=1, keepdims=True) + 1e-3)
