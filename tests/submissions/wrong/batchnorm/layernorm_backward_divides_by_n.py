# functions: layernorm_forward, layernorm_backward
# wrong: layernorm_backward
# about: the sums over the features are divided by the batch size
import numpy as np


def layernorm_forward(x, gamma, beta, eps):
    mean = x.mean(axis=1, keepdims=True)
    var = x.var(axis=1, keepdims=True)
    std = np.sqrt(var + eps)
    xhat = (x - mean) / std
    return gamma * xhat + beta, (x, xhat, mean, var, std, gamma, eps)


def layernorm_backward(dy, cache):
    x, xhat, mean, var, std, gamma, eps = cache
    n, d = dy.shape
    g = dy * gamma
    dx = (g - (g.sum(axis=1, keepdims=True) + xhat * (g * xhat).sum(axis=1, keepdims=True)) / n) / std
    return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)
