"""Engines of a building by name."""

from __future__ import annotations

from ..data.limits import shown
from ..errors import InputError
from .engine import Engine
from .local import LocalEngine

ENGINES = ("scipy", "spark")
_NEEDED = {"pyspark", "py4j", "pyarrow", "pandas"}


def make_engine(engine: Engine | str | None) -> Engine:
    """The engine of a name, the first of ENGINES for None; an engine as it is.

    Raises InputError for another name, and for spark where its packages are not installed.
    """
    if engine is None or engine == "scipy":
        return LocalEngine()
    if not isinstance(engine, str):
        return engine
    if engine != "spark":
        raise InputError(f"engine is {shown(engine)}; allowed: {', '.join(ENGINES)}")
    try:
        from .spark.work import SparkEngine
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _NEEDED:
            raise
        raise InputError(
            f"the engine spark needs the package {error.name}, which is not installed; "
            "install pnet-tf[spark]"
        ) from None
    return SparkEngine()
