"""Child process that runs an untrusted model, so that a crash of the runtime ends only the child.

Run by file path, with nothing of pnet_tf importable: standard library, NumPy and a TFLite runtime.
Reads the model from standard input; the one argument is a JSON object with `module` (interpreter
module), `threads`, `xnnpack`, `runs` and `memory_bytes`; prints `{"arena_bytes": n}`.
"""

import contextlib
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

SLOT_BYTES = 64  # kDefaultTensorAlignment of TFLite's memory planner


def arena_bytes(interpreter: Any, model: bytes) -> int:
    """Bytes of tensor memory that the runtime planned: its arenas, constants of the file apart.

    The union of the address ranges of all allocated tensors, scratch tensors of the kernels
    included, each range rounded up to the 64-byte slots that the memory planner hands out.
    """
    start = np.frombuffer(model, np.uint8).__array_interface__["data"][0]
    slots = []
    for details in interpreter.get_tensor_details():
        with contextlib.suppress(ValueError):  # a tensor without memory, such as a delegated one
            view = interpreter.tensor(details["index"])()
            address, size = view.__array_interface__["data"][0], view.nbytes
            del view
            if size and not start <= address < start + len(model):
                slots.append((address, address + -(-size // SLOT_BYTES) * SLOT_BYTES))
    return union_length(slots)


def union_length(ranges: list[tuple[int, int]]) -> int:
    """Total length of the union of half-open integer ranges."""
    total, reached = 0, 0
    for start, end in sorted(ranges):
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return total


def sample_inputs(shape: tuple[int, ...], dtype: Any, runs: int) -> list[np.ndarray]:
    """The smallest value everywhere, the largest (1 for floats), then random ones."""
    rng = np.random.default_rng(0)
    if np.issubdtype(dtype, np.integer):
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        drawn = [rng.integers(low, high, shape, dtype, endpoint=True) for _ in range(runs)]
        return [np.full(shape, low, dtype), np.full(shape, high, dtype), *drawn]
    drawn = [rng.normal(size=shape).astype(dtype) for _ in range(runs)]
    return [np.zeros(shape, dtype), np.ones(shape, dtype), *drawn]


def limit_memory(extra_bytes: int) -> None:
    """Let this process map at most `extra_bytes` more than now; where the system can do so."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        mapped = pages * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (mapped + extra_bytes, mapped + extra_bytes))


def main() -> None:
    """Allocate, invoke on a few inputs, report."""
    options = json.loads(sys.argv[1])
    model = sys.stdin.buffer.read()
    module = import_module(options["module"])
    limit_memory(options["memory_bytes"])
    resolvers = module.OpResolverType
    interpreter = module.Interpreter(
        model_content=model,
        num_threads=options["threads"],
        experimental_op_resolver_type=(
            resolvers.AUTO if options["xnnpack"] else resolvers.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        ),
    )
    interpreter.allocate_tensors()
    details = interpreter.get_input_details()[0]
    for value in sample_inputs(tuple(details["shape"]), details["dtype"], options["runs"]):
        interpreter.set_tensor(details["index"], value)
        interpreter.invoke()
        for output in interpreter.get_output_details():
            interpreter.get_tensor(output["index"])
    sys.stdout.write(json.dumps({"arena_bytes": arena_bytes(interpreter, model)}) + "\n")


if __name__ == "__main__":
    main()
