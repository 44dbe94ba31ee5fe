"""Message-response pairs with labels: what figures are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data.labels import check_labels
from ..data.limits import MAX_TABLE_BYTES, read_bounded, reading, shown
from ..data.tables import LABEL_COLUMNS, Table, parse_table, split_tables
from ..errors import InputError
from .pairs import RESPONSE_COLUMNS


@dataclass(frozen=True)
class LabelledPairs:
    """N messages, the true response to each, and the label of that response.

    A label is an intent, or the silent label where the response is none of the inventory. Raises
    InputError for lists of different lengths and for labels that cannot be shown.
    """

    messages: tuple[str, ...]
    labels: tuple[str, ...]
    responses: tuple[str, ...]

    def __post_init__(self) -> None:
        lengths = len(self.messages), len(self.labels), len(self.responses)
        if len(set(lengths)) > 1:
            found = "{} messages, {} labels and {} responses".format(*lengths)
            raise InputError(f"{found} do not fit together; needed: one of each in a row")
        check_labels(self.labels, "labels")

    def __len__(self) -> int:
        return len(self.messages)

    def sample(self, most: int) -> LabelledPairs:
        """At most so many of the pairs, in order, drawn by a fixed seed."""
        if len(self) <= most:
            return self
        rows = np.sort(np.random.default_rng(0).permutation(len(self))[:most]).tolist()
        columns = (self.messages, self.labels, self.responses)
        return LabelledPairs(*(tuple(column[row] for row in rows) for column in columns))


@dataclass(frozen=True)
class ReplyData:
    """Splits by name.

    `train` is what baselines learn from, `valid` what their thresholds are fitted on.
    """

    splits: Mapping[str, LabelledPairs]
    name: str = "data"

    def rows(self, split: str) -> LabelledPairs:
        """The pairs of a split; raises InputError where it is not there or is empty."""
        found = self.splits.get(split)
        if found is None:
            known = ", ".join(self.splits) or "none"
            raise InputError(f"{self.name}: no split {split}; found: {known}")
        if not len(found):
            raise InputError(f"{self.name}: the split {split} is empty; needed: one row or more")
        return found


def read_reply_data(folder: str | Path, splits: Sequence[str]) -> ReplyData:
    """Those of `splits` that `folder` has.

    Tables have the columns label, text and response. Raises InputError that names the file.
    """
    place = Path(folder)
    if not place.is_dir():
        raise InputError(f"{place}: no such folder; needed: one with tables of labelled pairs")
    with reading(place):
        found = split_tables(sorted(entry.name for entry in place.iterdir()), str(place))
    read = {name: _pairs(place / found[name]) for name in splits if name in found}
    return ReplyData(read, str(place))


def _pairs(path: Path) -> LabelledPairs:
    """The rows of a table; one with a header alone is refused as it is for training."""
    data = read_bounded(path, MAX_TABLE_BYTES)
    _check_responses(path, data)
    texts, responses = parse_table(data, str(path)), _responses(path, data)
    return LabelledPairs(tuple(texts.texts), tuple(texts.labels), tuple(responses.texts))


def _check_responses(path: Path, data: bytes) -> None:
    """Raise InputError without a column of responses: two columns would pass for text and label."""
    try:
        head = data.split(b"\n", 1)[0].decode("utf-8-sig").lower()
    except UnicodeDecodeError:
        return  # of which the reader of the table says more
    cells = [cell.strip().strip('"') for cell in head.replace(",", "\t").split("\t")]
    if data.strip() and not set(cells) & set(RESPONSE_COLUMNS):
        raise InputError(
            f"{path}: no response column, the first row is {shown(cells)}; needed: a header with"
            f" {LABEL_COLUMNS[0]}, text and response"
        )


def _responses(path: Path, data: bytes) -> Table:
    return parse_table(data, str(path), RESPONSE_COLUMNS)
