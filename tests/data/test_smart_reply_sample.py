"""The built-in Smart Reply sample: counts, format, and splits that share nothing."""

import csv
import hashlib
import unicodedata
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "pnet_tf" / "data" / "samples" / "smart_reply"
SPLITS = ("train", "valid", "test")
MAX_MESSAGE_BYTES = 128


def read(name: str) -> list[tuple[str, str]]:
    with (FOLDER / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        rows = [tuple(row) for row in csv.reader(file, delimiter="\t")]
    return rows[1:]


def normalised(message: str) -> str:
    """Letters and digits only, casefolded; a message of emoji alone stays as it is."""
    folded = unicodedata.normalize("NFKC", message).casefold()
    return "".join(c for c in folded if c.isalnum()) or "".join(folded.split())


def repeats(messages: list[str]) -> list[str]:
    return [key for key, count in Counter(map(normalised, messages)).items() if count > 1]


def has_emoji(message: str) -> bool:
    return any(unicodedata.category(c) == "So" for c in message)


@pytest.fixture(scope="module")
def splits() -> dict[str, list[tuple[str, str]]]:
    return {name: read(name) for name in SPLITS}


@pytest.fixture(scope="module")
def messages(splits) -> list[str]:
    return [message for rows in splits.values() for _, message in rows]


def test_normalised_by_hand():
    assert normalised("  Where  R u?? 👋") == normalised("where r U") == "whereru"
    assert normalised("👋 ") == "👋"
    assert normalised("👋") != normalised("😂")


def test_repeats_catches_a_message_that_differs_in_case_space_and_punctuation_only():
    assert repeats(["on my way", "On  my way!", "soon"]) == ["onmyway"]


@pytest.mark.parametrize("name", [*SPLITS, "replies"])
def test_format(name):
    data = (FOLDER / f"{name}.tsv").read_bytes()
    text = data.decode("utf-8")
    lines = text.removesuffix("\n").split("\n")
    assert text.endswith("\n")
    assert lines[0] == ("intent\treply" if name == "replies" else "intent\tmessage")
    assert not {"\r", "\0", '"', "\ufeff", "\ufffd"} & set(text)
    assert all(line.count("\t") == 1 for line in lines)
    assert all(cell and cell == cell.strip() for line in lines for cell in line.split("\t"))
    assert [tuple(line.split("\t")) for line in lines[1:]] == read(name)


def test_counts(splits, messages):
    assert {name: len(rows) for name, rows in splits.items()} == {
        "train": 2066, "valid": 443, "test": 443
    }
    assert len({intent for intent, _ in splits["train"]}) == 51
    assert len(set(messages)) == 2952


def test_no_message_occurs_twice(messages):
    assert repeats(messages) == []


def test_every_intent_is_in_every_split_in_proportion(splits):
    counts = {name: Counter(intent for intent, _ in rows) for name, rows in splits.items()}
    assert counts["train"].keys() == counts["valid"].keys() == counts["test"].keys()
    for intent in counts["train"]:
        total = sum(counts[name][intent] for name in SPLITS)
        assert total >= 40
        assert counts["valid"][intent] == counts["test"][intent] == round(0.15 * total)


def test_split_follows_the_hash_of_the_message(splits):
    def digests(name: str, intent: str) -> list[str]:
        chosen = (message for label, message in splits[name] if label == intent)
        return [hashlib.sha256(message.casefold().encode()).hexdigest() for message in chosen]

    for intent in {intent for intent, _ in splits["train"]}:
        ordered = list(chain.from_iterable(digests(n, intent) for n in ("valid", "test", "train")))
        assert ordered == sorted(ordered)


def test_every_intent_has_three_to_five_different_short_replies(splits):
    replies = read("replies")
    counts = Counter(intent for intent, _ in replies)
    assert counts.keys() == {intent for intent, _ in splits["train"]}
    assert all(3 <= count <= 5 for count in counts.values())
    assert len(set(replies)) == len(replies)
    assert all(len(reply) <= 40 for _, reply in replies)


def test_messages_fit_the_model_input(messages):
    assert max(len(message.encode()) for message in messages) <= MAX_MESSAGE_BYTES
    words = [len(message.split()) for message in messages]
    assert (min(words), max(words)) == (1, 20)


def test_messages_look_like_texting(messages):
    share = sum(map(has_emoji, messages)) / len(messages)
    lower_case = sum(message == message.lower() for message in messages) / len(messages)
    assert 0.15 <= share <= 0.5
    assert 0.5 <= lower_case < 1
    assert {"wru", "thx", "wherre r u", "tysm"} <= set(messages)


def test_readme_states_the_counts(splits):
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name in SPLITS:
        assert f"| `{name}.tsv` | `intent`, `message` | {len(splits[name]):,} |" in readme
    assert f"| `replies.tsv` | `intent`, `reply` | {len(read('replies')):,} |" in readme
    assert "51 intents, 2,952 different messages" in readme
    assert "Apache-2.0" in readme
