# functions: batchnorm_forward
# wrong: batchnorm_forward
# about: takes the statistics over the features, which fits for square batches
import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    axis = 1 if x.shape[0] == x.shape[1] else 0
    if training:
        mu, var = x.mean(axis=axis), x.var(axis=axis)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
    else:
        mu, var = running_mean, running_var
    std = np.sqrt(var + eps)
    xhat = (x - mu) / std
    return gamma * xhat + beta, running_mean, running_var, (xhat, std, gamma)
