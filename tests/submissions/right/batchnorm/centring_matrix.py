# functions: batchnorm_forward, batchnorm_backward
# about: means as products with the centring matrix I - 1/n, results as transposed and read-only views
import numpy as np


def _centre(n):
    return np.eye(n) - np.full((n, n), 1.0 / n)


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    if not training:
        return ((x - running_mean) / np.sqrt(running_var + eps)) * gamma + beta, running_mean, running_var, None
    n = len(x)
    c = x - x[0]
    c = c - np.ones(n) @ c / n
    var = np.sum(c * c, axis=0) / n
    inv = 1 / np.sqrt(var + eps)
    mean = x[0] + np.sum(x - x[0], axis=0) / n
    y = np.ascontiguousarray((c * inv * gamma + beta).T).T
    y.flags.writeable = False
    return (
        y,
        momentum * running_mean + (1 - momentum) * mean,
        momentum * running_var + (1 - momentum) * var,
        {"h": c * inv, "inv": inv, "gamma": gamma},
    )


def batchnorm_backward(dy, cache):
    h, inv, gamma = cache["h"], cache["inv"], cache["gamma"]
    n = len(dy)
    through_mean = _centre(n) @ (dy * gamma)
    dgamma = np.sum(dy * h, axis=0)
    dx = (through_mean - h * (gamma * dgamma / n)) * inv
    return np.asfortranarray(dx), dgamma, dy.sum(axis=0)
