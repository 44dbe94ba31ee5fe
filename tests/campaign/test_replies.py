"""Malformed input of the commands for replies and graphs: one sentence, and no file lost.

The readers of tables have tests of their own; here whole commands are walked.
"""

import json
import shutil

import pytest

from pnet_tf.console.screen import printable
from pnet_tf.smart_reply.build import build
from pnet_tf.smart_reply.report import make_report
from pnet_tf.smart_reply.write import files

from ..calls import call
from ..smart_reply.talks import talk, write_pairs
from .conftest import QUICK, SETTINGS, hashes, outcome

BUILD = ("smart-reply", "build")
EVALUATE = ("smart-reply", "evaluate")
TABLE = "label\ttext\tsoft\tresponse\n"


@pytest.fixture(scope="module")
def chat(tmp_path_factory):
    """A folder with pairs.tsv, the building `chat`, the run `run`, m.tflite, plain.tflite."""
    folder = tmp_path_factory.mktemp("replies")
    write_pairs(folder / "pairs.tsv", talk())
    settings = json.loads(SETTINGS) | {"trainer": {"name": "none"}}
    (folder / "c.json").write_text(json.dumps(settings))
    call(*BUILD, folder / "pairs.tsv", "--out", folder / "chat")
    call("train", folder / "chat", "--out", folder / "run", *QUICK, folder / "c.json")
    call("export", folder / "run", "--tflite", folder / "m.tflite", "--trigger-rate", "0.5")
    call("export", folder / "run", "--tflite", folder / "plain.tflite")
    return folder


def refused(folder, *arguments):
    """What a command says that must be bad input; nothing below `folder` is made or changed."""
    before = hashes(folder), sorted(path.name for path in folder.iterdir())
    code, said = outcome(" ".join(map(str, arguments))[-60:], *arguments)
    assert code == 2, said
    assert (hashes(folder), sorted(path.name for path in folder.iterdir())) == before
    return said


def same(response):
    return "".join(f"message {n}\t{response}\n" for n in range(60))


PAIRS = {
    "three columns": ("a\tb\tc\n", "allowed: a header with a column named message"),
    "one response": (same("Yes."), "only one response is kept, 'Yes.'"),
    "no response is frequent": (
        "".join(f"message {n}\tso {'bdfgklmnpr'[n // 6]}{'aeiouy'[n % 6]}s\n" for n in range(60)),
        "lower fewest (--fewest)",
    ),
    "one message": ("".join(f"hello\t{r}\n" for r in ("Yes.", "No.") * 30),
                    "lower fewest_messages (--fewest-messages)"),
    "all too long": (same("yes " * 40) + same("no " * 40), "2 too long"),
    "all banned": (same("call 5550123") + same("www.example.com"), "give more pairs"),
    "UTF-16": (same("Yes.").encode("utf-16"), "row 1: not UTF-8"),
    "escapes": ("\x1b[31mone\n\x1b[31mtwo\n", "first row ['[31mone']"),
}  # fmt: skip
SEEDS = {
    "two intents": ("Yes.\tyes\nYes.\tno\n", "row 2: 'Yes.' has the intents 'yes' and 'no'"),
    "two intents by form": ("Yes.\tyes\nYES!\tno\n", "'YES!' has two intents; allowed: one"),
    "no response": ("Whatever.\tyes\n", "1 of 1 are no response that is kept: 'Whatever.'"),
    "silent": ("Yes.\tno_reply\n", "the intent of 'Yes.' is 'no_reply'"),
    "escapes": ("Yes.\t\x1b[31mred\n", r"is '\x1b[31mred'; allowed: text without control"),
    "UTF-16": ("Yes.\tyes\n".encode("utf-16"), "is not UTF-8 text"),
    "three columns": ("Yes.\tyes\tmore\n", "row 1: "),
    "empty": ("", "no row; needed: rows of response and intent"),
}
OPTIONS = {
    ("--fewest", "0"): "--fewest must be a whole number",
    ("--fewest-messages", "0"): "--fewest-messages must be a whole number",
    ("--fewest", "999"): "lower fewest (--fewest)",
    ("--confidence", "nan"): "--confidence must be above 0",
    ("--silent-ratio", "-1"): "--silent-ratio must be 0..100",
    ("--intents", "1"): "--intents must be a whole number of at least 2",
    ("--seed", "-1"): "--seed must be",
    ("--seeds", "nowhere.tsv"): "nowhere.tsv does not exist",
    ("--words", "."): ". is no plain file",
}


