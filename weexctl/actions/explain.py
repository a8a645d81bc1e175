"""Explain an order, a decision, or why nothing was done; from the journal and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.actions.explain_verify import Verified, difference, verify_decision
from weexctl.actions.moment import iso_utc
from weexctl.config.paths import find_paths
from weexctl.errors import ConfigError, UsageError
from weexctl.journal.archive import journal_files
from weexctl.journal.journal import Journal
from weexctl.journal.rows import DecisionRecord, IntentRecord, OrderRecord, RunRecord, TradeRecord
from weexctl.model.candle import Timeframe
from weexctl.model.fill import Fill
from weexctl.model.instrument import normalise_symbol
from weexctl.model.order import Leg
from weexctl.pipeline.explanation import explain
from weexctl.pipeline.identity import REHEARSAL

__all__ = ["Input", "Output", "run"]

_NAMED = 5
"""How many other runs a warning names."""


class Input(BaseModel):
    """What to explain: an id, or a symbol and a moment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str | None = None
    why_not: str | None = None
    at_ms: int | None = None
    run: str | None = None
    verify: bool = False


class Output(BaseModel):
    """A decision with everything that became of it."""

    decision_id: str
    run_id: str | None
    """None for a decision that a person or a tool made outside any run."""
    profile: str | None
    venue: str
    account: str
    """`rehearsal` for a run that sent nothing."""
    archived: bool
    """True when it is from a run that `--new` put aside."""
    text: list[str]
    """The explanation in words, line by line."""
    decision: dict[str, Any]
    """The decision as it was recorded, every number of it."""
    orders: list[dict[str, Any]]
    fills: list[dict[str, Any]]
    trade: dict[str, Any] | None
    """The position this decision opened, changed or closed, once it has ended."""
    verified: Verified | None = None
    """Only with `verify`."""


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Find the decision and tell its story."""
    if (input.id is None) == (input.why_not is None):
        raise UsageError(
            "explain takes an id, or --why-not SYMBOL; nothing was read",
            hint="weexctl explain ORDER_ID, or weexctl explain --why-not BTCUSDT --at 2024-06-01T12:00",
        )
    if input.id is not None and input.at_ms is not None:
        raise UsageError("--at goes with --why-not; nothing was read", hint="leave --at out")
    journals = _journals(find_paths(context.environment).data)
    if not journals:
        raise UsageError(
            "there is no journal yet; nothing can be explained", hint="weexctl trade --profile safe", code="NO_JOURNAL"
        )
    output, others = _by_id(journals, input) if input.id is not None else _by_moment(journals, input)
    error = None if output.verified is None else difference(output.verified)
    return Result(
        data=output,
        venue=output.venue,
        profile=output.profile,
        warnings=_warnings(others, output.verified),
        next=_next(output),
        error=error,
        exit_code=0 if error is None else error.exit_code,
    )


def _journals(data: Path) -> list[Path]:
    """Every journal: those of accounts before those of rehearsals, of each the newest first."""
    folders = sorted({path.parent for path in (data / "accounts").glob("*/*/journal*.sqlite")})
    found = [file for folder in folders for file in journal_files(folder / "journal.sqlite")]
    return sorted(found, key=lambda file: (file.parent.name == REHEARSAL, -file.stat().st_mtime))


def _search(
    journals: list[Path], look: Callable[[Journal], DecisionRecord | None], *, verify: bool
) -> tuple[Output | None, list[str]]:
    """The first journal's answer, and the names of the other runs that have one too."""
    output: Output | None = None
    others: list[str] = []
    for path in journals:
        try:
            with Journal.read(path) as journal:
                record = look(journal)
                if record is None:
                    continue
                if output is None:
                    output = _output(journal, record)
                    if verify:
                        checked = verify_decision(journal, record.decision_id)
                        output = output.model_copy(update={"verified": checked})
                else:
                    others.append(_place(journal, record))
        except ConfigError:  # an old journal that cannot be read must not keep back an answer that was found
            if output is None:
                raise
    return output, others


