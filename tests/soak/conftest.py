"""Where Arrow takes its memory, said before anything has read a candle."""

from __future__ import annotations

import os

# Its own allocator gives nothing back, and takes 2 MiB for each of its threads sooner or later.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
