# functions: batchnorm_forward, batchnorm_backward, layernorm_forward, layernorm_backward
# about: means, variances and gradients by einsum
import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    if not training:
        scale = gamma / np.sqrt(running_var + eps)
        return np.einsum("nd,d->nd", x - running_mean, scale) + beta, running_mean, running_var, ()
    n = x.shape[0]
    mean = np.einsum("nd->d", x) / n
    centred = x - mean
    var = np.einsum("nd,nd->d", centred, centred) / n
    inv = (var + eps) ** -0.5
    xhat = np.einsum("nd,d->nd", centred, inv)
    new = momentum * running_mean + (1 - momentum) * mean, momentum * running_var + (1 - momentum) * var
    return np.einsum("nd,d->nd", xhat, gamma) + beta, *new, (xhat, inv, gamma)


def batchnorm_backward(dy, cache):
    xhat, inv, gamma = cache
    n = dy.shape[0]
    dgamma = np.einsum("nd,nd->d", dy, xhat)
    dbeta = np.einsum("nd->d", dy)
    inner = dy - dbeta / n - np.einsum("nd,d->nd", xhat, dgamma) / n
    return np.einsum("nd,d,d->nd", inner, gamma, inv), dgamma, dbeta


def layernorm_forward(x, gamma, beta, eps):
    d = x.shape[1]
    centred = x - np.einsum("nd->n", x)[:, None] / d
    inv = (np.einsum("nd,nd->n", centred, centred) / d + eps) ** -0.5
    xhat = np.einsum("nd,n->nd", centred, inv)
    return np.einsum("nd,d->nd", xhat, gamma) + beta, (xhat, inv, gamma)


def layernorm_backward(dy, cache):
    xhat, inv, gamma = cache
    g = np.einsum("nd,d->nd", dy, gamma)
    d = dy.shape[1]
    inner = g - (np.einsum("nd->n", g)[:, None] + np.einsum("nd,nd,ne->ne", g, xhat, xhat)) / d
    return np.einsum("nd,n->nd", inner, inv), np.einsum("nd,nd->d", dy, xhat), np.einsum("nd->d", dy)
