import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pnet_tf.errors import InputError, WorkError
from pnet_tf.export.shrink import shrink
from pnet_tf.tflite import oldest_runtime
from pnet_tf.tflite.compatibility import ALLOWED_OPERATORS, check_operators, multiplies_int4
from pnet_tf.tflite.flatbuffer import pack, unpack
from pnet_tf.tflite.model import load_model
from pnet_tf.tflite.oldest_runtime import run_oldest, run_on_oldest
from tests.tflite.small_models import BYTES, convert, random_bytes

SCRIPT = Path(__file__).parents[2] / "scripts" / "oldest_runtime.py"


def one_operator(name: str, version: int) -> bytes:
    """A model without a node that asks for one operator, and one that has the node."""
    from ai_edge_litert import schema_py_generated as schema

    code, graph, model = schema.OperatorCodeT(), schema.SubGraphT(), schema.ModelT()
    code.builtinCode = getattr(schema.BuiltinOperator, name)
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    code.version = version
    graph.tensors = graph.inputs = graph.outputs = graph.operators = []
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    model.buffers = [schema.BufferT()]
    return pack(model)


def changed(model: bytes, operator: str, change) -> bytes:
    """`model` after `change(tree, node, code)` on its first node of that operator."""
    from ai_edge_litert import schema_py_generated as schema

    tree, wanted = unpack(model), getattr(schema.BuiltinOperator, operator)
    for node in tree.subgraphs[0].operators:
        if tree.operatorCodes[node.opcodeIndex].builtinCode == wanted:
            change(tree, node, tree.operatorCodes[node.opcodeIndex])
            return pack(tree)
    raise LookupError(operator)


def weights_of(tree, node):
    from ai_edge_litert import schema_py_generated as schema

    tensor = tree.subgraphs[0].tensors[int(node.inputs[1])]
    tensor.quantization = tensor.quantization or schema.QuantizationParametersT()
    return tensor, schema


def test_the_text_model_fits_all_runtimes(text_model, converted):
    assert check_operators(text_model) == check_operators(converted) == []


def test_dynamic_range_per_channel_is_found(text_model):
    def quantise(tree, node, code):
        tensor, schema = weights_of(tree, node)
        tensor.type = schema.TensorType.INT8
        tensor.quantization.scale = np.ones(3, np.float32)

    (problem,) = check_operators(changed(text_model, "FULLY_CONNECTED", quantise))
    assert "per-channel INT8" in problem


def test_one_scale_is_fine(text_model):
    def quantise(tree, node, code):
        tensor, schema = weights_of(tree, node)
        tensor.type = schema.TensorType.INT8
        tensor.quantization.scale = np.ones(1, np.float32)

    assert check_operators(changed(text_model, "FULLY_CONNECTED", quantise)) == []


@pytest.mark.parametrize(
    ("shape", "right"),
    [((4, 32), True), ((1, 64), True), ((150, 136), True), ((10, 48), True), ((3, 32), False),
     ((2, 64), False), ((16, 24), False), ((16, 50), False), ((16, 62), False), ((16, 33), False)],
)  # fmt: skip
def test_int4_matrices_that_the_oldest_runtime_multiplies(text_model, shape, right):
    def quantise(tree, node, code):
        tensor, schema = weights_of(tree, node)
        tensor.type, tensor.shape = schema.TensorType.INT4, np.array(shape, np.int32)

    assert multiplies_int4(*shape) == right
    problem = f"FULLY_CONNECTED of INT4 weights {list(shape)}: wrong on tflite-runtime 2.14.0"
    found = check_operators(changed(text_model, "FULLY_CONNECTED", quantise))
    assert found == ([] if right else [problem])


def test_version_too_new(text_model):
    def newer(tree, node, code):
        code.version = 12

    model = changed(text_model, "FULLY_CONNECTED", newer)
    (problem,) = check_operators(model)
    assert problem == "FULLY_CONNECTED version 12: tflite-runtime 2.14.0 runs at most version 10"
    assert check_operators(model, versions=False) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [(b"FlexErf", "FlexErf needs the Flex delegate"), (b"mine", "custom operator 'mine'")],
)
def test_custom_operators(text_model, name, message):
    def customise(tree, node, code):
        code.builtinCode = code.deprecatedBuiltinCode = 32
        code.customCode = name

    (problem,) = check_operators(changed(text_model, "CAST", customise), versions=False)
    assert message in problem


def test_operator_not_on_the_list(text_model):
    def other(tree, node, code):
        code.builtinCode, code.deprecatedBuiltinCode = 119, 119  # WHILE

    (problem,) = check_operators(changed(text_model, "CAST", other), versions=False)
    assert problem == "operator WHILE is not on the list of allowed builtins"


def test_operator_newer_than_the_schema(text_model):
    def unknown(tree, node, code):
        code.builtinCode, code.deprecatedBuiltinCode = 9999, 127

    (problem,) = check_operators(changed(text_model, "CAST", unknown))
    assert "BUILTIN_9999" in problem


def test_newer_tensor_types_blocks_and_sparsity(text_model):
    def newer(tree, node, code):
        tensor, schema = weights_of(tree, node)
        tensor.type = schema.TensorType.INT2
        tensor.quantization.detailsType = schema.QuantizationDetails.BlockwiseQuantization
        tensor.quantization.details = schema.BlockwiseQuantizationT()

    problems = " ".join(check_operators(changed(text_model, "FULLY_CONNECTED", newer)))
    assert "INT2" in problems and "block-wise" in problems

    def sparse(tree, node, code):
        tensor, schema = weights_of(tree, node)
        tensor.type, tensor.sparsity = schema.TensorType.INT8, schema.SparsityParametersT()

    (problem,) = check_operators(changed(text_model, "FULLY_CONNECTED", sparse))
    assert "sparse" in problem


