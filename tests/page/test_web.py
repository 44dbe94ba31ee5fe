"""The page's JavaScript under Node: its own tests, and that it says what Python says."""

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from pnet_tf.data.text import encode_text
from pnet_tf.tflite.ranking import Ranking, suggest

HERE = Path(__file__).parent
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="no node")
LABELS = [f"l{number}" for number in range(8)]


def _node(*arguments, given=""):
    return subprocess.run(
        [NODE, *arguments], input=given, capture_output=True, text=True, check=False, cwd=HERE
    )


def test_the_tests_of_the_modules():
    done = _node("--test", *sorted(map(str, (HERE / "web").glob("*.test.mjs"))))
    assert done.returncode == 0, done.stdout + done.stderr


def _message(rng):
    alphabet = ["a", "B", " ", "\0", "é", "\u20ac", "😀", "\ud83d", "\ude00", "?", "\u05d0"]
    return "".join(rng.choices(alphabet, k=rng.randrange(24)))


def _ranking(rng):
    names = rng.sample(LABELS, 5)
    return Ranking(
        threshold=rng.choice([0.0, 0.1, 0.3]),
        most_replies=rng.randint(1, 4),
        floor=rng.choice([0.0, 0.1, 0.5]),
        plausible=rng.choice([0.1, 0.5]),
        silent=tuple(names[: rng.randrange(3)]),
        affirmative=tuple(names[2:3]),
        negative=tuple(names[3:]),
    )


def _case(rng):
    # few different scores, so that many are equal
    scores = [rng.choice([0.0, 0.05, 0.1, 0.2, 0.4]) for _ in LABELS]
    texts = ["ok", "fine", "sure", "later"]
    replies = {
        label: rng.sample(texts, rng.randint(1, 3)) for label in LABELS if rng.random() < 0.8
    }
    return scores, list(rng.randbytes(rng.randrange(6))), replies, _ranking(rng)


def _suggested(scores, message, replies, ranking):
    found = suggest(scores, bytes(message), LABELS, replies, ranking)
    return {
        "replies": [{"label": r.label, "score": r.score, "text": r.text} for r in found.replies],
        "trigger": found.trigger,
        "threshold": found.threshold,
        "balanced": list(found.balanced),
    }


def test_bytes_and_replies_are_those_of_python():
    rng = random.Random(0)
    messages = [_message(rng) for _ in range(1000)]
    cases = [_case(rng) for _ in range(1000)]
    given = {
        "messages": messages,
        "length": 16,
        "rankings": [
            {"scores": scores, "message": message, "labels": LABELS, "replies": replies,
             "ranking": ranking.to_json()}
            for scores, message, replies, ranking in cases
        ],
    }  # fmt: skip
    done = _node("agree.mjs", given=json.dumps(given))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["rankings"] == [_suggested(*case) for case in cases]
    assert sum(bool(item["balanced"]) for item in found["rankings"]) > 20
    for text, (row, cut) in zip(messages, found["messages"], strict=True):
        encoded = encode_text([text], 16)
        assert (row, cut) == (encoded.bytes[0].tolist(), bool(encoded.cut)), repr(text)
