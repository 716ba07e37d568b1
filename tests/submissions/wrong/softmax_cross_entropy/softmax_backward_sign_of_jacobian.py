# functions: softmax_backward
# wrong: softmax_backward
# about: p p^T - diag(p)
import numpy as np


def softmax_backward(dp, p):
    out = np.zeros_like(p)
    for i in range(len(p)):
        q = p[i].reshape(-1, 1)
        out[i] = ((q @ q.T - np.diagflat(q)) @ dp[i].reshape(-1, 1)).ravel()
    return out
