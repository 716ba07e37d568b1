# functions: l2_penalty
# wrong: l2_penalty
# about: the gradient is computed by scaling w itself
import numpy as np


def l2_penalty(w, lam):
    loss = 0.5 * lam * np.sum(np.square(w))
    w *= lam
    return loss, w
