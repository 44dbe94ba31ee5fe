"""The trainer `encoder`: its arrays, its configuration, and a run that meets another encoder."""

import json
import sqlite3
import sys
from contextlib import closing

import numpy as np
import pytest
from click.testing import CliRunner

import pnet_tf
from pnet_tf.cli import main
from pnet_tf.errors import InputError
from pnet_tf.trainers import build_trainer, encoder_net, rebuild_trainer, sentence_encoder
from tests.trainers.tiny_encoder import TABLE, write_encoder

TEXTS = np.array(["open", "open close", "close the door", "door"] * 4, object)
SMALL = {"buckets": 256, "embedding": 8}
BRIEF = {"schedule": {"epochs": 2}, "head": {"name": "sequence", "embedding": 8, "channels": 8}}


def build(folder, kind="text", inputs=TEXTS, **options):
    options = {**SMALL, "source": str(folder), **options}
    return build_trainer("encoder", kind=kind, task="classification", outputs=2, input_shape=(),
                         train_inputs=inputs, options=options)  # fmt: skip


def test_an_array_is_the_embeddings_bits_and_the_packed_features(folder):
    encoded = build(folder).encode(TEXTS)
    assert encoded.dtype == np.int32
    embeddings = np.ascontiguousarray(encoded[:4, :2]).view(np.float32)
    np.testing.assert_allclose(embeddings[[0, 1]], [[1, 0], [0.6, 0.8]], atol=1e-6)
    plain = build_trainer("ff", kind="text", task="classification", outputs=2, input_shape=(),
                          train_inputs=TEXTS, options=SMALL)  # fmt: skip
    np.testing.assert_array_equal(encoded[:, 2:], plain.encode(TEXTS))


def test_both_parts_reach_the_logits(folder):
    trainer = build(folder)
    encoded = trainer.encode(TEXTS[:2])
    logits = trainer.model(encoded).numpy()
    other = encoded.copy()
    other[:, :2] = np.array([[0, 1], [1, 0]], np.float32).view(np.int32)
    assert not np.allclose(trainer.model(other), logits)
    other = encoded.copy()
    other[:, 2:] = 0
    assert not np.allclose(trainer.model(other), logits)


@pytest.mark.parametrize("options", [{}, {"units": 4}], ids=["linear", "hidden"])
def test_a_rebuilt_trainer_with_loaded_weights_gives_the_same_logits(folder, options):
    trainer = build(folder, **options)
    again = rebuild_trainer(json.loads(json.dumps(trainer.config)))
    again.model.set_weights(trainer.model.get_weights())
    encoded = again.encode(TEXTS)
    np.testing.assert_array_equal(encoded, trainer.encode(TEXTS))
    np.testing.assert_array_equal(again.model(encoded), trainer.model(encoded))
    assert not again.augmented


def test_the_configuration_finds_its_encoder_from_another_working_folder(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    trainer = build(folder.name)
    monkeypatch.chdir("/")
    np.testing.assert_array_equal(
        rebuild_trainer(trainer.config).encode(TEXTS), trainer.encode(TEXTS)
    )


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_another_encoder_than_the_trainer_learned_with_is_refused(folder, name):
    config = build(folder).config
    changed = (folder / name).read_bytes().replace(b"close", b"cloze")
    if name == "model.onnx":
        write_encoder(folder, table=(*TABLE[:3], (1.0, 2.0)))
    else:
        (folder / name).write_bytes(changed)
    build(folder)  # what was open is no longer the one of the configuration
    with pytest.raises(InputError, match=f"{name} is another file than the trainer learned with: "
                       "its SHA-256 must begin with [0-9a-f]{12}; PNET_TF_ENCODER"):  # fmt: skip
        rebuild_trainer(config)


def test_on_another_machine_the_environment_names_the_folder(folder, monkeypatch, tmp_path):
    trainer = build(folder)
    build(write_encoder(tmp_path / "other", table=(*TABLE[:3], (1.0, 2.0))))
    folder = folder.rename(tmp_path / "moved")
    with pytest.raises(InputError, match="no folder .*PNET_TF_ENCODER names the one"):
        rebuild_trainer(trainer.config)
    monkeypatch.setenv("PNET_TF_ENCODER", str(folder))
    np.testing.assert_array_equal(
        rebuild_trainer(trainer.config).encode(TEXTS), trainer.encode(TEXTS)
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model_sha256": "x"}, "encoder: model_sha256 must"),
        ({"width": 3}, "encoder: width must be 2, as its model has, got 3"),
        ({"length": 0}, "encoder: length must be a whole number 1..8192, got 0"),
        ({"pooling": "max"}, "encoder: pooling must be one of first, mean, got 'max'"),
        ({"features": {}}, "encoder: features: tokens is missing"),
        ({"source": 5}, "encoder: source must be text"),
    ],
    ids=["hash", "width", "length", "pooling", "features", "source"],
)
def test_damaged_states_are_refused(folder, change, words):
    config = build(folder).config
    with pytest.raises(InputError, match=words):
        rebuild_trainer({**config, "encoder": {**config["encoder"], **change}})


def test_a_cache_of_another_width_is_refused_in_one_sentence(folder, tmp_path):
    trainer = build(folder)
    trainer.encode(TEXTS)
    (path,) = (tmp_path / "cache" / "embeddings").iterdir()
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA user_version = 3")
    with pytest.raises(InputError, match="embeddings of width 3, the encoder gives 2"):
        trainer.encode(TEXTS)


