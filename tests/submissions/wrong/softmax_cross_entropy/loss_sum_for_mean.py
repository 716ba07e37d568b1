# functions: softmax_cross_entropy
# wrong: softmax_cross_entropy
# about: the loss and its gradient are summed over the batch
import numpy as np


def softmax_cross_entropy(z, y):
    rows = np.arange(z.shape[0])
    s = z - z.max(axis=1, keepdims=True)
    logp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    dz = np.exp(logp)
    dz[rows, y] -= 1
    return -logp[rows, y].sum(), dz