def test_every_allowed_version_loads_on_the_oldest_runtime_and_no_newer(oldest_python, tmp_path):
    """One child for all: it prints the operators whose table entry is wrong."""
    for name, version in ALLOWED_OPERATORS.items():
        (tmp_path / f"{name}-fits").write_bytes(one_operator(name, version))
        (tmp_path / f"{name}-newer").write_bytes(one_operator(name, version + 1))
    code = (
        "import sys, pathlib\n"
        "from tflite_runtime.interpreter import Interpreter\n"
        "for path in pathlib.Path(sys.argv[1]).iterdir():\n"
        "    try:\n"
        "        Interpreter(model_content=path.read_bytes())\n"
        "        loads = True\n"
        "    except ValueError:\n"
        "        loads = False\n"
        "    if loads != path.name.endswith('-fits'):\n"
        "        print(path.name)\n"
    )
    command = [str(oldest_python), "-I", "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("xnnpack", [True, False])
def test_oldest_runtime_agrees(text_path, oldest_python, xnnpack):
    inputs = random_bytes(12)
    run = run_oldest(text_path, inputs, oldest_python, xnnpack=xnnpack, timed_runs=5)
    assert run.invoke_ms > 0 and list(run.outputs) == ["scores"]
    expected = load_model(text_path, trusted=True).scores(inputs)
    np.testing.assert_allclose(run.outputs["scores"], expected, atol=1e-5)


def test_oldest_runtime_runs_top_k_and_regression(top_k_path, dense_path, oldest_python):
    run = run_oldest(top_k_path, random_bytes(3), oldest_python)
    scores, indices = load_model(top_k_path, trusted=True).top_k_scores(random_bytes(3))
    np.testing.assert_allclose(run.outputs["scores"], scores, atol=1e-5)
    np.testing.assert_array_equal(run.outputs["indices"], indices)
    assert run.invoke_ms is None
    values = run_on_oldest(dense_path, np.array([[1, 2, 3]], np.float32), oldest_python)
    np.testing.assert_allclose(values, [[2, 6]])


def test_oldest_runtime_refuses_per_channel(oldest_python, save):
    """The converter's own dynamic range needs enough weights to show: 2048 of them."""

    def wide(tf, value):
        rng = np.random.default_rng(0)
        features = tf.cast(value, tf.float32)
        hidden = tf.nn.relu(features @ tf.constant(rng.normal(size=(BYTES, 128)), tf.float32))
        return {"scores": hidden @ tf.constant(rng.normal(size=(128, 5)), tf.float32)}

    model = shrink(convert(wide, (BYTES,), "uint8", "bytes", optimize=True))
    assert check_operators(model)
    with pytest.raises(WorkError, match="version '12'"):
        run_on_oldest(save(model), random_bytes(1), oldest_python)


def test_shrunk_model_runs_on_the_oldest_as_the_converted_does(oldest_python, save, converted):
    inputs = random_bytes(5, seed=3)
    both = [run_on_oldest(save(m), inputs, oldest_python) for m in (converted, shrink(converted))]
    np.testing.assert_array_equal(*both)


def test_what_is_missing_is_named(text_path, tmp_path):
    python = Path(sys.executable)
    with pytest.raises(InputError, match="no such model"):
        run_on_oldest(tmp_path / "none.tflite", random_bytes(1), python)
    with pytest.raises(InputError, match="no such Python"):
        run_on_oldest(text_path, random_bytes(1), tmp_path / "python")
    with pytest.raises(InputError, match="no inputs"):
        run_on_oldest(text_path, random_bytes(0), python)
    with pytest.raises(WorkError, match="No module named 'tflite_runtime'"):
        run_on_oldest(text_path, random_bytes(1), python)


def test_script_and_package_name_the_same_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PNET_TF_OLD_RUNTIME", str(tmp_path / "old"))
    assert oldest_runtime.oldest_python() is None
    cache_folder = runpy.run_path(str(SCRIPT))["cache_folder"]
    assert cache_folder() == tmp_path / "old"
    monkeypatch.delenv("PNET_TF_OLD_RUNTIME")
    monkeypatch.setenv("HOME", str(tmp_path))
    python = cache_folder() / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    assert oldest_runtime.oldest_python() == python


def test_script_leaves_a_folder_that_is_no_venv_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    environment = os.environ | {"PNET_TF_OLD_RUNTIME": str(tmp_path)}
    command = [sys.executable, str(SCRIPT)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "is not a venv" in done.stderr
    assert (tmp_path / "mine.txt").read_text() == "keep"


@pytest.mark.parametrize("runtime", [True, False])
def test_script_shows_a_venv_only_when_it_is_whole(tmp_path, runtime):
    make, seen = runpy.run_path(str(SCRIPT))["make"], []
    make.__globals__["run"] = lambda command: seen.append(any(tmp_path.glob("old")))
    make.__globals__["works"] = lambda python: runtime
    if runtime:
        make(tmp_path / "old", sys.executable)
    else:
        with pytest.raises(SystemExit, match="does not import tflite_runtime"):
            make(tmp_path / "old", sys.executable)
    assert seen == [False, False]
    assert [path.name for path in tmp_path.iterdir()] == ["old"] * runtime
