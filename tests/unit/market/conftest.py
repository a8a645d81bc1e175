"""Small candle files, right and wrong."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

HEADER = "open_time_ms,open,high,low,close,volume"
START_MS = 1_672_531_200_000  # 2023-01-01T00:00:00Z, a Sunday
HOUR_MS = 3_600_000

WriteRows = Callable[..., Path]


def candle_lines(
    count: int = 5, *, start_ms: int = START_MS, step_ms: int = HOUR_MS, price: float = 100.0
) -> list[str]:
    """Well-formed rows, one per candle, without the header."""
    return [
        f"{start_ms + n * step_ms},{price + n},{price + n + 2.5},{price + n - 1.25},{price + n + 1},{10 + n}"
        for n in range(count)
    ]


@pytest.fixture
def write_rows(tmp_path: Path) -> WriteRows:
    """Writes a header and lines (five good candles when there are none) under a name and returns the path."""

    def write(name: str, lines: list[str] | None = None, *, header: str = HEADER) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "\n".join([header, *(candle_lines() if lines is None else lines)]) + "\n"
        path.write_bytes(gzip.compress(text.encode(), mtime=0) if name.endswith(".gz") else text.encode())
        return path

    return write


@pytest.fixture
def real_data(request: pytest.FixtureRequest) -> Path:
    """The folder of real candles."""
    given = os.environ.get("WEEXCTL_SHARED")
    shared = Path(given) if given else request.config.rootpath.parent / "shared"
    if not (shared / "data").is_dir():
        pytest.skip("the shared folder of real candles is not there; name it with WEEXCTL_SHARED")
    return shared / "data"
