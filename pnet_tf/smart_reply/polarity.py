"""Yes and no among replies: the roles of intents, and replies that must not share one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..data.limits import shown
from ..errors import InputError
from ..files import read_text
from .normal import normal_form

DEFAULT_POLARITY = Path(__file__).with_name("polarity.txt")
LEAST_ROLE_SHARE = 0.5
"""Share of an intent's count, by replies of one role, that gives it this role."""
_KINDS = ("yes", "no", "never", "plain")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@dataclass(frozen=True)
class Polarity:
    """Replies that mean `yes` or `no`, words that negate (`never`; `*x` for all that end in x), and
    `plain` phrases that hold such a word and negate nothing; all in normal form.
    """

    yes: frozenset[str]
    no: frozenset[str]
    never: frozenset[str]
    plain: frozenset[str]

    def negates(self, key: str) -> bool:
        """Whether the reply of the normal form `key` holds a word that negates."""
        rest = self._plain.sub(" ", key)
        return any(map(self._is_negation, _WORD.findall(rest)))

    def kind(self, key: str) -> int:
        """0..3, 1 for one that negates and 2 for one that asks; each has intents of its own."""
        return int(self.negates(key)) + 2 * key.endswith("?")

    def role(self, counts: Mapping[str, int]) -> str | None:
        """Role of an intent of normal form -> count: what most of its count means, or None."""
        total = sum(counts.values())
        for role, keys in (("affirmative", self.yes), ("negative", self.no)):
            if sum(n for key, n in counts.items() if key in keys) > LEAST_ROLE_SHARE * total:
                return role
        return None

    @cached_property
    def _plain(self) -> re.Pattern[str]:
        longest = sorted(self.plain, key=lambda phrase: (-len(phrase), phrase))
        return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest))})\b" if longest else r"(?!)")

    def _is_negation(self, word: str) -> bool:
        ends = (entry[1:] for entry in self.never if entry.startswith("*"))
        return word in self.never or any(map(word.endswith, ends))


def read_polarity(path: str | Path | None = None) -> Polarity:
    """The lists in a file, or those shipped: lines `yes: reply`, `no: ...`, `never: ...`,
    `plain: ...`, and comments after `#`. Raises InputError that names the row.
    """
    place = DEFAULT_POLARITY if path is None else Path(path)
    found: dict[str, set[str]] = {kind: set() for kind in _KINDS}
    for row, line in enumerate(read_text(place).split("\n"), 1):
        text = line.partition("#")[0].strip()
        kind, colon, reply = (part.strip() for part in text.partition(":"))
        if text and not (colon and kind in _KINDS and reply):
            raise InputError(
                f"{place} row {row}: {shown(text)}; allowed: one of {', '.join(_KINDS)}, a colon, "
                "a reply"
            )
        if text:
            found[kind].add(reply if reply.startswith("*") else normal_form(reply))
    return Polarity(**{kind: frozenset(entries) for kind, entries in found.items()})
