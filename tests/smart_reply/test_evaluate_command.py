"""The whole command on a small file and a folder made by hand; what is refused; the diagram."""

import json

import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.export.shrink import shrink
from pnet_tf.smart_reply import reliability
from pnet_tf.smart_reply.evaluate import evaluate_files
from pnet_tf.smart_reply.figures import calibration
from pnet_tf.smart_reply.labelled import read_reply_data
from pnet_tf.tflite.metadata import write_metadata
from pnet_tf.tflite.model import load_model
from pnet_tf.tflite.ranking import Ranking
from tests.calls import call
from tests.tflite.small_models import BYTES, convert, text_metadata, text_scores

LABELS = ("greet", "thanks", "bye", "yes", "no_reply")
TEXTS = {"greet": ("Hi", "Hello"), "thanks": ("Thanks",), "bye": ("Bye",), "yes": ("Yes", "Sure")}
RANKING = Ranking(threshold=0.25, silent=("no_reply",), affirmative=("yes",), trigger_rate=0.4)
ROWS = (
    ("greet", "good day", "Hello!"),
    ("thanks", "here is a gift", "Thanks"),
    ("yes", "are you well?", "Yes."),
    ("no_reply", "the sky is blue", "It is green at night"),
    ("bye", "see you, and bye", "Bye"),
    ("no_reply", "my cat 🙂", "Mine is a dog"),
)
HEADER = "label\ttext\tsoft\tresponse\n"


def table(rows):
    return HEADER + "".join(f"{label}\t{text}\t\t{answer}\n" for label, text, answer in rows)


@pytest.fixture(scope="module")
def converted():
    return shrink(convert(text_scores, (BYTES,), "uint8", "bytes"))


@pytest.fixture(scope="module")
def model(converted, save):
    values = {"labels": LABELS, "replies": TEXTS, "ranking": RANKING}
    return save(write_metadata(converted, text_metadata(**values)))


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "pairs"
    place.mkdir()
    for split in ("train", "valid", "test"):
        (place / f"{split}.tsv").write_text(table(ROWS), encoding="utf-8")
    return place


def test_the_whole_command(model, folder):
    plot, target = folder / "calibration.png", folder / "figures.json"
    command = ("smart-reply", "evaluate", model, folder)
    shown = call(*command, "--plot", plot, "--json", target).stdout
    assert shown.startswith("test: 6 messages, the true response of 4 has an intent\n")
    lines = [line.split("  ")[0] for line in shown.splitlines()]
    assert "messages answered" in lines and "true response first of 6" in lines
    assert "nearest messages" in shown.splitlines()[1]
    found = json.loads(target.read_text())
    assert [one["name"] for one in found["baselines"]][:2] == ["most frequent", "nearest messages"]
    assert found["model"]["suggestions"]["banned"] == 0
    assert found["model"]["suggestions"]["distinct_share"] in (1, None)
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert json.loads(call(*command, "--json", "-").stdout) == found


def test_the_model_is_measured_as_it_answers(model, folder):
    found = evaluate_files(model, folder, baselines=False).model
    answers = load_model(model, trusted=True).predict([text for _, text, _ in ROWS])
    assert found.trigger_rate == np.mean([bool(answer.replies) for answer in answers])
    texts = [text for answer in answers for text in answer.replies]
    assert found.suggestions.suggestions == len(texts)
    assert found.suggestions.distinct_replies == len(set(texts))


def test_another_split_words_and_no_baselines(model, folder):
    words = folder / "words.txt"
    words.write_text("thanks\nhi\nhello\nbye\nyes\nsure\n", encoding="utf-8")
    command = ("smart-reply", "evaluate", model, folder, "--split", "valid", "--no-baselines")
    found = json.loads(call(*command, "--words", words, "--json", "-").stdout)
    assert found["split"] == "valid" and found["baselines"] == []
    shown = found["model"]["suggestions"]
    assert shown["banned"] == shown["suggestions"]


def test_what_is_read(folder):
    data = read_reply_data(folder, ("train", "test"))
    assert list(data.splits) == ["train", "test"] and data.name == str(folder)
    assert data.rows("test").messages[5] == "my cat 🙂"
    assert data.rows("test").responses[0] == "Hello!"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("test.tsv", "label\ttext\ngreet\tgood day\n", "no response column, the first row is"),
        ("test.tsv", HEADER, "a header and no row"),
        ("test.tsv", "", "the table is empty"),
        ("test.tsv", table((("maybe", "x", "y"),)), "label 'maybe' of example 1 is none"),
        ("test.tsv", table((("no_reply", "x", "y"),)), "every label is silent, 'no_reply'"),
        ("test.tsv", HEADER + "greet\tgood day\t\t\n", "row 2: the text is empty"),
        ("test.tsv", HEADER + "greet\tgood day\n", "row 2: found 2 columns; allowed: 4"),
        ("valid.tsv", HEADER + "gr\x00eet\tgood day\t\tx\n", "found a NUL byte"),
        ("test.csv", "label,text,response\n", "both test.csv and test.tsv hold test"),
    ],
)
def test_damaged_folders(model, folder, name, text, reason):
    (folder / name).write_text(text, encoding="utf-8")
    refused = call("smart-reply", "evaluate", model, folder, code=2)
    assert reason in refused.stderr and refused.stderr.count("\n") == 1


def test_a_missing_split_and_folder(model, folder):
    (folder / "test.tsv").unlink()
    refused = call("smart-reply", "evaluate", model, folder, code=2).stderr
    assert "no split test; found: train, valid" in refused
    refused = call("smart-reply", "evaluate", model, folder / "nowhere", code=2).stderr
    assert "nowhere: no such folder" in refused


def test_a_file_without_a_ranking(converted, folder, save):
    path = save(write_metadata(converted, text_metadata(labels=LABELS, replies=TEXTS)))
    refused = call("smart-reply", "evaluate", path, folder, code=2).stderr
    assert "does not choose replies; export it with --trigger-rate" in refused


def test_plots_that_cannot_be(model, folder, monkeypatch):
    command = ("smart-reply", "evaluate", model, folder, "--plot")
    assert "ends in .png" in call(*command, folder / "x.pdf", code=2).stderr
    assert "does not exist" in call(*command, folder / "no" / "x.png", code=2).stderr
    both = folder / "x.png"
    assert "give --json its own" in call(*command, both, "--json", both, code=2).stderr
    with pytest.raises(InputError, match="give --plot its own"):
        reliability.check_plot(str(both), (str(model), str(folder / "." / "x.png")))
    monkeypatch.setattr(reliability.importlib.util, "find_spec", lambda name: None)
    assert "install the extra, pnet-tf[plot]" in call(*command, both, code=2).stderr


def test_the_same_figures_make_the_same_bytes():
    scores, right = np.array([0.1, 0.5, 0.9, 1.0]), np.array([False, True, True, True])
    found = calibration(scores, right, scores, ~right, right)
    made = reliability.reliability_png(found, "title")
    assert made == reliability.reliability_png(found, "title")
    assert made != reliability.reliability_png(found, "another")


def test_a_diagram_is_not_written_where_there_is_a_folder(tmp_path):
    scores, right = np.array([0.5]), np.array([True])
    with pytest.raises(InputError, match="is a folder"):
        reliability.draw_reliability(
            tmp_path, calibration(scores, right, scores, right, right), "t"
        )
