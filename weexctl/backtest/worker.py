"""How a worker process behaves."""

from __future__ import annotations

import os
import signal
import threading
from multiprocessing import connection, parent_process

__all__ = ["settle_in"]


def settle_in() -> None:
    """Called first in a worker process: it leaves Ctrl-C to its parent, and ends when the parent is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
