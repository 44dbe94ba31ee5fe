"""Which TFLite runtime this Python has, and interpreters made with it."""

from dataclasses import dataclass
from importlib import import_module, metadata
from types import ModuleType
from typing import Any

from ..errors import InputError
from ..quiet import quiet_native

RUNTIMES = {
    "ai-edge-litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
    "tensorflow": "tensorflow.lite.python.interpreter",
}


@dataclass(frozen=True)
class Runtime:
    """An importable runtime: `name` such as `ai-edge-litert 2.3.0` and its interpreter module."""

    name: str
    module: ModuleType

    def interpreter(self, model: bytes, *, threads: int = 1, xnnpack: bool = True) -> Any:
        """Interpreter of `model` with its tensors allocated; call it only for checked files."""
        check_threads(threads)
        resolvers = self.module.OpResolverType
        resolver = resolvers.AUTO if xnnpack else resolvers.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        with quiet_native():
            interpreter = self.module.Interpreter(
                model_content=model, num_threads=threads, experimental_op_resolver_type=resolver
            )
            interpreter.allocate_tensors()
        return interpreter


def find_runtime() -> Runtime:
    """The first runtime that imports: ai-edge-litert, tflite-runtime, then TensorFlow's own."""
    for distribution, module in RUNTIMES.items():
        try:
            with quiet_native():
                imported = import_module(module)
        except (ImportError, OSError):
            continue
        return Runtime(f"{distribution} {_version(distribution)}", imported)
    raise InputError(
        "no TFLite runtime found: pip install 'pnet-tf[runtime]' (or ai-edge-litert), "
        f"or any of {', '.join(RUNTIMES)}"
    )


def check_threads(threads: int) -> None:
    """`InputError` unless `threads` is 1 or more."""
    if threads < 1:
        raise InputError(f"threads must be 1 or more, got {threads}")


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return str(getattr(import_module(distribution.replace("-", "_")), "__version__", "unknown"))
