# functions: batchnorm_forward
# wrong: batchnorm_forward
# about: divides by n - 1
import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    if not training:
        return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta, running_mean, running_var, None
    n = x.shape[0]
    mu = x.mean(axis=0)
    var = ((x - mu) ** 2).sum(axis=0) / max(n - 1, 1)
    xhat = (x - mu) / np.sqrt(var + eps)
    rm = momentum * running_mean + (1 - momentum) * mu
    rv = momentum * running_var + (1 - momentum) * var
    return gamma * xhat + beta, rm, rv, (xhat, gamma, var, eps)
