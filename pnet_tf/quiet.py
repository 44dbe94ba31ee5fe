"""Native notes of TensorFlow and its runtimes, which heed no log level, kept from the screen."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_native() -> Iterator[None]:
    """Nothing written to file descriptor 2 within gets out; PNET_TF_TRACEBACK=1 lets it.

    For start-up only: what fails within raises, and that is still told.
    """
    if os.environ.get("PNET_TF_TRACEBACK") == "1":
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # closed by the caller: there is nothing to keep quiet
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
