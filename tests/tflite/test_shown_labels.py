"""A model from outside may call its labels anything: a terminal is shown text, JSON the label."""

import json
import re

import pytest

from pnet_tf.tflite.metadata import write_metadata
from tests.calls import call
from tests.tflite.small_models import text_metadata

NASTY = (
    "\x1b[31mred\x1b[0m",  # colour
    "\x1b]0;title\x07",  # the window's title
    "two\r\nlines",
    "\x9b2J",  # clear the screen, in one character
    "\u202egnp.exe",  # the other direction
)
SPELT = (
    r"\x1b[31mred\x1b[0m", r"\x1b]0;title\x07", r"two\x0d\x0alines", r"\x9b2J", r"\x202egnp.exe",
)  # fmt: skip
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


@pytest.fixture(scope="module")
def path(text_model, save):
    replies = {label: ("\x1b[2Jreply", "[bold]fine[/bold]") for label in NASTY}
    return save(write_metadata(text_model, text_metadata(labels=NASTY, replies=replies)))


def test_predict_spells_labels_and_replies_out(path):
    shown = call("predict", path, "hi", "-k", "5").stdout
    assert len(shown.splitlines()) == 1 + len(NASTY) + 1
    assert all(spelt in shown for spelt in SPELT) and not UNSAFE.search(shown)
    assert r"replies: \x1b[2Jreply | [bold]fine[/bold]" in shown


def test_a_message_is_spelt_out_too(path):
    shown = call("predict", path, "\x1b[31mhi").stdout
    assert shown.splitlines()[0] == r"\x1b[31mhi"


def test_json_has_the_labels_themselves(path):
    shown = call("predict", path, "hi", "-k", "5", "--json", "-").stdout
    assert not UNSAFE.search(shown.replace("\u202e", ""))
    (answer,) = json.loads(shown)
    assert {found["label"] for found in answer["predictions"]} == set(NASTY)
    assert answer["replies"] == ["\x1b[2Jreply", "[bold]fine[/bold]"]


def test_a_json_file_has_them_while_the_screen_is_safe(path, tmp_path):
    shown = call("predict", path, "hi", "-k", "5", "--json", tmp_path / "a.json").stdout
    assert not UNSAFE.search(shown)
    (answer,) = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert {found["label"] for found in answer["predictions"]} == set(NASTY)


def test_inspect_spells_them_out(path):
    shown = call("inspect", path).stdout
    assert SPELT[0] in shown and not UNSAFE.search(shown)
    found = json.loads(call("inspect", path, "--json", "-").stdout)
    assert found["labels"] == list(NASTY)


def test_an_error_spells_the_file_name_out(tmp_path):
    shown = call("predict", tmp_path / "\x1b[31mnone.tflite", "hi", code=2).stderr
    assert r"\x1b[31mnone.tflite does not exist" in shown and not UNSAFE.search(shown)
