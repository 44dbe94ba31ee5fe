"""Numba, loaded when a code or a product is computed and not before."""

from __future__ import annotations

from functools import cache
from types import ModuleType

from ..errors import InputError


@cache
def kernels() -> ModuleType:
    """The module of compiled loops; raises InputError where Numba is not installed."""
    try:
        from . import kernels as loops
    except ModuleNotFoundError as error:
        raise InputError(
            f"coded weights need the package {error.name}, which is not installed; "
            "pip install pnet-tf[compress]"
        ) from None
    return loops
