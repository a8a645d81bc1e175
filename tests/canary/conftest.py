"""A home with planted secrets; whatever a command of it says, logs or writes is looked through."""

from __future__ import annotations

import functools
import io
import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from httpx import create_ssl_context

from tests.canary.loopback import Elastic, Exchange, served
from tests.canary.planted import SECRETS, Home
from tests.canary.scanner import Scanner
from weexctl.actions import trade
from weexctl.actions.context import Context
from weexctl.cli.app import build_command
from weexctl.config.redaction import REDACTOR, RedactionFilter, guard_logging
from weexctl.config.vault import Vault
from weexctl.config.vault_format import Cost

_BUILD_COMMAND = functools.cache(build_command)
_SSL_CONTEXT = functools.cache(create_ssl_context)
CHEAP = Cost(log2_n=4, r=1, p=1)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What every library logs at its most talkative, in a process guarded as `main` guards it."""
    stream, root, before = io.StringIO(), logging.getLogger(), logging.getLogRecordFactory()
    level, handler = root.level, logging.StreamHandler(stream)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    guard_logging()
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)
    for other in (*root.handlers, logging.lastResort):
        if other is not None:
            other.filters = [kept for kept in other.filters if not isinstance(kept, RedactionFilter)]
    logging.setLogRecordFactory(before)


@pytest.fixture
def home(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    log: io.StringIO,
    elastic: Elastic,
) -> Iterator[Home]:
    """An empty home whose vault costs little to open; the test fails when any command of it leaked."""
    monkeypatch.setattr(Vault.__init__, "__kwdefaults__", {"cost": CHEAP, "least": CHEAP})
    folder = tmp_path / "home"
    folder.mkdir()
    home = Home(folder, monkeypatch, capsys, log, Scanner(SECRETS))
    REDACTOR.clear()
    yield home
    REDACTOR.clear()
    assert home.leaks == []


@pytest.fixture(autouse=True)
def made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process makes once: hundreds of commands share it here, and a minute is saved."""
    monkeypatch.setattr("weexctl.cli.app.build_command", _BUILD_COMMAND)
    monkeypatch.setattr("httpx._transports.default.create_ssl_context", _SSL_CONTEXT)


@dataclass(frozen=True)
class Run:
    """A run on the simulator that some commands look at."""

    folder: Path
    order_id: str

    def into(self, home: Home) -> None:
        """Make it the newest run of this home."""
        shutil.copytree(self.folder, home.data, dirs_exist_ok=True)


@pytest.fixture(scope="session")
def sim_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A short run that holds BTCUSDT at its end."""
    folder = tmp_path_factory.mktemp("canary-run")
    environment = {"WEEXCTL_DATA_DIR": str(folder / "data"), "WEEXCTL_CONFIG_DIR": str(folder / "config")}
    wanted = trade.Input(symbols=("BTCUSDT",), steps=100)
    result = trade.run(wanted, Context(environment=environment, cwd=folder))
    return Run(folder / "data", result.data.orders[0].order_id)  # type: ignore[attr-defined]  # its own output


@pytest.fixture
def elastic(monkeypatch: pytest.MonkeyPatch) -> Elastic:
    """Pauses take no time on either side."""
    return Elastic(monkeypatch)


@pytest.fixture
def exchange(elastic: Elastic) -> Exchange:
    """An exchange that knows the first canary."""
    return Exchange(elastic.utc_ms)


@pytest.fixture
def address(exchange: Exchange, home: Home) -> Iterator[str]:
    """Where it is; the home's commands go there."""
    with served(exchange) as url:
        home.environment |= {"WEEX_API_BASE": url, "WEEX_API_TIMEOUT": "2"}
        yield url
