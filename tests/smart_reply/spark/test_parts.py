"""Steps of the engine, one by one, beside those of one machine."""

import numpy as np
import pytest

from pnet_tf.smart_reply import links
from pnet_tf.smart_reply.bits import BITS
from pnet_tf.smart_reply.counts import count_responses
from pnet_tf.smart_reply.pairs import Pair, ReadReport, read_pairs
from pnet_tf.smart_reply.rows import Bound, silent_draw
from tests.smart_reply.spark.nasty import STRANGE, rows, tsv


@pytest.fixture(scope="module")
def table(session, tmp_path_factory):
    """(path of a nasty table, its data frame)"""
    from pnet_tf.smart_reply.spark.tables import read_table

    path = tmp_path_factory.mktemp("table") / "pairs.tsv"
    path.write_bytes(tsv(rows()))
    return path, read_table(session, str(path), 0).persist()


def test_a_table_in_parts(table):
    from pnet_tf.smart_reply.spark.tables import table_report

    path, frame = table
    report = ReadReport()
    pairs = list(read_pairs(path, report))
    found = frame.where("report is null").orderBy("block", "place").collect()
    assert [(row.message, row.response) for row in found] == pairs
    assert len({row.block for row in found}) > 2
    assert table_report(frame, str(path)) == report and report.cleaned == 7


def test_counts(table):
    from pnet_tf.smart_reply.spark.counts import SparkCounts

    path, frame = table
    there = SparkCounts(frame.where("report is null"), lambda frame: frame)
    with count_responses(read_pairs(path)) as here:
        numbers = [(c.pairs, c.long, c.wordless) for c in (here, there)]
        assert numbers[0] == numbers[1] and here.long
        assert there.rare(3, 4) == here.rare(3, 4)
        names = here.names(), there.names()
        assert names[0].share == names[1].share > 0
        frequent = list(here.frequent(3))
        assert list(there.frequent(3)) == frequent and len(frequent) > 9
        for key, _ in (*frequent, *here.rare(3, 4)[2]):
            assert list(there.surfaces(key).items()) == list(here.surfaces(key).items())
        for key, _ in frequent:
            assert there.messages(key) == here.messages(key)
        held = [[known.held_by(response) for _, response in STRANGE] for known in names]
        assert held[0] == held[1] and "Mary" in held[0]


@pytest.mark.parametrize("alike", [3, 120])
def test_near_messages(session, alike):
    """Groups of rows a few bits apart; 120 of them are more than a bucket takes."""
    from pnet_tf.smart_reply.spark.near import near_messages

    random = np.random.default_rng(0)
    bits = np.repeat(random.random((400 // alike, BITS)) < 0.5, alike, axis=0)
    bits ^= random.random(bits.shape) < 0.05
    ids = np.sort(random.choice(1 << 40, len(bits), replace=False))
    i, j, weights = links.message_edges(bits, 5)
    here = {*zip(ids[i].tolist(), ids[j].tolist(), links.link_units(weights).tolist(), strict=True)}
    packed = np.packbits(bits, axis=1)
    frame = session.createDataFrame(
        [(number, bytearray(row)) for number, row in zip(ids.tolist(), packed, strict=True)],
        "id long, bits binary",
    )
    found = {tuple(row) for row in near_messages(frame, 5).collect()}
    assert found == here | {(other, one, weight) for one, other, weight in here}
    assert len(here) > 0.9 * len(bits)  # bits are sampled: a pair may be missed


@pytest.mark.parametrize(
    ("hashes", "most", "bound"),
    [
        ([5, 3, 9, 3, 3], 2, Bound(3, 2)),
        ([5, 3, 9, 3, 3], 4, Bound(5, 1)),
        ([5, 3], 0, Bound(0, 0)),
    ],
)
def test_bounds_by_hand(session, hashes, most, bound):
    from pnet_tf.smart_reply.spark.label import silent_bound

    frame = session.createDataFrame([(value,) for value in hashes], "hash long")
    assert silent_bound(frame, len(hashes), most) == bound == silent_draw(hashes, most, 0).rows


def test_bounds_of_many(session):
    from pnet_tf.smart_reply.spark.label import silent_bound

    hashes = np.random.default_rng(0).integers(0, 1 << 63, 900).tolist()
    frame = session.createDataFrame([(value,) for value in hashes], "hash long")
    assert silent_bound(frame, 900, 400) == silent_draw(hashes, 400, 0).rows
    drawn = silent_bound(frame, 900, 2000)  # all of them
    assert drawn.limit > max(hashes)


def test_a_session_is_used_again(session):
    from pnet_tf.smart_reply.spark.work import SparkEngine

    with SparkEngine().open([Pair("a", "b")], lambda what, done: None) as work:
        assert work.session is session and work.pairs("train").count() in (0, 1)


def test_no_java(session, monkeypatch):
    from pyspark.sql import SparkSession

    from pnet_tf.errors import InputError
    from pnet_tf.smart_reply.spark.work import SparkEngine

    monkeypatch.setattr(SparkSession, "getActiveSession", lambda: None)
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with (
        pytest.raises(InputError, match="needs Java 17 or later and found none"),
        SparkEngine().open([], lambda what, done: None),
    ):
        pass
