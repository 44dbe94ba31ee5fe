import pytest

from pnet_tf._keras import tf
from pnet_tf.names import LOSS_TERMS, PROJECTIONS


@pytest.fixture
def eager():
    """Steps are not traced, which makes a fit of a few steps several times faster."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def tables(monkeypatch):
    """LOSS_TERMS and PROJECTIONS are afterwards as they were."""
    for table in (LOSS_TERMS, PROJECTIONS):
        monkeypatch.setattr(table, "_entries", dict(table._entries))
