"""Counts of real data sets, where the folder that holds them is present."""

import numpy as np
import pytest

from pnet_tf.data import InputSpec, encode_text, load_dataset, load_split


def sizes(found):
    return [len(s.targets) for s in (found.train, found.valid, found.test)]


def test_atis(shared_data):
    found = load_dataset(str(shared_data / "atis"))
    assert (found.name, len(found.labels), sizes(found)) == ("atis", 21, [4478, 500, 893])
    unknown = [(s.targets == -1).sum() for s in (found.train, found.valid, found.test)]
    assert unknown == [0, 1, 5]
    assert "atis_flight#atis_airfare" in found.labels
    assert encode_text(found.train.inputs, 128).bytes.shape == (4478, 128)


def test_clinc150_and_a_table_of_foreign_labels(shared_data):
    found = load_dataset(str(shared_data / "clinc150"))
    assert (len(found.labels), sizes(found)) == (150, [15000, 3000, 4500])
    call = {"spec": InputSpec("text", (128,)), "task": "classification"}
    path = str(shared_data / "clinc150" / "oos_test.tsv.gz")
    assert (load_split(path, "test", labels=found.labels, **call).targets == -1).all()


def test_trec6_gets_a_validation_split(shared_data):
    found = load_dataset(str(shared_data / "trec6"))
    assert (len(found.labels), sizes(found)) == (6, [4907, 545, 500])


def test_mnist(shared_data):
    found = load_dataset(str(shared_data / "mnist"))
    assert (found.labels, found.input_shape) == (tuple("0123456789"), (28, 28, 1))
    assert sizes(found) == [54000, 6000, 10000]
    assert found.train.inputs.dtype == np.uint8
    both = np.concatenate([found.train.targets, found.valid.targets])
    share = np.bincount(found.valid.targets) / np.bincount(both)
    assert np.allclose(share, 0.1, atol=0.001)


@pytest.mark.slow
def test_cifar10(shared_data):
    found = load_dataset(str(shared_data / "cifar10" / "cifar10.tar.gz"))
    assert (found.input_shape, sizes(found)) == ((32, 32, 3), [45000, 5000, 10000])
    assert np.bincount(found.test.targets).tolist() == [1000] * 10
