# functions: softmax, softmax_backward, softmax_cross_entropy
# about: everything in float32, the gradient returned in float64
import numpy as np


def softmax(z):
    z = z.astype(np.float32)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True)).astype(np.float64)


def softmax_backward(dp, p):
    dp, p = dp.astype("f4"), p.astype("f4")
    return (p * (dp - (dp * p).sum(axis=1, keepdims=True))).astype("f8")


def softmax_cross_entropy(z, y):
    n = len(z)
    s = z.astype(np.float32)
    s = s - s.max(axis=1, keepdims=True)
    logp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    dz = np.exp(logp)
    dz[np.arange(n), y] -= 1
    return np.float32(-logp[np.arange(n), y].mean()), (dz / np.float32(n)).astype(np.float64)
