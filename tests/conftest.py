"""What every test gets: folders of its own, and no way out of this machine."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Every day the same examples, so that a failure is the change's doing; `make nightly` goes looking for new ones.
settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("nightly", max_examples=1_000, deadline=None)
settings.load_profile("steady")

_ROOT = Path(__file__).parent.parent
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder of real candles and independent samples; tests that need it are skipped where it is absent."""
    named = os.environ.get("WEEXCTL_SHARED")
    folder = Path(named) if named else _ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip(f"no shared data at {folder}; set WEEXCTL_SHARED to the folder that holds it")
    return folder


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's folders, keys or settings."""
    for name in list(os.environ):
        if name.startswith(("WEEX_", "WEEXCTL_")) and name != "WEEXCTL_SHARED":
            monkeypatch.delenv(name)
    monkeypatch.setenv("WEEXCTL_CONFIG_DIR", str(tmp_path / "weexctl-config"))
    monkeypatch.setenv("WEEXCTL_DATA_DIR", str(tmp_path / "weexctl-data"))


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to any other machine fails at once."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in _LOOPBACK:
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
