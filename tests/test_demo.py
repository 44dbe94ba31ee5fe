"""The demo, whole: from the sample of conversations to a file that offers replies or is silent."""

import pytest
from click.testing import CliRunner

from pnet_tf import demo
from pnet_tf.cli import main
from pnet_tf.tflite.model import load_model
from tests.smart_reply.talks import talk, write_pairs

QUICK = {
    "schedule": {"epochs": 1, "min_updates": 0},
    "trainer": {"name": "none"},
    "projection": {"functions": 8, "bits": 8, "tokens": 8},
    "head": {"embedding": 8, "channels": 8, "rank": 4},
    "qat": "none",
}


def run(out):
    return CliRunner().invoke(main, ["demo", "--out", str(out)])


@pytest.mark.slow
def test_demo_ends_with_a_model_that_replies(tmp_path):
    result = run(tmp_path / "demo")
    assert result.exit_code == 0, result.output
    assert "\\x" not in result.stdout
    found = load_model(tmp_path / "demo" / "chat.tflite").predict(demo.MESSAGES)
    offered = [answer.replies for answer in found]
    assert offered.count(()) == 1 and offered[-1] == ()  # the notice of a parcel alone
    assert len({texts[0] for texts in offered[:-1]}) > 5
    home = found[demo.MESSAGES.index("are you still at the office?")]
    assert home.label == "on_my_way" and len(home.replies) == 3


def test_every_step_of_the_demo(tmp_path, monkeypatch):
    monkeypatch.setenv("PNET_TF_OLD_RUNTIME", "none")
    monkeypatch.setattr(demo, "PAIRS", write_pairs(tmp_path / "pairs.tsv", talk()))
    monkeypatch.setattr(demo, "SETTINGS", QUICK)
    out = tmp_path / "my demo"
    result = run(out)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in out.iterdir()) == ["chat", "chat.tflite", "run"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my demo", "pairs.tsv"]
    lines = result.stdout.splitlines()
    assert [line[0] for line in lines if line[1:2] == "."] == list("123456")
    for message in (*demo.MESSAGES, demo.EXPLAINED):
        said = lines[lines.index(message) + 1]
        assert said.startswith(("  replies: ", "  stays silent")) or message == demo.EXPLAINED
    assert "  why: " in result.stdout and "no_reply" not in lines
    assert f"  pnet-tf predict '{out}/chat.tflite' 'thanks a lot!!' --explain" in lines


@pytest.mark.parametrize("out", ["x" * 300, "/proc/out", "\0"], ids=["long", "proc", "NUL"])
def test_demo_refuses_a_folder_that_cannot_be_made(out):
    result = run(out)
    assert result.exit_code == 2 and "cannot be made" in result.stderr


def test_demo_refuses_a_folder_that_exists(tmp_path):
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "exists already" in result.stderr
