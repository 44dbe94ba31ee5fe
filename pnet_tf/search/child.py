"""`python -m pnet_tf.search.child PARENT COMMAND...`: one `pnet-tf` command of a sweep.

It ends when the process PARENT does, however that ended, so that a killed sweep leaves nothing
behind that writes into its folder.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading
import time

LOST_PARENT = 70
_POLL_SECONDS = 0.2


def end_with(parent: int) -> None:
    """Watch from a thread of its own, and end this process once `parent` is not its parent."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os._exit(LOST_PARENT)


if __name__ == "__main__":
    end_with(int(sys.argv[1]))
    sys.argv = ["pnet-tf", *sys.argv[2:]]
    runpy.run_module("pnet_tf", run_name="__main__", alter_sys=True)
