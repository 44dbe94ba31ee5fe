"""Where the files of an encoder are looked for, and what is said where they are not."""

import sys
from hashlib import sha256

import pytest

from pnet_tf.errors import InputError
from pnet_tf.trainers.encoder_files import read_encoder
from tests.trainers.tiny_encoder import model_bytes, write_encoder


@pytest.mark.parametrize("place", ["model.onnx", "onnx/model.onnx"])
def test_a_folder_as_exports_have_it(tmp_path, place):
    found = read_encoder(str(write_encoder(tmp_path, place)))
    assert found.model_path == tmp_path / place
    assert found.model == model_bytes()
    assert found.model_sha256 == sha256(model_bytes()).hexdigest()
    words = (tmp_path / "tokenizer.json").read_bytes()
    assert found.tokenizer_sha256 == sha256(words).hexdigest()


def test_a_package_is_found_and_its_code_does_not_run(tmp_path, monkeypatch):
    folder = tmp_path / "tiny_encoder_pack"
    write_encoder(folder, "model/model.onnx")
    (folder / "__init__.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    found = read_encoder("package:tiny-encoder-pack")
    assert found.model_path == folder / "model" / "model.onnx"
    assert "tiny_encoder_pack" not in sys.modules


def test_the_tokenizer_may_lie_elsewhere(tmp_path):
    write_encoder(tmp_path / "a")
    write_encoder(tmp_path / "b")
    (tmp_path / "a" / "tokenizer.json").unlink()
    (tmp_path / "b" / "model.onnx").unlink()
    found = read_encoder(str(tmp_path / "a"), str(tmp_path / "b"))
    assert found.tokenizer_path == tmp_path / "b" / "tokenizer.json"


def test_the_environment_names_the_folder_to_look_in_instead(tmp_path, monkeypatch):
    write_encoder(tmp_path / "here")
    monkeypatch.setenv("PNET_TF_ENCODER", str(tmp_path / "here"))
    found = read_encoder("/elsewhere", "/elsewhere/tokenizer")
    assert found.model_path == tmp_path / "here" / "model.onnx"
    assert found.tokenizer_path == tmp_path / "here" / "tokenizer.json"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "needs the option source: the folder of an ONNX export, or package:NAME"),
        ("no_such_folder", "no folder 'no_such_folder'; allowed: a folder or package:NAME"),
        ("a\0b", "no folder"),
        ("package:no_such_package_here", "no package 'no_such_package_here' is installed"),
        ("package:sys", "no package 'sys' is installed"),
        ("package:json.decoder", "'json.decoder' is no name of a package"),
        ("package:../x", "'../x' is no name of a package"),
        ("package:", "'' is no name of a package"),
        ("package:json", "'package:json' has no model.onnx; allowed: a source with model.onnx or "),
    ],
)
def test_sources_that_are_none(source, words):
    with pytest.raises(InputError, match=words) as caught:
        read_encoder(source)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_folder_without_one_of_the_files(tmp_path, name):
    write_encoder(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(InputError, match=f"has no {name}; allowed: a source with {name}"):
        read_encoder(str(tmp_path))
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=f"has no {name}"):
        read_encoder(str(tmp_path))
