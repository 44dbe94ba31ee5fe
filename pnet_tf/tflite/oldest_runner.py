"""Child program: run a model in the Python of a venv that has only tflite-runtime and NumPy.

`oldest_runner.py MODEL INPUTS.npz OUTPUTS.npz RUNS XNNPACK`: INPUTS holds `inputs` [N, ...];
OUTPUTS gets one array `[N, ...]` for each output of the signature `serve`, and `us` [RUNS], the
microseconds of single invocations. It must run on Python 3.9.
"""

import sys
import time
from typing import Any

import numpy as np


def main() -> None:
    """Run every input once, then time `RUNS` invocations of the last one."""
    from tflite_runtime.interpreter import Interpreter, OpResolverType

    model, inputs_file, outputs_file, runs, xnnpack = sys.argv[1:]
    with np.load(inputs_file, allow_pickle=False) as stored:
        inputs = stored["inputs"]
    resolver = (
        OpResolverType.AUTO if int(xnnpack) else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    interpreter = Interpreter(model, num_threads=1, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    # Private, but the version is pinned; a signature runner would forbid plain `invoke`.
    signature = interpreter._get_full_signature_list()["serve"]
    (source,) = signature["inputs"].values()
    answers: dict[str, list[np.ndarray]] = {name: [] for name in sorted(signature["outputs"])}
    for example in inputs:
        interpreter.set_tensor(source, example[None])
        interpreter.invoke()
        for name, found in answers.items():
            found.append(interpreter.get_tensor(signature["outputs"][name]))
    results: dict[str, Any] = {name: np.concatenate(found) for name, found in answers.items()}
    microseconds = []
    for _ in range(int(runs)):
        started = time.perf_counter_ns()
        interpreter.invoke()
        microseconds.append((time.perf_counter_ns() - started) / 1000)
    results["us"] = np.array(microseconds)
    np.savez(outputs_file, **results)


if __name__ == "__main__":
    main()
