# functions: softmax_cross_entropy
# wrong: softmax_cross_entropy
# about: forgets the minus sign of the log-likelihood
import numpy as np


def softmax_cross_entropy(z, y):
    n, c = z.shape
    s = z - z.max(axis=1, keepdims=True)
    logp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    dz = np.exp(logp)
    dz[np.arange(n), y] -= 1
    return logp[np.arange(n), y].mean(), dz / n
