"""Inputs as a page shows them."""

from base64 import b64decode

import numpy as np

from pnet_tf.report import shown as module
from pnet_tf.report.shown import show_input, show_inputs


def _row(text, length):
    return np.frombuffer(text.encode().ljust(length, b"\0"), np.uint8)


def test_a_text_is_its_characters():
    assert show_input(_row("hé 😀", 16), "text").text == "hé 😀"
    assert show_input(np.array([0x68, 0xFF, 0, 0], np.uint8), "text").text == "h\ufffd"


def test_a_long_text_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr(module, "MOST_CHARACTERS", 3)
    assert show_input(_row("abc", 8), "text").whole
    cut = show_input(_row("abcd", 8), "text")
    assert (cut.text, cut.whole) == ("abc", False)


def test_pixels_and_numbers():
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert b64decode(show_input(pixels, "image").pixels) == bytes(range(12))
    assert show_input(np.array([1.5, -2], np.float32), "dense").numbers == (1.5, -2)


def test_inputs_end_where_the_budget_does(monkeypatch):
    rows = np.stack([_row("x" * 60, 64)] * 10)
    monkeypatch.setattr(module, "MOST_BYTES", 450)
    assert len(show_inputs(rows, range(10), "text")) == 4
