# functions: batchnorm_forward, batchnorm_backward
# about: the cache is the function that computes the backward, per-feature work in a comprehension
import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    mean, var = (x.mean(0), ((x - x.mean(0)) ** 2).mean(0)) if training else (running_mean, running_var)
    s = 1 / np.sqrt(var + eps)
    h = (x - mean) * s

    def backward(dy):
        project = lambda g, u: g - g.mean() - u * (u @ g) / len(u)
        dx = np.array([gj * sj * project(d, u) for gj, sj, d, u in zip(gamma, s, dy.T, h.T)]).T
        return dx, (dy * h).sum(0), dy.sum(0)

    keep = momentum if training else 1.0
    new_mean = keep * running_mean + (1 - keep) * mean
    new_var = keep * running_var + (1 - keep) * var
    return h * gamma + beta, new_mean, new_var, backward


def batchnorm_backward(dy, cache):
    return cache(dy)
