import os
import time

import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def start():
    if os.fork() == 0:
        time.sleep(3)
        os._exit(0)


started = start()


def relu(x):
    return np.maximum(x, 0)
