"""A made-up action, and a command line that runs in this process."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from tests.cli.dask_cluster import Cluster, a_cluster
from weexctl.actions.context import Context, Result
from weexctl.actions.registry import Action, Parameter
from weexctl.cli.app import Invocation
from weexctl.cli.command import Command
from weexctl.cli.flags import Flags, OutputMode
from weexctl.cli.output import Printer

MODULE = "weexctl_test_made_up_action"


class Input(BaseModel):
    """What the made-up action takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    venue: str | None = None
    steps: int | None = None


class Output(BaseModel):
    """What the made-up action answers."""

    answer: Any = None


ACTION = Action(
    name="made-up",
    section="Test",
    summary="Do what the test says",
    help="It does what the test says.",
    risk="write",
    module=MODULE,
    parameters=(
        Parameter(name="venue", type="str", help="Where", choices=("sim", "live"), env="WEEXCTL_VENUE"),
        Parameter(name="steps", type="int", help="How many"),
    ),
)


@dataclass
class Ran:
    """What came out of one command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        lines = self.out.splitlines()
        assert len(lines) == 1, self.out
        document: dict[str, Any] = json.loads(lines[0])
        return document


@dataclass
class MadeUp:
    """Runs the made-up action with a body of the test's choice."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(
        self,
        body: Callable[[Any, Context], Result],
        values: dict[str, object] | None = None,
        *,
        mode: OutputMode = "json",
        flags: Flags | None = None,
    ) -> Ran:
        """The exit code and the two streams."""
        module = ModuleType(MODULE)
        module.__dict__.update(Input=Input, Output=Output, run=body)
        self.monkeypatch.setitem(sys.modules, MODULE, module)
        flags = flags or Flags()
        printer = Printer(mode, flags, self.environment, stdout=sys.stdout, stderr=sys.stderr)
        code = Command(Invocation(ACTION, values or {}, flags), self.environment, printer, "r-1").exit_code()
        streams = self.capsys.readouterr()
        return Ran(code, streams.out, streams.err)


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> MadeUp:
    """A command whose work the test writes itself."""
    return MadeUp(monkeypatch, capsys)


@pytest.fixture
def weexctl(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """The whole command line, in this process."""
    from weexctl.cli.main import run

    def call(*argv: str, **environment: str) -> Ran:
        code = run(argv, environment)
        streams = capsys.readouterr()
        return Ran(code, streams.out, streams.err)

    return call


@dataclass
class Home:
    """A command line with folders of its own."""

    call: Callable[..., Ran]
    data: Path
    config: Path

    def __call__(self, *argv: str, **environment: str) -> Ran:
        """Run it; only this environment is seen."""
        folders = {"WEEXCTL_DATA_DIR": str(self.data), "WEEXCTL_CONFIG_DIR": str(self.config)}
        return self.call(*argv, **folders, **environment)

    @property
    def journals(self) -> list[Path]:
        """Every journal that was written."""
        return sorted(self.data.rglob("*.sqlite"))


@pytest.fixture
def home(weexctl: Callable[..., Ran], tmp_path: Path) -> Home:
    """The whole command line, with an empty home."""
    return Home(weexctl, tmp_path / "home-data", tmp_path / "home-config")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A Dask scheduler on loopback, and its two workers."""
    with a_cluster(tmp_path) as found:
        yield found
