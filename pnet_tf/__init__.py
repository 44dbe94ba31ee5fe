"""Projection networks: train beside a big teacher, hand out one tiny .tflite.

The public names load on first use, so `import pnet_tf` costs no TensorFlow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .data import load_dataset as load_dataset
    from .errors import InputError as InputError
    from .errors import WorkError as WorkError
    from .export.evaluate import evaluate_model as evaluate_model
    from .export.interpreter import load_model as load_model
    from .export.pipeline import export_run as export_run
    from .model import ProjectionNet as ProjectionNet
    from .model import build_student as build_student
    from .training import train as train

_MODULES = {
    "InputError": "errors",
    "ProjectionNet": "model",
    "WorkError": "errors",
    "build_student": "model",
    "evaluate_model": "export.evaluate",
    "export_run": "export.pipeline",
    "load_dataset": "data",
    "load_model": "export.interpreter",
    "train": "training",
}
"""The module, below this package, of each public name."""

__all__ = ["__version__", *_MODULES]


def __getattr__(name: str) -> Any:
    """Import the module of a public name on first use (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
