"""What a run with few labels is told, and where it is told nothing."""

import numpy as np
import pytest

from pnet_tf.data import make_dataset
from pnet_tf.graph import make_graph
from pnet_tf.runs import advice as module
from pnet_tf.runs import directory as runs
from pnet_tf.runs.advice import FEW, advice
from pnet_tf.settings import make_settings
from pnet_tf.training.graph import make_input_graph
from pnet_tf.training.planning import plan_fit

from ..calls import call
from ..training.small import TAUGHT, WORDS, features, texts
from .conftest import SETTINGS, write_csv

pytestmark = pytest.mark.usefixtures("eager")
TRAINED = SETTINGS["text"]
X, Y = features(12)


def plan(rows=12, changes=(), data=None, **options):
    made = data or make_dataset(*texts(rows), valid=(["open it"], ["open"]))
    kind = TRAINED if made.kind == "text" else TAUGHT
    return plan_fit(made, make_settings(made.kind, [kind, *changes]), **options)


def test_few_labels_are_said_with_the_option():
    said = advice(plan())
    assert said.startswith("6 labels a class are few") and "(--unlabelled FILE);" in said
    assert "\n" not in said and "encoder" not in said and "(augment.transfer)" in said
    assert "a trainer to answer them, --encoder say" in advice(plan(changes=[WORDS]))
    assert advice(plan(2 * FEW - 1)) is not None and advice(plan(2 * FEW)) is None


def test_rows_without_a_label_are_none_of_them():
    inputs, labels = texts(2 * FEW)
    labels[0] = None
    part = make_dataset(inputs, labels, valid=(["v"], ["open"]))
    assert advice(plan(data=part)) is not None


QUIET = {
    "unlabelled": ([], {"unlabelled": ["open sesame"]}),
    "hidden labels": ([{"labels_per_class": 2}], {}),
    "made": ([{"augment": {"transfer": 5}}], {}),
    "stored": ([WORDS], {"teacher_logits": np.zeros((12, 2), np.float32)}),
}


@pytest.mark.parametrize(("changes", "options"), QUIET.values(), ids=QUIET)
def test_nothing_where_more_is_learned_from(changes, options):
    assert advice(plan(changes=changes, **options)) is None


def test_nothing_to_other_data():
    assert advice(plan(data=make_dataset(X, Y, valid=(X[:3], Y[:3])))) is None
    values = make_dataset(texts(12)[0], np.arange(12.0), valid=(["v"], [1.0]))
    assert advice(plan(data=values)) is None
    data = make_dataset(*texts(12), valid=(["open it"], ["open"]))
    graph = make_input_graph(make_graph(["open door a0"], ["new"]), None, data)
    assert advice(plan(data=data, graph=graph)) is None


def test_the_command_says_it_and_the_report_has_it(tmp_path, sources):
    write_csv(tmp_path / "few.csv", *texts(12))
    config = tmp_path / "c.json"
    runs.write_json(config, TRAINED)
    run = tmp_path / "run"
    shown = call("train", tmp_path / "few.csv", "--out", run, "--config", config).stdout
    said = runs.read_json(run / runs.REPORT)["advice"]
    assert said in " ".join(shown.split()) and said.startswith("6 labels a class")
    assert module._BROUGHT in said