def _place(journal: Journal, record: DecisionRecord) -> str:
    """Which run a decision belongs to, for people."""
    run = journal.runs.get(record.run_id) if record.run_id is not None else None
    account = f"{journal.venue} {_account(journal)}" + (", archived" if _is_archived(journal) else "")
    if run is None:
        return f"by hand ({account})"
    return f"{run.run_id} (profile {run.profile}, {account})"


def _account(journal: Journal) -> str:
    """The account's name: that of its folder, for a rehearsal trades on a copy of the account."""
    return journal.path.parent.name


def _is_archived(journal: Journal) -> bool:
    return journal.path.name != "journal.sqlite"


def _warnings(others: list[str], verified: Verified | None) -> tuple[Notice, ...]:
    elsewhere = () if verified is None or not verified.elsewhere else (_ELSEWHERE,)
    if not others:
        return elsewhere
    more = f"; and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    named = "; ".join(others[:_NAMED])
    return (*elsewhere, Notice("ALSO_IN", f"other runs on record answer to this too: {named}{more}"))


_ELSEWHERE = Notice(
    "JOURNAL_DIFFERS", "other rows of this journal are not as they were recorded: weexctl journal verify"
)


def _by_id(journals: list[Path], input: Input) -> tuple[Output, list[str]]:  # noqa: A002
    wanted = str(input.id)
    nouns: list[str] = []

    def look(journal: Journal) -> DecisionRecord | None:
        found = journal.find(wanted)
        if found is None:
            return None
        nouns.append(found.noun)
        record = journal.decisions.get(found.decision_id) if found.decision_id is not None else None
        if record is None or (input.run is not None and record.run_id != input.run):
            return None
        return record

    output, others = _search(journals, look, verify=input.verify)
    if output is None:
        raise _unknown(wanted, nouns[0] if nouns else "", input.run)
    return output, others


def _unknown(wanted: str, noun: str, run: str | None) -> UsageError:
    """Why an id cannot be explained."""
    if noun == "run":
        return UsageError(
            f"{wanted} is a run, and a run has many decisions; nothing was done",
            hint=f"give the id of one of its orders, or ask --why-not SYMBOL --at TIME --run {wanted}",
            code="UNKNOWN_ID",
        )
    if noun:
        where = f"of the run {run} " if run is not None else ""
        return UsageError(
            f"the {noun.replace('_', ' ')} {wanted} is on record, and no decision {where}stands behind it;"
            " nothing was done",
            hint="leave --run out" if run is not None else "it was made outside any run: by a check, or by hand",
            code="NO_DECISION",
        )
    return UsageError(
        f"no order, client order, trade or decision {wanted!r} is on record; nothing was done",
        hint="`weexctl trade` names the orders of its run, and with -o json all their ids",
        code="UNKNOWN_ID",
    )


def _by_moment(journals: list[Path], input: Input) -> tuple[Output, list[str]]:  # noqa: A002
    symbol = normalise_symbol(str(input.why_not))
    spans: list[str] = []

    def look(journal: Journal) -> DecisionRecord | None:
        run = _run(journal, input.run)
        if run is None:
            return None
        if run.steps:
            spans.append(f"{run.run_id}: {iso_utc(run.from_ms)} to {iso_utc(run.to_ms)}")
        moment = run.to_ms if input.at_ms is None else input.at_ms
        record = journal.decisions.at_or_before(symbol, moment, run.run_id)
        if record is None or moment >= record.close_ms + Timeframe(run.timeframe).ms:
            return None  # before the run, or after its end: another candle's decision is no answer
        return record

    output, others = _search(journals, look, verify=input.verify)
    if output is None:
        when = "" if input.at_ms is None else f" at {iso_utc(input.at_ms)}"
        which = "" if input.run is None else f" in the run {input.run}"
        raise UsageError(
            f"no decision on {symbol}{when}{which} is on record; nothing was done",
            hint=f"the newest run on record is {spans[0]}" if spans else "weexctl trade makes a run to ask about",
            code="NO_DECISION",
        )
    return output, others


