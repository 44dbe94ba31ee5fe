"""A user's own model, module:function: what it gets, and whatever goes wrong is one sentence."""

import json
import sys

import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.trainers import build_trainer, rebuild_trainer

MODULE = """
import numpy
from pnet_tf._keras import keras

def image(input_shape, outputs):
    return keras.Sequential([
        keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dropout(0.5),
        keras.layers.Dense(outputs)])

def unbuilt(input_shape, outputs):
    return keras.Sequential([keras.layers.Rescaling(1 / 255), keras.layers.Dense(outputs)])

def text(input_shape, outputs):
    return keras.Sequential([
        keras.Input(input_shape, dtype="uint8"), keras.layers.Embedding(256, 4),
        keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(outputs)])

def wide(input_shape, outputs):
    return image(input_shape, outputs + 1)

def nothing(input_shape, outputs):
    return None

def picky(input_shape, outputs):
    return image((3, 3, 3), outputs)

def failing(input_shape, outputs):
    raise RuntimeError("no\\nluck")

def leaving(input_shape, outputs):
    raise SystemExit(3)

def late(input_shape, outputs):
    class Late(keras.Model):
        def call(self, inputs):
            raise SystemExit("late")
    return Late()

def three(input_shape, outputs):
    import keras as keras3
    return keras3.Sequential([keras3.Input(input_shape), keras3.layers.Dense(outputs)])

number = 5
"""


@pytest.fixture
def nets(tmp_path, monkeypatch):
    (tmp_path / "user_nets.py").write_text(MODULE)
    (tmp_path / "user_broken.py").write_text("def f(:\n")
    (tmp_path / "user_needs.py").write_text("import not_installed_anywhere\n")
    (tmp_path / "user_exits.py").write_text("import sys\nsys.exit(0)\n")
    (tmp_path / "user_package").mkdir()
    (tmp_path / "user_package" / "nets.py").write_text("from user_nets import image\n")
    monkeypatch.chdir(tmp_path)
    yield
    for name in [name for name in sys.modules if name.startswith("user_")]:
        del sys.modules[name]


def build(spec, kind="image", shape=(4, 4, 1), inputs=None, **options):
    inputs = np.zeros((2, *shape), np.uint8) if inputs is None else inputs
    return build_trainer(
        spec,
        kind=kind,
        task="classification",
        outputs=3,
        input_shape=shape,
        train_inputs=inputs,
        seed=5,
        options=options,
    )


@pytest.mark.parametrize("name", ["image", "unbuilt"])
def test_an_image_model_gets_raw_pixels_and_is_rebuilt_from_json(nets, name):
    shape = (4, 4, 1) if name == "image" else (6,)
    kind = "image" if name == "image" else "dense"
    trainer = build(f"user_nets:{name}", kind, shape)
    again = rebuild_trainer(json.loads(json.dumps(trainer.config)))
    pixels = trainer.encode(np.full((2, *shape), 9, np.uint8))
    assert pixels.dtype == (np.uint8 if kind == "image" else np.float32)
    np.testing.assert_array_equal(trainer.model(pixels), again.model(pixels))


def test_a_text_model_gets_bytes(nets):
    texts = np.array(["hé", "a long message"], object)
    trainer = build("user_nets:text", "text", (), texts, byte_length=6)
    encoded = trainer.encode(texts)
    assert encoded.dtype == np.uint8
    assert encoded[0].tolist() == [ord("h"), 0xC3, 0xA9, 0, 0, 0]
    assert trainer.model(encoded).shape == (2, 3)


def test_a_module_in_a_package_is_found_and_the_seed_decides(nets):
    one, same = (build("user_package.nets:image").model.get_weights() for _ in range(2))
    other = build_trainer("user_package.nets:image", kind="image", task="classification", outputs=3,
                          input_shape=(4, 4, 1), train_inputs=None, seed=6)  # fmt: skip
    np.testing.assert_array_equal(one[0], same[0])
    assert not np.array_equal(one[0], other.model.get_weights()[0])


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("user_nets:", "name or module:function, got 'user_nets:'"),
        (":image", "name or module:function"),
        ("user/nets:image", "name or module:function"),
        ("user_nets:a:b", "name or module:function"),
        ("user_absent:image", "no module user_absent"),
        ("user_needs:image", "no module not_installed_anywhere"),
        ("user_broken:f", "importing it failed: SyntaxError"),
        ("user_nets:absent", "no function absent"),
        ("user_nets:number", "no function number"),
        ("user_nets:failing", "failed when called: RuntimeError: no$"),
        ("user_nets:leaving", "failed when called: SystemExit: 3$"),
        ("user_nets:late", "does not take a uint8 batch .*: SystemExit: late$"),
        ("user_exits:f", "importing it failed: SystemExit: 0$"),
        ("user_nets:nothing", "nothing returned must be a tf_keras Model, got NoneType"),
        ("user_nets:wide", r"logits \(2, 3\) for a batch of 2, got \(2, 4\)"),
        ("user_nets:picky", r"does not take a uint8 batch \(N, 4, 4, 1\)"),
        ("user_nets:three", "Keras 3 .*import tf_keras as keras"),
    ],
)
def test_what_is_no_model_is_refused(nets, spec, words):
    path = list(sys.path)
    with pytest.raises(InputError, match=words) as caught:
        build(spec)
    assert "\n" not in str(caught.value)
    assert sys.path == path
