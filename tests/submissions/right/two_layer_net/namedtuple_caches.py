# functions: affine_forward, affine_backward, net_forward, net_backward
# about: caches as namedtuples, ReLU mask kept as Booleans
from collections import namedtuple

import numpy as np

AffineCache = namedtuple("AffineCache", "x w")
NetCache = namedtuple("NetCache", ["x", "mask", "hidden", "w2"])


def affine_forward(x, w, b):
    return x @ w + b, AffineCache(x, w)


def affine_backward(dy, cache):
    return dy @ cache.w.T, cache.x.T @ dy, dy.sum(axis=0)


def net_forward(x, w1, b1, w2, b2):
    pre = x @ w1 + b1
    mask = pre > 0
    hidden = pre * mask
    return hidden @ w2 + b2, NetCache(x=x, mask=mask, hidden=hidden, w2=w2)


def net_backward(dz, cache):
    dpre = (dz @ cache.w2.T) * cache.mask
    return cache.x.T @ dpre, dpre.sum(0), cache.hidden.T @ dz, dz.sum(0)
