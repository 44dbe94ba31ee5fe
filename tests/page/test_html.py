"""The frame of a page: its policy, and that text stays text."""

import re
from base64 import b64decode, b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from pnet_tf.errors import InputError
from pnet_tf.page.html import Block, write_html

NASTY = "</title></script><img src=x onerror=alert(1)>\x1b[31m"


class Elements(HTMLParser):
    """Elements and the text of each, as a browser finds them."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag):
        self.found.append(("", {}, ""))  # what follows is text of none of them

    def handle_data(self, data):
        if self.found:
            tag, attrs, before = self.found[-1]
            self.found[-1] = (tag, attrs, before + data)

    def of(self, tag):
        return [item[1:] for item in self.found if item[0] == tag]


def page(title="m.tflite", blocks=()):
    return write_html(title, "wait", "p { color: red }", ["go();"], blocks, ["holds x 1"])


def test_scripts_and_styles_run_by_their_hash_alone():
    found = Elements(page())
    [policy] = [a["content"] for a, _ in found.of("meta") if "http-equiv" in a]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    digest = b64encode(sha256(b"go();").digest()).decode()
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == f"'sha256-{digest}' 'wasm-unsafe-eval'"
    assert "unsafe-inline" not in policy
    assert "http" not in policy
    assert [text for attrs, text in found.of("script") if not attrs] == ["go();"]


def test_a_title_stays_text():
    found = Elements(page(NASTY))
    assert not found.of("img")
    shown = NASTY.replace("\x1b", "\N{REPLACEMENT CHARACTER}")
    assert found.of("h1")[0][1] == shown
    assert found.of("title")[0][1] == shown


def test_blocks_are_data_that_cannot_end_their_element():
    found = Elements(page(blocks=[Block("model", b"\0<"), Block("facts", {"a": NASTY})]))
    model, facts = (item for item in found.of("script") if item[0])
    assert b64decode(model[1]) == b"\0<"
    assert "<" not in facts[1]
    assert not found.of("img")


@pytest.mark.parametrize("odd", ["</SCRIPT>", "<!--", "\r", "\0"], ids=repr)
def test_scripts_that_a_parser_would_change_are_refused(odd):
    with pytest.raises(InputError, match="a script or style of a page holds"):
        write_html("t", "l", "", [f"'{odd}'"], [])


def test_notes_are_comments():
    assert re.search(r"<!-- holds x 1 -->", page())
    with pytest.raises(InputError, match="a note"):
        write_html("t", "l", "", [], [], ["--><b>"])
