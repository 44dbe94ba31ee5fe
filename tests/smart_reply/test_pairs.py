import csv
import gzip
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pnet_tf.errors import InputError
from pnet_tf.smart_reply.pairs import (
    BROKEN,
    EMPTY,
    LONG,
    MOST_ROW_BYTES,
    RAGGED,
    Pair,
    ReadReport,
    pair_files,
    read_pairs,
)


def write(folder, data, name="t.tsv"):
    path = folder / name
    path.write_bytes(gzip.compress(data, mtime=0) if name.lower().endswith(".gz") else data)
    return path


def read(folder, data, name="t.tsv", **options):
    report = ReadReport()
    path = write(folder, data, name)
    return [tuple(pair) for pair in read_pairs(path, report, **options)], report


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("t.tsv", b"a\tb\nc\td\n", [("a", "b"), ("c", "d")]),
        ("t.tsv", b"a\tb\r\n\r\n\nc\td", [("a", "b"), ("c", "d")]),
        ("t.tsv", b"  a \x0b b\t c\xc2\xa0 d \n", [("a b", "c d")]),
        ("t.tsv", b'"a\tb"\n', [('"a', 'b"')]),
        ("t.tsv", b"\xef\xbb\xbfmessage\tresponse\na\tb\n", [("a", "b")]),
        ("t.TSV.GZ", b"Reply\tid\tContext\nb\t7\ta\n", [("a", "b")]),
        ("t.csv", b"id,text,response,reply\n7,a,b,c\n", [("a", "b")]),
        ("t.csv", b'a,"x, ""y""\nz"\n"b",w\n', [("a", 'x, "y" z'), ("b", "w")]),
        ("t.csv.gz", b"a,b\n", [("a", "b")]),
        ("t.tsv", "שלום\tمرحباً 👋🏽\n".encode(), [("שלום", "مرحباً 👋🏽")]),
        ("t.tsv", b"a \\ud83d\tb\n", [("a \\ud83d", "b")]),
        ("t.tsv", "a\u2028b\tc\u0085d\n".encode(), [("a b", "c d")]),
    ],
)
def test_pairs(tmp_path, name, data, expected):
    found, report = read(tmp_path, data, name)
    assert found == expected
    assert (report.pairs, report.skipped, report.cleaned) == (len(expected), {}, 0)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"\tb", EMPTY),
        (b"a\t \xc2\xa0", EMPTY),
        (b"a\t\x00", EMPTY),
        (b"only", RAGGED),
        (b"a\tb\tc", RAGGED),
        (b"a\t\xff", BROKEN),
        (b"a\t\xed\xa0\x80", BROKEN),  # a lone surrogate, as it must not be encoded
        (b"x" * 5_000_000 + b"\ty", LONG),
    ],
)
@pytest.mark.parametrize("ending", ["tsv", "csv", "tsv.gz"])
def test_skipped_rows_are_counted(tmp_path, row, reason, ending):
    data = b"a\tb\n" + row + b"\nc\td\r\n"
    data = data.replace(b"\t", b",") if ending == "csv" else data
    found, report = read(tmp_path, data, f"t.{ending}")
    assert found == [("a", "b"), ("c", "d")]
    assert (report.rows, report.pairs, report.skipped) == (3, 2, {reason: 1})


def test_control_characters_are_taken_out_and_counted(tmp_path):
    found, report = read(tmp_path, b"a\0b\tc\x1b[0m\nd\te\n")
    assert found == [("ab", "c[0m"), ("d", "e")]
    assert (report.cleaned, report.pairs) == (1, 2)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
@pytest.mark.parametrize("ending", ["tsv", "csv"])
def test_the_bound_is_on_bytes_of_the_row(tmp_path, end, ending):
    sign = b"\t" if ending == "tsv" else b","
    start = b"a" + sign + b"b\n"
    found, report = read(tmp_path, start + b"x" * 18 + sign + b"y" + end, f"t.{ending}",
                         most_bytes=20)  # fmt: skip
    assert (len(found), report.skipped) == (2, {})
    found, report = read(tmp_path, start + b"x" * 19 + sign + b"y" + end, f"t.{ending}",
                         most_bytes=20)  # fmt: skip
    assert (len(found), report.skipped) == (1, {LONG: 1})


