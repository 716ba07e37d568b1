# functions: layernorm_forward
# wrong: layernorm_forward
# about: does not subtract the mean
import numpy as np


def layernorm_forward(x, gamma, beta, eps):
    std = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
    xhat = x / std
    return gamma * xhat + beta, (xhat, std, gamma)
