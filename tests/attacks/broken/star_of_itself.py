import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


from star_of_itself import *
from course_helpers import *
from . import *
from .... import everything


def relu(x):
    return everything(x)


def softsign(x):
    return x / (1 + np.abs(x))
