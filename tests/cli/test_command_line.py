"""The real commands from the outside."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from weexctl import __version__

Weexctl = Callable[..., Any]


def spawn(*argv: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "weexctl", *argv], capture_output=True, text=True, timeout=60, check=False, **options
    )


def test_the_version_is_one_line(weexctl: Weexctl) -> None:
    ran = spawn("--version")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"weexctl {__version__}\n", "")
    assert weexctl("-q", "--version").out == ran.stdout


def test_the_version_action_names_the_libraries(weexctl: Weexctl) -> None:
    ran = weexctl("version")
    assert ran.code == 0
    assert ran.document["data"]["version"] == __version__
    assert ran.document["data"]["libraries"]["numpy"]


def test_help_lists_every_command_under_its_section(weexctl: Weexctl) -> None:
    ran = weexctl("--help")
    assert ran.code == 0
    for word in ("Trade:", "Understand:", "Set up:", "test-connection", "plugins"):
        assert word in ran.out


def test_no_command_at_all_is_help(weexctl: Weexctl) -> None:
    assert weexctl() == weexctl("--help")


def test_help_of_a_command_shows_units_variables_and_examples(weexctl: Weexctl) -> None:
    text = " ".join(weexctl("test-connection", "-h").out.split())
    for words in ("--timeout SECONDS", "default: 10.0", "env: WEEXCTL_VENUE", "sim|paper|demo|live", "Examples:"):
        assert words in text


def test_the_plugins_of_this_installation_are_listed(weexctl: Weexctl) -> None:
    ran = weexctl("plugins", "list", "--kind", "sizer")
    rows = ran.document["data"]["plugins"]
    assert ran.code == 0
    assert [row["name"] for row in rows if row["status"] == "ok"] == ["fixed-fraction", "volatility-target"]
    assert set(rows[0]) == {"name", "kind", "distribution", "version", "status", "reason", "summary"}


def test_a_plugin_shows_its_settings_with_bounds(weexctl: Weexctl) -> None:
    data = weexctl("plugins", "show", "volatility-target").document["data"]
    [setting] = [setting for setting in data["settings"] if setting["name"] == "annual_volatility"]
    assert (data["kind"], setting["type"], setting["default"], setting["bounds"]) == (
        "sizer",
        "number",
        0.08,
        "> 0, ≤ 1",
    )


def test_a_misspelt_plugin_is_answered_with_the_nearest(weexctl: Weexctl) -> None:
    ran = weexctl("plugins", "show", "volatility-targt")
    assert (ran.code, ran.document["error"]["code"]) == (2, "UNKNOWN_PLUGIN")
    assert "did you mean volatility-target?" in ran.document["error"]["suggestion"]


def test_a_plugin_of_another_kind_is_not_shown(weexctl: Weexctl) -> None:
    ran = weexctl("plugins", "show", "trend", "--kind", "sizer")
    assert (ran.code, ran.document["error"]["code"]) == (2, "UNKNOWN_PLUGIN")
    assert "is a strategy, not a sizer" in ran.document["error"]["message"]
    assert ran.document["error"]["suggestion"] == "`weexctl plugins show trend --kind strategy`"


def test_a_misspelt_plugin_of_a_kind_is_answered_with_the_nearest_of_that_kind(weexctl: Weexctl) -> None:
    ran = weexctl("plugins", "show", "trned", "--kind", "strategy")
    assert (ran.code, ran.document["error"]["code"]) == (2, "UNKNOWN_PLUGIN")
    assert "did you mean trend?" in ran.document["error"]["suggestion"]


@pytest.mark.parametrize(
    "argv",
    [
        ("trade", "--symbols", ""),
        ("trade", "--symbols", " , "),
        ("trade", "--data", ""),
        ("trade", "--profile", ""),
        ("test-connection", "--base-url", ""),
    ],
)
def test_an_empty_value_is_not_taken_for_the_default(weexctl: Weexctl, argv: tuple[str, ...]) -> None:
    ran = weexctl(*argv)
    assert (ran.code, ran.document["error"]["message"]) == (2, f"{argv[1]} is empty; nothing was done")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("version", "-o", "json"), 1),
        (("version", "-o", "table"), 1),
        (("--version",), 1),
        (("--help",), 1),
        (("plugins", "show", "nope", "-o", "json"), 2),
    ],
)
def test_an_answer_that_a_full_disk_does_not_take_is_one_line(argv: tuple[str, ...], code: int) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "weexctl", *argv], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    first, *rest = ran.stderr.splitlines()
    assert (ran.returncode, "the answer could not be written: " in first) == (code, True), ran.stderr
    assert "what was done is done" in first
    assert [line.partition(":")[0] for line in rest] == ([] if code == 1 else ["error", "hint"])


def test_an_unknown_word_in_json_mode_is_a_document(weexctl: Weexctl) -> None:
    ran = weexctl("pluginz")
    assert (ran.code, ran.err) == (2, "")
    assert ran.document["command"] is None
    assert ran.document["error"]["suggestion"] == "did you mean `weexctl plugins`?"


def test_an_unknown_word_in_table_mode_is_two_lines(weexctl: Weexctl) -> None:
    ran = weexctl("pluginz", "-o", "table")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines() == [
        "error: weexctl has no command 'pluginz'; nothing was done",
        "hint: did you mean `weexctl plugins`?",
    ]


def test_a_bad_value_exits_2_and_a_bad_variable_exits_3(weexctl: Weexctl) -> None:
    assert weexctl("plugins", "list", "--kind", "sizr").code == 2
    assert weexctl("version", "-o", "yaml").code == 2
    ran = weexctl("version", WEEXCTL_OUTPUT="yaml")
    assert (ran.code, ran.document["error"]["type"]) == (3, "config")


def test_the_output_variable_chooses_tables(weexctl: Weexctl) -> None:
    ran = weexctl("version", WEEXCTL_OUTPUT="table")
    assert ran.out.split()[:2] == ["weexctl", __version__]


def test_a_reader_that_goes_away_is_no_failure() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "weexctl", "plugins", "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 0
    assert complaint == b""


def test_the_shell_completes_a_word_that_is_not_finished() -> None:
    shell = {"_WEEXCTL_COMPLETE": "complete_bash", "COMP_WORDS": "weexctl plu", "COMP_CWORD": "1"}
    assert spawn(env=shell).stdout.split() == ["plugins"]
    assert spawn(env={**shell, "COMP_WORDS": "weexctl nonsense li", "COMP_CWORD": "2"}).stderr == ""


def test_an_ascii_terminal_gets_escapes_and_not_a_crash() -> None:
    ran = spawn("plugins", "show", "volatility-target", env={"PYTHONIOENCODING": "ascii"})
    assert ran.returncode == 0
    assert ran.stdout.isascii()
    assert "≤" in json.dumps(json.loads(ran.stdout), ensure_ascii=False)
    assert (
        spawn("plugins", "show", "volatility-target", "-o", "table", env={"PYTHONIOENCODING": "ascii"}).returncode == 0
    )


def modules_after(*argv: str) -> set[str]:
    """The top-level modules in memory after a command line."""
    return modules_after_code(
        "from weexctl.cli.main import main\n"
        f"sys.argv = {['weexctl', *argv]!r}\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0, end.code\n"
    )


def modules_after_code(code: str) -> set[str]:
    tail = "sys.stderr.write(' '.join({name.split('.')[0] for name in sys.modules}))\n"
    command = [sys.executable, "-c", f"import sys\n{code}{tail}"]
    return set(subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stderr.split())


HEAVY = {"pandas", "numpy", "scipy", "sklearn", "hmmlearn", "ta", "httpx", "pyarrow"}


@pytest.mark.parametrize("argv", [["--version"], ["--help"], []])
def test_help_and_version_import_no_library_but_typer(argv: list[str]) -> None:
    unavoidable = modules_after_code("import typer\n")  # some versions bring rich along
    assert not (modules_after(*argv) - unavoidable) & (HEAVY | {"pydantic", "pluggy", "rich"})


@pytest.mark.parametrize("argv", [["trade", "--help"], ["plugins", "--help"], ["plugins", "show", "-h"]])
def test_help_of_a_command_imports_nothing_heavy(argv: list[str]) -> None:
    assert not modules_after(*argv) & (HEAVY | {"pluggy"})  # pydantic: typer itself, for the value of --output


@pytest.mark.parametrize("argv", [["version"], ["plugins", "list"], ["plugins", "show", "two-factor-hmm"]])
def test_light_commands_import_no_numbers(argv: list[str]) -> None:
    assert not modules_after(*argv) & HEAVY


def test_the_plain_version_does_not_even_import_typer() -> None:
    assert not modules_after("--version") & {"typer", "click", "json", "dataclasses", "inspect"}
