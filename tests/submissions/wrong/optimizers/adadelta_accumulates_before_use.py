# functions: adadelta
# wrong: adadelta
# about: the second accumulator is updated with the gradient and used at once
import numpy as np


def adadelta(w, g, state, rho, eps):
    s = state["s"] = rho * state.get("s", 0) + (1 - rho) * g**2
    u_old = state.get("u", 0)
    dx = -np.sqrt(u_old + eps) / np.sqrt(s + eps) * g
    u = state["u"] = rho * u_old + (1 - rho) * dx**2
    return w - np.sqrt(u + eps) / np.sqrt(s + eps) * g, state
