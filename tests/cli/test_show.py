"""What people see: views, progress."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console, RenderableType

from weexctl.actions.plugins import ListOutput, PluginRow, Setting, ShowOutput
from weexctl.actions.registry import ACTIONS
from weexctl.actions.version import Output as VersionOutput
from weexctl.cli.progress import BarProgress, LineProgress, choose_progress
from weexctl.cli.views import find_view, generic
from weexctl.cli.views.cells import shown
from weexctl.cli.views.plugins_list import view as list_view
from weexctl.cli.views.plugins_show import view as show_view
from weexctl.cli.views.version import view as version_view


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def drawn(view: RenderableType) -> str:
    console = Console(file=StringIO(), width=200)
    with console.capture() as captured:
        console.print(view)
    return captured.get()


def row(**changes: str) -> PluginRow:
    fields = {"name": "trend", "kind": "strategy", "distribution": "weexctl", "version": "1", "status": "ok"}
    return PluginRow.model_validate({**fields, "reason": "", "summary": "Follow.", **changes})


def test_the_list_of_plugins_says_what_each_does_or_why_it_does_not() -> None:
    text = drawn(list_view(ListOutput(plugins=[row(), row(name="bad", status="failed", reason="ImportError: [red]x")])))
    assert "Follow." in text
    assert "ImportError: [red]x" in text


def test_an_empty_list_of_plugins_is_a_sentence() -> None:
    assert drawn(list_view(ListOutput(plugins=[]))).strip() == "No plugins are installed."


def test_a_plugin_shows_what_is_required() -> None:
    setting = Setting(name="window", type="integer", default=None, required=True, bounds="≥ 1", help="Candles.")
    output = ShowOutput(
        name="x",
        kind="strategy",
        distribution="d",
        version="1",
        entry_point="e",
        summary="S.",
        settings=[setting],
        settings_schema={},
    )
    text = drawn(show_view(output))
    assert "required" in text
    assert "≥ 1" in text
    assert "It has no settings." in drawn(show_view(output.model_copy(update={"settings": []})))


def test_versions_name_what_is_missing() -> None:
    output = VersionOutput(version="1", python="CPython 3", platform="Linux", libraries={"ta": None})
    assert "not installed" in drawn(version_view(output))


def test_an_action_without_a_view_gets_keys_values_and_tables() -> None:
    data = {
        "equity": {"end": "2"},
        "from_ms": 1_735_689_600_000,
        "orders": [{"id": "[bold]7", "price": None}, {"id": "8", "fee": {"paid": "1"}}],
    }
    text = drawn(generic.view(data))
    assert "equity.end" in text
    assert "2025-01-01T00:00:00.000Z" in text
    assert "[bold]7" in text
    assert "paid 1" in text


def test_a_view_is_found_by_name_and_nothing_is_found_for_a_stranger() -> None:
    assert find_view("plugins.list") is list_view
    assert find_view("no.such-action") is None


def test_every_view_module_belongs_to_an_action() -> None:
    from pathlib import Path

    import weexctl.cli.views as views

    shared = {"__init__", "cells", "fitting", "generic", "numbers", "requests", "series"}
    modules = {path.stem for path in Path(str(views.__file__)).parent.glob("*.py")} - shared
    assert modules <= {action.name.replace(".", "_").replace("-", "_") for action in ACTIONS}


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), ("", "–"), (True, "yes"), (0.1 + 0.2, "0.3"), ([(1, 2), (3, 4)], "(1, 2), (3, 4)"), ([], "–")],
)
def test_a_cell_is_written_for_people(value: object, text: str) -> None:
    assert shown(value) == text


def test_progress_is_silent_in_a_pipe_and_with_quiet() -> None:
    for stream, quiet in ((StringIO(), False), (Terminal(), True)):
        with choose_progress(stream, quiet=quiet, verbose=False)(10, "steps") as track:
            track.advance(10)
        assert stream.getvalue() == ""


def test_progress_at_a_terminal_is_a_bar() -> None:
    stream = Terminal()
    assert isinstance(choose_progress(stream, quiet=False, verbose=False), BarProgress)
    with BarProgress(stream)(10, "steps [x]") as track:
        track.advance(5, note="2025")
    assert "steps [x]" in stream.getvalue()


def test_verbose_progress_in_a_pipe_is_a_line_at_every_tenth() -> None:
    stream = StringIO()
    with LineProgress(stream)(95, "steps") as track:
        for _ in range(95):
            track.advance(note="n")
    lines = stream.getvalue().splitlines()
    assert lines[0] == "steps: 10 of 95, n"
    assert lines[-1] == "steps: 95 of 95, n"
    assert len(lines) == 10


@pytest.mark.parametrize("name", ["account.positions", "order.list", "market.contracts"])
def test_a_table_of_a_command_has_its_own_view(name: str) -> None:
    assert find_view(name) is not None
