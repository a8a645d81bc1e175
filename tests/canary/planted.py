"""Secrets that exist only here, a home that holds them, and a command line that is watched."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.canary.scanner import Scanner
from weexctl.config.redaction import REDACTOR

__all__ = ["FIRST", "SECOND", "SECRETS", "VAULT_PASSPHRASE", "WRONG_PASSPHRASE", "Home", "Key", "Ran"]


@dataclass(frozen=True)
class Key:
    """Key, secret and passphrase, with what escapes differently in JSON, URLs, HTML, tables and Python."""

    key: str
    secret: str
    passphrase: str

    @property
    def variables(self) -> dict[str, str]:
        """The environment that has it."""
        return {"WEEX_API_KEY": self.key, "WEEX_API_SECRET": self.secret, "WEEX_API_PASSPHRASE": self.passphrase}

    @property
    def text(self) -> str:
        """How a person pipes it in."""
        return json.dumps({"key": self.key, "secret": self.secret, "passphrase": self.passphrase})


FIRST = Key("weex_Qz7KxWvJbMv2Tn8Lr5Pd", "Gd5+YtHqPz/Lc=Rk3\"Wm9\\Xb4'Nf&Us6", "Bn6%FmUx[b]VsTj1<Hw>Ky8Zp")
SECOND = Key("weex_Yx4ZpCqRgNw8Fs3Jm7Ht", 'Fh2+WkJdXv/Mb=Sn9\\Vq6"Tz1Cr&Dx5Pw', "Rt8%LzGy[i]QwKc5<Mb>Jn4Xv")
VAULT_PASSPHRASE = "Xk9.hqZw+Tj4v/Zq\"Rb7\\Lm2'Wd"
WRONG_PASSPHRASE = "Jw3.bNfR+Gx8m/Vb\"Ty5\\Kp6'Hs"
SECRETS = {
    **{f"first {name}": value for name, value in vars(FIRST).items()},
    **{f"second {name}": value for name, value in vars(SECOND).items()},
    "vault passphrase": VAULT_PASSPHRASE,
    "wrong passphrase": WRONG_PASSPHRASE,
}


@dataclass(frozen=True)
class Ran:
    """What one command left."""

    argv: tuple[str, ...]
    code: int
    out: str
    err: str
    logged: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        document: dict[str, Any] = json.loads(self.out)
        return document

    @property
    def said(self) -> str:
        """Everything it said."""
        return f"{self.out}\n{self.err}\n{self.logged}"


@dataclass
class Home:
    """Folders of one user, and the command line that runs in them, in this process."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    log: io.StringIO
    scanner: Scanner
    environment: dict[str, str] = field(default_factory=dict)
    """What every command of this home gets."""
    leaks: list[str] = field(default_factory=list)
    """What was found so far, with the command that showed it."""

    @property
    def data(self) -> Path:
        """What weexctl writes."""
        return self.folder / "data"

    @property
    def config(self) -> Path:
        """Where the vault is."""
        return self.folder / "config"

    @property
    def outside(self) -> Path:
        """Files that hold a secret because a person put it there; nobody looks for leaks in it."""
        path = self.folder.parent / "outside"
        path.mkdir(exist_ok=True)
        return path

    def __call__(
        self, *argv: str, answers: tuple[str, ...] = (), stdin: str = "", person: str = "", **environment: str
    ) -> Ran:
        """Run a command; leaks are noted.

        Args:
            argv: the command.
            answers: what a person types when asked for a secret.
            stdin: what is piped in.
            person: what a person types when asked anything else.
            environment: further variables.
        """
        from weexctl.cli.main import run

        left = list(answers)
        self.monkeypatch.setattr("weexctl.cli.command.ask_secret", lambda label: SecretStr(left.pop(0)))
        self.monkeypatch.setattr("weexctl.cli.command.ask", lambda question: person)
        self.monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        self.monkeypatch.chdir(self.folder)
        folders = {"WEEXCTL_DATA_DIR": str(self.data), "WEEXCTL_CONFIG_DIR": str(self.config)}
        self.capsys.readouterr()
        self.log.seek(0)
        self.log.truncate()
        REDACTOR.clear()  # a new command is a new process, which knows no secret yet
        code = run(argv, {**folders, **self.environment, **environment})
        streams = self.capsys.readouterr()
        ran = Ran(argv, code, streams.out, streams.err, self.log.getvalue())
        self.note(argv, ran.said)
        return ran

    def note(self, argv: tuple[str, ...], said: str) -> None:
        """Look at a text and at every file, and remember what leaked."""
        found = [*self.scanner.in_text(said), *self.scanner.in_files([self.folder])]
        self.leaks += [f"{' '.join(argv)}: {name}" for name in found]

    def secret_file(self, name: str, content: str) -> Path:
        """A file of the user's own with a secret in it, mode 0600."""
        path = self.outside / name
        path.touch(mode=0o600)
        path.write_text(content)
        return path

    def keys_from(self, source: str) -> dict[str, str]:
        """The variables that make commands take the first key from `environment` or `vault`; it is put there."""
        if source == "environment":
            return FIRST.variables
        if not (self.config / "keys").exists():
            ran = self(
                *("keys", "add", "main", "--scope", "trade", "--secret-stdin"),
                stdin=FIRST.text,
                answers=(VAULT_PASSPHRASE, VAULT_PASSPHRASE),
            )
            assert ran.code == 0, ran.out
        return {"WEEXCTL_VAULT_PASSPHRASE_FILE": str(self.secret_file("passphrase", VAULT_PASSPHRASE))}
