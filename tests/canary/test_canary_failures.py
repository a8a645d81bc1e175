"""Commands that sign requests, and everything that can go wrong meanwhile: no planted secret shows anywhere."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.canary.conftest import Run
from tests.canary.loopback import MOODS, Exchange
from tests.canary.planted import FIRST, SECOND, VAULT_PASSPHRASE, WRONG_PASSPHRASE, Home
from tests.canary.recipes import ORDER
from weexctl.exchange.transport import Transport

SOURCES = ("environment", "vault")
SIGNED = {
    "account balance": "account balance --venue live -v",
    "account positions": "account positions --venue live",
    "order list": "order list --venue live",
    "order status": "order status 702548201931046912 --venue live -v",
    "market ticker": "market ticker BTCUSDT --venue live",
    "data fetch": "data fetch --venue live --symbols BTCUSDT",
    "test-connection": "test-connection --venue live -o table",
    "test-connection --trade": "test-connection --venue live --trade -v",
}
"""Command lines that may reach an exchange with a key at hand."""


BY_HAND = {
    "preview": f"order preview {ORDER} --venue live -v",
    "place": f"order place {ORDER} --venue live -v",
    "dry run": f"order place {ORDER} --venue live --dry-run -o table",
    "risk": "account risk --venue live -o table",
    "cancel": "order cancel --all --venue live -v",
    "close": "close BTCUSDT --venue live -v",
    "flatten": "flatten --all --venue live -o table",
}
"""Orders by hand that reach the exchange, in the order a person gives them."""


def arm(home: Home) -> None:
    """Let live orders leave."""
    assert home("profile", "arm", "safe", person="main").code == 0


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("mood", MOODS)
def test_whatever_the_exchange_answers(mood: str, source: str, home: Home, exchange: Exchange, address: str) -> None:
    arm(home)
    home.environment |= home.keys_from(source)
    exchange.mood = mood
    codes = {name: home(*line.split()).code for name, line in SIGNED.items()}
    assert 1 not in codes.values(), codes
    assert exchange.asked
    if mood == "well":
        assert codes == {**dict.fromkeys(SIGNED, 0), "order status": 2}
        assert list(home.data.glob("accounts/live/main/journal.sqlite*"))


@pytest.mark.parametrize("mood", ["well", "echo to keys", "echo at orders", "hang up at orders"])
def test_whatever_the_exchange_answers_to_orders_by_hand(
    mood: str, home: Home, exchange: Exchange, address: str
) -> None:
    arm(home)
    home.environment |= home.keys_from("environment")
    exchange.mood = mood
    codes = {name: home(*line.split()).code for name, line in BY_HAND.items()}
    assert 1 not in codes.values(), codes
    assert any("/order" in path for path in exchange.asked) is (mood != "echo to keys")
    if mood == "well":
        assert codes == dict.fromkeys(BY_HAND, 0)


@pytest.mark.parametrize("mood", MOODS)
def test_whatever_the_exchange_answers_to_a_new_key(mood: str, home: Home, exchange: Exchange, address: str) -> None:
    home.environment |= home.keys_from("vault")
    exchange.mood = mood
    stored = (home.config / "keys" / "vault.bin").read_bytes()
    for key in (FIRST, SECOND):
        ran = home("keys", "rotate", "main", "--secret-stdin", "-v", stdin=key.text)
        assert ran.code != 1
        if ran.code:
            assert (home.config / "keys" / "vault.bin").read_bytes() == stored
        stored = (home.config / "keys" / "vault.bin").read_bytes()


@pytest.mark.parametrize("source", SOURCES)
def test_nobody_listens(source: str, home: Home, exchange: Exchange) -> None:
    home.environment |= {**home.keys_from(source), "WEEX_API_BASE": "http://127.0.0.1:9", "WEEX_API_TIMEOUT": "1"}
    assert {home(*line.split()).code for line in SIGNED.values()} == {3, 4}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "failure",
    [KeyboardInterrupt(), RuntimeError("a bug"), MemoryError(), SystemExit(7)],
    ids=lambda it: type(it).__name__,
)
def test_a_signed_request_is_torn_apart(
    failure: BaseException, source: str, home: Home, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the signed headers in the frames of the traceback."""
    receive = Transport._receive

    def torn(self: Transport, endpoint: Any, request: Any, started_ms: float) -> Any:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if "access-key" not in headers:
            return receive(self, endpoint, request, started_ms)
        assert headers["access-passphrase"] == FIRST.passphrase
        raise failure

    monkeypatch.setattr(Transport, "_receive", torn)
    home.environment |= home.keys_from(source)
    for name in ("account balance", "test-connection"):
        assert home(*SIGNED[name].split(), "-v").code in (1, 130)


def flipped(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:9] + bytes((content[9] ^ 1,)) + content[10:])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def opened_to_all(path: Path) -> None:
    path.chmod(0o644)


