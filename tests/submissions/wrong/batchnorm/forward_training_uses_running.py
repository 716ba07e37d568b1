# functions: batchnorm_forward
# wrong: batchnorm_forward
# about: normalises with the freshly updated running statistics in training
import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    if training:
        running_mean = momentum * running_mean + (1 - momentum) * x.mean(axis=0)
        running_var = momentum * running_var + (1 - momentum) * x.var(axis=0)
    std = np.sqrt(running_var + eps)
    xhat = (x - running_mean) / std
    return gamma * xhat + beta, running_mean, running_var, (xhat, std, gamma)
