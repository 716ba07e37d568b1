# functions: softmax_cross_entropy
# wrong: softmax_cross_entropy
# about: slices columns where it should index pairs: 1 is subtracted from whole columns
import numpy as np


def softmax_cross_entropy(z, y):
    n = len(z)
    s = z - z.max(axis=1, keepdims=True)
    logp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    dz = np.exp(logp)
    dz[:, y] -= 1
    return -logp[np.arange(n), y].mean(), dz / n
