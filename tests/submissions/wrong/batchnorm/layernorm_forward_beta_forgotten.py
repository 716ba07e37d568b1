# functions: layernorm_forward
# wrong: layernorm_forward
# about: returns gamma * xhat
import numpy as np


def layernorm_forward(x, gamma, beta, eps):
    std = np.sqrt(x.var(axis=1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=1, keepdims=True)) / std
    return gamma * xhat, (xhat, std, gamma)
