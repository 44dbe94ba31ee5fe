"""Label names: which ones are allowed, how they are sorted and numbered."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import InputError
from .limits import shown

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
MOST_REPLY_CHARACTERS = 500
"""Characters of a reply: it is shown whole, as a suggestion."""
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs, by their category, that show nothing."""


def label_problem(label: object) -> str:
    """What is wrong with `label`, to be read after the place where it stands; "" when it is fine.

    Labels and replies are shown in terminals and lists, so they must be text, show something, and
    hold no control characters (C0, DEL, C1: escape sequences begin with one) or lone surrogates.
    """
    if not isinstance(label, str):
        return f"is {shown(label)}; allowed: text"
    if not label.strip():
        return "is empty; allowed: any other"
    if _CONTROL.search(label):
        return f"is {shown(label)}; allowed: text without control characters"
    if not any(map(_is_visible, label)):
        return f"is {shown(label)}, which shows nothing; allowed: any other"
    return ""


def check_labels(labels: Iterable[object], title: str) -> None:
    """Raise InputError "title[row] is ..." for the first label that is not allowed."""
    for row, label in enumerate(labels):
        if problem := label_problem(label):
            raise InputError(f"{title}[{row}] {problem}")


def given_labels(labels: Any, title: str) -> tuple[str, ...]:
    """`labels` as a tuple of text; raises InputError for what cannot be the names of classes."""
    if isinstance(labels, str | bytes) or not isinstance(labels, Iterable):
        raise InputError(f"{title} must be a list of text, got {shown(labels)}")
    found = tuple(labels)
    check_labels(found, title)
    if len(set(found)) != len(found):
        twice = next(label for label in found if found.count(label) > 1)
        raise InputError(f"{title} hold {shown(twice)} twice; allowed: once")
    return tuple(map(str, found))


def given_replies(replies: Any, title: str) -> dict[str, tuple[str, ...]]:
    """`replies` as lists of label; raises InputError for another form, one text say."""
    if not isinstance(replies, Mapping):
        raise InputError(f"{title} must map labels to lists, got {shown(replies)}")
    for label, texts in replies.items():
        if isinstance(texts, str | bytes) or not isinstance(texts, Iterable):
            raise InputError(
                f"{title} for {shown(label)} are {shown(texts)}; allowed: a list of text"
            )
    return {label: tuple(texts) for label, texts in replies.items()}


def check_replies(replies: Mapping[str, Sequence[str]], labels: Sequence[str], title: str) -> None:
    """Raise InputError for replies of a label that is not there, or that cannot be shown."""
    stray = sorted(set(replies) - set(labels), key=str)
    if stray:
        raise InputError(f"{title}: replies for {shown(stray[0])}; allowed: the labels of train")
    for label, texts in replies.items():
        for text in texts:
            if problem := label_problem(text) or _length_problem(text):
                raise InputError(f"{title}: a reply for {shown(label)} {problem}")


def sorted_labels(names: Iterable[str | None]) -> tuple[str, ...]:
    """The different names, sorted: as numbers when all of them look like numbers.

    None, an example without a label, is no name.
    """
    found = sorted({name for name in names if name is not None})
    if all(_NUMBER.fullmatch(name) for name in found):
        found.sort(key=float)
    return tuple(found)


def label_indices(names: np.ndarray, labels: Sequence[str]) -> np.ndarray:
    """Index of each name in `labels`, int64 [N]; -1 for None and a name that is not there."""
    index = {label: i for i, label in enumerate(labels)}
    return np.array([index.get(name, -1) for name in names.tolist()], dtype=np.int64)


def _length_problem(text: str) -> str:
    if len(text) <= MOST_REPLY_CHARACTERS:
        return ""
    return f"has {len(text):,} characters; allowed: at most {MOST_REPLY_CHARACTERS}"


def _is_visible(character: str) -> bool:
    # not the whole of C: an emoji newer than this Python's tables is unassigned to it
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp")
    return not hidden and character not in _BLANKS
