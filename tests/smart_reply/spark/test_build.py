"""The same folder, byte by byte, from both engines."""

from itertools import islice

import pytest

from pnet_tf.errors import InputError
from pnet_tf.smart_reply.build import build
from pnet_tf.smart_reply.pairs import read_pairs
from pnet_tf.smart_reply.source import SAMPLE_FILE
from pnet_tf.smart_reply.write import build_smart_reply
from tests.smart_reply.spark.nasty import write_folder
from tests.smart_reply.talks import talk, write_pairs

PAIRS = 2500


def both(session, pairs, folder, **options):
    """File name -> content, by engine; both engines have written to `folder`."""
    from pnet_tf.smart_reply.spark.work import SparkEngine

    found = []
    for name, engine in (("scipy", "scipy"), ("spark", SparkEngine(session))):
        build_smart_reply(pairs, folder / name, engine=engine, **options)
        found.append({path.name: path.read_bytes() for path in sorted((folder / name).iterdir())})
    return found


def check_equal(here, there):
    assert list(here) == list(there)
    for name, content in here.items():
        assert there[name] == content, name


def test_a_folder_of_nasty_tables(session, tmp_path):
    here, there = both(session, write_folder(tmp_path / "pairs"), tmp_path, seed=3)
    check_equal(here, there)
    assert {"train.tsv", "valid.tsv", "test.tsv"} < set(here)
    assert b'"not UTF-8": 1' in here["report.json"] and b'"too long": 1' in here["report.json"]


def test_a_table_of_the_sample_divided_by_messages(session, tmp_path):
    pairs = write_pairs(tmp_path / "pairs.tsv", islice(read_pairs(SAMPLE_FILE), PAIRS))
    here, there = both(session, pairs, tmp_path)
    check_equal(here, there)
    assert here["train.tsv"].count(b'{"') > 20 and here["train.tsv"].count(b"no_reply") > 100


def test_lists_in_memory(session):
    from pnet_tf.smart_reply.spark.work import SparkEngine

    asked = [(f"Is it {n % 30} o'clock?", f"By my watch {n}") for n in range(90)]
    pairs = {"train": [*talk(), ("half a sign \ud83d", "Yes."), *asked], "test": talk()[:9]}
    options = {"silent_ratio": 0.2, "unlabelled": 60, "seeds": {"Yes.": "yes", "Bye.": "bye"}}
    here = build(pairs, **options)
    there = build(pairs, engine=SparkEngine(session), **options)
    assert there.unlabelled == here.unlabelled and len(here.unlabelled) > 10
    assert there.tables == here.tables and there.responses == here.responses
    assert (there.silent, there.mixed, there.dropped) == (here.silent, here.mixed, here.dropped)
    assert there.intents.replies == here.intents.replies and there.source.skipped == {}
    assert there.inventory == here.inventory


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.tsv", None, "gone.tsv: no such file"),
        ("pairs.txt", b"a\tb\n", "allowed: .csv, .tsv"),
        ("empty.tsv", b"\n\r\n", "the table is empty"),
        ("header.tsv", b"message\tresponse\n", "a header and no row"),
        ("three.tsv", b"a\tb\tc\n", "found the first row"),
        ("quote.csv", b'message,response\na,"b\n', "row 2: not valid CSV .a quote is never closed"),
        ("open.csv", b'message,response\na,b"c"d"\n', "row 2: not valid CSV"),
        ("binary.tsv", b"a\tb\n\xff\tb\n\xff\tb\nc\n", "3 of 4 rows are damaged"),
    ],
)
def test_damaged_tables_say_the_same(session, tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message) as there:
        build(path, engine=spark(session))
    if content is not None:
        with pytest.raises(InputError) as here:
            build(path)
        assert str(there.value) == str(here.value)


def test_a_folder_without_train(session, tmp_path):
    write_pairs(tmp_path / "valid.tsv", talk())
    with pytest.raises(InputError, match="no table of the split train"):
        build(tmp_path, engine=spark(session))


def spark(session):
    from pnet_tf.smart_reply.spark.work import SparkEngine

    return SparkEngine(session)
