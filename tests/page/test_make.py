"""`pnet-tf page`: from a model file to a page, or a sentence."""

import json
import shutil
from base64 import b64decode
from pathlib import Path

import pytest
from click.testing import CliRunner

from pnet_tf.cli import main
from pnet_tf.errors import InputError
from pnet_tf.page.litert import library_script
from pnet_tf.page.make import write_page
from tests.page.conftest import GLUE, LIBRARY
from tests.page.test_html import Elements

RECORDED = Path(__file__).parents[1] / "recorded"
TEXT = RECORDED / "text.tflite"


def test_a_page_holds_the_model(stand_in, tmp_path):
    report = write_page(TEXT, tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    blocks = {a["id"]: content for a, content in Elements(text).of("script") if "id" in a}
    assert b64decode(blocks["model"]) == TEXT.read_bytes()
    assert report.size_bytes == len(text.encode())
    assert report.model_bytes == TEXT.stat().st_size
    assert report.input_kind == "text"
    assert f"holds {stand_in.name}" in text


def test_the_same_model_makes_the_same_page(stand_in, tmp_path):
    for name in ("a.html", "b.html"):
        write_page(TEXT, tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_page_names_no_place_of_the_network(stand_in, tmp_path):
    write_page(TEXT, tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "http:" not in text
    assert "https:" not in text


def test_the_command_and_its_json(stand_in, tmp_path):
    out = str(tmp_path / "a.html")
    result = CliRunner().invoke(main, ["page", str(TEXT), "--out", out, "--json", "-"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert found["file"] == out
    assert found["runtime"] == stand_in.spec
    shown = CliRunner().invoke(main, ["page", str(TEXT), "--out", out]).output
    assert f"{TEXT.stat().st_size:,} of them the model" in shown


def _cut(path):
    path.write_bytes(TEXT.read_bytes()[:1000])


def _other_spec(path):
    path.write_bytes(TEXT.read_bytes().replace(b'"spec":1', b'"spec":9'))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "does not exist"),
        (_cut, "damaged or truncated"),
        (_other_spec, "spec version 9; this pnet_tf reads 1"),
        (lambda path: path.write_bytes(b"<html>"), "not a TFLite file"),
        (lambda path: path.mkdir(), "no plain file"),
    ],
    ids=["missing", "truncated", "other version", "other file", "folder"],
)
def test_bad_models_are_a_sentence_and_leave_no_page(stand_in, tmp_path, make, said):
    model = tmp_path / "m.tflite"
    make(model)
    result = CliRunner().invoke(main, ["page", str(model), "--out", str(tmp_path / "a.html")])
    assert result.exit_code == 2
    assert said in result.output
    assert not (tmp_path / "a.html").exists()


def test_the_model_itself_is_not_overwritten(stand_in, tmp_path):
    model = tmp_path / "m.tflite"
    shutil.copy(TEXT, model)
    with pytest.raises(InputError, match="is the model itself"):
        write_page(model, model)
    assert model.read_bytes() == TEXT.read_bytes()


def test_the_library_becomes_a_function_of_the_wasm():
    script = library_script(LIBRARY, GLUE)
    assert script.startswith(GLUE)
    assert "async function openLibrary(wasmBinary) {" in script
    assert "\nimport " not in script
    assert "\nexport " not in script
    assert "sourceMappingURL" not in script


def test_another_build_of_the_library_is_refused():
    with pytest.raises(InputError, match="is not built as this pnet_tf knows it"):
        library_script(LIBRARY.replace("export", "exports"), GLUE)
