# functions: batchnorm_forward
# wrong: batchnorm_forward
# about: the running variance is mixed with the standard deviation
import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    if training:
        mu, std = x.mean(axis=0), np.sqrt(x.var(axis=0) + eps)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * std
    else:
        mu, std = running_mean, np.sqrt(running_var + eps)
    xhat = (x - mu) / std
    return gamma * xhat + beta, running_mean, running_var, (xhat, std, gamma)
