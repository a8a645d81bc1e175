"""The script: parse, run, print, exit. Only `main` exits."""

from __future__ import annotations

import sys

from weexctl import __version__

TYPE_CHECKING = False  # type checkers know the name; importing typing would take longer than printing the version
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

    from weexctl.cli.app import Invocation
    from weexctl.cli.output import Printer

__all__ = ["main", "run"]


def main() -> NoReturn:
    """Run the command line of this process and exit with its code."""
    if sys.argv[1:] == ["--version"]:
        # Answered before anything is imported; output.py would cost more than the answer.
        try:
            sys.stdout.write(f"weexctl {__version__}\n")
            sys.stdout.flush()
            sys.exit(0)
        except OSError:
            pass  # the long way says what is wrong
    from weexctl.config.redaction import guard_logging
    from weexctl.kill_points import arm_from_environment

    guard_logging()
    arm_from_environment()
    sys.exit(run(sys.argv[1:]))


def run(argv: Sequence[str], environment: Mapping[str, str] | None = None) -> int:
    """The exit code of a command line; everything it has to say is printed.

    Args:
        argv: the words after the program's name.
        environment: None is the environment of this process.
    """
    import os
    import secrets
    from dataclasses import replace

    from weexctl.cli.app import parse
    from weexctl.cli.envelope import Failure
    from weexctl.cli.flags import Flags, choose_log, choose_output, peek_output
    from weexctl.cli.output import AnswerLostError, Printer
    from weexctl.errors import WeexctlError

    environment = os.environ if environment is None else environment
    terminal = sys.stdout.isatty()
    request_id = f"r-{secrets.token_hex(8)}"
    mode = peek_output(argv, environment, terminal=terminal)
    printer = Printer(mode, Flags(), environment, stdout=sys.stdout, stderr=sys.stderr)
    try:
        parsed = parse(argv)
        if isinstance(parsed, int):
            return parsed
        mode = choose_output(parsed.flags.output, environment, terminal=terminal)
        log = choose_log(parsed.flags.log, environment)
    except WeexctlError as error:
        printer.failure(Failure.of(error), request_id=request_id)
        return error.exit_code
    except AnswerLostError as error:
        printer.lost(error)
        return 1
    parsed = replace(parsed, flags=replace(parsed.flags, log=log))
    printer = Printer(mode, parsed.flags, environment, stdout=sys.stdout, stderr=sys.stderr)
    return _carry_out(parsed, environment, printer, request_id)


def _carry_out(invocation: Invocation, environment: Mapping[str, str], printer: Printer, request_id: str) -> int:
    """Run the action and print its result, or why there is none."""
    from weexctl.cli.command import Command

    command = Command(invocation, environment, printer, request_id)
    if (form := invocation.flags.log) is None:
        return command.exit_code()
    import logging

    from weexctl.cli.logs import logging_to

    flags = invocation.flags
    level = logging.DEBUG if flags.verbose else logging.WARNING if flags.quiet else logging.INFO
    with logging_to(sys.stderr, "json" if form == "json" else "text", printer.scrub, level=level):
        return command.exit_code()
