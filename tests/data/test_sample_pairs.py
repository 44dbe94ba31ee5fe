"""The sample of raw conversations: made again to the byte, clean, and shaped as a log is."""

import random
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "pnet_tf" / "data" / "samples" / "smart_reply"
SCRIPTS = ROOT / "scripts"
sys.path.insert(0, str(SCRIPTS))

from make_sample_pairs import (  # noqa: E402
    MAX_BYTES,
    MOST_SPECIFIC,
    PAIRS,
    SEED,
    intents_table,
    make_pairs,
    pairs_table,
)
from sample_grammar.grammar import expand, read_grammar, read_topics  # noqa: E402
from sample_grammar.texting import proper, varied, with_typo  # noqa: E402

from pnet_tf.data import load_dataset  # noqa: E402

HOST = re.compile(r"(?:://|www\.|@)([\w.-]*\w)")
NUMBER = re.compile(r"\d[\d-]{5,}\d|\d{7,}")
RESERVED_NUMBER = re.compile(r"555-01\d\d")
TOP = 60


def rows_of(data: bytes) -> list[tuple[str, ...]]:
    return [tuple(line.split("\t")) for line in data.decode().removesuffix("\n").split("\n")]


def foreign_addresses(text: str) -> list[str]:
    """Hosts other than example.com, and long numbers that are not reserved for fiction."""
    hosts = [host for host in HOST.findall(text) if host.removeprefix("www.") != "example.com"]
    return hosts + [n for n in NUMBER.findall(text) if not RESERVED_NUMBER.fullmatch(n)]


def odd_characters(text: str) -> list[str]:
    """Control and formatting characters, private and unassigned ones, separators of lines."""
    return [c for c in text if unicodedata.category(c)[0] == "C" or c in "\u2028\u2029"]


def top_share(responses: list[str], top: int) -> float:
    return sum(count for _, count in Counter(responses).most_common(top)) / len(responses)


@pytest.fixture(scope="module")
def data():
    return (FOLDER / "pairs.tsv").read_bytes()


@pytest.fixture(scope="module")
def rows(data):
    return rows_of(data)[1:]


@pytest.fixture(scope="module")
def grammar():
    return read_grammar()


@pytest.fixture(scope="module")
def pairs(grammar):
    return make_pairs(grammar, PAIRS, SEED)


def test_checks_by_hand():
    assert foreign_addresses("http://example.com/a, www.example.com or ann@example.com") == []
    assert foreign_addresses("call 555-0142 at 8:30, code 4821, it was 101-98") == []
    assert foreign_addresses("http://example.org/a x@mail.net") == ["example.org", "mail.net"]
    assert foreign_addresses("call 555-9142 or 0301234567") == ["555-9142", "0301234567"]
    assert odd_characters("a\u200eb\x07 é 👍 سلام") == ["\u200e", "\x07"]
    assert top_share(["a", "a", "b", "c"], 1) == 0.5


def test_the_file_is_what_the_grammar_gives(data, pairs):
    assert pairs_table(pairs) == data


def test_the_script_writes_both_files(tmp_path, grammar):
    out, intents = tmp_path / "pairs.tsv", tmp_path / "intents.tsv"
    options = ["--pairs", "300", "--seed", "7", "--out", out, "--intents", intents]
    script = SCRIPTS / "make_sample_pairs.py"
    subprocess.run([sys.executable, script, *options], check=True, stdout=subprocess.DEVNULL)
    expected = make_pairs(grammar, 300, 7)
    assert out.read_bytes() == pairs_table(expected)
    assert intents.read_bytes() == intents_table(expected)


def test_another_seed_gives_other_pairs(grammar, pairs):
    assert pairs_table(make_pairs(grammar, 300, 7)) != pairs_table(make_pairs(grammar, 300, 8))


def test_format(data, rows):
    text = data.decode("utf-8")
    assert text.startswith("message\tresponse\n") and text.endswith("\n")
    assert not {"\r", '"', "\ufeff", "\ufffd"} & set(text)
    assert all(len(row) == 2 for row in rows)
    assert all(cell and cell == " ".join(cell.split()) for row in rows for cell in row)
    assert odd_characters(text.replace("\t", "").replace("\n", "")) == []
    assert not set("{}|") & set(text)


def test_sizes(data, rows):
    assert len(data) < 700_000
    assert 6000 <= len(rows) <= 10_000
    assert max(len(cell.encode()) for row in rows for cell in row) <= MAX_BYTES == 200
    assert len({message for message, _ in rows}) >= 6000


def test_no_pair_occurs_twice_and_messages_have_several_responses(rows):
    folded = Counter((message.casefold(), response.casefold()) for message, response in rows)
    assert set(folded.values()) == {1}
    messages = Counter(message for message, _ in rows)
    assert sum(count > 1 for count in messages.values()) >= 500


def test_frequent_responses_cover_half(rows):
    assert top_share([response for _, response in rows], TOP) >= 0.5


def test_about_a_quarter_of_the_responses_are_specific_and_rare(pairs):
    specific = Counter(pair.response.casefold() for pair in pairs if pair.intent is None)
    assert 0.22 <= specific.total() / len(pairs) <= 0.29
    assert max(specific.values()) <= 2 * MOST_SPECIFIC


