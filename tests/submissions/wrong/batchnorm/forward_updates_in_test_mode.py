# functions: batchnorm_forward
# wrong: batchnorm_forward
# about: the running statistics are updated in test mode too
import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    batch_mean, batch_var = x.mean(axis=0), x.var(axis=0)
    mu, var = (batch_mean, batch_var) if training else (running_mean, running_var)
    std = np.sqrt(var + eps)
    xhat = (x - mu) / std
    new_mean = momentum * running_mean + (1 - momentum) * batch_mean
    new_var = momentum * running_var + (1 - momentum) * batch_var
    return gamma * xhat + beta, new_mean, new_var, (xhat, std, gamma)
