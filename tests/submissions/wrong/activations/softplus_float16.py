# functions: softplus
# wrong: softplus
# about: computes in half precision
import numpy as np


def softplus(x):
    h = np.clip(x, -60000, 60000).astype(np.float16)
    return (np.maximum(h, 0) + np.log1p(np.exp(-np.abs(h)))).astype(float)
