# functions: batchnorm_forward
# wrong: batchnorm_forward
# about: np.std with ddof=1, which is nan for one sample
import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    if training:
        mu, sigma = np.mean(x, axis=0), np.std(x, axis=0, ddof=1)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * sigma**2
        y = gamma * (x - mu) / np.sqrt(sigma**2 + eps) + beta
    else:
        y = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
    return y, running_mean, running_var, None
