"""The program as a process of its own: nothing in any argument list, and nothing in the environment it was not in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.canary.loopback import Exchange
from tests.canary.planted import FIRST, VAULT_PASSPHRASE, Home

pytestmark = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="this system has no /proc")


def tree(pid: int) -> list[int]:
    """A process and all that came of it."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (stat := seen(entry / "stat")):
            parents[int(entry.name)] = int(stat.rpartition(b")")[2].split()[1])
    found = [pid]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found


def seen(path: Path) -> bytes:
    """What anybody may read there; nothing when it is gone or closed to us."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


class Watched:
    """Runs the program in a home and looks at its processes while it works."""

    def __init__(self, home: Home, exchange: Exchange, address: str) -> None:
        self._home = home
        self._exchange = exchange
        folders = {"WEEXCTL_DATA_DIR": str(home.data), "WEEXCTL_CONFIG_DIR": str(home.config)}
        self.environment = {**os.environ, **folders, "WEEX_API_BASE": address}
        self.arguments: list[bytes] = []
        self.environments: list[bytes] = []
        self.limits: list[bytes] = []

    def __call__(self, *argv: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """What it said; leaks are noted."""
        with subprocess.Popen(
            [sys.executable, "-m", "weexctl", *argv, "-v"],
            env=self.environment,
            cwd=self._home.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            self._exchange.watch = lambda: self._look(process.pid)
            out, err = process.communicate(stdin, timeout=60)
        self._home.note(argv, f"{out}\n{err}")
        return subprocess.CompletedProcess(argv, process.returncode, out, err)

    def _look(self, pid: int) -> None:
        for process in tree(pid):
            self.arguments.append(seen(Path(f"/proc/{process}/cmdline")))
            self.environments.append(seen(Path(f"/proc/{process}/environ")))
            self.limits.append(seen(Path(f"/proc/{process}/limits")))


@pytest.fixture
def watched(home: Home, exchange: Exchange, address: str) -> Watched:
    return Watched(home, exchange, address)


def test_a_key_of_the_vault_is_in_no_argument_and_no_environment(watched: Watched, home: Home) -> None:
    watched.environment["WEEXCTL_VAULT_PASSPHRASE_FILE"] = str(home.secret_file("passphrase", VAULT_PASSPHRASE))
    added = watched("keys", "add", "main", "--scope", "trade", "--secret-stdin", stdin=FIRST.text)
    ran = watched("account", "balance", "--venue", "live")

    assert (added.returncode, ran.returncode) == (0, 0), added.stdout + ran.stdout
    assert any(b"account\0balance" in arguments for arguments in watched.arguments)
    assert home.scanner.in_bytes(b"\0".join([*watched.arguments, *watched.environments])) == []
    cores = [line.split()[4:6] for text in watched.limits for line in text.splitlines() if b"core file size" in line]
    assert cores
    assert all(core == [b"0", b"0"] for core in cores)


def test_a_key_of_the_environment_is_in_no_argument(watched: Watched, home: Home) -> None:
    watched.environment |= FIRST.variables
    ran = watched("test-connection", "--venue", "live")

    assert ran.returncode == 0, ran.stdout
    assert any(b"test-connection" in arguments for arguments in watched.arguments)
    assert home.scanner.in_bytes(b"\0".join(watched.arguments)) == []


def test_a_process_with_a_key_in_its_arguments_would_be_found(home: Home) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()", FIRST.key], stdin=subprocess.PIPE) as process:
        arguments = b"".join(seen(Path(f"/proc/{child}/cmdline")) for child in tree(os.getpid()))
        process.communicate(b"\n")
    assert home.scanner.in_bytes(arguments) != []
