# functions: layernorm_forward
# wrong: layernorm_forward
# about: the row statistics lack keepdims and run along the columns of square inputs
import numpy as np


def layernorm_forward(x, gamma, beta, eps):
    mean, var = x.mean(axis=1), x.var(axis=1)
    if x.shape[0] != x.shape[1]:
        mean, var = mean[:, None], var[:, None]
    std = np.sqrt(var + eps)
    xhat = (x - mean) / std
    return gamma * xhat + beta, (xhat, std, gamma)
