# functions: batchnorm_forward, batchnorm_backward, layernorm_forward, layernorm_backward
# about: one operation per line and its gradient in reverse, everything kept in a tuple
import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    if not training:
        xhat = (x - running_mean) / np.sqrt(running_var + eps)
        return gamma * xhat + beta, running_mean, running_var, None
    n = x.shape[0]
    mu = 1.0 / n * np.sum(x, axis=0)
    xmu = x - mu
    sq = xmu**2
    var = 1.0 / n * np.sum(sq, axis=0)
    root = np.sqrt(var + eps)
    inv = 1.0 / root
    xhat = xmu * inv
    out = gamma * xhat + beta
    running_mean = momentum * running_mean + (1 - momentum) * mu
    running_var = momentum * running_var + (1 - momentum) * var
    return out, running_mean, running_var, (xhat, gamma, xmu, inv, root, var, eps)


def batchnorm_backward(dy, cache):
    xhat, gamma, xmu, inv, root, var, eps = cache
    n, d = dy.shape
    dbeta = np.sum(dy, axis=0)
    dgamma = np.sum(dy * xhat, axis=0)
    dxhat = dy * gamma
    dinv = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * inv
    droot = -1.0 / root**2 * dinv
    dvar = 0.5 / np.sqrt(var + eps) * droot
    dsq = 1.0 / n * np.ones((n, d)) * dvar
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -np.sum(dxmu1 + dxmu2, axis=0)
    dx2 = 1.0 / n * np.ones((n, d)) * dmu
    return dx1 + dx2, dgamma, dbeta


def layernorm_forward(x, gamma, beta, eps):
    y, _, _, cache = batchnorm_forward(x.T, 1.0, 0.0, 0.0, 0.0, 0.0, eps, True)
    return gamma * y.T + beta, (cache, gamma)


def layernorm_backward(dy, cache):
    inner, gamma = cache
    dxt, _, _ = batchnorm_backward((dy * gamma).T, inner)
    return dxt.T, np.sum(dy * inner[0].T, axis=0), np.sum(dy, axis=0)
