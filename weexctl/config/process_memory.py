"""What the system may show of this process's memory, once a key is in it."""

from __future__ import annotations

import sys
from contextlib import suppress

__all__ = ["keep_memory_private"]

_SET_DUMPABLE = 4
"""PR_SET_DUMPABLE of prctl(2)."""


def keep_memory_private() -> None:
    """From now on no core dump of this process is written, and on Linux no other process of its user may read its
    memory or attach to it. Where the system has no such call nothing happens. Children that run another program start
    afresh.
    """
    with suppress(ImportError, ValueError, OSError):  # Windows has none; a limit may be fixed already
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with suppress(ImportError, AttributeError, OSError):  # a Python without ctypes, a C library without prctl
            import ctypes

            ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
