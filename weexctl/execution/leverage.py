"""The leverage of a symbol, read back before anything opens on it."""

from __future__ import annotations

from weexctl.errors import WeexctlError
from weexctl.execution.gate import Gate
from weexctl.execution.reading import Unavailable, read
from weexctl.model.account import MarginMode
from weexctl.model.limits import HARD_MAX_LEVERAGE
from weexctl.ports import Exchange

__all__ = ["LeverageCheck"]

_TOO_HIGH = "MAX_LEVERAGE"
_SEPARATED = "SEPARATED_MODE"
"""Every order would be a position of its own there, and the books know one for each side."""


class LeverageCheck:
    """Sees to it that nothing opens at a leverage that somebody else has raised.

    Args:
        exchange: for reading.
        gate: sets it back.
        limit: the highest the profile allows.
    """

    def __init__(self, exchange: Exchange, gate: Gate, limit: int) -> None:
        self._exchange = exchange
        self._gate = gate
        self._limit = min(limit, HARD_MAX_LEVERAGE)

    def refusal(self, symbol: str, *, flat: bool) -> str:
        """The code of why nothing opens on the symbol; empty when its mode is known and its leverage within the limit.

        Where nothing is held one that is too high is set back; beside a position it is left alone, and nothing opens.
        """
        high = self._too_high(symbol)
        if high != _TOO_HIGH or not flat:
            return high
        try:
            self._gate.set_leverage(symbol, self._limit)
        except WeexctlError as error:
            return error.code
        return self._too_high(symbol)

    def _too_high(self, symbol: str) -> str:
        found = read("the leverage", lambda: self._exchange.fetch_leverage(symbol))
        if isinstance(found, Unavailable):
            return "UNAVAILABLE"
        if found.separated:
            return _SEPARATED
        crossed = found.margin_mode is MarginMode.CROSS
        used = found.cross if crossed else max(found.isolated_long, found.isolated_short)
        return _TOO_HIGH if used > self._limit else ""
