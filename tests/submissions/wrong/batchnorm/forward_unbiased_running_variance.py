# functions: batchnorm_forward
# wrong: batchnorm_forward
# about: the running variance mixes in the n - 1 version, as a well-known library does
import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    if training:
        n = x.shape[0]
        mu, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * n / (n - 1) if n > 1 else var
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * unbiased
    else:
        mu, var = running_mean, running_var
    std = np.sqrt(var + eps)
    xhat = (x - mu) / std
    return gamma * xhat + beta, running_mean, running_var, (xhat, std, gamma)
