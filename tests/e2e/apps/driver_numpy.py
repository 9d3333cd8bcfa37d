"""numpy: products of matrices until another request says that it is enough."""

import threading

import numpy
from functions import application, ping

enough = threading.Event()
counting = threading.Lock()
counts = [0, 0]


def multiply(who):
    matrix = numpy.random.default_rng(1).random((300, 300))
    expected = matrix @ matrix
    while not enough.is_set():
        if not (matrix @ matrix == expected).all():
            return "wrong"
        counts[int(who)] += 1
    return "right"


def products():
    return counts


def stop():
    enough.set()


app = application(ping, multiply, products, stop)
