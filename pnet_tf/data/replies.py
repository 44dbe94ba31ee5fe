"""replies.json beside the tables of a folder: the texts of each label, and what it is for.

{"yes": {"replies": ["Yes", "Sure"], "role": "affirmative"}, "none": {"role": "silent"}}
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import InputError
from .limits import shown

REPLIES_FILE = "replies.json"
ROLES = ("affirmative", "negative", "silent")
Replies = Mapping[str, tuple[str, ...]]
Roles = Mapping[str, str]


def parse_replies(text: str, title: str) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Label -> texts and label -> role of the JSON `text`; a label without texts has no entry.

    Raises InputError that begins with `title`. Whether labels exist and texts can be shown is
    checked with the data.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(f"{title} is not JSON") from None
    if not isinstance(found, dict):
        raise InputError(f"{title} is {shown(found)}; allowed: an object of labels")
    entries = {label: _entry(value, f"{title}: {shown(label)}") for label, value in found.items()}
    texts = {label: texts for label, (texts, _) in entries.items() if texts}
    return texts, {label: role for label, (_, role) in entries.items() if role is not None}


def replies_text(replies: Mapping[str, Sequence[str]], roles: Roles) -> str:
    """The JSON that `parse_replies` reads, one label a line."""
    labels = [*replies, *(label for label in roles if label not in replies)]
    lines = [f"{json.dumps(x, ensure_ascii=False)}: {_line(x, replies, roles)}" for x in labels]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def check_roles(roles: Any, labels: Sequence[str], title: str) -> dict[str, str]:
    """`roles`; raises InputError for a label that is not there and for another role."""
    if not isinstance(roles, Mapping):
        raise InputError(f"{title}: roles must map labels to roles, got {shown(roles)}")
    for label, role in roles.items():
        if label not in labels:
            raise InputError(f"{title}: a role for {shown(label)}; allowed: the labels of train")
        if role not in ROLES:
            raise InputError(
                f"{title}: the role of {shown(label)} is {shown(role)}; allowed: {', '.join(ROLES)}"
            )
    return dict(roles)


def _entry(value: Any, title: str) -> tuple[tuple[str, ...], str | None]:
    if not isinstance(value, dict) or set(value) - {"replies", "role"}:
        raise InputError(f"{title} is {shown(value)}; allowed: an object of replies and role")
    texts = value.get("replies", [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InputError(f"{title}: replies are {shown(texts)}; allowed: a list of text")
    return tuple(texts), value.get("role")


def _line(label: str, replies: Mapping[str, Sequence[str]], roles: Roles) -> str:
    role = {"role": roles[label]} if label in roles else {}
    return json.dumps({"replies": list(replies.get(label, ())), **role}, ensure_ascii=False)
