"""A sweep by the stand-in, in a process of its own that a test may kill."""

import sys

import pnet_tf.search.children as children
import pnet_tf.search.sweep as sweep
from pnet_tf.search.plan import Sweep

if __name__ == "__main__":
    children.PROGRAM = (sys.argv[1],)
    sweep._check_trainings = lambda data, plan: None  # it would load TensorFlow
    wanted = Sweep(points=((4, 4), (8, 4)), heads=("linear",), quantize=("dynamic",))
    sweep.search_bits("digits", sys.argv[2], wanted, jobs=1)
