"""Distributions that exist for one test: metadata and modules in a temporary folder on the path."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from weexctl.plugin_host import FoundPlugin, Offers, find_plugins, load_offers

Install = Callable[..., None]
Load = Callable[..., Offers]

_SOUND = """
from weexctl import Offer, PluginConfig, hookimpl

class Config(PluginConfig):
    window: int = 48

class Rule:
    warmup_candles = 10
    def columns(self, candles):
        return candles

def build(config):
    return Rule()

@hookimpl
def offer_strategies():
    return [Offer("breakout", Config, build, "Follow the break.")]
"""


@pytest.fixture
def sound() -> str:
    """The source of a plugin without a fault: it offers the strategy `breakout`."""
    return _SOUND


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path, whose modules are forgotten afterwards."""
    known = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in set(sys.modules) - known:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def install(site: Path) -> Install:
    """Install a distribution: `install("acme", {"acme-rules": "acme_rules"}, {"acme_rules": source})`."""

    def _install(name: str, entries: Mapping[str, str], modules: Mapping[str, str], version: str = "1.2") -> None:
        info = site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        lines = [f"{entry} = {value}" for entry, value in entries.items()]
        (info / "entry_points.txt").write_text("\n".join(["[weexctl]", *lines, ""]))
        for module, source in modules.items():
            (site / f"{module}.py").write_text(source)
        importlib.invalidate_caches()

    return _install


@pytest.fixture
def found(site: Path) -> Callable[[], list[FoundPlugin]]:
    """What is installed beside weexctl's own plugins."""
    return lambda: [plugin for plugin in find_plugins() if plugin.distribution != "weexctl"]


@pytest.fixture
def load(found: Callable[[], list[FoundPlugin]]) -> Load:
    """Load the test's distributions only."""
    return lambda environ=None: load_offers(found(), environ or {})
