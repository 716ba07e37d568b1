# functions: batchnorm_forward
# wrong: batchnorm_forward
# about: scales and shifts x itself when not training
import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    if not training:
        return gamma * x + beta, running_mean, running_var, None
    mu, var = x.mean(axis=0), x.var(axis=0)
    std = np.sqrt(var + eps)
    xhat = (x - mu) / std
    running_mean = momentum * running_mean + (1 - momentum) * mu
    running_var = momentum * running_var + (1 - momentum) * var
    return gamma * xhat + beta, running_mean, running_var, (xhat, std, gamma)
