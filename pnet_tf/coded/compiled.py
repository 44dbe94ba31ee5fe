"""Numba, loaded when a code or a product is computed and not before."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import ModuleType

from ..errors import InputError


@cache
def kernels() -> ModuleType:
    """The loops that read; raises InputError where Numba is not installed."""
    return _loaded("kernels")


@cache
def encoders() -> ModuleType:
    """The loops that write; raises InputError where Numba is not installed."""
    return _loaded("encoders")


def _loaded(name: str) -> ModuleType:
    try:
        return import_module(f".{name}", __package__)
    except ModuleNotFoundError as error:
        raise InputError(
            f"coded weights need the package {error.name}, which is not installed; "
            "pip install pnet-tf[compress]"
        ) from None
