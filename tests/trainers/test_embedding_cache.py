"""The cache of embeddings: what is made once, what is made again, what is refused."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.files import cache_folder
from pnet_tf.trainers import embedding_watch
from pnet_tf.trainers.embedding_cache import cached
from pnet_tf.watches import EmbeddingWatch

TEXTS = ["open", "close it", "open", ""]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PNET_TF_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Counting:
    """Embeds a text by its length and its first letter, and remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, texts):
        self.asked += texts
        return np.array([[len(text), ord(text[:1] or "_")] for text in texts], np.float32)


def file_of(folder, key="k"):
    return folder / "embeddings" / f"{key}.sqlite"


def test_each_text_is_embedded_once_and_rows_stay_in_order(folder):
    embed = Counting()
    wanted = [[4, 111], [8, 99], [4, 111], [0, 95]]
    np.testing.assert_array_equal(cached(TEXTS, "k", 2, embed), wanted)
    assert embed.asked == ["open", "close it", ""]
    again = cached([*TEXTS, "new"], "k", 2, embed)
    np.testing.assert_array_equal(again, [*wanted, [3, 110]])
    assert embed.asked[3:] == ["new"] and again.dtype == np.float32


def test_another_key_shares_nothing(folder):
    embed = Counting()
    cached(["open"], "k", 2, embed)
    cached(["open"], "other", 2, embed)
    assert embed.asked == ["open", "open"]
    assert sorted(path.name for path in file_of(folder).parent.iterdir()) == [
        "k.sqlite", "other.sqlite"
    ]  # fmt: skip


def test_no_texts_are_no_rows():
    assert cached([], "k", 5, Counting()).shape == (0, 5)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param("UPDATE vectors SET vector = zeroblob(12)", id="zeros"),
        pytest.param("UPDATE vectors SET vector = substr(vector, 1, 8)", id="short"),
        pytest.param("UPDATE vectors SET vector = 'text'", id="text"),
        pytest.param(
            "UPDATE vectors SET vector = (SELECT vector FROM vectors ORDER BY text LIMIT 1)",
            id="exchanged",
        ),
    ],
)
def test_a_damaged_row_is_made_again(folder, damage):
    whole = cached(TEXTS, "k", 2, Counting())
    with closing(sqlite3.connect(file_of(folder))) as base, base:
        base.execute(damage)
    embed = Counting()
    np.testing.assert_array_equal(cached(TEXTS, "k", 2, embed), whole)
    assert embed.asked
    again = Counting()
    cached(TEXTS, "k", 2, again)
    assert not again.asked


@pytest.mark.parametrize("cut", [0.5, 0.9])
def test_a_file_that_is_no_database_any_more_is_made_again(folder, cut):
    texts = [f"text {number}" for number in range(500)]
    whole = cached(texts, "k", 2, Counting())
    data = bytearray(file_of(folder).read_bytes())
    file_of(folder).write_bytes(b"x" * int(len(data) * cut))
    np.testing.assert_array_equal(cached(texts, "k", 2, Counting()), whole)
    data[100 : len(data) // 2] = bytes(len(data) // 2 - 100)
    file_of(folder).write_bytes(data)
    np.testing.assert_array_equal(cached(texts, "k", 2, Counting()), whole)


def test_a_cache_of_another_width_is_refused_and_kept(folder):
    cached(TEXTS, "k", 2, Counting())
    before = file_of(folder).read_bytes()
    with pytest.raises(InputError, match="k.sqlite: the cache holds embeddings of width 2, the "
                       "encoder gives 3; delete that file"):  # fmt: skip
        cached(TEXTS, "k", 3, Counting())
    assert file_of(folder).read_bytes() == before


def test_what_was_embedded_before_a_stop_is_kept(folder):
    class Stops(Counting):
        def __call__(self, texts):
            if self.asked:
                raise KeyboardInterrupt
            return super().__call__(texts)

    texts = [f"text {number}" for number in range(1500)]
    with pytest.raises(KeyboardInterrupt):
        cached(texts, "k", 2, Stops())
    embed = Counting()
    cached(texts, "k", 2, embed)
    assert embed.asked == texts[1024:]


def test_a_folder_that_cannot_be_made_is_refused(folder):
    folder.write_text("a file")
    with pytest.raises(InputError, match="cannot be written"):
        cached(["open"], "k", 2, Counting())


def test_a_file_that_cannot_be_opened_is_refused(folder):
    file_of(folder).mkdir(parents=True)
    with pytest.raises(InputError, match="cache of embeddings cannot be used.*PNET_TF_CACHE"):
        cached(["open"], "k", 2, Counting())


def test_the_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("PNET_TF_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "pnet-tf"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "pnet-tf"


def test_who_watches_is_told_of_new_texts_a_portion_at_a_time(folder):
    told = []
    many = [str(number) for number in range(2500)]
    with embedding_watch(lambda *state: told.append(state)):
        cached(many[:100], "k", 2, Counting())
        cached(many, "k", 2, Counting())
        cached(many, "k", 2, Counting())
    cached(["another"], "k", 2, Counting())
    assert told == [(100, 100), (1024, 2400), (2048, 2400), (2400, 2400)]


def test_an_inner_watch_gives_way_to_the_outer_one_again(folder):
    told = []
    with embedding_watch(lambda *state: told.append("outer")):
        with pytest.raises(KeyError), embedding_watch(lambda *state: told.append("inner")):
            cached(["a"], "k", 2, Counting())
            raise KeyError
        cached(["b"], "k", 2, Counting())
    assert told == ["inner", "outer"]


def test_a_terminal_has_a_bar_and_a_log_a_line_now_and_then(monkeypatch, capsys):
    clock = iter([0, 10, 31, 40, 70])
    monkeypatch.setattr("pnet_tf.watches.time.monotonic", lambda: next(clock))
    with EmbeddingWatch() as watch:
        for done in (1024, 2048, 3072):
            watch(done, 4000)
    assert capsys.readouterr().err == "embedding texts: 2,048 of 4,000\n"
    monkeypatch.undo()
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    with EmbeddingWatch() as watch:
        watch(1024, 4000)
        watch(4000, 4000)
    assert "embedding texts" in capsys.readouterr().err
