# functions: batchnorm_forward, batchnorm_backward, layernorm_forward, layernorm_backward
# about: loops over columns and samples with plain floats
import math

import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    n, d = x.shape
    y = np.zeros((n, d))
    xhat = np.zeros((n, d))
    stds = np.zeros(d)
    new_mean, new_var = np.zeros(d), np.zeros(d)
    for j in range(d):
        if training:
            m = 0.0
            for i in range(n):
                m += x[i, j]
            m /= n
            v = 0.0
            for i in range(n):
                v += (x[i, j] - m) ** 2
            v /= n
            new_mean[j] = momentum * running_mean[j] + (1 - momentum) * m
            new_var[j] = momentum * running_var[j] + (1 - momentum) * v
        else:
            m, v = running_mean[j], running_var[j]
            new_mean[j], new_var[j] = m, v
        stds[j] = math.sqrt(v + eps)
        for i in range(n):
            xhat[i, j] = (x[i, j] - m) / stds[j]
            y[i, j] = gamma[j] * xhat[i, j] + beta[j]
    return y, new_mean, new_var, (xhat, stds, gamma)


def batchnorm_backward(dy, cache):
    xhat, stds, gamma = cache
    n, d = dy.shape
    dx, dgamma, dbeta = np.zeros((n, d)), np.zeros(d), np.zeros(d)
    for j in range(d):
        for i in range(n):
            dgamma[j] += dy[i, j] * xhat[i, j]
            dbeta[j] += dy[i, j]
        for i in range(n):
            dx[i, j] = gamma[j] / stds[j] * (dy[i, j] - dbeta[j] / n - xhat[i, j] * dgamma[j] / n)
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, eps):
    n, d = x.shape
    y, xhat, stds = np.zeros((n, d)), np.zeros((n, d)), []
    for i in range(n):
        m = math.fsum(x[i]) / d
        v = math.fsum((a - m) ** 2 for a in x[i]) / d
        stds.append(math.sqrt(v + eps))
        for j in range(d):
            xhat[i, j] = (x[i, j] - m) / stds[i]
            y[i, j] = gamma[j] * xhat[i, j] + beta[j]
    return y, [xhat, stds, gamma]


def layernorm_backward(dy, cache):
    xhat, stds, gamma = cache
    n, d = dy.shape
    dx = np.zeros((n, d))
    for i in range(n):
        g = [dy[i, j] * gamma[j] for j in range(d)]
        a = sum(g) / d
        b = sum(g[j] * xhat[i, j] for j in range(d)) / d
        for j in range(d):
            dx[i, j] = (g[j] - a - xhat[i, j] * b) / stds[i]
    dgamma = [sum(dy[i, j] * xhat[i, j] for i in range(n)) for j in range(d)]
    dbeta = [sum(dy[i, j] for i in range(n)) for j in range(d)]
    return dx, np.array(dgamma), np.array(dbeta)
