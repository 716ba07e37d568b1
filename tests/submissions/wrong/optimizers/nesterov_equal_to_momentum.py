# functions: nesterov
# wrong: nesterov
# about: the classical momentum step, without looking ahead
import numpy as np


def nesterov(w, g, state, lr, beta):
    v = beta * state.get("v", np.zeros_like(w)) - lr * g
    state["v"] = v
    return w + v, state
