"""Reads the grammar of messages and responses, and expands its templates.

A template is text with choices in parentheses, `(grab|get|) lunch`, and slots in braces, `{food}`.
A slot is filled once a pair, so that the response can name what the message named; `{food2}` is
another value of the same slot. The files, in which `#` starts a comment line:

    slots.txt     name: value | value | ...           every value is itself a template
    replies.txt   intent [emoji]: form | form | ...   short replies, the most frequent form first
    topics_*.txt  == topic weight emoji               a topic, its share of the pairs
                  -- intent:weight ... spec=20        a group: how its messages are answered
                  message template                    a line each
                  >> response template                specific responses, spec percent of the pairs
                  message => response                 a pair of its own, specific
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

FOLDER = Path(__file__).parent
SPECIFIC_PERCENT = 20.0
_CHOICE = re.compile(r"\(([^()]*)\)")
_SLOT = re.compile(r"\{(\w+)\}")
_BEFORE_MARK = re.compile(r" +(?=[,.!?](?:\s|$))")
_BEFORE_VOWEL = re.compile(r"\ba(?= (?:[aeio]|um))")
T = TypeVar("T")


@dataclass(frozen=True)
class Reply:
    """An intent of short replies: surface forms by falling frequency, and emoji that suit them."""

    forms: tuple[str, ...]
    emoji: tuple[str, ...]


@dataclass
class Group:
    """Messages that are answered alike; `specific` is the percentage of specific responses."""

    intents: dict[str, float]
    specific: float
    messages: list[str] = field(default_factory=list)
    responses: list[str] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)

    def size(self) -> int:
        """Number of templates of messages."""
        return len(self.messages) + len(self.pairs)


@dataclass
class Topic:
    """Groups of messages on one subject."""

    name: str
    weight: float
    emoji: tuple[str, ...]
    groups: list[Group] = field(default_factory=list)


@dataclass(frozen=True)
class Grammar:
    """All that pairs are made from."""

    slots: dict[str, tuple[str, ...]]
    replies: dict[str, Reply]
    topics: tuple[Topic, ...]


def pick(rng: random.Random, items: Sequence[T]) -> T:
    """One of `items`. Only `rng.random()` is the same in every Python, so nothing else is used."""
    return items[int(rng.random() * len(items))]


def pick_weighted(rng: random.Random, weights: Mapping[T, float]) -> T:
    """A key of `weights` with a probability in proportion to its weight."""
    point = rng.random() * math.fsum(weights.values())
    for key, weight in weights.items():
        point -= weight
        if point < 0:
            return key
    return key


def expand(
    template: str, slots: Mapping[str, Sequence[str]], bound: dict[str, str], rng: random.Random
) -> str:
    """The template with its choices made and its slots filled; `bound` is read and added to."""
    while found := _CHOICE.search(template):  # first, so that only chosen slots are filled
        chosen = pick(rng, found[1].split("|"))
        template = template[: found.start()] + chosen + template[found.end() :]
    template = _BEFORE_MARK.sub("", template)
    filled = _SLOT.sub(lambda found: _slot(found[1], slots, bound, rng), template)
    return _BEFORE_VOWEL.sub("an", " ".join(filled.split()))


def _slot(
    name: str, slots: Mapping[str, Sequence[str]], bound: dict[str, str], rng: random.Random
) -> str:
    base = name.rstrip("0123456789")
    taken = {value for key, value in bound.items() if key.rstrip("0123456789") == base}
    while name not in bound:
        value = expand(pick(rng, slots[base]), slots, bound, rng)
        if value not in taken:
            bound[name] = value
    return bound[name]


def lines_of(path: Path) -> list[str]:
    """The lines that are neither empty nor a comment."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def read_grammar(folder: Path = FOLDER) -> Grammar:
    """The grammar in `folder`; ValueError names what does not fit."""
    slots = {name: forms for name, _, forms in map(_entry, lines_of(folder / "slots.txt"))}
    replies = {
        name: Reply(forms, emoji)
        for name, emoji, forms in map(_entry, lines_of(folder / "replies.txt"))
    }
    topics = [
        topic
        for path in sorted(folder.glob("topics_*.txt"))
        for topic in read_topics(lines_of(path))
    ]
    grammar = Grammar(slots, replies, tuple(topics))
    _check(grammar)
    return grammar


def _entry(line: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    head, forms = line.split(":", 1)
    name, *emoji = head.replace("[", " ").replace("]", " ").split()
    return name, tuple(emoji), tuple(form.strip() for form in forms.split(" | "))


def read_topics(lines: Sequence[str]) -> list[Topic]:
    """Topics from the lines of a file."""
    topics: list[Topic] = []
    for line in lines:
        mark, rest = line[:2], line[2:].strip()
        if mark == "==":
            name, weight, *emoji = rest.split()
            topics.append(Topic(name, float(weight), tuple(emoji)))
        elif mark == "--":
            topics[-1].groups.append(_group(rest.split()))
        elif mark == ">>":
            topics[-1].groups[-1].responses.append(rest)
        elif " => " in line:
            message, response = line.split(" => ")
            topics[-1].groups[-1].pairs.append((message, response))
        else:
            topics[-1].groups[-1].messages.append(line)
    return topics


def _group(words: Sequence[str]) -> Group:
    intents, specific = {}, SPECIFIC_PERCENT
    for word in words:
        if word.startswith("spec="):
            specific = float(word.removeprefix("spec="))
        else:
            name, weight = word.split(":")
            intents[name] = float(weight)
    return Group(intents, specific)


def _check(grammar: Grammar) -> None:
    """Each name that is used is there; no form serves two intents."""
    groups = [(topic.name, group) for topic in grammar.topics for group in topic.groups]
    for name, group in groups:
        for intent in group.intents.keys() - grammar.replies.keys():
            raise ValueError(f"topic {name}: no intent {intent} in replies.txt")
        if not group.intents and not group.responses and group.messages:
            raise ValueError(f"topic {name}: a group of messages without responses")
        texts = [*group.messages, *group.responses, *(t for pair in group.pairs for t in pair)]
        for text in texts:
            _check_template(text, grammar, name)
    owner: dict[str, str] = {}
    for intent, reply in grammar.replies.items():
        for form in reply.forms:
            if owner.setdefault(form.casefold().rstrip("!.?"), intent) != intent:
                raise ValueError(f"{form!r} is a form of {intent} and of another intent")


def _check_template(text: str, grammar: Grammar, name: str) -> None:
    for slot in _SLOT.findall(text):
        if slot.rstrip("0123456789") not in grammar.slots:
            raise ValueError(f"topic {name}: no slot {slot} in slots.txt")
    text = _SLOT.sub("", text)
    while _CHOICE.search(text):
        text = _CHOICE.sub("", text)
    if set(text) & set("(){}|"):
        raise ValueError(f"topic {name}: brackets do not match in {text!r}")
