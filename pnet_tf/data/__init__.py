"""Readers of labelled data: every form of DATA becomes one `Dataset`."""

from .builtin import BUILTIN_NAMES
from .fingerprint import data_sha256, split_sha256
from .formats import Format
from .hidden import hide_labels
from .images import decode_image, read_image
from .load import load_dataset, load_split, read_source
from .memory import make_dataset
from .sources import describe_formats
from .spec import KINDS, Encoded, InputSpec
from .text import EncodedText, encode_text
from .types import TASKS, Dataset, Part, Source, Split
from .undivided import Undivided

__all__ = [
    "BUILTIN_NAMES",
    "Dataset",
    "Encoded",
    "EncodedText",
    "Format",
    "InputSpec",
    "KINDS",
    "Part",
    "Source",
    "Split",
    "TASKS",
    "Undivided",
    "data_sha256",
    "decode_image",
    "describe_formats",
    "encode_text",
    "hide_labels",
    "load_dataset",
    "load_split",
    "make_dataset",
    "read_image",
    "read_source",
    "split_sha256",
]
