"""What a person sees: whole on a narrow screen, and nothing that steers the terminal."""

import pytest
from rich.console import Console

from pnet_tf.console import screen

NAME, VALUE = "agrees on ai-edge-litert 2.3.0, XNNPACK off", "99.6% same label"


@pytest.fixture
def shown(monkeypatch, capsys):
    """`shown(width, rows)`: the lines that `pairs` prints on a screen of that width."""

    def lines(width, rows):
        monkeypatch.setattr(screen, "OUT", Console(highlight=False, soft_wrap=True, width=width))
        screen.pairs(rows)
        return [line.rstrip() for line in capsys.readouterr().out.splitlines()]

    return lines


def test_a_wide_screen_has_two_columns(shown):
    found = shown(80, {NAME: VALUE, "file": "a.tflite", "task": None})
    assert found == [f"{NAME}  {VALUE}", "file".ljust(len(NAME)) + "  a.tflite"]


@pytest.mark.parametrize("width", [1, 20, len(NAME) + 5, len(NAME) + 19])
def test_a_narrow_screen_loses_nothing(shown, width):
    assert shown(width, {NAME: VALUE, "file": "a.tflite"}) == [f"{NAME}: {VALUE}", "file: a.tflite"]


@pytest.mark.parametrize("width", [30, 200])
def test_no_value_steers_the_terminal(shown, width):
    (line,) = shown(width, {"labels of it": "\x1b[31mred\nx\u202e"})
    assert line.endswith(" \\x1b[31mred\\x0ax\\x202e")


def test_no_rows(shown):
    assert shown(80, {}) == []
