# functions: softmax_cross_entropy
# wrong: softmax_cross_entropy
# about: returns the vector of losses, not their mean
import numpy as np


def softmax_cross_entropy(z, y):
    n = len(z)
    s = z - z.max(axis=1, keepdims=True)
    lse = np.log(np.exp(s).sum(axis=1))
    p = np.exp(s - lse[:, None])
    p[np.arange(n), y] -= 1
    return lse - s[np.arange(n), y], p / n