def _run(journal: Journal, run_id: str | None) -> RunRecord | None:
    return journal.runs.latest() if run_id is None else journal.runs.get(run_id)


def _output(journal: Journal, record: DecisionRecord) -> Output:
    body = record.record
    run = journal.runs.get(record.run_id) if record.run_id is not None else None
    orders = _orders(journal, record.decision_id)
    fills = [_fill(f) for order in orders for f in journal.fills.of_order(order["order_id"])]
    trade = _trade(journal, record.decision_id, body)
    return Output(
        decision_id=record.decision_id,
        run_id=record.run_id,
        profile=run.profile if run is not None else None,
        venue=journal.venue,
        account=_account(journal),
        archived=_is_archived(journal),
        text=explain(body, orders=orders, fills=fills, trade=trade, rehearsal=_account(journal) == REHEARSAL),
        decision=body,
        orders=orders,
        fills=fills,
        trade=trade,
    )


def _orders(journal: Journal, decision_id: str) -> list[dict[str, Any]]:
    """The orders of a decision: entry and exit, and the stops that went out with it."""
    intents = journal.intents.of_decision(decision_id)
    return [_order(order, intent) for intent in intents for order in journal.orders.of_intent(intent.intent_id)]


def _order(order: OrderRecord, intent: IntentRecord) -> dict[str, Any]:
    asked = {Leg.STOP.value: intent.stop_price, Leg.TARGET.value: intent.target_price}.get(order.kind)
    return {
        "order_id": order.order_id,
        "client_order_id": order.client_order_id,
        "leg": order.kind,
        "side": order.side.value,
        "position_side": order.position_side.value,
        "status": order.status.value,
        "quantity": _number(order.quantity),
        "filled_quantity": _number(order.filled_quantity),
        "trigger_price": None if order.trigger_price is None else _number(order.trigger_price),
        "asked_trigger_price": None if asked is None else _number(asked),
        "average_price": None if order.average_price is None else _number(order.average_price),
        "time_ms": order.updated_ms,
    }


def _fill(fill: Fill) -> dict[str, Any]:
    return {
        "fill_id": fill.fill_id,
        "order_id": fill.order_id,
        "quantity": _number(fill.quantity),
        "price": _number(fill.price),
        "fee": _number(fill.fee),
        "realised": _number(fill.realised),
        "time_ms": fill.time_ms,
    }


def _trades(journal: Journal, decision_id: str, body: dict[str, Any]) -> list[TradeRecord]:
    """The trades a decision opened or closed; of one that changed a position, the trade of that position."""
    trades = journal.trades.by_decision(decision_id)
    held = body.get("held")
    if trades or body["outcome"] not in ("add", "reduce", "exit") or not isinstance(held, dict):
        return trades
    opening = held.get("decision_id")
    return [trade for trade in journal.trades.by_decision(opening or "") if trade.entry_decision_id == opening]


def _trade(journal: Journal, decision_id: str, body: dict[str, Any]) -> dict[str, Any] | None:
    trades = _trades(journal, decision_id, body)
    if not trades:
        return None
    trade = trades[-1]
    money = {
        name: _number(getattr(trade, name)) for name in ("entry_price", "exit_price", "gross", "fees", "funding", "net")
    }
    return {
        "trade_id": trade.trade_id,
        "opened_ms": trade.opened_ms,
        "closed_ms": trade.closed_ms,
        "exit_reason": trade.exit_reason,
        "entry_order_id": trade.entry_order_id,
        "exit_order_id": trade.exit_order_id,
        **money,
    }


def _number(value: Decimal) -> str:
    """Money and quantities as text, never with an exponent."""
    return f"{value:f}"


def _next(output: Output) -> tuple[NextCommand, ...]:
    held = (output.decision.get("held") or {}) if isinstance(output.decision.get("held"), dict) else {}
    opened = held.get("decision_id")
    if opened and opened != output.decision_id:
        return (NextCommand(f"weexctl explain {opened}", "why this position was opened"),)
    return ()
