"""What is said beside the sum of a run: warnings, and what to type next."""

from __future__ import annotations

from dataclasses import replace

from weexctl.actions.context import NextCommand, Notice, Result
from weexctl.errors import HaltedError
from weexctl.trader.session_report import SessionReport

__all__ = ["explaining", "halted_result", "run_notices"]


def halted_result(result: Result, why: str) -> Result:
    """The result of a run that was halted at its end; one that was ended early keeps the exit code for that."""
    if not why:
        return result
    text = f"{why}: no new position is opened; stops, exits and closing by hand still work"
    notice = Notice("HALTED", text)
    return replace(
        result, warnings=(notice, *result.warnings), exit_code=0 if result.resumable else HaltedError.exit_code
    )


def run_notices(report: SessionReport, *, rehearsal: bool) -> list[Notice]:
    """What a person has to know about a run at any venue."""
    notices = []
    if rehearsal:
        notices.append(Notice("REHEARSAL", "no order was sent: decisions were made and recorded, and that is all"))
    if report.state.locked:
        locked = ", ".join(f"{symbol} ({code})" for symbol, code in report.state.locked.items())
        notices.append(Notice("LOCKED", f"no entries until a person looks: {locked}"))
    if (report.orders_total, report.trades_total) != (len(report.orders), len(report.trades)):
        newest = f"only the newest {len(report.orders)} orders and {len(report.trades)} trades are listed"
        of = f"of {report.orders_total} and {report.trades_total}"
        notices.append(Notice("NEWEST_ONLY", f"{newest}, {of}; `weexctl journal export --to DIR` writes all of them"))
    return notices


def explaining(report: SessionReport) -> list[NextCommand]:
    """The command that explains the newest entry, or why there was none."""
    entries = [order for order, _ in report.orders if order.kind == "entry"]
    if entries:
        return [NextCommand(f"weexctl explain {entries[-1].order_id}", "why this order was sent")]
    if report.run.steps:
        symbol = report.run.symbols[0]
        return [NextCommand(f"weexctl explain --why-not {symbol}", f"why {symbol} was left alone")]
    return []
