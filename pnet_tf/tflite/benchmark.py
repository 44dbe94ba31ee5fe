"""How long one answer takes on this machine, beside a matrix product that anyone can repeat."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from .isolation import probe
from .model import check_model, read_file, serve_signature
from .probe import sample_inputs
from .runtime import Runtime, find_runtime

WARM_UP_RUNS = 20
REFERENCE_SIZE = 256


@dataclass(frozen=True)
class BenchmarkResult:
    """Milliseconds from raw input to scores (set input, invoke, get output), batch 1.

    `invoke_p50_ms` leaves out setting and getting. `arena_bytes` is the tensor memory that the
    runtime plans without XNNPACK. `reference_ms` is the median of a 256x256 float32 matrix product
    through the same runtime with the same threads; None when `flatbuffers` is not installed.
    """

    p50_ms: float
    p90_ms: float
    p99_ms: float
    mean_ms: float
    invoke_p50_ms: float
    arena_bytes: int
    runtime: str
    threads: int
    runs: int
    reference_ms: float | None


def benchmark(
    path: str | os.PathLike[str], *, runs: int = 1000, threads: int = 1, xnnpack: bool = True
) -> BenchmarkResult:
    """Time `runs` answers of the model in file `path` to random inputs, after a warm-up."""
    content = read_file(path)
    try:
        return benchmark_bytes(content, runs=runs, threads=threads, xnnpack=xnnpack)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def benchmark_bytes(
    content: bytes, *, runs: int = 1000, threads: int = 1, xnnpack: bool = True
) -> BenchmarkResult:
    """`benchmark` for the bytes of a file."""
    if runs < 1:
        raise InputError(f"runs must be 1 or more, got {runs}")
    metadata, model = check_model(content)
    runtime = find_runtime()
    arena_bytes = probe(content, runtime, threads=threads, xnnpack=False)
    if xnnpack:
        probe(content, runtime, threads=threads, xnnpack=True)
    spec = metadata.input_spec
    interpreter = runtime.interpreter(content, threads=threads, xnnpack=xnnpack)
    signature = serve_signature(model)
    inputs = sample_inputs((1, *spec.shape), np.dtype(spec.dtype), 8)
    ends = (signature.inputs[spec.name], list(signature.outputs.values()))
    whole = _times_ms(lambda run: _answer(interpreter, ends, inputs[run % len(inputs)]), runs)
    invoke = _times_ms(lambda run: interpreter.invoke(), runs)
    return BenchmarkResult(
        p50_ms=float(np.percentile(whole, 50)),
        p90_ms=float(np.percentile(whole, 90)),
        p99_ms=float(np.percentile(whole, 99)),
        mean_ms=float(whole.mean()),
        invoke_p50_ms=float(np.percentile(invoke, 50)),
        arena_bytes=arena_bytes,
        runtime=runtime.name,
        threads=threads,
        runs=runs,
        reference_ms=reference_ms(runtime, threads=threads, xnnpack=xnnpack),
    )


def reference_ms(
    runtime: Runtime, *, runs: int = 100, threads: int = 1, xnnpack: bool = True
) -> float | None:
    """Median milliseconds of one 256x256 by 256x256 float32 product; None without flatbuffers."""
    try:
        model = reference_model(REFERENCE_SIZE)
    except ImportError:
        return None
    interpreter = runtime.interpreter(model, threads=threads, xnnpack=xnnpack)
    shape = (REFERENCE_SIZE, REFERENCE_SIZE)
    interpreter.set_tensor(0, np.random.default_rng(0).normal(size=shape).astype(np.float32))
    return float(np.median(_times_ms(lambda run: interpreter.invoke(), runs)))


def reference_model(size: int) -> bytes:
    """A TFLite file of one FULLY_CONNECTED: input [size, size] times a fixed [size, size]."""
    from ai_edge_litert import schema_py_generated as schema

    from .flatbuffer import pack

    weights = np.random.default_rng(1).normal(size=(size, size)).astype(np.float32)
    graph = schema.SubGraphT()
    graph.tensors = [_float_tensor(schema, size, buffer) for buffer in (0, 1, 0)]
    graph.inputs, graph.outputs = np.array([0], np.int32), np.array([2], np.int32)
    graph.operators = [_fully_connected(schema)]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.FULLY_CONNECTED
    code.version = 1
    constant = schema.BufferT()
    constant.data = weights.view(np.uint8).ravel()
    model = schema.ModelT()
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    model.buffers = [schema.BufferT(), constant]
    return pack(model)


def _float_tensor(schema: Any, size: int, buffer: int) -> Any:
    tensor = schema.TensorT()
    tensor.shape, tensor.buffer = np.array([size, size], np.int32), buffer
    tensor.type = schema.TensorType.FLOAT32
    return tensor


def _fully_connected(schema: Any) -> Any:
    node = schema.OperatorT()
    node.opcodeIndex = 0
    node.inputs, node.outputs = np.array([0, 1, -1], np.int32), np.array([2], np.int32)
    node.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
    node.builtinOptions = schema.FullyConnectedOptionsT()
    return node


def _answer(interpreter: Any, ends: tuple[int, list[int]], value: np.ndarray) -> None:
    interpreter.set_tensor(ends[0], value)
    interpreter.invoke()
    for output in ends[1]:
        interpreter.get_tensor(output)


def _times_ms(step: Callable[[int], None], runs: int) -> np.ndarray:
    for run in range(WARM_UP_RUNS):
        step(run)
    times = np.empty(runs)
    for run in range(runs):
        started = time.perf_counter_ns()
        step(run)
        times[run] = time.perf_counter_ns() - started
    return times / 1e6
