# functions: layernorm_forward, layernorm_backward
# wrong: layernorm_backward
# about: gamma multiplies the result, although it differs within a row
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
    inner = dy - dy.mean(axis=1, keepdims=True) - xhat * (dy * xhat).mean(axis=1, keepdims=True)
    return gamma / std * inner, (dy * xhat).sum(axis=0), dy.sum(axis=0)
