# functions: batchnorm_forward, batchnorm_backward, layernorm_forward, layernorm_backward
# about: Welford's one-pass mean and variance, which is stable
import numpy as np


def _welford(rows):
    mean = np.zeros(rows.shape[1])
    m2 = np.zeros(rows.shape[1])
    for count, row in enumerate(rows, start=1):
        delta = row - mean
        mean = mean + delta / count
        m2 = m2 + delta * (row - mean)
    return mean, m2 / len(rows)


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    if not training:
        return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta, running_mean, running_var, None
    mean, var = _welford(x)
    inv = 1 / np.sqrt(var + eps)
    cache = (x, mean, inv, gamma)
    mixed = [momentum * old + (1 - momentum) * new for old, new in ((running_mean, mean), (running_var, var))]
    return (x - mean) * inv * gamma + beta, mixed[0], mixed[1], cache


def batchnorm_backward(dy, cache):
    x, mean, inv, gamma = cache
    n = len(x)
    xhat = (x - mean) * inv
    dxhat = dy * gamma
    dvar = np.sum(dxhat * (x - mean), axis=0) * -0.5 * inv**3
    dmean = np.sum(dxhat * -inv, axis=0) + dvar * np.mean(-2.0 * (x - mean), axis=0)
    dx = dxhat * inv + dvar * 2.0 * (x - mean) / n + dmean / n
    return dx, np.sum(dy * xhat, axis=0), np.sum(dy, axis=0)


def layernorm_forward(x, gamma, beta, eps):
    mean, var = _welford(x.T)
    xhat = ((x.T - mean) / np.sqrt(var + eps)).T
    return xhat * gamma + beta, (xhat, np.sqrt(var + eps)[:, None], gamma)


def layernorm_backward(dy, cache):
    xhat, std, gamma = cache
    g = dy * gamma
    dx = (g - np.mean(g, axis=1, keepdims=True) - xhat * np.mean(g * xhat, axis=1, keepdims=True)) / std
    return dx, np.sum(dy * xhat, axis=0), np.sum(dy, axis=0)
