# functions: softmax_cross_entropy
# wrong: softmax_cross_entropy
# about: turns the scores into probabilities in place
import numpy as np


def softmax_cross_entropy(z, y):
    n = len(z)
    idx = np.arange(n)
    z -= z.max(axis=1, keepdims=True)
    lse = np.log(np.exp(z).sum(axis=1))
    loss = np.mean(lse - z[idx, y])
    dz = np.exp(z - lse[:, None])
    dz[idx, y] -= 1
    return loss, dz / n
