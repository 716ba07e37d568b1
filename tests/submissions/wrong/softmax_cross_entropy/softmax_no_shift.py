# functions: softmax
# wrong: softmax
# about: exp without subtracting the maximum
import numpy as np


def softmax(z):
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)
