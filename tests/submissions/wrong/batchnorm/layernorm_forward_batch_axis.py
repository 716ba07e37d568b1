# functions: layernorm_forward
# wrong: layernorm_forward
# about: normalises over the batch
import numpy as np


def layernorm_forward(x, gamma, beta, eps):
    mean, var = x.mean(axis=0), x.var(axis=0)
    std = np.sqrt(var + eps)
    xhat = (x - mean) / std
    return gamma * xhat + beta, (xhat, std, gamma)
