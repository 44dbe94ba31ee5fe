"""Child of `runtimes.py`: median invocation of model files in this Python's TFLite runtime.

`one_runtime.py RUNS MODEL...` prints one JSON list of milliseconds, one thread, XNNPACK as the
runtime has it by default. It must run on Python 3.9 with nothing but NumPy and a runtime.
"""

import json
import statistics
import sys
import time

import numpy as np

try:
    from ai_edge_litert.interpreter import Interpreter
except ImportError:
    from tflite_runtime.interpreter import Interpreter

WARM_UP_RUNS = 20


def invoke_ms(path: str, runs: int) -> float:
    """Median milliseconds of one invocation with random input."""
    interpreter = Interpreter(path, num_threads=1)
    interpreter.allocate_tensors()
    (source,) = interpreter.get_input_details()
    value = np.random.default_rng(0).integers(32, 127, source["shape"])
    interpreter.set_tensor(source["index"], value.astype(source["dtype"]))
    times = []
    for _ in range(WARM_UP_RUNS + runs):
        started = time.perf_counter_ns()
        interpreter.invoke()
        times.append((time.perf_counter_ns() - started) / 1e6)
    return statistics.median(times[WARM_UP_RUNS:])


if __name__ == "__main__":
    print(json.dumps([invoke_ms(path, int(sys.argv[1])) for path in sys.argv[2:]]))