def test_a_long_quoted_cell_is_one_row(tmp_path):
    long = b'"' + b'word, ""\n' * 100_000 + b'",y\n'
    found, report = read(tmp_path, b"a,b\n" + long + b"c,d\n", "t.csv")
    assert (found, report.skipped) == ([("a", "b"), ("c", "d")], {LONG: 1})


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("t.tsv", b"", "the table is empty"),
        ("t.tsv", b"\n\r\n", "the table is empty"),
        ("t.tsv", b"one\ntwo\n", r"first row \['one'\]; allowed: a header with"),
        ("t.tsv", b"a\tb\tc\n", "or two columns"),
        ("t.tsv", b"message\tlabel\na\tb\n", "first row"),
        ("t.tsv", b"reply\tresponse\tmessage\tmessage\n", "2 columns are named message"),
        ("t.tsv", b"text\treply\n", "a header and no row"),
        ("t.tsv", b"text\treply\n\tb\nonly\n", "none of 2 rows is a pair .1 another.*1 empty"),
        ("t.tsv", b"a\tb\nc\nd\n", "2 of 3 rows are damaged .2 another number of columns."),
        ("t.tsv", "a\tb\n".encode("utf-16"), "row 1: not UTF-8"),
        ("t.tsv", b"x" * (MOST_ROW_BYTES + 9), "row 1: the first row is too long"),
        ("t.csv", b'a,b\n\n"c,d\n', "row 3: not valid CSV .a quote is never closed"),
        ("t.csv", b'a,b\n"c"d,e\n', "row 2: not valid CSV"),
        ("t.csv", b"a,b\n" + b"x" * 200_000 + b',y\n"c"d,e\n', "row 3: not valid CSV"),
        ("t.csv", b'"a\n\nb",c\n"c"d,e\n', "row 4: not valid CSV"),
        ("t.csv", b'a,b\nc"d,e\nf,g"\n', r"row 2: not valid CSV \(new-line"),
        ("t.txt", b"a\tb\n", "not named as a table of pairs; allowed: .csv"),
    ],
)
def test_refuses(tmp_path, name, data, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, data, name)


def test_as_many_damaged_rows_as_pairs_are_allowed(tmp_path):
    found, report = read(tmp_path, b"a\tb\nc\n")
    assert (found, report.skipped) == ([("a", "b")], {RAGGED: 1})


def test_damaged_gzip_and_bomb(tmp_path, monkeypatch):
    rows = b"".join(b"message %d\tresponse %d\n" % (i, i * i) for i in range(3000))
    whole = gzip.compress(rows, mtime=0)
    for data in (whole[: len(whole) // 2], whole[:-9], rows, whole + b"tail"):
        path = tmp_path / "t.tsv.gz"
        path.write_bytes(data)
        with pytest.raises(InputError, match="t.tsv.gz: damaged or not readable"):
            list(read_pairs(path))
    monkeypatch.setattr("pnet_tf.smart_reply.pairs.RATIO_FLOOR_BYTES", 1 << 16)
    with pytest.raises(InputError, match="at most 200 times"):
        read(tmp_path, b"a\tb\n" * 100_000, "t.tsv.gz")


def test_problems_of_the_file_are_told_before_the_first_pair(tmp_path):
    for path, message in (
        (tmp_path / "none.tsv", "no such file"),
        (tmp_path, "not named as a table"),
        (tmp_path / "t.json", "not named as a table"),
    ):
        with pytest.raises(InputError, match=message):
            read_pairs(path)
    path = write(tmp_path, b"a\tb\n")
    for most in (0, MOST_ROW_BYTES + 1):
        with pytest.raises(InputError, match=f"most_bytes must be .*got {most}"):
            read_pairs(path, most_bytes=most)


def test_the_report_grows_while_pairs_are_read(tmp_path):
    report = ReadReport()
    pairs = read_pairs(write(tmp_path, b"a\tb\n\tx\nc\td\n"), report)
    assert (next(pairs), report.pairs, report.rows) == (Pair("a", "b"), 1, 1)
    assert (next(pairs), report.pairs, report.rows) == (Pair("c", "d"), 2, 3)


def test_memory_does_not_grow_with_rows(tmp_path):
    peaks = []
    for rows in (4_000, 16_000):
        path = write(tmp_path, b"some message or other\tand a response to it\n" * rows)
        tracemalloc.start()
        assert sum(1 for _ in read_pairs(path)) == rows
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2 < 5 << 20


def test_pair_files(tmp_path):
    single = write(tmp_path, b"", "x.csv")
    assert pair_files(single) == {"train": single}
    for name in ("test.tsv", "dev.csv.gz", "train.tsv.gz", "replies.tsv", "notes.md"):
        write(tmp_path, b"", name)
    found = {split: path.name for split, path in pair_files(tmp_path).items()}
    assert list(found.items()) == [
        ("train", "train.tsv.gz"), ("valid", "dev.csv.gz"), ("test", "test.tsv"),
    ]  # fmt: skip


def test_pair_files_refuses(tmp_path):
    write(tmp_path, b"", "test.tsv")
    with pytest.raises(InputError, match="no table of the split train; allowed: train.csv"):
        pair_files(tmp_path)
    write(tmp_path, b"", "train.tsv"), write(tmp_path, b"", "train.csv")
    with pytest.raises(InputError, match="both train.csv and train.tsv hold train"):
        pair_files(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        pair_files(tmp_path / "none.tsv")
    with pytest.raises(InputError, match="not named as a table"):
        pair_files(tmp_path / "none.txt")


CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).filter(str.strip)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1))
def test_what_the_csv_module_writes_is_read_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("message", "response"), *rows])
    found = [tuple(pair) for pair in read_pairs(path)]
    assert found == [tuple(" ".join(cell.split()) for cell in row) for row in rows]


@given(st.binary(max_size=200), st.sampled_from(["t.tsv", "t.csv", "t.tsv.gz"]))
def test_any_bytes_are_pairs_or_an_input_error(tmp_path_factory, data, name):
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(data)
    try:
        assert all(all(pair) for pair in read_pairs(path))
    except InputError as error:
        assert name in str(error)
