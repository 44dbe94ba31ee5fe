"""The scripts that make or describe tables of texts, on tables by hand."""

import gzip
import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"


def write(path, rows):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress("".join(f"{a}\t{b}\n" for a, b in rows).encode()))


def read(path):
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    return [tuple(line.split("\t")) for line in lines]


def run(script, *arguments):
    return subprocess.run([sys.executable, str(SCRIPTS / script), *map(str, arguments)],
                          capture_output=True, text=True)  # fmt: skip


def test_context_is_the_marked_end_of_the_text_before(tmp_path):
    rows = [("q", "Do you know?"), ("a", "Yes, I do."), ("a", "éé é")]
    write(tmp_path / "in" / "train.tsv.gz", rows)
    out = tmp_path / "out"
    done = run("dialogue_context.py", tmp_path / "in", "--out", out, "--own", 10, "--length", 20)
    assert done.returncode == 0, done.stderr
    # 10 bytes of the message at most; " _know _q" would be 9 + 10 = 19 bytes of 20
    assert read(out / "train.tsv.gz") == [
        ("q", "Do you kno"), ("a", "Yes, I do. _know _q"), ("a", "éé é _Yes _I _do"),
    ]  # fmt: skip


def test_a_character_is_never_cut(tmp_path):
    write(tmp_path / "in" / "train.tsv.gz", [("a", "aéé"), ("a", "b")])
    run("dialogue_context.py", tmp_path / "in", "--out", tmp_path / "out", "--own", 4)
    assert read(tmp_path / "out" / "train.tsv.gz") == [("a", "aé"), ("a", "b _aéé")]


def test_folder_without_tables_is_refused(tmp_path):
    done = run("dialogue_context.py", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 1 and "no table" in done.stderr
    assert not (tmp_path / "out").exists()


def test_repeated_texts_by_hand(tmp_path):
    write(tmp_path / "train.tsv.gz", [("a", "Yes."), ("a", "yes"), ("b", "Yes!"), ("b", "no")])
    write(tmp_path / "valid.tsv.gz", [("a", "other")])
    write(tmp_path / "test.tsv.gz", [("b", "YES"), ("a", "yes"), ("b", "No."), ("c", "new")])
    printed = run("repeated_texts.py", tmp_path).stdout.splitlines()
    assert printed == [
        "valid: 0.0% of 1 texts occur in train, 0.0% of them under their commonest label; "
        "ceiling 100.0%",
        "test: 75.0% of 4 texts occur in train, 66.7% of them under their commonest label; "
        "ceiling 75.0%",
    ]


def test_as_many_pairs_as_asked_for(tmp_path):
    rows = [(f"How much is number {n}, please?", "I see.") for n in range(20)]
    rows += [(f"And what of {n}?", f"The number {n} is a secret of ours.") for n in range(20)]
    write(tmp_path / "in" / "train.tsv.gz", rows)
    (tmp_path / "in" / "test.tsv").write_text("Only in test\tGood bye then.\n", encoding="utf-8")
    for name, seed in (("a.tsv.gz", 1), ("b.tsv.gz", 1), ("c.tsv.gz", 2)):
        done = run("make_scale_pairs.py", tmp_path / "in", "--pairs", 2000, "--seed", seed,
                   "--out", tmp_path / name)  # fmt: skip
        assert done.returncode == 0, done.stderr
    first, again, other = ((tmp_path / f"{name}.tsv.gz").read_bytes() for name in "abc")
    assert first == again != other
    found = read(tmp_path / "a.tsv.gz")
    assert len(found) == 2000 and all(len(pair) == 2 and all(pair) for pair in found)
    assert len({message for message, _ in found}) > 1000
    same = sum(response == "I see." for _, response in found)
    assert 0.3 < same / 2000 < 0.5  # mostly as it is
    secrets = [response for _, response in found if "secret" in response]
    assert len(set(secrets)) > 300  # mostly another word
