"""Settings: recipe, file and options in turn; every wrong value is one sentence with its key."""

import json
import math
import os

import pytest

from pnet_tf.data import KINDS, InputSpec
from pnet_tf.errors import InputError
from pnet_tf.names import PROJECTIONS
from pnet_tf.parsing import Component
from pnet_tf.projections.structured import StructuredProjection
from pnet_tf.settings import (
    Augment,
    LossSettings,
    Schedule,
    Settings,
    StudentConfig,
    make_settings,
    parse_settings,
    read_config_file,
    read_recipe,
    recipe_names,
)

WHOLE = (
    ("byte_length", 1, 65536), ("seed", 0, 2**32 - 1), ("cluster", 0, 256),
    ("schedule.epochs", 1, 10**6), ("schedule.min_updates", 0, 10**7),
    ("schedule.max_epochs", 0, 10**6), ("schedule.batch_size", 1, 10**6),
    ("schedule.patience", 0, 10**6), ("augment.shift", 0, 16),
)  # fmt: skip
"""Whole numbers with the least and the greatest that is allowed."""
REAL = (
    ("prune", 0, 0.95), ("schedule.weight_decay", 0, 1), ("schedule.warmup", 0, 1),
    ("augment.drop_words", 0, 0.5), ("augment.misspell", 0, 0.5),
    ("augment.rotate", 0, 180), ("augment.zoom", 0, 0.5), ("augment.erase", 0, 0.75),
)  # fmt: skip
OPEN = (
    ("valid_fraction", 0, 1), ("schedule.learning_rate", 0, 10),
    ("schedule.trainer_learning_rate", 0, 10), ("loss.temperature", 0, 1000 + 1e-9),
    ("loss.label_smoothing", -1e-9, 1),
)  # fmt: skip
"""Numbers with bounds that are not allowed themselves."""
FLAGS = ("class_weights", "freeze_trainer", "loss.teach_trainer", "augment.flip")
TEXTS = ("trainer_weights", "teacher_logits")


def nested(key, value):
    """`a.b` and a value as the change {"a": {"b": value}}."""
    part, _, name = key.rpartition(".")
    return {part: {name: value}} if part else {name: value}


def at(settings, key):
    for name in key.split("."):
        settings = getattr(settings, name)
    return settings


def refusal(change, kind="text"):
    with pytest.raises(InputError) as caught:
        make_settings(kind, change)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_each_kind_has_its_recipe():
    names = {kind: make_settings(kind).projection.name for kind in ("text", "image", "dense")}
    assert names == {"text": "text", "image": "local", "dense": "structured"}


