# functions: batchnorm_forward
# wrong: batchnorm_forward
# about: E[x^2] - E[x]^2 in float32, which cancels, and may turn negative, where the mean is far larger than the spread
import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    if training:
        x = x.astype(np.float32)
        mu = x.mean(axis=0)
        var = np.mean(x**2, axis=0) - mu**2
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    else:
        mu, var = running_mean, running_var
    std = np.sqrt(var + eps)
    xhat = (x - mu) / std
    return gamma * xhat + beta, running_mean, running_var, (xhat, std, gamma)
