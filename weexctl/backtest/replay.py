"""A recorded run made again, and what differs, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from weexctl.journal.journal import Journal
from weexctl.journal.rows import TradeRecord
from weexctl.model.decision import Decision

__all__ = ["Difference", "Replay", "differences"]

_MOST_KEPT = 1_000
_OF_A_TRADE = (
    "symbol", "position_side", "opened_ms", "quantity", "entry_price", "exit_price", "gross", "fees", "funding", "net",
    "exit_reason", "rule", "regime", "exit_decision_id", "entry_slippage", "exit_slippage",
)  # fmt: skip
"""What a trade is compared by; the millisecond of its end differs with the requests that were on their way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that is not what was recorded."""

    record: str
    """`decision d…` or `trade of d…`."""
    symbol: str
    close_ms: int
    field: str
    """Dotted; empty when the whole record is there only once."""
    recorded: str | None
    """As JSON; None when nothing is recorded."""
    recomputed: str | None


class Replay:
    """Compares decisions as they are made again with those of a journal.

    Args:
        journal: open for reading.
        run_id: the run.
    """

    def __init__(self, journal: Journal, run_id: str) -> None:
        self._journal = journal
        self._run_id = run_id
        self.compared = 0
        """Records that were compared."""
        self.differing = 0
        """Records that differ."""
        self.found: list[Difference] = []
        """The first differences."""

    def decisions(self, made: tuple[Decision, ...]) -> None:
        """Take in the decisions of one close."""
        for decision in made:
            name, where = f"decision {decision.decision_id}", (decision.symbol, decision.close_ms)
            record = self._journal.decisions.get(decision.decision_id)
            recorded = None if record is None else record.record
            self._compare(name, *where, recorded, json.loads(json.dumps(decision.body)))

    def trades(self, made: list[TradeRecord]) -> None:
        """Take in every trade that was closed."""
        recorded = {trade.entry_decision_id: trade for trade in self._journal.trades.of_run(self._run_id)}
        again = {trade.entry_decision_id: trade for trade in made}
        for decision_id in recorded | again:
            before, now = recorded.get(decision_id), again.get(decision_id)
            either = before or now
            assert either is not None  # noqa: S101  # it is in one of the two
            self._compare(f"trade of {decision_id}", either.symbol, either.closed_ms, _of_trade(before), _of_trade(now))

    def _compare(self, name: str, symbol: str, close_ms: int, recorded: Any, recomputed: Any) -> None:
        self.compared += 1
        found = list(differences(recorded, recomputed))
        self.differing += bool(found)
        room = max(0, _MOST_KEPT - len(self.found))
        self.found += [
            Difference(
                record=name, symbol=symbol, close_ms=close_ms, field=field, recorded=_text(a), recomputed=_text(b)
            )
            for field, a, b in found[:room]
        ]


def differences(recorded: Any, recomputed: Any, field: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(dotted field, recorded, recomputed) of everything that is not equal, with no tolerance at all."""
    if isinstance(recorded, dict) and isinstance(recomputed, dict):
        for key in sorted(recorded.keys() | recomputed.keys()):
            place = f"{field}.{key}" if field else str(key)
            yield from differences(recorded.get(key), recomputed.get(key), place)
    elif isinstance(recorded, list) and isinstance(recomputed, list) and len(recorded) == len(recomputed):
        for number, (before, now) in enumerate(zip(recorded, recomputed, strict=True)):
            yield from differences(before, now, f"{field}[{number}]")
    elif recorded != recomputed:
        yield field, recorded, recomputed


def _of_trade(trade: TradeRecord | None) -> Mapping[str, Any] | None:
    return None if trade is None else {name: str(getattr(trade, name)) for name in _OF_A_TRADE}


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(value)
