"""What students hand in for the small course of `tests/conftest.py`."""

KERNELS = """
import numpy as np

def centre_forward(x, w):
    z = x - x.mean(0)
    return z * w, (z, w)

def centre_backward(dy, cache):
    z, w = cache
    dz = dy * w
    return dz - dz.mean(0), (dy * z).sum(0)

def momentum(w, g, state, lr=0.1, beta=0.9):
    v = beta * state.get("v", 0.0) + (1 - beta) * g
    return w - lr * v, {"v": v}

def jitter(x, p, rng):
    return x + p * rng.standard_normal(x.shape)

def argmax(z):
    return z.argmax(1)
"""
"""Right answers to all of its functions."""
