# functions: batchnorm_forward
# wrong: batchnorm_forward
# about: subtracts the mean from x in place
import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    if not training:
        return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta, running_mean, running_var, None
    mu = x.mean(axis=0)
    x -= mu
    var = np.mean(x**2, axis=0)
    std = np.sqrt(var + eps)
    running_mean = momentum * running_mean + (1 - momentum) * mu
    running_var = momentum * running_var + (1 - momentum) * var
    return gamma * x / std + beta, running_mean, running_var, (x / std, std, gamma)