def content(path, data):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize("title", PAIRS)
def test_pairs(tmp_path, title):
    data, message = PAIRS[title]
    pairs = content(tmp_path / "pairs.tsv", data)
    assert message in refused(tmp_path, *BUILD, pairs, "--out", tmp_path / "out")


@pytest.mark.parametrize("title", SEEDS)
def test_seeds(tmp_path, title):
    data, message = SEEDS[title]
    pairs = write_pairs(tmp_path / "pairs.tsv", talk())
    seeds = content(tmp_path / "seeds.tsv", data)
    said = refused(tmp_path, *BUILD, pairs, "--out", tmp_path / "out", "--seeds", seeds)
    assert message in said and "seeds.tsv" in said


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_options_of_build(chat, options):
    said = refused(chat, *BUILD, chat / "pairs.tsv", "--out", chat / "out", *options)
    assert OPTIONS[options] in said


def test_rows_that_are_no_pair_do_not_stop_a_building(tmp_path):
    odd = "x" * 5_000_000 + "\tYes.\n" + "a\x00b\tNo.\x00\n" + "\x1b[2Jare you\tYes.\n"
    table = "".join(f"{message}\t{response}\r\n" for message, response in talk())
    pairs = content(tmp_path / "pairs.tsv", "\ufeffmessage\tresponse\r\n" + table + odd)
    call(*BUILD, pairs, "--out", tmp_path / "out")
    for path in (tmp_path / "out").iterdir():
        data = path.read_bytes()
        assert not set(data) & (set(range(32)) - set(b"\t\n")), path.name
        assert b"x" * 1000 not in data
    page = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "1 rows of train made no pair: too long." in page


def test_folders_that_are_no_pairs(tmp_path):
    (tmp_path / "empty").mkdir()
    write_pairs(tmp_path / "empty" / "valid.tsv", talk())
    out = tmp_path / "out"
    assert "no table of the split train" in refused(
        tmp_path, *BUILD, tmp_path / "empty", "--out", out
    )
    assert "no such file" in refused(tmp_path, *BUILD, tmp_path / "nowhere.tsv", "--out", out)


@pytest.mark.parametrize("out", ["/proc/out", "x" * 300, "\0", "", "no/where"])
def test_folders_that_cannot_be_made(chat, out):
    refused(chat, *BUILD, chat / "pairs.tsv", "--out", out)


