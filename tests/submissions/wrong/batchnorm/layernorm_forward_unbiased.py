# functions: layernorm_forward
# wrong: layernorm_forward
# about: np.std with ddof=1 over the features
import numpy as np


def layernorm_forward(x, gamma, beta, eps):
    d = x.shape[1]
    mean = x.mean(axis=1, keepdims=True)
    var = x.var(axis=1, keepdims=True) * d / max(d - 1, 1)
    xhat = (x - mean) / np.sqrt(var + eps)
    return gamma * xhat + beta, (xhat, np.sqrt(var + eps), gamma)
