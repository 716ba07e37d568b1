# functions: adadelta
# wrong: adadelta
# about: sqrt(eps) in the numerator at every step
import numpy as np


def adadelta(w, g, state, rho, eps):
    s = state["s"] = rho * state.get("s", 0) + (1 - rho) * g**2
    dx = -np.sqrt(eps) / np.sqrt(s + eps) * g
    return w + dx, state
