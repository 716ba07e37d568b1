# functions: affine_forward, affine_backward, net_forward, net_backward
# about: products by broadcasting and summing an axis, bias gradients by a vector of ones
import numpy as np


def affine_forward(x, w, b):
    return (x[:, :, None] * w[None]).sum(axis=1) + b[None, :], dict(x=x, w=w)


def affine_backward(dy, cache):
    x, w = cache["x"], cache["w"]
    dx = (dy[:, None, :] * w[None]).sum(axis=2)
    dw = (x[:, :, None] * dy[:, None, :]).sum(axis=0)
    return dx, dw, np.ones(len(dy)) @ dy


def net_forward(x, w1, b1, w2, b2):
    h = np.tensordot(x, w1, axes=1) + b1
    r = (np.abs(h) + h) / 2
    return np.tensordot(r, w2, axes=1) + b2, dict(x=x, r=r, w2=w2)


def net_backward(dz, cache):
    x, r, w2 = cache["x"], cache["r"], cache["w2"]
    dh = np.tensordot(dz, w2, axes=(1, 1)) * np.sign(r)
    one = np.ones(len(dz))
    return np.tensordot(x, dh, axes=(0, 0)), one @ dh, np.tensordot(r, dz, axes=(0, 0)), one @ dz
