"""Homework 1, part B: layers and a small network."""
import numpy as np
from common import one_hot, rows_sum, stable_sigmoid


# ----- affine -----

def affine_forward(x, w, b):
    y = np.dot(x, w) + b
    return y, (x, w)


def affine_backward(dy, cache):
    x, w = cache
    return np.dot(dy, w.T), np.dot(x.T, dy), rows_sum(dy)


# ----- two layers, one sample per row -----

def net_forward(x, w1, b1, w2, b2):
    hidden, cache1 = affine_forward(x, w1, b1)
    active = np.maximum(hidden, 0)
    z, cache2 = affine_forward(active, w2, b2)
    return z, {'hidden': hidden, 'first': cache1, 'second': cache2}


def net_backward(dz, cache):
    dactive, dw2, db2 = affine_backward(dz, cache['second'])
    dhidden = np.where(cache['hidden'] > 0, dactive, 0.0)
    _, dw1, db1 = affine_backward(dhidden, cache['first'])
    return dw1, db1, dw2, db2


def net_loss(x, y, w1, b1, w2, b2, reg):
    z, cache = net_forward(x, w1, b1, w2, b2)
    n, k = z.shape
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    data_loss = -np.sum(log_p * one_hot(y, k)) / n
    penalty = 0.5 * reg * (np.sum(w1 * w1) + np.sum(w2 * w2))

    dz = (np.exp(log_p) - one_hot(y, k)) / n
    dw1, db1, dw2, db2 = net_backward(dz, cache)
    return data_loss + penalty, dw1, db1, dw2, db2


# ----- the same with one sample per column -----

def column_forward(x, w1, b1, w2, b2):
    a1 = stable_sigmoid(w1 @ x + b1)
    a2 = stable_sigmoid(w2 @ a1 + b2)
    return a2, (x, a1, a2, w2)


def column_backward(y, cache):
    x, a1, a2, w2 = cache
    m = x.shape[1]
    dz2 = a2 - y
    dz1 = (w2.T @ dz2) * a1 * (1 - a1)
    dw1 = dz1 @ x.T / m
    dw2 = dz2 @ a1.T / m
    return dw1, dz1.mean(axis=1, keepdims=True), dw2, dz2.mean(axis=1, keepdims=True)


# ----- batch norm, layer norm -----

def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    if not training:
        xhat = (x - running_mean) / np.sqrt(running_var + eps)
        return gamma * xhat + beta, running_mean, running_var, None
    mu, var = x.mean(0), x.var(0)
    std = np.sqrt(var + eps)
    xhat = (x - mu) / std
    running_mean = momentum * running_mean + (1 - momentum) * mu
    running_var = momentum * running_var + (1 - momentum) * var
    return gamma * xhat + beta, running_mean, running_var, (xhat, std, gamma)


def batchnorm_backward(dy, cache):
    xhat, std, gamma = cache
    dgamma = np.sum(dy * xhat, axis=0)
    dbeta = np.sum(dy, axis=0)
    dxhat = dy * gamma
    dx = (dxhat - dxhat.mean(axis=0)) / std
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, eps):
    # same as batchnorm but without the running averages
    mu, var = x.mean(0), x.var(0)
    std = np.sqrt(var + eps)
    xhat = (x - mu) / std
    return gamma * xhat + beta, (xhat, std, gamma)


def layernorm_backward(dy, cache):
    xhat, std, gamma = cache
    g = dy * gamma
    dx = (g - g.mean(axis=1, keepdims=True) - xhat * (g * xhat).mean(axis=1, keepdims=True)) / std
    return dx, np.sum(dy * xhat, axis=0), np.sum(dy, axis=0)


# ----- dropout -----

def dropout_forward(x, p, rng, training):
    if not training:
        return x, None
    keep = (rng.random(np.shape(x)) >= p) / (1 - p)
    return x * keep, keep


def dropout_backward(dy, cache):
    if cache is None:
        return dy
    return dy * (cache > 0)


def l2_penalty(w, lam):
    return lam / 2 * np.sum(w ** 2), lam * w
