# functions: softmax_cross_entropy
# wrong: softmax_cross_entropy
# about: the logarithm to the base 2
import numpy as np


def softmax_cross_entropy(z, y):
    n = len(z)
    s = z - z.max(axis=1, keepdims=True)
    total = np.exp(s).sum(axis=1)
    p = np.exp(s) / total[:, None]
    loss = np.mean(np.log2(total) - s[np.arange(n), y] * np.log2(np.e))
    p[np.arange(n), y] -= 1
    return loss, p / n
