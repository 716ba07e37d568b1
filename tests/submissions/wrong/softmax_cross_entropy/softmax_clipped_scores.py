# functions: softmax
# wrong: softmax
# about: clips the scores to [-50, 50] in place of shifting
import numpy as np


def softmax(z):
    e = np.exp(np.clip(z, -50, 50))
    return e / e.sum(axis=1, keepdims=True)
