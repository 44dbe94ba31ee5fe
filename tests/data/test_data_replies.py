"""replies.json: what is read, written and refused."""

import json

import pytest

from pnet_tf.data import load_dataset, make_dataset
from pnet_tf.data.replies import parse_replies, replies_text
from pnet_tf.errors import InputError

TEXTS = {"yes": ("Yes", "Sure 👍"), "no": ("No",)}
ROLES = {"yes": "affirmative", "quiet": "silent"}


def test_what_is_written_is_read():
    text = replies_text(TEXTS, ROLES)
    assert parse_replies(text, "x") == (TEXTS, ROLES)
    assert text.splitlines()[1] == '"yes": {"replies": ["Yes", "Sure 👍"], "role": "affirmative"},'
    assert parse_replies(replies_text({}, {}), "x") == ({}, {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "x is not JSON"),
        ("[" * 100_000, "x is not JSON"),
        ("[]", r"x is \[\]; allowed: an object of labels"),
        ('{"yes": ["Yes"]}', "x: 'yes' is .*allowed: an object of replies and role"),
        ('{"yes": {"reply": []}}', "x: 'yes' is .*allowed: an object of replies and role"),
        ('{"yes": {"replies": "Yes"}}', "x: 'yes': replies are 'Yes'; allowed: a list of text"),
        ('{"yes": {"replies": [3]}}', "replies are .*allowed: a list of text"),
    ],
)
def test_what_is_no_file_of_replies(text, words):
    with pytest.raises(InputError, match=words):
        parse_replies(text, "x")


def folder(path, replies):
    path.mkdir(exist_ok=True)
    rows = [("yes", "no", "quiet")[i % 3] + f"\tmessage {i}" for i in range(30)]
    (path / "train.tsv").write_text("label\ttext\n" + "\n".join(rows))
    (path / "replies.json").write_text(replies)
    return path


def test_a_folder_of_tables_has_them(tmp_path):
    data = load_dataset(folder(tmp_path, replies_text(TEXTS, ROLES)))
    assert (data.replies, data.roles) == (TEXTS, ROLES)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"other": {"replies": ["x"]}}, "replies for 'other'; allowed: the labels of train"),
        ({"other": {"role": "silent"}}, "a role for 'other'"),
        ({"no": {"role": ["silent"]}}, r"the role of 'no' is \['silent'\]"),
        ({"no": {"replies": ["\x1b[2J"]}}, "a reply for 'no' is .*without control characters"),
    ],
)
def test_what_does_not_fit_the_data(tmp_path, changes, words):
    text = json.dumps(json.loads(replies_text(TEXTS, ROLES)) | changes)
    with pytest.raises(InputError, match=words):
        load_dataset(folder(tmp_path, text))


def test_a_folder_has_one_file_of_replies(tmp_path):
    folder(tmp_path, "{}")
    (tmp_path / "replies.tsv").write_text("label\treply\nyes\tYes\n")
    with pytest.raises(InputError, match=r"both replies\.json and replies\.tsv hold replies"):
        load_dataset(tmp_path)


def test_in_memory():
    data = make_dataset(list("abcdef"), ["yes", "no"] * 3, roles={"no": "negative"})
    assert data.roles == {"no": "negative"}
    with pytest.raises(InputError, match="data: a role for 'maybe'"):
        make_dataset(list("abcdef"), ["yes", "no"] * 3, roles={"maybe": "negative"})
