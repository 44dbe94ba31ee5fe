"""A building that was stopped goes on from finished stages, with the bytes of an unbroken one."""

import os
import shutil
from pathlib import Path

import pytest

from pnet_tf import watches
from pnet_tf.errors import InputError, WorkError
from pnet_tf.smart_reply import local, staged, stages, wanted
from pnet_tf.smart_reply.lock import locked
from pnet_tf.smart_reply.pairs import Pair
from pnet_tf.smart_reply.progress import Progress
from pnet_tf.smart_reply.stages import NAMES, OUT
from pnet_tf.smart_reply.write import build_smart_reply
from tests.calls import call
from tests.smart_reply.talks import talk, write_pairs

STEPS = (
    "reading pairs", "counting responses", "judging responses", "reading answered messages",
    "comparing messages", "choosing intents", "drawing silent pairs", "grouping silent pairs",
    "labelling train",
    "labelling valid", "labelling test", "reading messages without a label",
)  # fmt: skip


class Killed(BaseException):
    """What no code catches, as a kill."""


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(local, "_TOLD_EVERY", 5)
    monkeypatch.setattr(staged, "_TOLD_EVERY", 5)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    path = write_pairs(folder / "pairs.tsv", talk() * 2)
    with path.open("a", encoding="utf-8") as stream:
        stream.write("a row of three\tcells\tis skipped\n")
    return path


