# functions: momentum, nesterov, adagrad, rmsprop, adam
# about: state under integers, tuples and enum members
from enum import Enum

import numpy as np


class Slot(Enum):
    FIRST = "m"
    SECOND = "v"


def momentum(w, g, state, lr, beta):
    state[0] = beta * state.get(0, 0) + (1 - beta) * g
    return w - lr * state[0], state


def nesterov(w, g, state, lr, beta):
    old = state.get(("v", id), np.zeros(np.shape(w)))
    state[("v", id)] = new = beta * old - lr * g
    return w - beta * old + new + beta * new, state


def adagrad(w, g, state, lr, eps):
    state[None] = state.get(None, 0) + g * g
    return w - lr * g / (eps + state[None] ** 0.5), state


def adam(w, g, state, lr, beta1, beta2, eps):
    if not state:
        state = {Slot.FIRST: np.zeros_like(w), Slot.SECOND: np.zeros_like(w), 1: 1.0, 2: 1.0}
    state[1] *= beta1
    state[2] *= beta2
    state[Slot.FIRST] = beta1 * state[Slot.FIRST] + (1 - beta1) * g
    state[Slot.SECOND] = beta2 * state[Slot.SECOND] + (1 - beta2) * g * g
    m = state[Slot.FIRST] / (1 - state[1])
    v = state[Slot.SECOND] / (1 - state[2])
    return w - lr * m / (np.sqrt(v) + eps), state


def rmsprop(w, g, state, lr, beta, eps):
    state[1.5] = beta * state.get(1.5, 0.0) + (1 - beta) * g * g
    return w - lr * g / (np.sqrt(state[1.5]) + eps), state
