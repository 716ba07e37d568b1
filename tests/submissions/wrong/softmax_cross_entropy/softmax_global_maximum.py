# functions: softmax
# wrong: softmax
# about: shifts by the maximum of the whole array, so that rows far below it become 0 / 0
import numpy as np


def softmax(z):
    e = np.exp(z - np.max(z))
    return e / np.sum(e, axis=1, keepdims=True)