def test_every_recipe_says_what_it_is_and_fits():
    for name in recipe_names():
        assert len(read_recipe(name)["description"]) > 20
        assert make_settings("text", recipe=name).head.name == read_recipe(name)["head"]["name"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("recipe", [None, *recipe_names()])
def test_json_of_settings_gives_the_same_settings(kind, recipe):
    changes = [{"seed": 7, "trainer": {"name": "a.b:c", "byte_length": 9}},
               {"loss": {"lambdas": [0, 0.5, 1], "terms": {"mine": {"weight": 2}}}}]  # fmt: skip
    for change in ((), changes):
        settings = make_settings(kind, change, recipe=recipe)
        stored = json.loads(json.dumps(settings.to_json()))
        assert parse_settings(stored) == settings
        assert make_settings(kind, stored, recipe=recipe) == settings
        assert set(stored) == set(Settings.__struct_fields__)
    assert settings.trainer.options == {"byte_length": 9}
    assert settings.loss.lambdas == (0.0, 0.5, 1.0)


def test_defaults_by_hand():
    settings = parse_settings({"projection": {"name": "p"}, "head": {"name": "h", "units": [3]}})
    assert settings.projection == Component("p") and settings.head == Component("h", {"units": [3]})
    assert settings.loss == LossSettings() and settings.loss.lambdas == (1.0, 0.1, 1.0)
    assert settings.schedule == Schedule() and settings.schedule.warmup == 0.05
    assert settings.augment == Augment() and settings.to_json()["augment"] == {}
    assert (settings.trainer.name, settings.seed, settings.valid_fraction) == ("none", 0, 0.1)


def test_later_changes_win_key_by_key():
    settings = make_settings("text", [{"schedule": {"epochs": 3}}, {"schedule": {"epochs": 5}}])
    assert settings.schedule.epochs == 5
    assert settings.schedule.batch_size == make_settings("text").schedule.batch_size
    assert make_settings("text", {"seed": 3}).seed == 3


@pytest.mark.parametrize(
    ("changes", "lambdas"),
    [
        ([{"distillation": 0.25}], (1.0, 0.25, 0.5)),
        ([[3, 2, 1], {"trainer": 0, "projection": 4}], (0.0, 2.0, 4.0)),
        ([{"trainer": 5}, {"projection": 7}], (5.0, 0.5, 7.0)),
        ([{"trainer": 5}, [1, 1, 1]], (1.0, 1.0, 1.0)),
    ],
)
def test_lambdas_by_name_are_laid_over_those_before(changes, lambdas):
    recipe = "image-mirror"
    assert read_recipe(recipe)["loss"]["lambdas"] == [1.0, 0.5, 0.5]
    changes = [{"loss": {"lambdas": change}} for change in changes]
    settings = make_settings("text", changes, recipe=recipe)
    assert settings.loss.lambdas == lambdas
    assert settings.loss.temperature == read_recipe(recipe)["loss"]["temperature"]


def test_terms_are_laid_over_those_before():
    changes = [{"hints": {"weight": 2, "student_layer": "rank"}}, {"hints": {"weight": 3}},
               {"mine": {"power": 1}}]  # fmt: skip
    settings = make_settings("text", [{"loss": {"terms": change}} for change in changes])
    assert settings.loss.terms == {"hints": {"weight": 3, "student_layer": "rank"},
                                   "mine": {"power": 1}}  # fmt: skip


def test_another_name_replaces_the_options():
    assert make_settings("text", {"head": {"name": "linear"}}).head == Component("linear")
    kept = make_settings("text", {"head": {"name": "sequence", "rank": 3}}).head.options
    assert kept["rank"] == 3 and kept["embedding"] == read_recipe("text")["head"]["embedding"]


def test_qat_of_a_recipe_ends_with_its_head_and_with_clusters():
    assert make_settings("text").qat == "int4"
    for change in ({"head": {"name": "lookup"}}, {"cluster": 16}):
        assert make_settings("text", [change]).qat == "none"
        assert make_settings("text", [{**change, "qat": "int8"}]).qat == "int8"
        assert make_settings("text", [change, {"qat": "int8"}]).qat == "int8"
    for change in ({"head": {"name": "sequence", "channels": 8}}, {"cluster": 0}, {"prune": 0.5}):
        assert make_settings("text", [change]).qat == "int4"


def test_whole_image_projection_brings_its_recipe_and_keeps_bits():
    settings = make_settings("image", [{"projection": {"name": "dense"}}])
    assert settings.projection == Component("dense", {"functions": 60, "bits": 12})
    assert settings.head.name == "dense"


def test_epochs_that_are_given_end_the_least_of_updates():
    assert make_settings("image").schedule.min_updates > 0
    given = make_settings("image", [{"schedule": {"epochs": 3}}]).schedule
    assert (given.epochs, given.min_updates) == (3, 0)
    both = make_settings("image", [{"schedule": {"epochs": 3, "min_updates": 70}}]).schedule
    assert (both.epochs, both.min_updates) == (3, 70)
    assert make_settings("image", [{"loss": {}}]) == make_settings("image")


@pytest.mark.parametrize("nothing", [None, {}, (), [], [None], [{}, None]])
def test_no_changes_are_the_recipe(nothing):
    assert make_settings("text", nothing) == make_settings("text")


@pytest.mark.parametrize("given", [5, "text", b"{}", [5], [{}, "linear"], {1, 2}])
def test_changes_that_are_no_objects(given):
    with pytest.raises(InputError, match="^settings must be an object of changes, got "):
        make_settings("text", given)


def test_a_seed_for_the_projections_that_take_one(monkeypatch):
    class Fixed:
        def __init__(self, width: int = 3):
            pass

    spec = InputSpec("dense", (4,))
    for made, options in ((Fixed, {}), (StructuredProjection, {"seed": 7})):
        monkeypatch.setitem(PROJECTIONS._entries, "structured", made)
        settings = make_settings("dense", {"seed": 7, "projection": {"name": "structured"}})
        found = StudentConfig.of(settings, spec, 2).projection.options
        assert {k: v for k, v in found.items() if k == "seed"} == options


def test_settings_cannot_be_changed():
    settings = make_settings("text")
    for thing, name in ((settings, "seed"), (settings.loss, "temperature"),
                        (settings.head, "name")):  # fmt: skip
        with pytest.raises(AttributeError):
            setattr(thing, name, 1)


@pytest.mark.parametrize(("key", "low", "high"), WHOLE)
def test_whole_numbers(key, low, high):
    for value in (low, high) if key != "cluster" else (low, 2, high):
        assert at(make_settings("text", nested(key, value)), key) == value
    for value in (low - 1, high + 1, float(high), low + 0.5, str(low), True, [low], {}, math.nan,
                  math.inf, -math.inf, 10**30):  # fmt: skip
        sentence = refusal(nested(key, value))
        assert sentence.startswith(f"{key} must be a whole number {low}..{high}")
        assert sentence.endswith(f"got {value!r}")


@pytest.mark.parametrize(("key", "low", "high"), [*REAL, *OPEN])
def test_numbers(key, low, high):
    given = (low, high) if (key, low, high) in REAL else (low + 1e-9, high - 1e-9)
    for value in given:
        assert at(make_settings("text", nested(key, value)), key) == value
    for value in (low - 1, high + 1, low - 1e-3, high + 1e-3, "0.1", True, [low], {}, math.nan,
                  math.inf, -math.inf):  # fmt: skip
        sentence = refusal(nested(key, value))
        assert sentence.startswith(f"{key} must be a finite number ")
        assert sentence.endswith(f"got {value!r}")


@pytest.mark.parametrize(("key", "low", "high"), OPEN[:3])
def test_open_bounds_are_refused_themselves(key, low, high):
    for value in (low, high):
        words = f"{key} must be a finite number above {low} and below {high}, got {value}"
        assert refusal(nested(key, value)) == words


@pytest.mark.parametrize("key", FLAGS)
def test_flags(key):
    assert at(make_settings("text", nested(key, True)), key) is True
    for value in ("yes", 1, 0, [], "true"):
        sentence = refusal(nested(key, value))
        assert sentence.startswith(f"{key} must be true or false") and repr(value) in sentence


@pytest.mark.parametrize("key", TEXTS)
def test_names_of_files(key):
    for value in (5, True, [], {"path": "x"}):
        assert refusal({key: value}) == f"{key} must be text or null, got {value!r}"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"epohcs": 3}, "setting must be one of projection, head.*, seed, got 'epohcs'"),
        ({3: 3}, "setting must be one of projection.*got 3"),
        ({"schedule": {"epohcs": 3}}, r"schedule\.epohcs does not exist; allowed: epochs, min_up"),
        ({"loss": {"lambda": 1}}, r"loss\.lambda does not exist; allowed: lambdas, temperature"),
        ({"augment": {"swirl": 1}}, r"augment\.swirl does not exist; allowed: drop_words, miss"),
        ({"head": "linear"}, "setting 'head' must be an object, got 'linear'"),
        ({"schedule": [3]}, r"setting 'schedule' must be an object, got \[3\]"),
        ({"loss": None}, "setting 'loss' must be an object, got None"),
        ({"seed": {"seed": 3}}, "seed must be a whole number 0..4294967295, got {'seed': 3}"),
        ({"head": {"name": {}}}, "head needs a name, which is text, got {}"),
        ({"projection": {"name": 5}}, "projection needs a name, which is text, got 5"),
        ({"trainer": {"name": None}}, "trainer needs a name, which is text, got None"),
        ({"qat": True}, "qat must be one of int4, int8, none, got True"),
        ({"qat": "int2"}, "qat must be one of int4, int8, none, got 'int2'"),
        ({"cluster": 1}, "cluster must be 2..256 or 0 for none, got 1"),
        ({"loss": {"lambdas": [1, 2]}}, r"loss\.lambdas must be 3 numbers, got \[1, 2\]"),
        ({"loss": {"lambdas": 5}}, r"loss\.lambdas must be 3 numbers, got 5"),
        ({"loss": {"lambdas": {"hints": 1}}},
         r"loss\.lambdas names trainer, distillation, projection, got 'hints'; a further term has"),
        ({"loss": {"lambdas": {"trainer": -2}}}, r"lambdas\.trainer must be a finite number 0.*-2"),
        ({"loss": {"lambdas": {"trainer": math.nan}}}, r"lambdas\.trainer must be a finite.*nan"),
        ({"loss": {"lambdas": {"trainer": "1"}}}, r"lambdas\.trainer must be a finite.*'1'"),
        ([{"loss": {"lambdas": [1, 2]}}, {"loss": {"lambdas": {"trainer": 1}}}],
         r"loss\.lambdas must be 3 numbers, got \[1, 2\]"),
        ([{"loss": {"terms": 5}}, {"loss": {"terms": {"hints": 1}}}], r"loss\.terms.*got 1"),
        ({"loss": {"lambdas": [1, -2, 1]}}, r"loss\.lambdas\[1\] must be a finite number 0.*-2"),
        ({"loss": {"lambdas": [1, 1, math.nan]}}, r"loss\.lambdas\[2\] must be a finite .* nan"),
        ({"loss": {"lambdas": [True, 1, 1]}}, r"loss\.lambdas\[0\] must be a finite .* True"),
        ({"loss": {"lambdas": [1, 0, 0]}}, "lambdas must not be 0 for both projection terms"),
        ({"loss": {"terms": []}}, r"loss\.terms must be an object, got \[\]"),
        ({"loss": {"terms": {"mine": 5}}}, r"loss\.terms\.mine must be an object, got 5"),
        ({"loss": {"terms": {"a": {}, "b": None}}}, r"loss\.terms\.b must be an object, got None"),
        ({"loss": {"terms": {"size": {"power": math.nan}}}},
         r"loss\.terms\.size\.power must be a finite number, got nan"),
        ({"head": {"weight_decay": math.inf}}, r"head\.weight_decay must be a finite .* got inf"),
        ({"head": {"units": [3, -math.inf]}}, r"head\.units\[1\] must be a finite .* got -inf"),
    ],
)
def test_bad_changes(change, words):
    with pytest.raises(InputError, match=words) as caught:
        make_settings("text", change)
    assert "\n" not in str(caught.value)


