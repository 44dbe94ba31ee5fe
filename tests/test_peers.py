import random
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))

from peers import Messages, accuracy, damage, damaged  # noqa: E402


class Fixed(random.Random):
    """Every letter is hit, and by one kind of change."""

    def __init__(self, kind):
        super().__init__(0)
        self.kind = kind

    def random(self):
        return 0.0

    def choice(self, _):
        return self.kind


@pytest.mark.parametrize(
    ("kind", "expected"), [("double", "aabb 1ßß"), ("drop", " 1"), ("swap", "ba 1ß")]
)
def test_each_kind_of_damage(kind, expected):
    assert damage("ab 1ß", Fixed(kind)) == expected


def test_damage_is_seeded_and_hits_one_letter_in_ten():
    messages = Messages(("book a flight to boston " * 200,), ("x",))
    once = damaged(messages, 3)
    assert once == damaged(messages, 3) != damaged(messages, 4)
    rng = random.Random(0)
    doubled = sum(len(damage("a", rng)) != 1 for _ in range(30_000)) / 30_000
    assert doubled == pytest.approx(0.1 * 2 / 3, abs=0.005)
    assert damage("12 34 !?", Fixed("drop")) == "12 34 !?"
    assert damage("text", random.Random(0), rate=0.0) == "text"


def test_accuracy_counts_unknown_labels_as_errors():
    messages = Messages(("a", "b", "c", "d"), ("a", "b", "", "c"))
    assert accuracy(lambda text: text, messages) == 0.5
