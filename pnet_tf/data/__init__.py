"""Readers of labelled data: every form of DATA becomes one `Dataset`."""

from .builtin import BUILTIN_NAMES
from .images import decode_image, read_image
from .load import load_dataset, load_split
from .text import EncodedText, encode_text
from .types import Dataset, Split

__all__ = [
    "BUILTIN_NAMES",
    "Dataset",
    "EncodedText",
    "Split",
    "decode_image",
    "encode_text",
    "load_dataset",
    "load_split",
    "read_image",
]