@pytest.fixture(scope="module")
def whole(pairs, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "chat"
    build_smart_reply(pairs, out)
    return contents(out)


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def beside(out):
    return out.with_name("chat.building")


def kill_at(step, call_number):
    """A watch that kills at such a call of a step: 0 is its first."""
    seen = []

    def watch(at):
        seen.extend([at.what] * (at.what == step))
        if len(seen) > call_number:
            raise Killed

    return watch


def build_again(pairs, out, **options):
    """Go on; the steps that were done, and the sentences."""
    steps, notes = [], []
    build_smart_reply(
        pairs, out, watch=lambda at: (notes if at.note else steps).append(at.note or at.what),
        **options,
    )  # fmt: skip
    return list(dict.fromkeys(steps)), notes


def stopped(pairs, out, step="labelling valid", **options):
    with pytest.raises(Killed):
        build_smart_reply(pairs, out, watch=kill_at(step, 0), **options)
    assert beside(out).is_dir() and not out.exists()


@pytest.mark.parametrize("at", [0, 1], ids=["first", "middle"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_in_any_step(pairs, whole, tmp_path, step, at):
    out = tmp_path / "chat"
    with pytest.raises(Killed):
        build_smart_reply(pairs, out, watch=kill_at(step, at))
    assert not out.exists()
    steps, _ = build_again(pairs, out)
    assert steps[0] in STEPS[max(STEPS.index(step) - 1, 0) : STEPS.index(step) + 2]
    assert contents(out) == whole
    assert not beside(out).exists()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", ["pairs", "compared", "labels", "train", "out", "chat"])
def test_killed_at_any_rename(pairs, whole, tmp_path, monkeypatch, name, after):
    out, rename = tmp_path / "chat", Path.rename

    def killed(self, target):
        if Path(target).name != name:
            return rename(self, target)
        if after:
            rename(self, target)
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Path, "rename", killed)
        build_smart_reply(pairs, out)
    if name == "chat" and after:  # it was in place, and what is left beside it goes
        with pytest.raises(InputError, match="is not empty"):
            build_smart_reply(pairs, out)
    else:
        build_again(pairs, out)
    assert contents(out) == whole
    assert not beside(out).exists()


def test_one_kill_after_the_other(pairs, whole, tmp_path):
    out, kills = tmp_path / "chat", 0
    for step in STEPS:
        with pytest.raises(Killed):
            build_smart_reply(pairs, out, watch=kill_at(step, 0))
        kills += 1
    steps, notes = build_again(pairs, out)
    assert kills == len(STEPS) and contents(out) == whole and steps == [STEPS[-1]]
    there = ", ".join(name for name in NAMES if name not in ("unlabelled", OUT))
    assert notes == [f"going on in chat.building, where {there} are there"]


@pytest.mark.parametrize(
    ("name", "how"),
    [*((name, "changed") for name in NAMES if name not in ("unlabelled", OUT)), ("pairs", "cut"),
     ("labels", "gone"), ("train", "more")],
)  # fmt: skip
def test_damaged_stages_are_made_again(pairs, whole, tmp_path, name, how):
    out = tmp_path / "chat"
    stopped(pairs, out, STEPS[-1])
    for path in sorted((beside(out) / name).iterdir()):
        if how == "gone":
            path.unlink()
        elif how == "more":
            path.with_name("further").write_bytes(b"x")
        else:
            data = path.read_bytes()
            path.write_bytes(data[:-1] + (b"" if how == "cut" else bytes([data[-1] ^ 1])))
    _, notes = build_again(pairs, out)
    assert f"chat.building: {name} is damaged, it is made again" in notes
    assert contents(out) == whole


@pytest.mark.parametrize("index", ["", "{", "[1]", '{"parts": {}, "done": {"pairs": 3}}', "\xff"])
def test_a_damaged_index(pairs, whole, tmp_path, index):
    out = tmp_path / "chat"
    stopped(pairs, out)
    (beside(out) / stages.INDEX).write_bytes(index.encode("latin-1"))
    steps, notes = build_again(pairs, out)
    assert notes == ["chat.building: stages.json is damaged; starting anew"]
    assert steps == list(STEPS) and contents(out) == whole


def test_other_options_start_anew(pairs, tmp_path):
    fresh, out = tmp_path / "fresh", tmp_path / "chat"
    build_smart_reply(pairs, fresh, seed=3)
    stopped(pairs, out)
    steps, notes = build_again(pairs, out, seed=3)
    assert notes == ["chat.building: other options than when it was stopped; starting anew"]
    assert steps == list(STEPS) and contents(out) == contents(fresh)


@pytest.mark.parametrize(
    "options",
    [
        {"seeds": {"Yes.": "yes", "No.": "no"}}, {"intents": 5}, {"fewest": 4}, {"most_words": 5},
        {"silent_ratio": 0.5}, {"least_confidence": 0.5}, {"words": "words.txt"},
    ],
    ids=lambda options: next(iter(options)),
)  # fmt: skip
def test_each_option_counts(pairs, tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_text("bad\n", encoding="utf-8")
    stopped(pairs, tmp_path / "chat")
    with pytest.raises(Killed):
        build_smart_reply(pairs, tmp_path / "chat", watch=kill_at("reading pairs", 0), **options)


def test_other_pairs_and_another_version_start_anew(pairs, whole, tmp_path, monkeypatch):
    path, out = tmp_path / "pairs.tsv", tmp_path / "chat"
    shutil.copy(pairs, path)
    stopped(path, out)
    os.utime(path, ns=(1, 1))
    stopped(path, out)
    monkeypatch.setattr(wanted, "__version__", "9.9")
    steps, notes = build_again(path, out)
    assert notes == ["chat.building: other version than when it was stopped; starting anew"]
    assert steps == list(STEPS) and contents(out) == whole


def test_changed_pairs_are_named(pairs, tmp_path):
    path, out = tmp_path / "pairs.tsv", tmp_path / "chat"
    shutil.copy(pairs, path)
    stopped(path, out)
    path.write_bytes(path.read_bytes() + b"one more\tYes.\n")
    steps, notes = build_again(path, out)
    assert notes == ["chat.building: other pairs than when it was stopped; starting anew"]
    assert steps[0] == "reading pairs"


def test_pairs_in_memory_go_on_too(tmp_path):
    lists = {"train": [*talk(), Pair("a lone \ud800 surrogate", "Yes.")], "test": talk()[:9]}
    out = tmp_path / "chat"
    build_smart_reply(lists, tmp_path / "fresh", silent_ratio=0)
    stopped(lists, out, "labelling train", silent_ratio=0)
    steps, notes = build_again(lists, out, silent_ratio=0)
    assert "drawing silent pairs" not in steps and len(notes) == 1
    assert contents(out) == contents(tmp_path / "fresh")
    (tmp_path / "other").mkdir()
    stopped(iter(talk()), tmp_path / "other" / "chat", "counting responses")
    assert "going on" in build_again(iter(talk()), tmp_path / "other" / "chat")[1][0]


def test_two_at_once(pairs, whole, tmp_path):
    out, said = tmp_path / "chat", []

    def meanwhile(at):
        if at.what == "counting responses" and not said:
            with pytest.raises(InputError, match="chat.building is in use: another process") as why:
                build_smart_reply(pairs, out)
            said.append(str(why.value))

    build_smart_reply(pairs, out, watch=meanwhile)
    assert said and contents(out) == whole


def test_a_lock_is_on_the_file_that_is_there(tmp_path):
    path = tmp_path / "lock"
    with locked(path, "busy"):
        with pytest.raises(InputError, match="busy"), locked(path, "busy"):
            pass
        path.unlink()
        with locked(path, "busy"):
            pass
    with locked(path, "busy"):
        assert path.read_bytes() == b"" and [p.name for p in tmp_path.iterdir()] == ["lock"]
    path.write_bytes(b"no database " * 99)
    with pytest.raises(InputError, match="cannot be locked"), locked(path, "busy"):
        pass


def test_what_is_not_ours_stays(pairs, tmp_path):
    out = tmp_path / "chat"
    beside(out).write_text("x")
    with pytest.raises(InputError, match="chat.building is in the way"):
        build_smart_reply(pairs, out)
    beside(out).unlink()
    beside(out).mkdir()
    (beside(out) / "mine").write_text("x")
    with pytest.raises(InputError, match="in the way, it holds mine"):
        build_smart_reply(pairs, out)
    assert contents(beside(out)) == {"mine": b"x"}
    (beside(out) / "mine").unlink()
    stopped(pairs, out)
    (beside(out) / "mine").write_text("x")
    build_smart_reply(pairs, out)
    assert contents(beside(out)) == {"mine": b"x"}


def test_bad_input_leaves_nothing(pairs, tmp_path):
    out = tmp_path / "chat"
    with pytest.raises(InputError, match="no response is kept"):
        build_smart_reply(pairs, out, fewest=999)
    stopped(pairs, out)
    with pytest.raises(InputError, match="silent_ratio"):
        build_smart_reply(pairs, out, silent_ratio=-1)
    assert beside(out).is_dir()  # what was stopped can still go on
    with pytest.raises(TypeError, match="most_wrods"):
        build_smart_reply(pairs, tmp_path / "other", most_wrods=3)
    assert [path.name for path in tmp_path.iterdir()] == ["chat.building"]


def test_a_full_disk_can_be_gone_on_from(pairs, whole, tmp_path, monkeypatch):
    out, mkdir = tmp_path / "chat", Path.mkdir

    def full(self, *arguments, **options):
        if self.name == "intents.new":
            raise OSError(28, "No space left on device")
        mkdir(self, *arguments, **options)

    with monkeypatch.context() as patch, pytest.raises(WorkError, match="No space left"):
        patch.setattr(Path, "mkdir", full)
        build_smart_reply(pairs, out)
    steps, _ = build_again(pairs, out)
    assert steps[0] == "reading answered messages" and contents(out) == whole


def test_the_command_says_what_it_does(pairs, tmp_path):
    stopped(pairs, tmp_path / "chat")
    result = call("smart-reply", "build", pairs, "--out", tmp_path / "chat", "--json", "-")
    assert "going on in chat.building, where pairs, inventory" in result.stderr
    assert f"done: step 12 of 12, {STEPS[-1]}: " in result.stderr and "/s, " in result.stderr
    assert "counting responses" not in result.stderr


def test_a_stop_by_hand_is_told_how_to_go_on(capsys, monkeypatch):
    monkeypatch.setattr(watches, "_SILENCE_S", -1)
    with pytest.raises(KeyboardInterrupt), watches.BuildWatch() as watch:
        watch(Progress(2, 10, "counting responses", 5000, 20000))
        watch(Progress(2, 10, "counting responses", 5000, 20000, "a [note]"))
        raise KeyboardInterrupt
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("step 2 of 10, counting responses: 5,000 of 20,000, ")
    assert lines[1] == "a [note]"
    assert lines[2] == "stopped; the same command goes on from the last step that is done"