def test_a_response_is_a_short_reply_or_not(pairs):
    intents = {}
    for pair in pairs:
        assert intents.setdefault(pair.response.casefold(), pair.intent) == pair.intent
        assert pair.intent is None or len(pair.response) <= 40


def test_intents_are_shared_between_topics(pairs):
    topics = {}
    for pair in pairs:
        topics.setdefault(pair.intent, set()).add(pair.topic)
    assert sum(len(found) >= 5 for found in topics.values()) >= 25
    assert {"yes", "ack", "thanks", "no", "great"} <= {i for i, t in topics.items() if len(t) >= 10}


def test_every_intent_of_the_grammar_answers_something(grammar, pairs):
    assert {pair.intent for pair in pairs} - {None} == grammar.replies.keys()
    assert {pair.topic for pair in pairs} == {topic.name for topic in grammar.topics}


def test_only_reserved_numbers_and_hosts(rows):
    assert foreign_addresses("\n".join(cell for row in rows for cell in row)) == []


def test_some_messages_are_not_in_latin_letters(rows):
    def share(kinds):
        return sum(any(unicodedata.bidirectional(c) in kinds for c in m) for m, _ in rows)

    assert share({"R", "AL"}) >= 10
    assert sum(any(ord(c) > 127 and c.isalpha() for c in m) for m, _ in rows) >= 40


def test_the_built_in_set_does_not_see_the_pairs():
    found = load_dataset("smart-reply")
    assert len(found.labels) == 51
    assert [len(part.inputs) for part in (found.train, found.valid, found.test)] == [2066, 443, 443]


def test_readme_states_the_counts(rows):
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    messages, responses = ({row[k] for row in rows} for k in (0, 1))
    assert f"| `pairs.tsv` | `message`, `response` | {len(rows):,} |" in readme
    assert f"{len(messages):,} different messages, {len(responses):,} different responses" in readme
    assert f"{top_share([r for _, r in rows], TOP):.1%}".replace("%", " %") in readme


def test_expand_by_hand():
    rng, slots = random.Random(0), {"food": ("soup", "apples"), "n": ("2",)}
    assert expand("a (b|b) {n}( c|)", slots, {"n": "9"}, rng).removesuffix(" c") == "a b 9"
    assert expand("an (x (y|y)|x y) , ok ?", slots, {}, rng) == "an x y, ok?"
    assert expand("a {food}", {"food": ("apple",)}, {}, rng) == "an apple"
    bound = {}
    assert {*expand("{food} {food2}", slots, bound, rng).split()} == {"soup", "apples"}
    assert bound.keys() == {"food", "food2"}


def test_unchosen_slots_stay_free():
    bound = {}
    expand("(a|b)", {"n": ("2",)}, bound, random.Random(0))
    assert bound == {}


def test_topics_by_hand():
    (topic,) = read_topics(["== t 1.5 🎂", "-- yes:2 spec=30", "hi?", ">> long one", "a => b"])
    (group,) = topic.groups
    assert (topic.name, topic.weight, topic.emoji) == ("t", 1.5, ("🎂",))
    assert (group.intents, group.specific) == ({"yes": 2.0}, 30.0)
    assert (group.messages, group.responses) == (["hi?"], ["long one"])
    assert group.pairs == [("a", "b")]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("-- nope:1", "no intent nope"),
        ("{nope}?", "no slot nope"),
        ("(a|b", "brackets do not match"),
    ],
)
def test_mistakes_of_a_grammar_are_found(tmp_path, line, sentence):
    (tmp_path / "slots.txt").write_text("n: 2", encoding="utf-8")
    (tmp_path / "replies.txt").write_text("yes: yes | Yes!", encoding="utf-8")
    topic = f"== t 1\n-- yes:1\nhello\n{line}\n"
    (tmp_path / "topics_1.txt").write_text(topic, encoding="utf-8")
    with pytest.raises(ValueError, match=sentence):
        read_grammar(tmp_path)


def test_a_form_of_two_intents_is_found(tmp_path):
    (tmp_path / "slots.txt").write_text("n: 2", encoding="utf-8")
    (tmp_path / "replies.txt").write_text("yes: yes | ok\nack: OK!", encoding="utf-8")
    with pytest.raises(ValueError, match="form of ack and of another"):
        read_grammar(tmp_path)


def test_texting_by_hand():
    assert proper("i'm in. see you on monday?") == "I'm in. See you on Monday?"
    assert proper("write to anna@example.com. ok") == "Write to anna@example.com. Ok"
    for seed in range(50):
        typo = with_typo("a hello", random.Random(seed))
        assert typo.startswith("a h") and 6 <= len(typo) <= 8
    assert with_typo("see www.example.com or ok", random.Random(0)) == "see www.example.com or ok"


def test_variants_by_hand():
    made = {varied("yes", ("👍",), random.Random(seed)) for seed in range(400)}
    assert {"yes", "Yes", "yes!", "yes.", "yes 👍"} <= made <= {"yes", "Yes", "yes!", "yes.",
                                                              "yes 👍", "yes 👍👍"}  # fmt: skip
    assert {varied("?", (), random.Random(seed)) for seed in range(100)} == {"?"}