def test_values_that_are_long_are_cut_short():
    assert len(refusal({"schedule": {"epochs": "9" * 10_000}})) < 200
    assert len(refusal({"x" * 10_000: 1})) < 600


def test_bad_recipe_and_files(tmp_path):
    with pytest.raises(InputError, match="recipe must be one of bits, .*got 'best'"):
        read_recipe("best")
    with pytest.raises(InputError, match=r"no\.json does not exist"):
        read_config_file(tmp_path / "no.json")
    with pytest.raises(InputError, match="is no plain file"):
        read_config_file(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe is no plain file"):
        read_config_file(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "is not JSON"),
        (b"", "is not JSON"),
        (b"[]", "must hold a JSON object, found list"),
        (b"null", "must hold a JSON object, found NoneType"),
        (b'{"seed": NaN}', "is not JSON: NaN is no number of JSON"),
        (b'{"loss": {"temperature": -Infinity}}', "is not JSON: -Infinity is no number"),
        (b'{"a": "\xff"}', "is not UTF-8 text: byte 7"),
        (b"\x80\x81", "is not UTF-8 text: byte 0"),
        (b'{"head": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_damaged_files(tmp_path, content, words):
    path = tmp_path / "c.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read_config_file(path)
    assert str(path) in str(caught.value) and len(str(caught.value)) < 300


@pytest.mark.parametrize("depth", [10, 400, 900, 960, 980, 990])
@pytest.mark.parametrize("key", ["head", "seed", "loss"])
def test_depth_that_json_still_reads_is_refused_in_words(tmp_path, depth, key):
    path = tmp_path / "c.json"
    path.write_text(f'{{"{key}": {"[" * depth}{"]" * depth}}}')
    with pytest.raises(InputError):
        make_settings("text", read_config_file(path))


def test_a_number_too_large_for_a_float_is_not_infinity(tmp_path):
    (tmp_path / "c.json").write_text('{"schedule": {"learning_rate": 1e999}}')
    with pytest.raises(InputError, match=r"schedule\.learning_rate must be .*got inf"):
        make_settings("text", read_config_file(tmp_path / "c.json"))


def test_comments_and_a_byte_order_mark_change_nothing(tmp_path):
    content = {"$schema": "x", "description": {"any": ["thing"]}, "seed": 5}
    (tmp_path / "c.json").write_text("\ufeff" + json.dumps(content), encoding="utf-8")
    settings = make_settings("text", read_config_file(tmp_path / "c.json"))
    assert settings == make_settings("text", {"seed": 5})
