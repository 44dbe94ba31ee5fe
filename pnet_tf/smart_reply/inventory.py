"""The responses that may become replies: short, frequent and safe; and why the others may not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ..errors import InputError
from .names import Names
from .normal import best_surface
from .safety import LONG, MOST_CHARACTERS, MOST_WORDS, WORDLESS, Filter
from .words import WordList, read_words

LEAST_FEWEST = 3
FEWEST_MESSAGES = 3
PAIRS_OF_FEWEST = 50_000
MOST_REPLIES = 10_000
MOST_EXAMPLES = 20
"""Responses of each reason that are named."""
RARE, ONE_SIDED, BEYOND = "too rare", "to too few messages", "beyond the most replies"


class ResponseCounts(Protocol):
    """Exact counts of responses, as `counts.Counts` describes them; none depends on the order."""

    pairs: int
    long: int
    wordless: int

    def frequent(self, fewest: int) -> Iterator[tuple[str, int]]: ...  # noqa: D102
    def rare(self, fewest: int, examples: int) -> tuple[int, int, list[tuple[str, int]]]: ...  # noqa: D102
    def surfaces(self, key: str) -> Mapping[str, int]: ...  # noqa: D102
    def messages(self, key: str) -> int: ...  # noqa: D102
    def names(self) -> Names: ...  # noqa: D102


@dataclass(frozen=True)
class Response:
    """A kept response.

    `key`: its normal form. `text`: the surface form to show. `count`: pairs with it. `surfaces`:
    (form, count) of its safe surface forms, the most frequent first.
    """

    key: str
    text: str
    count: int
    surfaces: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Rejected:
    """What was thrown away for one reason: distinct responses, their pairs, (text, count) of some.

    Very long ones are not told apart: each pair counts as a response of its own. Texts are as they
    were found, with what makes them unfit to be shown.
    """

    reason: str
    responses: int
    pairs: int
    examples: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Inventory:
    """Kept responses, frequent first, ties by key; thrown away ones by reason, most pairs first.

    `pairs`: all that were counted. `covered`: share of them whose response is kept. `fewest`: the
    count that was needed. `names_checked`: whether the corpus told names by their capitals.
    """

    responses: tuple[Response, ...]
    rejected: tuple[Rejected, ...]
    pairs: int
    covered: float
    fewest: int
    names_checked: bool

    def places(self) -> dict[str, int]:
        """Key -> place in `responses`."""
        return {response.key: place for place, response in enumerate(self.responses)}


@dataclass
class _Bin:
    responses: int = 0
    pairs: int = 0
    examples: list[tuple[str, int]] = field(default_factory=list)

    def put(self, text: str, count: int) -> None:
        self.responses += 1
        self.pairs += count
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append((text, count))


def default_fewest(pairs: int) -> int:
    """Count that a response needs: one in PAIRS_OF_FEWEST pairs, at least LEAST_FEWEST."""
    return max(LEAST_FEWEST, pairs // PAIRS_OF_FEWEST)


def make_inventory(
    counts: ResponseCounts,
    *,
    fewest: int | None = None,
    fewest_messages: int = FEWEST_MESSAGES,
    most_words: int = MOST_WORDS,
    most_characters: int = MOST_CHARACTERS,
    most_replies: int = MOST_REPLIES,
    words: WordList | None = None,
) -> Inventory:
    """Keep the responses of `counts` that are counted `fewest` times and that `Filter` lets pass.

    `fewest` None: `default_fewest`. `fewest_messages`: different messages that a response must
    answer, for those to one are copies of one conversation. `words` None: the shipped list. Of a
    response, surface forms are judged one by one: it is kept when at least half of its count is
    safe, and shows the best of the safe ones. Raises InputError for numbers below 1 and when fewer
    than two responses are kept.
    """
    needed = default_fewest(counts.pairs) if fewest is None else fewest
    _check(fewest=needed, fewest_messages=fewest_messages, most_replies=most_replies)
    names = counts.names()
    judge = Filter(words or read_words(), names, most_words, most_characters)
    bins = _first_bins(counts, needed)
    kept: list[Response] = []
    for key, count in counts.frequent(needed):
        found, reason = _judged(key, count, counts.surfaces(key), judge)
        if found is not None and counts.messages(key) < fewest_messages:
            reason = ONE_SIDED
        elif found is not None and len(kept) < most_replies:
            kept.append(found)
            continue
        text = best_surface(counts.surfaces(key))
        bins.setdefault(reason or BEYOND, _Bin()).put(text, count)
    _check_kept(kept, bins, counts, needed, fewest_messages)
    covered = sum(response.count for response in kept) / counts.pairs
    rejected = tuple(_rejected(bins))
    return Inventory(tuple(kept), rejected, counts.pairs, covered, needed, names.usable)


def _judged(
    key: str, count: int, surfaces: Mapping[str, int], judge: Filter
) -> tuple[Response | None, str | None]:
    """The response of a key, or why it is none."""
    reasons = {text: judge.why_banned(text) for text in surfaces}
    safe = {text: n for text, n in surfaces.items() if reasons[text] is None}
    if 2 * sum(safe.values()) >= sum(surfaces.values()):
        return Response(key, best_surface(safe), count, tuple(safe.items())), None
    banned = {text: n for text, n in surfaces.items() if reasons[text] is not None}
    return None, reasons[best_surface(banned)]


def _first_bins(counts: ResponseCounts, fewest: int) -> dict[str, _Bin]:
    """What is thrown away without a look at it: rare, very long and empty responses."""
    responses, pairs, examples = counts.rare(fewest, MOST_EXAMPLES)
    shown = [(best_surface(counts.surfaces(key)), count) for key, count in examples]
    bins = {RARE: _Bin(responses, pairs, shown)} if responses else {}
    for reason, number in ((LONG, counts.long), (WORDLESS, counts.wordless)):
        if number:
            bins[reason] = _Bin(number, number)
    return bins


def _rejected(bins: dict[str, _Bin]) -> Iterator[Rejected]:
    for reason, found in sorted(bins.items(), key=lambda item: (-item[1].pairs, item[0])):
        yield Rejected(reason, found.responses, found.pairs, tuple(found.examples))


def _check(**values: int) -> None:
    for name, value in values.items():
        if type(value) is not int or value < 1:
            raise InputError(f"{name} must be a whole number of at least 1, got {value!r}")


def _check_kept(
    kept: list[Response], bins: dict[str, _Bin], counts: ResponseCounts, fewest: int, messages: int
) -> None:
    """Raise InputError unless at least two are kept: one reply is no choice."""
    if len(kept) >= 2:
        return
    highest = next(counts.frequent(1), (None, 0))[1]
    why = ", ".join(
        f"{found.responses} {reason}" for reason, found in sorted(bins.items()) if found.responses
    )
    found = f"only one response is kept, {kept[0].text!r}" if kept else "no response is kept"
    raise InputError(
        f"{found}; needed: two or more that occur at least {fewest} times; the most frequent of"
        f" {counts.pairs} pairs occurs {highest} times; thrown away: {why or 'none'};"
        f" {_advice(bins, fewest, messages)}"
    )


def _advice(bins: Collection[str], fewest: int, fewest_messages: int) -> str:
    """What to change, by the reasons that something was thrown away for."""
    few, sides = "fewest (--fewest)", "fewest_messages (--fewest-messages)"
    # each message is at least a pair
    rare = f"lower {few}" if fewest > fewest_messages else f"lower {few} and {sides}"
    changes = (
        (RARE, rare),
        (ONE_SIDED, "" if RARE in bins and sides in rare else f"lower {sides}"),
        (LONG, "raise most_words or most_characters (in Python)"),
        (BEYOND, "raise most_replies (in Python)"),
    )
    found = [change for reason, change in changes if change and reason in bins]
    return " or ".join(found) or "give more pairs"
