# functions: affine_forward, affine_backward
# wrong: affine_backward
# about: forward and backward talk through globals, so that an older cache gives the newest gradient
import numpy as np

last_x = None
last_w = None


def affine_forward(x, w, b):
    global last_x, last_w
    last_x, last_w = x, w
    return x @ w + b, None


def affine_backward(dy, cache):
    return dy @ last_w.T, last_x.T @ dy, dy.sum(axis=0)
