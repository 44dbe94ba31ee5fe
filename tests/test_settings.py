"""Settings: recipe, file and options in turn, and what is refused."""

import pytest

from pnet_tf.errors import InputError
from pnet_tf.settings import make_settings, read_config_file, read_recipe, recipe_names


def test_each_kind_has_its_recipe():
    names = {kind: make_settings(kind)["projection"]["name"] for kind in ("text", "image", "dense")}
    assert names == {"text": "text", "image": "local", "dense": "structured"}


def test_every_recipe_says_what_it_is_and_fits():
    for name in recipe_names():
        assert len(read_recipe(name)["description"]) > 20
        assert make_settings("text", recipe=name)["head"]["name"]


def test_later_changes_win_key_by_key():
    settings = make_settings("text", [{"schedule": {"epochs": 3}}, {"schedule": {"epochs": 5}}])
    assert settings["schedule"]["epochs"] == 5
    assert settings["schedule"]["batch_size"] == make_settings("text")["schedule"]["batch_size"]


def test_another_name_replaces_the_options():
    settings = make_settings("text", [{"head": {"name": "linear"}}])
    assert settings["head"] == {"name": "linear"}


def test_qat_of_a_recipe_ends_with_its_head_and_with_clusters():
    assert make_settings("text")["qat"] == "int4"
    for change in ({"head": {"name": "lookup"}}, {"cluster": 16}):
        assert make_settings("text", [change])["qat"] == "none"
        assert make_settings("text", [{**change, "qat": "int8"}])["qat"] == "int8"
        assert make_settings("text", [change, {"qat": "int8"}])["qat"] == "int8"
    for change in ({"head": {"name": "sequence", "channels": 8}}, {"cluster": 0}, {"prune": 0.5}):
        assert make_settings("text", [change])["qat"] == "int4"


def test_whole_image_projection_brings_its_recipe_and_keeps_bits():
    settings = make_settings("image", [{"projection": {"name": "dense"}}])
    assert settings["projection"] == {"name": "dense", "functions": 60, "bits": 12}
    assert settings["head"]["name"] == "dense"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"epohcs": 3}, "epohcs"),
        ({"head": "linear"}, "must be an object"),
        ({"qat": True}, "qat must be one of none, int8, int4, got True"),
    ],
)
def test_bad_changes(change, words):
    with pytest.raises(InputError, match=words):
        make_settings("text", [change])


def test_bad_recipe_and_files(tmp_path):
    with pytest.raises(InputError, match="recipe must be one of"):
        read_recipe("best")
    with pytest.raises(InputError, match="does not exist"):
        read_config_file(tmp_path / "no.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(InputError, match="is not JSON"):
        read_config_file(tmp_path / "bad.json")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(InputError, match="JSON object"):
        read_config_file(tmp_path / "list.json")


def test_epochs_that_are_given_end_the_least_of_updates():
    assert make_settings("image")["schedule"]["min_updates"] > 0
    given = make_settings("image", [{"schedule": {"epochs": 3}}])["schedule"]
    assert (given["epochs"], given["min_updates"]) == (3, 0)
    both = make_settings("image", [{"schedule": {"epochs": 3, "min_updates": 70}}])["schedule"]
    assert (both["epochs"], both["min_updates"]) == (3, 70)
    assert make_settings("image", [{"loss": {}}]) == make_settings("image")