def test_an_encoder_is_for_texts(folder):
    with pytest.raises(InputError, match="trainer for dense inputs must be one of ff, ensemble"):
        build(folder, kind="dense", inputs=np.zeros((2, 3), np.float32))


@pytest.fixture
def table(tmp_path):
    rows = [f"{text}\t{label}" for text in ("open", "close", "door open", "door close", "open it")
            for label in [("yes" if "open" in text else "no")] * 4]  # fmt: skip
    path = tmp_path / "data"
    path.mkdir()
    for split in ("train", "valid", "test"):
        (path / f"{split}.tsv").write_text("text\tlabel\n" + "\n".join(rows) + "\n")
    return path


def test_a_fit_embeds_texts_as_they_are_though_the_student_sees_changed_ones(folder, table):
    data = pnet_tf.load_dataset(str(table))
    changes = {**BRIEF, "augment": {"misspell": 0.5},
               "trainer": {"name": "encoder", "source": str(folder), **SMALL}}  # fmt: skip
    seen = []
    whole = sentence_encoder.SentenceEncoder.embed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sentence_encoder.SentenceEncoder, "embed",
                      lambda self, texts: seen.extend(texts) or whole(self, texts))  # fmt: skip
        fitted = pnet_tf.fit(data, changes)
    assert set(seen) <= {*data.train.inputs, *data.valid.inputs}
    assert fitted.trainer.name == "encoder" and len(fitted.history) == 2


def test_commands_say_how_far_the_encoder_is(folder, table, tmp_path, monkeypatch):
    monkeypatch.setattr("pnet_tf.watches._SILENCE_S", -1)
    config, run, log = (tmp_path / name for name in ("c.json", "run", "log.tsv"))
    trainer = {"name": "encoder", "source": str(folder), **SMALL}
    config.write_text(json.dumps({**BRIEF, "trainer": trainer}), encoding="utf-8")
    log.write_text("text\nclose the door\n", encoding="utf-8")
    (table / "test.tsv").write_text("text\tlabel\ndoor door\tno\n", encoding="utf-8")
    for command in (("train", table, "--out", run, "--config", config), ("evaluate", run, table),
                    ("label-next", run, log, "--count", 1)):  # fmt: skip
        shown = CliRunner().invoke(main, list(map(str, command)))
        assert shown.exit_code == 0 and "embedding texts: " in shown.stderr, command[0]
    monkeypatch.setenv("PNET_TF_CACHE", str(tmp_path / "other"))  # as on another machine
    again = ("teach", run, table, "--out", tmp_path / "l.npz")
    assert "embedding texts: " in CliRunner().invoke(main, list(map(str, again))).stderr


def test_made_texts_run_through_the_cache_once(folder, table, tmp_path, monkeypatch):
    change = {"trainer": {"name": "encoder", "source": str(folder), **SMALL},
              "augment": {"transfer": 10}}  # fmt: skip
    data = pnet_tf.load_dataset(str(table))
    plan = pnet_tf.plan_fit(data, pnet_tf.make_settings("text", [BRIEF, change]))
    made = plan.unlabelled.data.train.inputs[-10:]
    (path,) = (tmp_path / "cache" / "embeddings").iterdir()
    with closing(sqlite3.connect(path)) as base:
        (rows,) = base.execute("SELECT COUNT(*) FROM vectors").fetchone()
    words = {"open", "close", "door", "it"}  # asked for words like them
    assert rows == len({*data.train.inputs, *data.valid.inputs, *made, *words})

    def embed(self, texts):
        raise AssertionError(texts)

    monkeypatch.setattr(sentence_encoder.SentenceEncoder, "embed", embed)
    again = pnet_tf.plan_fit(data, pnet_tf.make_settings("text", [BRIEF, change]))
    assert np.array_equal(again.prepared.train.trainer, plan.prepared.train.trainer)


def test_a_run_is_trained_and_evaluated_and_says_what_is_missing(
    folder, table, tmp_path, monkeypatch
):
    config = tmp_path / "settings.json"
    config.write_text(json.dumps({**BRIEF, "trainer": {"name": "encoder", **SMALL}}))
    run = str(tmp_path / "run")
    call = CliRunner().invoke
    train = ["train", str(table), "--config", str(config), "--encoder", str(folder), "--out"]
    done = call(main, [*train, run])
    assert done.exit_code == 0, done.output
    done = call(main, ["evaluate", run, str(table)])
    assert done.exit_code == 0 and "trainer" in done.output, done.output
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    encoder_net._opened.clear()
    done = call(main, [*train, f"{run}2"])
    assert done.exit_code == 2
    assert done.output.strip().splitlines()[-1] == (
        "Error: the trainer encoder needs the package onnxruntime, which is not installed; "
        "install pnet-tf[encoder]"
    )
    assert not (tmp_path / "run2").exists()


def test_two_vectors_of_one_text_under_other_options_do_not_meet_in_the_cache(folder):
    first = build(folder, length=1).encode(["open close"])[:, :2]
    whole = build(folder).encode(["open close"])[:, :2]
    np.testing.assert_allclose(np.ascontiguousarray(first).view(np.float32), [[1, 0]])
    np.testing.assert_allclose(np.ascontiguousarray(whole).view(np.float32), [[0.6, 0.8]], 1e-6)