LANGUAGES = {
    "Arabic": (("هل تأتي غدا", "هل أنت جاهز"), ("نعم", "لا، آسف"),
               ("صنعت لك كعكة", "لقد أصلحت دراجتك"), ("شكرا", "شكرا جزيلا")),
    "Hebrew": (("אתה בא מחר", "אתה מוכן"), ("כן", "לא, מצטער"),
               ("הכנתי לך עוגה", "תיקנתי את האופניים"), ("תודה", "תודה רבה")),
    "Hindi": (("क्या तुम कल आ रहे हो", "क्या यह खुला है"), ("हाँ", "नहीं, माफ़ करना"),
              ("मैंने केक बनाया", "मैंने साइकिल ठीक की"), ("धन्यवाद", "बहुत धन्यवाद")),
    "Chinese": (("你明天来吗", "现在开门吗"), ("好的", "不行"),
                ("我给你做了蛋糕", "我修好了你的车"), ("谢谢", "非常感谢")),
    "Thai": (("พรุ่งนี้คุณจะมาไหม", "ร้านเปิดไหม"), ("ใช่", "ไม่"),
             ("ฉันทำเค้กให้คุณ", "ฉันซ่อมจักรยานให้แล้ว"), ("ขอบคุณ", "ขอบคุณมาก")),
}  # fmt: skip
"""Questions and their answers, gifts and their answers."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_scripts(language):
    asked, answers, given, thanks = LANGUAGES[language]
    pairs = [(f"{text} {n}", answers[n % 2]) for n in range(40) for text in asked]
    pairs += [(f"{text} {n}", thanks[n % 2]) for n in range(40) for text in given]
    seeds = {answers[0]: "yes", answers[1]: "no", thanks[0]: "thanks", thanks[1]: "thanks"}
    built = build(pairs, seeds=seeds)
    assert built.intents.replies["yes"] == (answers[0],)
    assert built.intents.replies["no"] == (answers[1],)
    assert set(built.intents.replies["thanks"]) == set(thanks)
    assert all(seeds[row.response] == row.label for row in built.tables["test"])
    for row in built.tables["train"]:
        assert (row.label == "thanks") == row.text.startswith(given)
    page = files(built, make_report(built, "out"))["report.md"]
    for text in (*answers, *thanks):
        assert text in page and printable(text) == text


def test_replies_in_another_script_by_the_file(tmp_path):
    rows = []
    for asked, answers, given, thanks in LANGUAGES.values():
        rows += [(f"{text} {n}", answers[0]) for n in range(12) for text in asked]
        rows += [(f"{text} {n}", thanks[0]) for n in range(12) for text in given]
    write_pairs(tmp_path / "pairs.tsv", rows)
    answers = [texts[place][0] for texts in LANGUAGES.values() for place in (1, 3)]
    seeds = "".join(f"{text}\t{text}\n" for text in answers)
    content(tmp_path / "seeds.tsv", seeds)
    settings = json.loads(SETTINGS) | {
        "trainer": {"name": "none"}, "schedule": {"epochs": 25, "batch_size": 16},
    }  # fmt: skip
    content(tmp_path / "c.json", json.dumps(settings))
    call(*BUILD, tmp_path / "pairs.tsv", "--out", tmp_path / "chat", "--seeds",
         tmp_path / "seeds.tsv")  # fmt: skip
    call("train", tmp_path / "chat", "--out", tmp_path / "run", "--config", tmp_path / "c.json")
    call("export", tmp_path / "run", "--tflite", tmp_path / "m.tflite", "--trigger-rate", "1")
    messages = [texts[place][0] for texts in LANGUAGES.values() for place in (0, 2)]
    shown = call("predict", tmp_path / "m.tflite", *messages, "-k", "1").stdout.splitlines()
    replies = [line.removeprefix("  replies: ").split(" | ")[0] for line in shown[2::3]]
    right = sum(reply == answer for reply, answer in zip(replies, answers, strict=True))
    assert shown[::3] == messages and right >= 8


def test_nothing_steers_a_terminal_or_a_page():
    pairs = [(f"\u202ethere {n} <img src=x>", ("*Yes*", "\u2066No\u2069", "<b>Thanks</b>")[n % 3])
             for n in range(60)]  # fmt: skip
    built = build(pairs, seeds={"*Yes*": "<i>yes</i>|`", "<b>Thanks</b>": "\u202ethanks"})
    page = files(built, make_report(built, "out"))["report.md"]
    assert "### \\<i\\>yes\\</i\\>\\|\\`" in page and "### \\\\u202ethanks" in page
    for raw in ("<img", "<b>", "\u202e", "\u2066", "\u2069"):
        assert raw not in page.replace("\\<", "")
    assert "hidden signs" in page


@pytest.mark.parametrize("value", ["-1", "nan", "1.5", "inf"])
def test_trigger_rates(chat, value):
    target = chat / "no.tflite"
    said = refused(chat, "export", chat / "run", "--tflite", target, "--trigger-rate", value)
    assert "--trigger-rate must be 0..1" in said


def test_a_model_without_replies_has_no_trigger_rate(sound, tmp_path):
    target = tmp_path / "no.tflite"
    said = refused(tmp_path, "export", sound / "run", "--tflite", target, "--trigger-rate", "0.5")
    assert "trigger_rate is for a model with replies" in said


def test_explanations(chat):
    messages = ("\x1b[31mred\x07", "", "\u202eabc", "مرحبا", "y" * 100_000)
    shown = call("predict", chat / "m.tflite", *messages, "--explain").stdout
    assert r"\x1b[31mred\x07" in shown and "\u202e" not in shown and "مرحبا\n" in shown
    assert len(shown) < 10_000 and "... and 99,000 characters more" in shown
    assert shown.count("  why: ") == len(messages)
    assert "does not choose replies" in refused(
        chat, "predict", chat / "plain.tflite", "hi", "--explain"
    )


EVALUATED = {
    "a file without a choice": ("plain.tflite", "chat", "export it with --trigger-rate"),
    "a run": ("run", "chat", "run is no plain file"),
    "no model": ("none.tflite", "chat", "none.tflite does not exist"),
    "no folder": ("m.tflite", "none", "no such folder"),
    "a table": ("m.tflite", "pairs.tsv", "no such folder"),
}
DAMAGED = {
    "without valid": ("valid.tsv", None, "no split valid; found: train, test"),
    "without train": ("train.tsv", None, "no split train; found: valid, test"),
    "empty": ("test.tsv", "", "test.tsv: the table is empty"),
    "a header": ("test.tsv", TABLE, "test.tsv: a header and no row"),
    "of another data set": ("test.tsv", TABLE + "novel\thi\t\tho\n", "none of the model's"),
    "silent": ("test.tsv", TABLE + "no_reply\thi\t\tho\n", "every label is silent, 'no_reply'"),
    "escapes": ("test.tsv", TABLE + "yes\x1b[1m\thi\t\tho\n", r"the label is 'yes\x1b[1m'"),
    "UTF-16": ("test.tsv", (TABLE + "yes\thi\t\tho\n").encode("utf-16"), "UTF-8"),
}


@pytest.mark.parametrize("title", EVALUATED)
def test_what_cannot_be_evaluated(chat, title):
    model, folder, message = EVALUATED[title]
    assert message in refused(chat, *EVALUATE, chat / model, chat / folder)


@pytest.mark.parametrize("title", DAMAGED)
def test_folders_to_evaluate_on(chat, tmp_path, title):
    name, data, message = DAMAGED[title]
    shutil.copytree(chat / "chat", tmp_path / "chat")
    if data is None:
        (tmp_path / "chat" / name).unlink()
    else:
        content(tmp_path / "chat" / name, data)
    assert message in refused(tmp_path, *EVALUATE, chat / "m.tflite", tmp_path / "chat")


def test_results_take_the_place_of_no_table(chat):
    folder, model = chat / "chat", chat / "m.tflite"
    for name in ("test.tsv", "replies.json", "report.md"):
        said = refused(chat, *EVALUATE, model, folder, "--json", folder / name)
        assert "is another file of this command" in said
    said = refused(chat, "train", folder, "--out", chat / "new", "--json", folder / "train.tsv")
    assert "is another file of this command" in said


def test_a_message_is_no_folder(chat, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = content(tmp_path / "found.txt", "earlier")
    call("predict", chat / "m.tflite", "", "hi", "--json", "found.txt")
    assert [answer["input"] for answer in json.loads(found.read_text())] == ["", "hi"]


def test_an_earlier_result_in_the_folder_is_replaced(chat, tmp_path):
    shutil.copytree(chat / "chat", tmp_path / "chat")
    found = content(tmp_path / "chat" / "found.json", "{}")
    call(*EVALUATE, chat / "m.tflite", tmp_path / "chat", "--no-baselines", "--json", found)
    assert json.loads(found.read_text())["split"] == "test"


def change(entries, **first):
    """`entries` of a replies.json with another entry for the first label with replies."""
    label = next(label for label, entry in entries.items() if entry["replies"])
    return {**entries, label: {**entries[label], **first}}


REPLIES = {
    "an empty reply": (lambda e: change(e, replies=["Bye", " "]), "is empty; allowed: any other"),
    "a long reply": (lambda e: change(e, replies=["x" * 501]), "has 501 characters; allowed: at"),
    "an escape": (lambda e: change(e, replies=["\x1b[31mBye"]), r"is '\x1b[31mBye'"),
    "half a sign": (lambda e: change(e, replies=["\ud83d"]), r"is '\ud83d'"),
    "an unknown role": (lambda e: change(e, role="maybe"), "'maybe'; allowed: affirmative, neg"),
    "a role that is a list": (lambda e: change(e, role=["silent"]), "['silent']; allowed: affirm"),
    "another label": (lambda e: {**e, "novel": {"replies": ["x"]}}, "replies for 'novel'"),
    "another key": (lambda e: change(e, reply=["x"]), "allowed: an object of replies and role"),
    "no list": (lambda e: change(e, replies="Bye"), "replies are 'Bye'; allowed: a list of text"),
    "a list of all": (lambda e: [e], "allowed: an object of labels"),
}


@pytest.mark.parametrize("title", REPLIES)
def test_edited_replies(chat, tmp_path, title):
    edit, message = REPLIES[title]
    shutil.copytree(chat / "chat", tmp_path / "chat")
    path = tmp_path / "chat" / "replies.json"
    path.write_text(json.dumps(edit(json.loads(path.read_text(encoding="utf-8")))))
    assert message in refused(tmp_path, "train", tmp_path / "chat", "--out", tmp_path / "run")


GRAPHS = {
    "empty": ("", "no row; needed: rows of source, target"),
    "one column": ("a\nb\n", "row 1: found 1 columns"),
    "a negative weight": ("a\tb\t1\nb\tc\t-1\n", "row 2: the weight is -1"),
    "no number": ("a\tb\tnan\n", "row 1: the weight is nan"),
    "endless": ("a\tb\tinf\n", "row 1: the weight is inf"),
    "beyond float32": ("a\tb\t1e308\n", "the weight is 1e+308; allowed: a finite number of at "
                       "least 0, at most 3.4e+38"),
    "only loops": ("a\ta\nb\tb\n", "no edge, found 2 of a node to itself"),
    "escapes": ("a\tb\x1b[31m\n", r"the name is 'b\x1b[31m'"),
    "NUL": ("a\tb\x00\n", r"the name is 'b\x00'"),
    "UTF-16": ("a\tb\n".encode("utf-16"), "is not UTF-8"),
    "other nodes": ("q\tr\n", "none of its 2 nodes|2 of the nodes are not in the graph: 'a', 'd'"),
}  # fmt: skip
SEED_ROWS = "a\tx\nd\ty\n"


@pytest.mark.parametrize("title", GRAPHS)
def test_graphs(sound, tmp_path, title):
    data, message = GRAPHS[title]
    graph, seeds = content(tmp_path / "g.tsv", data), content(tmp_path / "s.tsv", SEED_ROWS)
    said = [
        refused(tmp_path, "propagate", graph, seeds, "--out", tmp_path / "o.tsv"),
        refused(tmp_path, "train", sound / "said.csv", "--out", tmp_path / "run", "--graph", graph),
    ]
    for one in said:
        assert "g.tsv" in one or "s.tsv" in one
        assert any(words in one for words in message.split("|")), one


def test_odd_graphs_that_are_sound(tmp_path):
    edges = "a\ta\t9\na\tb\t1\nb\ta\t1\nd\t<b>e</b>\t1\nשלום\tمرحبا\t1\n"
    graph, seeds = content(tmp_path / "g.tsv", edges), content(tmp_path / "s.tsv", SEED_ROWS)
    out = tmp_path / "o.tsv"
    shown = call("propagate", graph, seeds, "--out", out).stdout
    assert "6 nodes, 3 edges" in shown and "66.67%" in shown
    found = [line.split("\t")[:2] for line in out.read_text(encoding="utf-8").splitlines()]
    assert found == [["a", "x"], ["b", "x"], ["d", "y"], ["<b>e</b>", "y"]]


@pytest.mark.parametrize("name", ["g.tsv", "s.tsv", "o.csv", "o.tsv.gz", ".", "no/o.tsv"])
def test_where_scores_cannot_go(tmp_path, name):
    graph, seeds = content(tmp_path / "g.tsv", "a\tb\nd\te\n"), tmp_path / "s.tsv"
    content(seeds, SEED_ROWS)
    refused(tmp_path, "propagate", graph, seeds, "--out", tmp_path / name)


def test_options_are_named_as_they_are_given(tmp_path):
    graph, seeds = content(tmp_path / "g.tsv", "a\tb\n"), content(tmp_path / "s.tsv", "a\tx\n")
    for option, value in (("--labels", "0"), ("--steps", "0"), ("--tolerance", "nan"),
                          ("--seed-weight", "inf"), ("--neighbour-weight", "-1")):  # fmt: skip
        command = ("propagate", graph, seeds, "--out", tmp_path / "o.tsv", option, value)
        assert refused(tmp_path, *command).startswith(f"Error: {option} must be ")
