# functions: batchnorm_forward, batchnorm_backward, layernorm_forward, layernorm_backward
# about: the simplified backward in one line, caches as dicts
import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    if training:
        mean, var = x.mean(axis=0), x.var(axis=0)
        new_mean = momentum * running_mean + (1 - momentum) * mean
        new_var = momentum * running_var + (1 - momentum) * var
    else:
        mean, var = running_mean, running_var
        new_mean, new_var = running_mean.copy(), running_var.copy()
    std = np.sqrt(var + eps)
    xhat = (x - mean) / std
    return gamma * xhat + beta, new_mean, new_var, {"xhat": xhat, "std": std, "gamma": gamma}


def batchnorm_backward(dy, cache):
    xhat, std, gamma = cache["xhat"], cache["std"], cache["gamma"]
    n = len(dy)
    dgamma, dbeta = (dy * xhat).sum(0), dy.sum(0)
    dx = gamma / (n * std) * (n * dy - dbeta - xhat * dgamma)
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, eps):
    std = np.sqrt(x.var(axis=1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=1, keepdims=True)) / std
    return gamma * xhat + beta, {"xhat": xhat, "std": std, "gamma": gamma}


def layernorm_backward(dy, cache):
    xhat, std, gamma = cache["xhat"], cache["std"], cache["gamma"]
    g = dy * gamma
    d = dy.shape[1]
    dx = (d * g - g.sum(1, keepdims=True) - xhat * (g * xhat).sum(1, keepdims=True)) / (d * std)
    return dx, (dy * xhat).sum(0), dy.sum(0)
