"""Fixed random projections, by name."""

from collections.abc import Mapping

from .._keras import keras
from .dense import DenseProjection
from .local import LocalProjection
from .structured import StructuredProjection
from .text import TextProjection

PROJECTIONS: Mapping[str, type[keras.layers.Layer]] = {
    "dense": DenseProjection,
    "structured": StructuredProjection,
    "text": TextProjection,
    "local": LocalProjection,
}
