# functions: batchnorm_forward, batchnorm_backward
# wrong: batchnorm_backward
# about: dgamma sums dy * x
import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    if training:
        mean = x.mean(axis=0)
        var = x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
    else:
        mean, var = running_mean, running_var
    std = np.sqrt(var + eps)
    xhat = (x - mean) / std
    return gamma * xhat + beta, running_mean, running_var, (x, xhat, mean, var, std, gamma, eps)


def batchnorm_backward(dy, cache):
    x, xhat, mean, var, std, gamma, eps = cache
    n = dy.shape[0]
    dgamma, dbeta = np.sum(dy * xhat, axis=0), np.sum(dy, axis=0)
    dx = gamma / (n * std) * (n * dy - dbeta - xhat * dgamma)
    return dx, np.sum(dy * x, axis=0), dbeta
