"""A vault whose passphrase costs little to check, and keys that must never show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.config.vault.canaries import CHEAP
from weexctl.config.redaction import REDACTOR
from weexctl.config.vault import Vault


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "keys" / "vault.bin", cost=CHEAP, least=CHEAP)


@pytest.fixture(autouse=True)
def nothing_registered() -> Iterator[None]:
    """What one test registers blanks out nothing in another."""
    REDACTOR.clear()
    yield
    REDACTOR.clear()
