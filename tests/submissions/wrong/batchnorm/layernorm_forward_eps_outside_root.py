# functions: layernorm_forward
# wrong: layernorm_forward
# about: divides by the standard deviation plus eps
import numpy as np


def layernorm_forward(x, gamma, beta, eps):
    mean = x.mean(axis=-1, keepdims=True)
    std = x.std(axis=-1, keepdims=True) + eps
    xhat = (x - mean) / std
    return gamma * xhat + beta, (xhat, std, gamma)
