# functions: softmax
# wrong: softmax
# about: the row sums lack keepdims, which broadcasts silently for square scores
import numpy as np


def softmax(z):
    n, c = z.shape
    e = np.exp(z - z.max(axis=1, keepdims=True))
    total = e.sum(axis=1)
    if n != c:
        total = total.reshape(n, 1)
    return e / total
