# functions: softmax, softmax_backward, softmax_cross_entropy
# about: works on columns: the batch is transposed first, results are transposed views
import numpy as np


def softmax(z):
    zt = z.T
    e = np.exp(zt - zt.max(axis=0))
    return (e / e.sum(axis=0)).T


def softmax_backward(dp, p):
    g, q = dp.T, p.T
    return (q * g - q * (q * g).sum(axis=0)).T


def softmax_cross_entropy(z, y):
    zt = z.T
    m = zt.max(axis=0)
    lse = m + np.log(np.exp(zt - m).sum(axis=0))
    n = z.shape[0]
    d = np.exp(zt - lse)
    d[y, np.arange(n)] -= 1
    return np.mean(lse - zt[y, np.arange(n)]), (d / n).T
