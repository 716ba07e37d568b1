# functions: softmax
# wrong: softmax
# about: divides by the sum of the whole array
import numpy as np


def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e)
