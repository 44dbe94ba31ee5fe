"""Writes the sample of raw conversations: different pairs of a message and its response.

    python scripts/make_sample_pairs.py [--out FILE] [--intents FILE] [--pairs 9600] [--seed 1]

The pairs come from the grammar in `scripts/sample_grammar`; the same seed gives the same bytes in
every Python. `--intents` writes what the pairs do not tell: the intent of every response that the
grammar means as a short reply, as rows of response and intent; all other responses are specific to
their message, and no candidates for a reply.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sample_grammar.grammar import Grammar, Group, Topic, expand, pick, pick_weighted, read_grammar
from sample_grammar.texting import texted, varied

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "pnet_tf" / "data" / "samples" / "smart_reply" / "pairs.tsv"
PAIRS, SEED = 9600, 1
ZIPF = 2.25
SAME_MESSAGE = 0.1
LEAD = 0.07
OPENED = ("hey", "hi", "hello", "yo", "so ", "ok", "oh", "good ", "dear", "happy", "sorry", "also")
MOST_SPECIFIC = 3
MAX_BYTES = 200


@dataclass(frozen=True)
class Pair:
    """A message, its response, and the response's intent; None when it is no short reply."""

    message: str
    response: str
    intent: str | None
    topic: str


@dataclass(frozen=True)
class Asked:
    """A message, the values of its slots, and the one template of its response, if it has one."""

    message: str
    bound: dict[str, str]
    response: str | None


def make_pairs(grammar: Grammar, number: int, seed: int) -> list[Pair]:
    """About `number` different pairs in the order of their hashes; fewer where a group runs dry."""
    total = math.fsum(topic.weight for topic in grammar.topics)
    pairs: list[Pair] = []
    for topic in grammar.topics:
        rng = random.Random(f"{seed} {topic.name}")
        wanted = number * topic.weight / total
        size = sum(group.size() for group in topic.groups)
        for group in topic.groups:
            pairs += _of_group(grammar, topic, group, round(wanted * group.size() / size), rng)
    unique = {(p.message.casefold(), p.response.casefold()): p for p in reversed(pairs)}
    return sorted(unique.values(), key=_digest)


def _digest(pair: Pair) -> bytes:
    return hashlib.sha256(f"{pair.message}\t{pair.response}".encode()).digest()


def _of_group(
    grammar: Grammar, topic: Topic, group: Group, wanted: int, rng: random.Random
) -> list[Pair]:
    found: dict[tuple[str, str], Pair] = {}
    asked: list[Asked] = []
    specific: Counter[str] = Counter()
    for _ in range(20 * wanted):
        if len(found) == wanted:
            break
        if asked and rng.random() < SAME_MESSAGE:
            question = pick(rng, asked)
        else:
            question = _ask(grammar, topic, group, rng)
        response, intent = _answer(grammar, group, question, rng)
        key = question.message.casefold(), response.casefold()
        if key in found or specific[key[1]] == MOST_SPECIFIC:
            continue
        if max(len(question.message.encode()), len(response.encode())) > MAX_BYTES:
            continue
        specific[key[1]] += intent is None
        found[key] = Pair(question.message, response, intent, topic.name)
        asked.append(question)
    return list(found.values())


def _ask(grammar: Grammar, topic: Topic, group: Group, rng: random.Random) -> Asked:
    at = int(rng.random() * group.size())
    own = at - len(group.messages)
    template, response = group.pairs[own] if own >= 0 else (group.messages[at], None)
    bound: dict[str, str] = {}
    message = expand(template, grammar.slots, bound, rng)
    if topic.emoji and rng.random() < LEAD and not message.startswith(OPENED):
        lead = "{question}" if message.endswith("?") else "{lead}"
        message = f"{expand(lead, grammar.slots, bound, rng)} {message}"
    return Asked(texted(message, topic.emoji, rng), bound, response)


def _answer(
    grammar: Grammar, group: Group, question: Asked, rng: random.Random
) -> tuple[str, str | None]:
    templates = [question.response] if question.response else group.responses
    share = 1.0 if question.response or not group.intents else group.specific / 100
    if templates and rng.random() < share:
        response = expand(pick(rng, templates), grammar.slots, dict(question.bound), rng)
        return texted(response, (), rng), None
    intent = pick_weighted(rng, group.intents)
    reply = grammar.replies[intent]
    form = pick_weighted(rng, {form: (1 + k) ** -ZIPF for k, form in enumerate(reply.forms)})
    return varied(form, reply.emoji, rng), intent


def table(header: tuple[str, str], rows: list[tuple[str, str]]) -> bytes:
    """Rows of two columns as TSV: a header, LF, UTF-8."""
    return "".join(f"{left}\t{right}\n" for left, right in [header, *rows]).encode()


def pairs_table(pairs: list[Pair]) -> bytes:
    """The bytes of pairs.tsv."""
    return table(("message", "response"), [(p.message, p.response) for p in pairs])


def intents_table(pairs: list[Pair]) -> bytes:
    """Each short reply with its intent, in the order of both."""
    rows = {(p.response, p.intent) for p in pairs if p.intent}
    return table(("response", "intent"), sorted(rows))


def main() -> None:
    """Write the files that the command line asks for."""
    parser = argparse.ArgumentParser(description="Pairs of message and response from a grammar.")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--intents", type=Path, help="also the intent of each short reply")
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--seed", type=int, default=SEED)
    args = parser.parse_args()
    pairs = make_pairs(read_grammar(), args.pairs, args.seed)
    args.out.write_bytes(pairs_table(pairs))
    if args.intents:
        args.intents.write_bytes(intents_table(pairs))
    messages = {pair.message for pair in pairs}
    print(f"{args.out}: {len(pairs)} pairs, {len(messages)} different messages")


if __name__ == "__main__":
    main()
