"""What looks for leaks finds them: a command that leaks on purpose is caught, whichever way it does."""

from __future__ import annotations

import base64
import gzip
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest

from tests.canary.planted import FIRST, SECRETS, Home
from tests.canary.scanner import Scanner
from weexctl.actions import version
from weexctl.actions.context import Context, Result

SECRET = FIRST.secret


def into_a_database(data: Path) -> None:
    """A row of a journal that nobody has checkpointed."""
    connection = sqlite3.connect(data / "journal.sqlite")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE log (text TEXT)")
    connection.execute("INSERT INTO log VALUES (?)", (f"signed with {SECRET}",))
    connection.commit()
    connection.close()


def into_a_folder(data: Path) -> None:
    """A file two folders further down."""
    (data / "a" / "b").mkdir(parents=True)
    (data / "a" / "b" / "c").write_text(SECRET)


LEAKS: dict[str, Callable[[Path], object]] = {
    "a print past the printer": lambda data: sys.stderr.write(SECRET),
    "the middle of it": lambda data: (data / "log").write_text(SECRET[7:13]),
    "hex": lambda data: (data / "log").write_text(SECRET.encode().hex()),
    "upper hex": lambda data: (data / "log").write_text(SECRET.encode().hex().upper()),
    "base64": lambda data: (data / "log").write_bytes(base64.b64encode(SECRET.encode())),
    "base64 after one": lambda data: (data / "log").write_bytes(base64.b64encode(f"a{SECRET}".encode())),
    "base64 after two": lambda data: (data / "log").write_bytes(base64.urlsafe_b64encode(f"ab{SECRET}z".encode())),
    "a URL": lambda data: (data / "log").write_text(quote(FIRST.passphrase, safe="")),
    "the key": lambda data: (data / "log").write_text(FIRST.key),
    "a file's name": lambda data: (data / FIRST.key).touch(),
    "a file in a folder": into_a_folder,
    "a database": into_a_database,
    "a compressed file": lambda data: (data / "log.gz").write_bytes(gzip.compress(SECRET.encode())),
    "a table of candles": lambda data: pd.DataFrame({"a": [SECRET]}).to_parquet(data / "candles.parquet"),
}


@pytest.mark.parametrize("way", LEAKS)
def test_a_command_that_leaks_is_caught(way: str, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.data.mkdir()

    def leaky(input: Any, context: Context) -> Result:  # noqa: A002  # the signature of every action
        LEAKS[way](home.data)
        return honest(input, context)

    honest = version.run
    monkeypatch.setattr(version, "run", leaky)

    assert home("version").code == 0

    assert home.leaks != []
    assert all(leak.startswith("version: ") for leak in home.leaks)
    home.leaks.clear()


@pytest.mark.parametrize("name", SECRETS)
def test_any_six_letters_of_any_secret_are_a_leak(name: str) -> None:
    scanner, secret = Scanner(SECRETS), SECRETS[name]
    for at in range(len(secret) - 5):
        assert any(found.startswith(name) for found in scanner.in_text(f"<{secret[at : at + 6]}>")), at


def test_a_word_that_a_table_breaks_is_a_leak() -> None:
    broken = f"│ {SECRET[:4]}   │\n│ {SECRET[4:9]}…│"
    assert Scanner(SECRETS).in_text(broken) != []


def test_ordinary_text_is_none() -> None:
    scanner = Scanner(SECRETS)
    assert scanner.in_text(Path(__file__).read_text(encoding="utf-8")) == []
    assert scanner.in_bytes(bytes(range(256)) * 100) == []


def test_a_file_that_changes_is_looked_at_again(tmp_path: Path) -> None:
    scanner, file = Scanner(SECRETS), tmp_path / "log"
    file.write_text("nothing")
    assert scanner.in_files([tmp_path]) == []
    file.write_text(SECRET)
    assert scanner.in_files([tmp_path]) != []
