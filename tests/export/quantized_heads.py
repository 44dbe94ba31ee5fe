"""Small students of every head with weights as after training, and their files' inner tensors."""

import numpy as np

TEXT = {"name": "text", "functions": 8, "bits": 8, "tokens": 16}
IMAGE = {"kind": "image", "shape": [12, 12, 1]}
STRUCTURED = {"name": "structured", "functions": 12, "bits": 8}
WORDS = ["i", "want", "to", "fly", "from", "boston", "denver", "what", "cheapest", "monday"]
_PARTS = {
    "text": (
        {"kind": "text", "byte_length": 64}, TEXT,
        {"name": "sequence", "embedding": 24, "channels": 32, "rank": 16},
    ),
    "structured": ({"kind": "dense", "shape": [64]}, STRUCTURED, {"name": "dense", "units": [64]}),
    "lookup": (IMAGE, STRUCTURED, {"name": "lookup"}),
    "local": (
        IMAGE, {"name": "local", "filters": 4},
        {"name": "local", "channels": [32, 32, 40], "strides": [1, 1, 2]},
    ),
}  # fmt: skip
CASES = list(_PARTS)


def student_of(name, *, qat="none"):
    """A student, and its configuration, with weights that are not at their start."""
    from pnet_tf._keras import keras
    from pnet_tf.model import build_student

    raw, projection, head = _PARTS[name]
    config = {"input": raw, "outputs": 10, "projection": projection, "head": head, "qat": qat}
    keras.utils.set_random_seed(0)
    student = build_student(config)
    rng = np.random.default_rng(0)
    for weight in student.head.weights:
        if any(part in weight.name for part in ("gamma", "moving_variance")):
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        elif any(part in weight.name for part in ("beta", "moving_mean", "bias", "tables")):
            weight.assign(rng.normal(0.0, 0.3, weight.shape))
    return student, config


def trained_student(name, qat):
    """A student that trained with `qat`, its configuration, and raw inputs."""
    from pnet_tf.settings import Schedule
    from pnet_tf.training.joint import JointFit
    from pnet_tf.training.types import JointData

    student, config = student_of(name, qat=qat)
    samples = samples_of(config, 64)
    bits = student.projection(samples).numpy().astype(np.int8)
    data = JointData(bits, np.arange(64) % 10)
    schedule = Schedule(epochs=4, batch_size=16, learning_rate=0.01)
    JointFit(student, None, data, data, schedule=schedule).run()
    return student, config, samples


def samples_of(config, count=24):
    """Raw inputs."""
    from pnet_tf.data import encode_text

    rng = np.random.default_rng(1)
    raw = config["input"]
    if raw["kind"] == "text":
        texts = [" ".join(rng.choice(WORDS, rng.integers(2, 10))) for _ in range(count)]
        return encode_text(texts, raw["byte_length"]).bytes
    if raw["kind"] == "image":
        return rng.integers(0, 256, (count, *raw["shape"]), dtype=np.uint8)
    return rng.normal(size=(count, *raw["shape"])).astype(np.float32)


def file_of(student, mode, samples, top_k=None):
    """The student as the converter gives it, with `mode`."""
    from pnet_tf.export.freeze import Job
    from pnet_tf.export.quantize import convert

    return convert(Job(student, student.spec, "classification", 10, samples, top_k), mode)


def scores_of(student, samples):
    """What the Keras student answers."""
    from pnet_tf.model import answers

    return answers(student, samples, "classification").numpy()


def _interpreter(model, xnnpack, keep=False):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    kind = OpResolverType.AUTO if xnnpack else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    made = Interpreter(
        model_content=model, num_threads=1, experimental_op_resolver_type=kind,
        experimental_preserve_all_tensors=keep,
    )  # fmt: skip
    made.allocate_tensors()
    return made


def scores(model, samples, xnnpack):
    """Scores of a batch."""
    runner = _interpreter(model, xnnpack).get_signature_runner("serve")
    (name,) = runner.get_input_details()
    return np.concatenate([runner(**{name: row[None]})["scores"] for row in samples])


def bits_of(model, samples, expected):
    """Of the inner tensors as wide as `expected`, the one nearest to it: [N, bits]."""
    made = _interpreter(model, xnnpack=False, keep=True)
    source = made.get_input_details()[0]["index"]
    wide = [
        item for item in made.get_tensor_details()
        if np.prod(item["shape"]) == expected.shape[1] and item["dtype"] in (np.float32, np.int8)
    ]  # fmt: skip
    found = {item["index"]: [] for item in wide}
    for row in samples:
        made.set_tensor(source, row[None])
        made.invoke()
        for item in wide:
            scale, zero = item["quantization"]
            values = made.get_tensor(item["index"]).astype(np.float32).ravel()
            with np.errstate(all="ignore"):  # what a kernel keeps for itself may hold anything
                rounded = np.float32((values - zero) * np.float64(scale))
            found[item["index"]].append(rounded if scale else values)
    batches = [np.nan_to_num(np.array(rows)) for rows in found.values()]
    with np.errstate(over="ignore"):
        return min(batches, key=lambda batch: np.abs(batch - expected).max())
