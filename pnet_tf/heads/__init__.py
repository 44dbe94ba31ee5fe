"""Heads: what is learned between the projection's bits and the logits, by name."""

from collections.abc import Callable, Mapping

from .._keras import keras
from .bits import dense_head, linear_head
from .local import local_head
from .lookup import lookup_head
from .sequence import sequence_head

HEADS: Mapping[str, Callable[..., keras.Model]] = {
    "linear": linear_head,
    "dense": dense_head,
    "lookup": lookup_head,
    "sequence": sequence_head,
    "local": local_head,
}
