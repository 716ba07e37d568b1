# functions: softmax
# wrong: softmax
# about: subtracts the maximum from its argument
import numpy as np


def softmax(z):
    z -= z.max(axis=1, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)
