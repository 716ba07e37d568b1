# functions: momentum
# wrong: momentum
# about: one velocity for each shape in a module-level dict
import numpy as np


velocities = {}


def momentum(w, g, state, lr, beta):
    v = velocities.get(w.shape, np.zeros(w.shape))
    v = beta * v + (1 - beta) * g
    velocities[w.shape] = v
    return w - lr * v, state
