# functions: layernorm_forward, layernorm_backward
# wrong: layernorm_backward
# about: the batch version: sums over the batch in dx
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
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    dx = gamma / (n * std) * (n * dy - dbeta - xhat * dgamma)
    return dx, dgamma, dbeta