def linked(path: Path) -> None:
    path.symlink_to(path.rename(path.with_name("elsewhere")))


def made_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGE: dict[str, Callable[[Path], None]] = {
    "flipped": flipped,
    "emptied": emptied,
    "open to all": opened_to_all,
    "a link": linked,
    "a folder": made_a_folder,
}
VAULT_LINES = (
    "keys list",
    "keys add new --scope trade --secret-stdin",
    "keys rotate main --secret-stdin --no-check",
    "keys remove main",
    "account balance --venue live",
    "test-connection --venue live -v",
)


@pytest.mark.parametrize("how", DAMAGE)
@pytest.mark.parametrize("what", ["keys/vault.bin", "keys/install.key"])
def test_a_damaged_vault(how: str, what: str, home: Home, address: str) -> None:
    home.environment |= home.keys_from("vault")
    DAMAGE[how](home.config / what)
    codes = [home(*line.split(), stdin=SECOND.text).code for line in VAULT_LINES]
    assert 1 not in codes
    if what == "keys/vault.bin":
        assert codes == [3] * len(VAULT_LINES)


def test_a_wrong_passphrase(home: Home, address: str) -> None:
    home.environment |= home.keys_from("vault")
    home.secret_file("passphrase", WRONG_PASSPHRASE)
    codes = [home(*line.split(), stdin=SECOND.text).code for line in VAULT_LINES]
    assert codes == [0, 3, 3, 3, 3, 3]


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_disk_that_is_full(call: str, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.environment |= home.keys_from("vault")
    before = (home.config / "keys" / "vault.bin").read_bytes()

    def full(*args: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for line in VAULT_LINES[1:3]:
        with monkeypatch.context() as patched:
            patched.setattr(os, call, full)
            ran = home(*line.split(), "-v", stdin=SECOND.text)
        assert (ran.code, "NOT_SAVED" in ran.out) == (3, True)
    assert (home.config / "keys" / "vault.bin").read_bytes() == before


@pytest.mark.parametrize("source", SOURCES)
def test_folders_that_cannot_be_written(source: str, home: Home, address: str) -> None:
    arm(home)
    home.environment |= home.keys_from(source)
    home.data.write_text("a file where the folder should be")
    for line in (*SIGNED.values(), "trade --symbols BTCUSDT --once", "kill", "data generate --count 2", "data list"):
        home(*line.split(), "-v")


@pytest.mark.parametrize("content", [b"no database" * 50, b"SQLite format 3\0" + bytes(4080)])
def test_a_journal_that_is_damaged(content: bytes, home: Home, sim_run: Run, address: str) -> None:
    arm(home)
    home.environment |= FIRST.variables
    sim_run.into(home)
    for venue in ("sim/sim", "live/main"):
        path = home.data / "accounts" / venue / "journal.sqlite"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for line in (SIGNED["test-connection --trade"], "trade --steps 1", "explain 1", "account risk", "close BTCUSDT"):
        assert home(*line.split(), "-v").code != 0


def test_a_plugin_that_tells_what_it_found_in_the_environment(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It breaks with the environment in its message, which is listed as the reason."""
    site = tmp_path / "site"
    info = site / "nosy-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: nosy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[weexctl]\nnosy = nosy_plugin\n")
    (site / "nosy_plugin.py").write_text("import os\nraise RuntimeError(os.environ['WEEX_API_SECRET'])\n")
    monkeypatch.syspath_prepend(str(site))
    for name, value in FIRST.variables.items():
        monkeypatch.setenv(name, value)
    home.environment |= FIRST.variables
    for mode in ("json", "table", "ndjson"):
        ran = home("plugins", "list", "-o", mode)
        assert "nosy" in ran.out
        assert "********" in ran.out


@pytest.mark.parametrize("name", ["WEEX_API_KEY", "WEEX_API_SECRET", "WEEX_API_PASSPHRASE"])
@pytest.mark.parametrize("odd", ["\u00e9", " a space", "\x01"])
def test_a_variable_that_no_header_can_carry(name: str, odd: str, home: Home, address: str) -> None:
    home.environment |= {**FIRST.variables, name: FIRST.variables[name] + odd}
    for line in ("keys list", SIGNED["account balance"], SIGNED["test-connection"]):
        home(*line.split(), "-v")
    home.environment.pop(name)
    for line in ("keys list", SIGNED["account balance"], SIGNED["test-connection"]):
        home(*line.split(), "-v")


def test_a_key_that_the_vault_has_while_the_environment_has_another(home: Home, address: str) -> None:
    home.environment |= {**home.keys_from("vault"), **SECOND.variables}
    assert home("keys", "list").code == 0
    assert home(*SIGNED["account balance"].split()).code == 3
    assert home("keys", "remove", "main", "-o", "table").code == 0
    assert VAULT_PASSPHRASE not in "".join(home.environment.values())
