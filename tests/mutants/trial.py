"""A copy of the tree in which sabotages are tried, one after the other."""

from __future__ import annotations

import compileall
import os
import py_compile
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.mutant import ROOT, Mutant

__all__ = ["Trial", "Tried"]

_COPIED = ("weexctl", "plugins", "tests", "cassettes", "docs", "pyproject.toml", "README.md", "CHANGELOG.md")
_PATIENCE_S = 180
_QUICK = {"PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
"""Nothing that costs time at each start; a compiled file would only have to be told from its sabotaged twin."""
_RED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a sabotage."""

    mutant: Mutant
    killed_by: str
    """The first test that noticed; empty when none did."""
    trouble: str
    """Why the trial says nothing; empty when it does."""
    seconds: float

    @property
    def killed(self) -> bool:
        """True when a test noticed."""
        return bool(self.killed_by) and not self.trouble


class Trial:
    """One copy. Not for two sabotages at once."""

    def __init__(self, folder: Path, source: Trial | None = None) -> None:
        """Copy the tree, or what another trial has copied and compiled already, into `folder`."""
        self.folder = folder
        if source is not None:
            shutil.copytree(source.folder, folder)
            return
        for name in _COPIED:
            place = ROOT / name
            if place.is_dir():
                shutil.copytree(place, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
            elif place.exists():
                shutil.copy(place, folder / name)
        # Compiled code that is known by its source's digest: a changed file is noticed within the same second.
        for name in ("weexctl", "plugins"):
            mode = py_compile.PycInvalidationMode.CHECKED_HASH
            compileall.compile_dir(folder / name, quiet=2, invalidation_mode=mode)

    def unharmed(self, tests: Sequence[str]) -> str:
        """Why these tests are not green without any sabotage; empty when they are."""
        code, out = self._run(tests, _PATIENCE_S * 5)
        return "" if code == 0 else f"pytest ended with {code}:\n{out[-2_000:]}"

    def run(self, mutant: Mutant) -> Tried:
        """Try one sabotage; the copy is whole again afterwards."""
        began, path = time.monotonic(), self.folder / mutant.file
        whole = path.read_text(encoding="utf-8")
        try:
            path.write_text(mutant.applied(self.folder), encoding="utf-8")
            code, out = self._run(mutant.tests)
        except ValueError as error:
            return Tried(mutant, "", str(error), 0.0)
        except subprocess.TimeoutExpired:
            return Tried(mutant, "a test that never ended", "", time.monotonic() - began)
        finally:
            path.write_text(whole, encoding="utf-8")
        seconds, red = time.monotonic() - began, _RED.search(out)
        if code == 0:
            return Tried(mutant, "", "", seconds)
        if code != 1 or red is None:
            return Tried(mutant, "", f"pytest ended with {code}: {out[-600:]}", seconds)
        return Tried(mutant, red[1], "", seconds)

    def _run(self, tests: Sequence[str], patience_s: int = _PATIENCE_S) -> tuple[int, str]:
        paths = os.pathsep.join((str(self.folder), str(self.folder / "plugins")))
        options = ("-x", "-q", "--no-header", "--tb=no", "-rfE", "-p", "no:cacheprovider")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
        done = subprocess.run(
            (sys.executable, "-m", "pytest", *options, f"--basetemp={self.folder / 'temporary'}", *tests),
            cwd=self.folder,
            env={**environment, "PYTHONPATH": paths, **_QUICK},
            capture_output=True,
            text=True,
            timeout=patience_s,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr
