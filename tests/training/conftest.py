import pytest

from pnet_tf.names import LOSS_TERMS, PROJECTIONS

from .small import untraced


@pytest.fixture
def eager():
    """Steps are not traced."""
    with untraced():
        yield


@pytest.fixture
def tables(monkeypatch):
    """LOSS_TERMS and PROJECTIONS are afterwards as they were."""
    for table in (LOSS_TERMS, PROJECTIONS):
        monkeypatch.setattr(table, "_entries", dict(table._entries))
