"""Secrets from the person at the terminal, or from a pipe."""

from __future__ import annotations

import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from weexctl.errors import UsageError

if TYPE_CHECKING:
    from pydantic import SecretStr

__all__ = ["ask", "ask_secret", "read_stdin"]

_LINE = 1_024
"""Letters of one answer."""
_LIMIT = 65_536
"""Letters; a key is a few hundred."""


def ask(question: str) -> str:
    """What the person types after this question, without space around it. The question goes to stderr.

    Raises:
        UsageError: standard input is no terminal, so that no pipe can answer for a person, or it has ended.
        KeyboardInterrupt: the first Ctrl-C ends it.
    """
    if not sys.stdin.isatty():
        raise UsageError(
            "this is for a person at a terminal, and standard input is none; nothing was done",
            hint="run it yourself at a terminal, without a pipe",
            code="NO_TERMINAL",
        )
    with _interruptible():
        sys.stderr.write(question)
        sys.stderr.flush()
        line = sys.stdin.readline(_LINE)
    if not line:
        raise UsageError("nothing was typed; nothing was done", hint="type the answer, then press Enter")
    return line.strip()


def ask_secret(label: str) -> SecretStr:
    """What the person types after this label; it does not show.

    Raises:
        UsageError: there is no terminal, it cannot be kept from showing, or nothing was typed.
        KeyboardInterrupt: the first Ctrl-C ends it.
    """
    from getpass import GetPassWarning, getpass

    from pydantic import SecretStr

    what = label.rstrip(": ")
    if not _has_terminal():
        raise _no_terminal(what)
    try:
        with _interruptible(), warnings.catch_warnings():
            warnings.simplefilter("error", GetPassWarning)
            typed = SecretStr(getpass(label))
    except GetPassWarning:
        raise _no_terminal(what) from None
    except EOFError:
        typed = SecretStr("")
    if not typed.get_secret_value():
        raise UsageError(f"no {what} was given; nothing was done", hint="type or paste it, then press Enter")
    return typed


def read_stdin() -> SecretStr:
    """All of standard input.

    Raises:
        UsageError: it is the terminal, where everything would show, or far too long.
    """
    from pydantic import SecretStr

    if sys.stdin.isatty():
        raise UsageError(
            "standard input is the terminal, and what is typed there shows; nothing was read",
            hint="leave --secret-stdin out: then it is asked for and does not show",
        )
    with _interruptible():
        text = SecretStr(sys.stdin.read(_LIMIT + 1))
    if len(text) > _LIMIT:
        raise UsageError("standard input is far too long for a key; nothing was stored", hint="pipe in the key alone")
    return text


def _has_terminal() -> bool:
    if sys.stdin.isatty():
        return True
    try:
        with Path("/dev/tty").open("rb", buffering=0) as terminal:
            return terminal.isatty()
    except OSError:
        return False


def _no_terminal(what: str) -> UsageError:
    return UsageError(
        f"there is no terminal to ask for the {what}; nothing was done",
        hint="keys come by --secret-stdin or --secret-file, the vault's passphrase by WEEXCTL_VAULT_PASSPHRASE_FILE",
        code="NO_TERMINAL",
    )


@contextmanager
def _interruptible() -> Iterator[None]:
    """While a command runs the first Ctrl-C only asks for an end; where nothing has begun it may end at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
