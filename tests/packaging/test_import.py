"""Importing weexctl warns of nothing and brings nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EVERYTHING = """
import importlib, pkgutil, weexctl
for package in ("weexctl", {plugins}):
    found = importlib.import_module(package)
    for module in pkgutil.walk_packages(found.__path__, package + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
[getattr(weexctl, name) for name in weexctl.__all__]
"""
HEAVY = {"pandas", "numpy", "httpx", "hmmlearn", "sklearn", "scipy", "ta", "pyarrow", "rich", "pydantic", "websockets"}
PLUGINS = Path(__file__).parents[2] / "plugins"


def python(code: str, *options: str, folder: Path) -> str:
    """What a fresh interpreter prints, away from the source tree and with nothing compiled before."""
    command = [sys.executable, "-X", f"pycache_prefix={folder / 'pycache'}", *options, "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_no_module_warns_when_it_is_imported(tmp_path: Path) -> None:
    plugins = ", ".join(repr(path.parent.name) for path in sorted(PLUGINS.glob("*/__init__.py")))

    python(EVERYTHING.format(plugins=plugins), "-W", "error", folder=tmp_path)


@pytest.mark.parametrize("module", ["weexctl", "weexctl.cli.main"])
def test_importing_it_brings_nothing_heavy(module: str, tmp_path: Path) -> None:
    names = python(f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})", folder=tmp_path)

    assert HEAVY & set(names.split()) == set()
