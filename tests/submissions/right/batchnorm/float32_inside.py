# functions: batchnorm_forward, batchnorm_backward, layernorm_forward, layernorm_backward
# about: statistics and gradients in float32, results converted back
import numpy as np


def _f(*arrays):
    return [np.asarray(a, dtype=np.float32) for a in arrays]


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    x, gamma, beta, rm, rv, momentum, eps = _f(x, gamma, beta, running_mean, running_var, momentum, eps)
    if training:
        mean, var = x.mean(axis=0), x.var(axis=0)
        rm = momentum * rm + (1 - momentum) * mean
        rv = momentum * rv + (1 - momentum) * var
    else:
        mean, var = rm, rv
    std = np.sqrt(var + eps)
    xhat = (x - mean) / std
    y = gamma * xhat + beta
    return y.astype(float), rm.astype(float), rv.astype(float), (xhat, std, gamma)


def batchnorm_backward(dy, cache):
    xhat, std, gamma = cache
    (g,) = _f(dy)
    dgamma, dbeta = (g * xhat).sum(axis=0), g.sum(axis=0)
    n = np.float32(len(g))
    dx = gamma / std * (g - dbeta / n - xhat * dgamma / n)
    return dx.astype(float), dgamma.astype(float), dbeta.astype(float)


def layernorm_forward(x, gamma, beta, eps):
    x, gamma, beta, eps = _f(x, gamma, beta, eps)
    std = np.sqrt(x.var(axis=1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=1, keepdims=True)) / std
    return xhat * gamma + beta, (xhat, std, gamma)


def layernorm_backward(dy, cache):
    xhat, std, gamma = cache
    g = np.asarray(dy, np.float32) * gamma
    dx = (g - g.mean(axis=1, keepdims=True) - xhat * (g * xhat).mean(axis=1, keepdims=True)) / std
    return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)
