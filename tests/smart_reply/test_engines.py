import sys

import pytest

from pnet_tf.errors import InputError
from pnet_tf.smart_reply.build import build
from pnet_tf.smart_reply.engines import make_engine
from pnet_tf.smart_reply.local import LocalEngine
from tests.calls import call
from tests.smart_reply.talks import talk, write_pairs


def test_engines_by_name():
    assert isinstance(make_engine(None), LocalEngine)
    assert isinstance(make_engine("scipy"), LocalEngine)
    own = LocalEngine()
    assert make_engine(own) is own


def test_another_name(tmp_path):
    with pytest.raises(InputError, match="engine is 'flink'; allowed: scipy, spark"):
        build(talk(), engine="flink")
    pairs = write_pairs(tmp_path / "pairs.tsv", talk())
    result = call("smart-reply", "build", pairs, "--out", tmp_path / "x", "--engine", "no", code=2)
    assert "allowed: scipy, spark" in result.output and not (tmp_path / "x").exists()


def test_without_its_packages(monkeypatch):
    for module in [m for m in sys.modules if m.startswith("pnet_tf.smart_reply.spark")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "py4j.protocol", None)  # as if it were not installed
    message = r"the engine spark needs the package py4j.*, which .*; install pnet-tf\[spark\]"
    with pytest.raises(InputError, match=message):
        make_engine("spark")
