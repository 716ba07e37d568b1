# functions: softmax_cross_entropy
# wrong: softmax_cross_entropy
# about: the loss is an array of shape (1,)
import numpy as np


def softmax_cross_entropy(z, y):
    n = len(z)
    s = z - z.max(axis=1, keepdims=True)
    lse = np.log(np.exp(s).sum(axis=1, keepdims=True))
    p = np.exp(s - lse)
    p[np.arange(n), y] -= 1
    losses = lse - s[np.arange(n), y][:, None]
    return losses.mean(axis=0), p / n
