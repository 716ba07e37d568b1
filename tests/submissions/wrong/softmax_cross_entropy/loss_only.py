# functions: softmax_cross_entropy
# wrong: softmax_cross_entropy
# about: returns the loss without the gradient
import numpy as np


def softmax_cross_entropy(z, y):
    s = z - z.max(axis=1, keepdims=True)
    lse = np.log(np.exp(s).sum(axis=1))
    return np.mean(lse - s[np.arange(len(y)), y])
