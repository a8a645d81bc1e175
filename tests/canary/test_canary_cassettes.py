"""A cassette recorded as the README of the cassettes says holds no planted secret and no signature."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.canary.loopback import Exchange
from tests.canary.planted import FIRST, SECRETS
from tests.canary.scanner import Scanner
from weexctl.exchange import connect as front_door

README = Path(__file__).parents[2] / "cassettes" / "README.md"


@pytest.fixture
def record(exchange: Exchange, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Runs the README's code against the exchange on this machine; the cassette's text."""

    def _record(code: str) -> str:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(front_door, "connect", functools.partial(front_door.connect, address))
        for name, value in FIRST.variables.items():
            monkeypatch.setenv(name, value)
        exec(compile(code, str(README), "exec"), {})  # noqa: S102  # what a person would type
        [cassette] = tmp_path.rglob("*.yaml")
        return cassette.read_text(encoding="utf-8")

    return _record


def code_of_the_readme() -> str:
    [code] = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    return str(code)


def test_a_recorded_cassette_is_clean(record: Callable[[str], str]) -> None:
    text = record(code_of_the_readme())
    assert "/capi/v3/account/balance" in text
    assert Scanner(SECRETS).in_text(text) == []
    assert "access-" not in text.lower()


def test_one_recorded_without_the_filter_is_not(record: Callable[[str], str]) -> None:
    text = record(code_of_the_readme().replace("filter_headers=SECRETS, ", ""))
    assert {found.partition(" (")[0] for found in Scanner(SECRETS).in_text(text)} == {"first key", "first passphrase"}
