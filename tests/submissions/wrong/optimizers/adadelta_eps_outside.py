# functions: adadelta
# wrong: adadelta
# about: eps outside both roots
import numpy as np


def adadelta(w, g, state, rho, eps):
    s = state["s"] = rho * state.get("s", 0) + (1 - rho) * g**2
    u = state.get("u", 0)
    dx = -(np.sqrt(u) + eps) / (np.sqrt(s) + eps) * g
    state["u"] = rho * u + (1 - rho) * dx**2
    return w + dx, state
