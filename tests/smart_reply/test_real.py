"""Real conversations, where the folder that holds them is present."""

import pytest

from pnet_tf.smart_reply.counts import count_responses
from pnet_tf.smart_reply.inventory import make_inventory
from pnet_tf.smart_reply.pairs import ReadReport, pair_files, read_pairs

EVERYDAY = ("Thank you.", "Yes.", "OK.", "Why?", "I see.", "No problem.", "Me too.", "Sounds good.")


def made(path, **options):
    report = ReadReport()
    with count_responses(read_pairs(path, report)) as counts:
        return make_inventory(counts, **options), report


def texts(found):
    return [response.text for response in found.responses]


def test_dailydialog(shared_data):
    files = pair_files(shared_data / "dailydialog_pairs")
    assert list(files) == ["train", "valid", "test"]
    found, report = made(files["train"])
    assert (report.rows, report.pairs, report.skipped, report.cleaned) == (64528, 64528, {}, 2)
    assert (found.fewest, found.names_checked) == (3, True)
    assert 500 < len(found.responses) < 700 and 0.08 < found.covered < 0.1
    assert set(EVERYDAY) <= set(texts(found))
    assert not any(sign.isdigit() for text in texts(found) for sign in text)
    heard = {word.strip(".,?!").lower() for text in texts(found) for word in text.split()}
    assert not heard & {"mary", "john", "smith", "tom", "steven", "beijing", "two", "shit", "dick"}
    rejected = {item.reason: item for item in found.rejected}
    assert {"too rare", "to too few messages", "too long", "name", "number"} <= set(rejected)


@pytest.mark.parametrize(
    ("name", "pairs", "fewest_kept"),
    [
        ("dailydialog_pairs/valid.tsv.gz", 6038, 30),
        ("taskmaster4_pairs/train.tsv.gz", 7703, 120),
        ("smalltalk_pairs/personality_chat.tsv.gz", 495, 10),
    ],
)
def test_small_sets_keep_something(shared_data, name, pairs, fewest_kept):
    found, report = made(shared_data / name)
    assert report.pairs == pairs and len(found.responses) >= fewest_kept
