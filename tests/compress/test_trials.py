import json

import pytest

from pnet_tf._keras import keras
from pnet_tf.compress.choose import Trainable, choose_plans
from pnet_tf.compress.plan import CompressionPlan
from pnet_tf.compress.trials import SEARCH, TRIALS, plans_found
from pnet_tf.errors import InputError

from .searches import LAYERS, model_of, net_of


def test_a_folder_of_something_else_is_refused_and_stays(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="has other files in it"):
        choose_plans(net_of(model_of(), 60), tmp_path, 0.0)
    assert (tmp_path / "mine.txt").read_text() == "mine"
    choose_plans(net_of(model_of(), 60), tmp_path / "s", 0.0)
    for net, keep_loss in ((net_of(model_of(1), 60), 0.0), (net_of(model_of(), 60), 0.1)):
        with pytest.raises(InputError, match="a search of another model, data, keep_loss or like"):
            choose_plans(net, tmp_path / "s", keep_loss)
    (tmp_path / "s" / TRIALS).write_text('{"number": "x"}\n')
    with pytest.raises(InputError, match="is damaged"):
        choose_plans(net_of(model_of(), 60), tmp_path / "s", 0.0)


def test_plans_of_other_weights_and_folders_of_none_are_refused(tmp_path):
    with pytest.raises(InputError, match="no weights are named 'c'; there are a/kernel, b/kernel"):
        choose_plans(net_of(model_of(), 60), tmp_path / "s", 0.0, like={"c": {"prune": 0.5}})
    assert not (tmp_path / "s").exists()
    with pytest.raises(InputError, match="none holds no search that made a model smaller"):
        plans_found(tmp_path / "none", model_of())
    choose_plans(net_of(model_of(), 60), tmp_path / "s", 0.0)
    place = tmp_path / "s" / TRIALS
    place.write_text(place.read_text().replace("cluster", "clutter"))
    with pytest.raises(InputError, match="is damaged"):
        plans_found(tmp_path / "s", model_of())
    place.write_text(place.read_text().replace("clutter", "cluster"))
    one = keras.Sequential([keras.Input((12,)), LAYERS.Dense(3)], name="one")
    with pytest.raises(InputError, match="of a model with 2 weight tensors, 'one' has 1"):
        plans_found(tmp_path / "s", one)
    good, search = place.read_text(), tmp_path / "s" / SEARCH
    first = json.loads(good.splitlines()[0])
    for wrong in ([], {"a/kernel": 5}, {"a/kernel": {"prune": "much"}}):
        place.write_text(json.dumps({**first, "kept": True, "plans": wrong}) + "\n")
        with pytest.raises(InputError, match="is damaged|must be"):
            plans_found(tmp_path / "s", model_of())
    place.write_text(good)
    deep = '{"names":' * 100_000 + "5" + "}" * 100_000
    for wrong in ("{}", "[]", '{"names": 5}', "{", deep):
        search.write_text(wrong)
        with pytest.raises(InputError, match="s is damaged"):
            plans_found(tmp_path / "s", model_of())
    with pytest.raises(InputError, match="search.json is damaged"):
        choose_plans(net_of(model_of(), 60), tmp_path / "s", 0.0)
    place.write_text(deep + "\n")
    with pytest.raises(InputError, match="trials.jsonl is damaged"):
        plans_found(tmp_path / "s", model_of())
    place.write_text(good)
    for wrong in ('{"names": [["a/kernel"], {}]}', '{"names": ["a/kernel", "c/kernel"]}'):
        search.write_text(wrong)
        with pytest.raises(InputError, match="search.json has no '[ab]/kernel'"):
            plans_found(tmp_path / "s", model_of())
    search.unlink()
    with pytest.raises(InputError, match=SEARCH):
        plans_found(tmp_path / "s", model_of())


def test_plans_of_a_search_before_by_size_and_order_whatever_the_names(tmp_path):
    def shaped(names):
        widths = zip(names, (16, 4, 4, 3), strict=True)
        return keras.Sequential([keras.Input((4,)), *(LAYERS.Dense(w, name=n) for n, w in widths)])

    model = shaped(["a", "b", "c", "d"])  # 64 weights, 64, 16 and 12
    asked = {"a": {"prune": 0.7, "cluster": 4}, "b": {"cluster": 8}, "d": {"cluster": 2}}
    net = Trainable(model, lambda small: None, lambda tried: 1.0)
    assert choose_plans(net, tmp_path / "s", 0.0, like=asked).trials == 1
    found = plans_found(tmp_path / "s", shaped(["d", "dense_7", "c", "a"]))
    assert found == {
        "d/kernel": CompressionPlan(prune=0.7, cluster=4),
        "dense_7/kernel": CompressionPlan(cluster=8),
        "a/kernel": CompressionPlan(cluster=2),
    }
