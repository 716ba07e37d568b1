# functions: softplus
# wrong: softplus
# about: returns x above 5, which drops a tail of up to 0.0067
import numpy as np


def softplus(x):
    return np.where(x > 5, x, np.log1p(np.exp(np.minimum(x, 5))))
