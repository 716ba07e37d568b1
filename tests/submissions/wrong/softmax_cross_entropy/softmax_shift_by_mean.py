# functions: softmax
# wrong: softmax
# about: shifts by the row mean, which does not prevent overflow
import numpy as np


def softmax(z):
    s = z - z.mean(axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        e = np.exp(s)
        return e / e.sum(axis=1, keepdims=True)
