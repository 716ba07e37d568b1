# functions: softmax_cross_entropy
# wrong: softmax_cross_entropy
# about: log-sum-exp without adding the maximum back
import numpy as np


def softmax_cross_entropy(z, y):
    n = len(z)
    m = np.max(z, axis=1)
    lse = np.log(np.sum(np.exp(z - m[:, None]), axis=1))
    loss = np.mean(lse - z[np.arange(n), y])
    dz = np.exp(z - m[:, None] - lse[:, None])
    dz[np.arange(n), y] -= 1
    return loss, dz / n
