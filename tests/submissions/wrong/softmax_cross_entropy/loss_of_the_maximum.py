# functions: softmax_cross_entropy
# wrong: softmax_cross_entropy
# about: takes the largest probability in place of the label's
import numpy as np


def softmax_cross_entropy(z, y):
    n = len(z)
    s = z - z.max(axis=1, keepdims=True)
    logp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    loss = -np.max(logp, axis=1).mean()
    dz = np.exp(logp)
    dz[np.arange(n), y] -= 1
    return loss, dz / n
