"""Eight messages with given scores, whose every figure can be worked out by hand."""

import numpy as np

from pnet_tf.smart_reply.labelled import LabelledPairs, ReplyData
from pnet_tf.tflite.ranking import Ranking
from tests.tflite.small_models import text_metadata

LABELS = ("yes", "no", "thanks", "later", "no_reply")
REPLIES = {"yes": ("Yes",), "no": ("No",), "thanks": ("Thanks",), "later": ("Later",)}
RANKING = Ranking(threshold=0.4, silent=("no_reply",))
ROWS = (
    ("a", "yes", (0.6, 0.2, 0.1, 0.05, 0.05)),
    ("b", "no", (0.5, 0.3, 0.1, 0.05, 0.05)),
    ("c", "later", (0.45, 0.25, 0.2, 0.05, 0.05)),
    ("d", "yes", (0.3, 0.3, 0.2, 0.1, 0.1)),
    ("e", "no_reply", (0.1, 0.1, 0.1, 0.1, 0.6)),
    ("f", "no_reply", (0.5, 0.1, 0.1, 0.1, 0.2)),
    ("g", "thanks", (0.0, 0.0, 0.9, 0.0, 0.1)),
    ("h", "no_reply", (0.2, 0.2, 0.1, 0.1, 0.4)),
)
"""Message, label, scores."""
RESPONSES = ("Yes.", "No!", "Later", "Sure, yes", "Blue sky", "Red house", "Thanks", "Green tea")


class GivenScores:
    """A model that says what it is told to."""

    size_bytes, runtime = 1234, "none"

    def __init__(self, scores=None, **changes):
        values = {"labels": LABELS, "replies": REPLIES, "ranking": RANKING} | changes
        self.metadata = text_metadata(**values)
        self._scores = scores or {message: given for message, _, given in ROWS}

    def scores(self, inputs):
        messages = [bytes(row).rstrip(b"\0").decode() for row in inputs]
        return np.array([self._scores[message] for message in messages], np.float32)


def eight(**changes):
    """The rows as `LabelledPairs`, with `changes`."""
    messages, labels, _ = zip(*ROWS, strict=True)
    values = {"messages": messages, "labels": labels, "responses": RESPONSES}
    return LabelledPairs(**(values | changes))


def data(**splits):
    """`ReplyData` whose splits are the eight rows, or as given; None leaves one out."""
    values = {"train": eight(), "valid": eight(), "test": eight()} | splits
    return ReplyData({name: rows for name, rows in values.items() if rows is not None},
                     {"yes": "yes", "no": "no", "thanks": "thanks", "later": "later"})  # fmt: skip
