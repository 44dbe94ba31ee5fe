import numpy as np
import pytest

from pnet_tf._keras import keras
from pnet_tf.compress.compression import Compression
from pnet_tf.compress.plan import CompressionPlan
from pnet_tf.export.student import projection_scope
from pnet_tf.export.weights import count_weights, sparsity
from pnet_tf.model import build_student
from pnet_tf.settings import Schedule
from pnet_tf.tflite.reader import read_model
from pnet_tf.training.joint import JointFit
from pnet_tf.training.types import JointData, Progress
from tests.export.quantized_heads import file_of, samples_of, student_of

PLANS = [
    ("structured", 0.5, 0, "none", "none"), ("structured", 0.0, 8, "int8", "int8"),
    ("text", 0.6, 12, "none", "int8"), ("lookup", 0.4, 8, "none", "none"),
    ("local", 0.5, 16, "int8", "int8"),
]  # fmt: skip
MATRICES = {"dense": 2, "sequence": 6, "lookup": 1, "local": 4}


def fit_of(name, prune, cluster, qat="none", **schedule):
    """A fit of the student `name` on 64 random examples, 4 steps an epoch; and its parts."""
    _, config = student_of(name, qat=qat)
    config = {**config, "prune": prune, "cluster": cluster}
    keras.utils.set_random_seed(0)
    student = build_student(config)
    samples = samples_of(config, 64)
    bits = student.projection(samples).numpy().astype(np.int8)
    data = JointData(bits, np.arange(64) % 10)
    plan = Schedule(**{"epochs": 5, "batch_size": 16, "learning_rate": 0.01, **schedule})
    hook = Compression(student.head, CompressionPlan(prune, cluster))
    fit = JointFit(student, None, data, data, schedule=plan, compression=hook)
    return fit, config, samples


def matrices(head):
    """Values of the trained matrices, tables and convolutions of a head, by name."""
    named = {w.name: w.numpy() for w in head.trainable_weights}
    return {n: v for n, v in named.items() if "kernel" in n or "embeddings" in n}


@pytest.fixture(scope="module", params=PLANS, ids=str)
def compressed(request):
    *options, mode = request.param
    fit, config, samples = fit_of(*options)
    fit.run()
    return fit.student, config, samples, mode


def test_every_matrix_is_as_sparse_and_clustered_as_asked(compressed):
    student, config, *_ = compressed
    found = matrices(student.head)
    assert len(found) == MATRICES[config["head"]["name"]]
    for name, values in found.items():
        kept = max(np.round(values.size * (1 - config["prune"])), 1)
        assert abs(np.count_nonzero(values) - kept) <= 1, name
        assert not config["cluster"] or len(set(np.unique(values)) - {0}) <= config["cluster"], name


def test_a_file_has_the_zeros_and_the_values(compressed):
    student, config, samples, mode = compressed
    model = file_of(student, mode, samples[:8])
    counts = count_weights(model, projection_scope(student))
    assert len(counts) == len(matrices(student.head))
    assert sparsity(counts) >= config["prune"] - 0.01
    for name, count in counts.items():
        assert not config["cluster"] or count.distinct <= config["cluster"] + 1, name  # and 0


def test_a_file_has_nothing_more_in_it():
    fit, _, samples = fit_of("structured", 0.5, 8)
    fit.run()
    plain, _ = student_of("structured")
    one, two = (
        read_model(file_of(each, "none", samples[:1])).subgraphs[0]
        for each in (fit.student, plain)
    )
    assert [node.name for node in one.operators] == [node.name for node in two.operators]
    tensors = [sorted((t.type, t.shape, t.scales) for t in g.tensors) for g in (one, two)]
    assert tensors[0] == tensors[1]


def test_sparsity_grows_by_the_cubic_schedule():
    fit, _, _ = fit_of("structured", 0.8, 0, epochs=10)
    shares = []

    def look(epoch, step, metrics):
        kernel = fit.student.head.get_layer("hidden_0").kernel.numpy()
        shares.append(np.mean(kernel == 0))

    fit.run(on_batch=look)
    assert shares[:4] == [0, 0, 0, 0]  # 40 steps: from the 4th to the 24th
    for step in (8, 14, 20):
        expected = 0.8 - 0.8 * (1 - (step - 4) / 20) ** 3
        assert shares[step - 1] == pytest.approx(expected, abs=1e-3)
    assert shares[23:] == pytest.approx([0.8] * 17, abs=1e-3)


def test_clustered_weights_go_on_learning():
    fit, _, _ = fit_of("structured", 0.0, 8, epochs=10)
    kernels = []
    fit.run(on_epoch=lambda f: kernels.append(f.student.head.get_layer("logits").kernel.numpy()))
    values = [set(np.unique(kernel)) for kernel in kernels[7:]]
    assert all(len(each) <= 8 for each in values) and values[0] != values[1]
    assert fit.progress.history[-1]["loss"] < fit.progress.history[3]["loss"]


@pytest.mark.parametrize(("qat", "epoch"), [("int8", 2), ("none", 4)])
def test_a_resumed_fit_ends_with_the_weights_of_an_unbroken_one(qat, epoch):
    options = (0.5, 8, qat)
    whole, *_ = fit_of("structured", *options)
    saved = []

    def keep(fit):
        if fit.progress.epoch == epoch:
            progress = Progress(epoch, list(fit.progress.history))
            saved.append((fit.state(), progress))

    whole.run(on_epoch=keep)
    resumed, *_ = fit_of("structured", *options)
    resumed.restore(*saved[0])
    keras.utils.set_random_seed(77)
    resumed.run()
    for a, b in zip(whole.state(), resumed.state(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_epoch_before_the_clusters_is_never_the_best():
    fit, *_ = fit_of("structured", 0.5, 8, epochs=10, patience=1, learning_rate=0.3)
    progress = fit.run()
    assert progress.best_epoch >= 7  # clusters begin with the 28th of 40 steps
    for values in matrices(fit.student.head).values():
        assert len(np.unique(values)) <= 8 + 1
