# functions: softmax_cross_entropy
# wrong: softmax_cross_entropy
# about: p - 1 on every class
import numpy as np


def softmax_cross_entropy(z, y):
    n = len(z)
    m = z.max(axis=1, keepdims=True)
    lse = m + np.log(np.exp(z - m).sum(axis=1, keepdims=True))
    loss = np.mean(lse[:, 0] - z[np.arange(n), y])
    return loss, (np.exp(z - lse) - 1) / n
