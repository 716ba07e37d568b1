# functions: batchnorm_forward
# wrong: batchnorm_forward
# about: keeps the running statistics in a module-level dict and ignores the arguments after the first call
import numpy as np

statistics = {}


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    rm = statistics.get(x.shape[1], (running_mean, running_var))[0]
    rv = statistics.get(x.shape[1], (running_mean, running_var))[1]
    if training:
        mu, var = x.mean(axis=0), x.var(axis=0)
        rm = momentum * rm + (1 - momentum) * mu
        rv = momentum * rv + (1 - momentum) * var
    else:
        mu, var = rm, rv
    statistics[x.shape[1]] = rm, rv
    std = np.sqrt(var + eps)
    xhat = (x - mu) / std
    return gamma * xhat + beta, rm, rv, (xhat, std, gamma)
