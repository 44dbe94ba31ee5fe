"""The demo, whole: it trains on the built-in sample, exports, and answers."""

import pytest
from click.testing import CliRunner

from pnet_tf.cli import main
from pnet_tf.tflite.model import load_model


@pytest.mark.slow
def test_demo_ends_with_a_model_that_replies(tmp_path):
    out = tmp_path / "demo"
    result = CliRunner().invoke(main, ["demo", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "replies:" in result.stdout and "\\x" not in result.stdout
    model = load_model(out / "smart_reply.tflite")
    found = model.predict(["happy birthday!!", "thank you so much"], top=1)
    assert [answer.label for answer in found] == ["birthday", "thanks"]
    assert all(len(answer.replies) >= 3 for answer in found)


def test_demo_refuses_a_folder_that_exists(tmp_path):
    result = CliRunner().invoke(main, ["demo", "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "exists already" in result.stderr
