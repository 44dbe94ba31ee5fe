"""Topics of silent pairs: by hand, over tables, on disk."""

import json

import numpy as np
import pytest

from pnet_tf.data import load_dataset
from pnet_tf.errors import InputError
from pnet_tf.smart_reply import forms
from pnet_tf.smart_reply.build import build
from pnet_tf.smart_reply.pairs import Pair
from pnet_tf.smart_reply.rows import Row
from pnet_tf.smart_reply.topics import NONE, Topics, find_topics, is_silent
from tests.calls import call
from tests.smart_reply.talks import talk, write_pairs

HAND = Topics(
    ("bus", "cake", "?"),
    np.array([[2.0, 0.0], [0.0, 1.0], [0.0, -3.0]], np.float32),
    np.array([[1.0, 0.0], [0.0, 1.0], [0.0, -1.0]], np.float32),
)
ABOUT = (
    "the {} bus is late by {} minutes", "we baked a {} cake with {} eggs",
    "did you see that {} game at {} o'clock", "my neighbours sold {} of their {} horses",
)  # fmt: skip


def silent(number=120):
    return [
        Row("no_reply", f"message {n}", None, ABOUT[n % 4].format(n // 4, n)) for n in range(number)
    ]


def test_the_nearest_centre_by_hand():
    said = ["the bus", "a cake", "what?", "the bus? cake cake", "bus bus cake?", "no word"]
    # bus 2, ? -3, cake twice: 1 + ln 2; bus twice: 2 (1 + ln 2), cake and ?: 1 - 3
    assert HAND.of(said).tolist() == [0, 1, 2, 0, 0, 0]
    assert HAND.labels() == ("no_reply:1", "no_reply:2", "no_reply:3")
    assert NONE.labels() == ("no_reply",) and NONE.of(["x", "y"]).tolist() == [0, 0]


def test_only_silent_rows_change(monkeypatch):
    monkeypatch.setattr("pnet_tf.smart_reply.topics._SLICE", 2)
    rows = [Row("yes", "a", {"yes": 1.0}, "cake"), Row("no_reply", "b", None, "cake"),
            Row("no_reply", "c", None, "bus"), Row("no", "d", None, "?")]  # fmt: skip
    found = list(HAND.relabelled(iter(rows)))
    assert [row.label for row in found] == ["yes", "no_reply:2", "no_reply:1", "no"]
    assert [row[1:] for row in found] == [row[1:] for row in rows]
    assert list(NONE.relabelled(iter(rows))) == rows


def test_responses_of_one_kind_are_a_group():
    rows = silent()
    found = find_topics(rows, 120, 4, 0)
    groups = found.of([row.response for row in rows]).reshape(-1, 4)
    assert (groups == groups[0]).all() and set(groups[0].tolist()) == {0, 1, 2, 3}
    assert found.of(["a cake, the last"])[0] == groups[0][1]
    again = find_topics(rows, 120, 4, 0)
    np.testing.assert_array_equal(again.centres, found.centres)


@pytest.mark.parametrize(
    ("number", "wanted", "groups"), [(90, None, 0), (400, None, 4), (90, 1, 0), (2, 3, 0)]
)
def test_how_many_by_default(number, wanted, groups):
    assert len(find_topics(silent(number), number, wanted, 0).centres) == groups


def test_nothing_said_in_common_is_no_topic():
    rows = [Row("no_reply", "m", None, f"w{n}") for n in range(400)]
    assert find_topics(rows, 400, None, 0) is NONE


def test_they_come_back_from_disk(tmp_path):
    found = find_topics(silent(), 120, 4, 0)
    forms.TOPICS.save(found, tmp_path)
    again = forms.TOPICS.load(tmp_path)
    assert again.words == found.words
    np.testing.assert_array_equal(again.axes, found.axes)
    np.testing.assert_array_equal(again.centres, found.centres)


def test_a_built_folder_has_several_silent_labels(tmp_path):
    pairs = [*talk(), *(Pair(row.text, row.response) for row in silent())]
    built = build({"train": pairs, "valid": pairs[::3]}, topics=3, silent_ratio=3)
    labels = {row.label for row in built.tables["train"] if is_silent(row.label)}
    assert labels == {"no_reply:1", "no_reply:2", "no_reply:3"}
    of = {row.response: row.label for row in built.tables["train"]}
    assert all(of[row.response] == row.label for row in built.tables["valid"])
    assert [built.roles[label] for label in sorted(labels)] == ["silent"] * 3
    path, out = write_pairs(tmp_path / "pairs.tsv", pairs), tmp_path / "chat"
    call("smart-reply", "build", path, "--out", out, "--topics", 3, "--silent-ratio", 3)
    data = load_dataset(out)
    assert [label for label, role in data.roles.items() if role == "silent"] == sorted(labels)
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert [topic["name"] for topic in report["topics"]] == sorted(labels)
    assert "| no_reply:1 |" in (out / "report.md").read_text(encoding="utf-8")


def test_without_silent_rows_there_is_none():
    found = build({"train": talk()}, silent_ratio=0, topics=3)
    assert not any(map(is_silent, found.roles)) and found.topics is NONE


def test_bad_numbers_and_names():
    with pytest.raises(InputError, match="topics must be 1..1000, got 0"):
        build({"train": talk()}, topics=0)
    with pytest.raises(InputError, match="the intent of 'Yes.' is 'no_reply:2'; allowed: any"):
        build({"train": talk()}, seeds={"Yes.": "no_reply:2"})
