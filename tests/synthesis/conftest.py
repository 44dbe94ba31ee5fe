"""A made-up world: what a network costs and how well it does, by formulae, without training."""

import numpy as np
import pytest

import pnet_tf
from pnet_tf.settings import make_settings
from pnet_tf.synthesis.generator import Generator
from pnet_tf.synthesis.records import FINISHED, OUTSIDE, Record
from pnet_tf.synthesis.requirements import broken, parse_requirements
from pnet_tf.synthesis.space import search_space

PAIR = "structured+dense"


def cost(network):
    """Bytes: 4,000 and a matrix of bits x units."""
    bits = network["projection.structured.functions"] * network["projection.structured.bits"]
    return 4000.0 + bits * network["head.dense.units"]


def accuracy(network):
    """Better by units, best at a rate of 0.005, worse by dropout; nothing else matters."""
    rate = abs(np.log10(network["training.learning_rate"] / 0.005))
    error = 0.4 * (16 / network["head.dense.units"]) ** 0.5 * (1 + rate)
    return float(1 - min(error * (1 + network["head.dense.dropout"]), 0.9))


def record_of(number, network, limits):
    facts = {"bytes": cost(network), "macs": cost(network) / 2}
    if broken(limits, facts):
        return Record(number, network, facts, OUTSIDE, broken=("bytes",))
    end = accuracy(network)
    curve = tuple(end * (1 - 0.5 ** (epoch + 1)) for epoch in range(4))
    return Record(number, network, facts, FINISHED, end, curve, epochs=4.0)


@pytest.fixture(scope="session")
def world():
    """`world(count, require=(), utility=...)`: a generator that knows `count` random networks."""
    space = search_space("dense", (12,)).narrowed({"network": [PAIR]})
    base = make_settings("dense", [{"trainer": {"name": "none"}}]).to_json()

    def make(count, require=(), utility="hypervolume", seed=0):
        limits, rng = parse_requirements(require), np.random.default_rng(seed)
        records = [record_of(number, space.random(rng), limits) for number in range(count)]
        return Generator(
            space, limits, utility, tuple(records), "sha", (12,), ("a", "b"), base
        )  # fmt: skip

    return make


@pytest.fixture(scope="session")
def small_data():
    """Two classes of 12 features that a line parts."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(160, 12)).astype(np.float32)
    y = np.array(["left", "right"])[(x[:, 0] + 0.3 * x[:, 1] > 0).astype(int)]
    return pnet_tf.make_dataset(x, y)
