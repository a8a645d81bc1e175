"""One command from its invocation to its exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import TextIO, cast

from weexctl.actions.call import Call, prepare
from weexctl.actions.context import Context, Notice, Result
from weexctl.cli.app import Invocation
from weexctl.cli.envelope import Failure
from weexctl.cli.interrupt import INTERRUPTED, Interrupt, on_kill_signal
from weexctl.cli.output import AnswerLostError, Printer
from weexctl.cli.progress import choose_progress
from weexctl.cli.terminal import ask, ask_secret, read_stdin
from weexctl.errors import OrderState, WeexctlError

__all__ = ["Command"]


class Command:
    """Runs one invocation; every way it can end is printed once and has one exit code."""

    def __init__(
        self, invocation: Invocation, environment: Mapping[str, str], printer: Printer, request_id: str
    ) -> None:
        self._invocation = invocation
        self._environment = environment
        self._printer = printer
        self._request_id = request_id
        self._call: Call | None = None

    def exit_code(self) -> int:
        """Run it, print what came of it, and return the code to exit with."""
        try:
            with Interrupt(self._printer.note) as interrupt:
                result = self._run(interrupt)
                self._printer.result(self._invocation.action.name, result, request_id=self._request_id)
                if result.serve is not None:
                    return self._serve(result.serve, interrupt)
        except AnswerLostError as error:
            self._printer.lost(error)
            return result.exit_code or 1
        except WeexctlError as error:
            return self._fail(Failure.of(error), error if error.__cause__ else None)
        except KeyboardInterrupt:
            return self._fail(self._interrupted(), None)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a bug, here or in a plugin, still gets its document
            return self._fail(self._bug(error), error)
        return result.exit_code

    def _serve(self, serve: Callable[[Callable[[], bool]], None], interrupt: Interrupt) -> int:
        """The exit code of what goes on after the answer; stdout has its document, so all else goes to stderr.

        To be told to stop is the ordinary end of a server. Only a second signal is an interruption.
        """
        try:
            with redirect_stdout(self._beside_the_answer()):
                serve(interrupt.should_stop)
        except KeyboardInterrupt:
            return INTERRUPTED
        except Exception as error:  # noqa: BLE001  # the answer is printed: no second document
            self._printer.note(f"{self._bug(error).message}; {self._bug(error).hint}")
            if self._invocation.flags.verbose:
                self._printer.trace(error)
            return 1
        return 0

    def _run(self, interrupt: Interrupt) -> Result:
        """The action's result. What third-party code prints meanwhile goes to stderr: stdout is for the answer."""
        with redirect_stdout(self._beside_the_answer()):
            self._call = prepare(self._invocation.action, self._invocation.values, self._environment)
            result = self._call.run(self._context(self._call, interrupt))
        if not interrupt.heeded:
            return result
        notice = Notice(
            "INTERRUPTED", "ended early because someone asked for it; what is shown is complete up to there"
        )
        asked = 0 if interrupt.terminated and result.resumable else INTERRUPTED
        return replace(result, warnings=(*result.warnings, notice), exit_code=result.exit_code or asked)

    def _beside_the_answer(self) -> TextIO:
        """Where what third-party code prints goes: stderr, as lines of the log where there is one."""
        if self._invocation.flags.log is None:
            return sys.stderr
        import logging

        from weexctl.cli.logs import LogWriter

        return cast("TextIO", LogWriter(logging.getLogger("weexctl.printed")))

    def _context(self, call: Call, interrupt: Interrupt) -> Context:
        flags = self._invocation.flags
        return Context(
            environment=self._environment,
            cwd=Path.cwd(),
            progress=choose_progress(sys.stderr, quiet=flags.quiet or flags.log is not None, verbose=flags.verbose),
            note=self._printer.note,
            ask_secret=ask_secret,
            ask=ask,
            read_stdin=read_stdin,
            should_stop=interrupt.should_stop,
            on_kill_signal=on_kill_signal,
            quiet=flags.quiet,
            verbose=flags.verbose,
            request_id=self._request_id,
            origins=call.origins,
        )

    def _fail(self, failure: Failure, error: BaseException | None) -> int:
        if error is not None and self._invocation.flags.verbose:
            self._printer.trace(error)
        self._printer.failure(
            failure,
            name=self._invocation.action.name,
            request_id=self._request_id,
            venue=self._venue(),
            profile=self._asked("profile"),
        )
        return failure.exit_code

    def _venue(self) -> str | None:
        """The venue that was asked, or the simulator where nobody named one and no profile does."""
        fields = {parameter.field for parameter in self._invocation.action.parameters}
        unnamed = self._call is not None and "venue" in fields and "profile" not in fields
        return self._asked("venue") or ("sim" if unnamed else None)

    def _asked(self, field: str) -> str | None:
        """What the input says, for the envelope of a failure; None before there is an input."""
        value = getattr(self._call.input, field, None) if self._call else None
        return None if value is None else str(value)

    def _bug(self, error: BaseException) -> Failure:
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return Failure(
            type="internal",
            code="BUG",
            message=f"{self._invocation.action.command} failed unexpectedly: {what}",
            hint="this is a bug: run the command again with -v and report the traceback with `weexctl version`",
            order_state=self._order_state(),
        )

    def _interrupted(self) -> Failure:
        return Failure(
            type="internal",
            code="INTERRUPTED",
            message=f"{self._invocation.action.command} was stopped before it was done",
            hint="run it again: it looks first for what the stopped run left open" if self._may_have_sent() else "",
            exit_code=INTERRUPTED,
            order_state=self._order_state(),
        )

    def _may_have_sent(self) -> bool:
        return self._call is not None and self._invocation.action.risk == "write"

    def _order_state(self) -> OrderState:
        return "unknown" if self._may_have_sent() else "not_sent"
