"""What leverage, margin mode and position mode were at the start of a run, and whether somebody has changed them."""

from __future__ import annotations

from decimal import Decimal

from weexctl.errors import ExchangeError
from weexctl.execution.breaker_events import SettingsChanged
from weexctl.model.account import LeverageSetting
from weexctl.ports import Exchange

__all__ = ["AccountSettings"]


class AccountSettings:
    """Compares with the first look.

    Args:
        exchange: for reading.
        symbols: the run's.
        max_leverage: the profile's.
    """

    def __init__(self, exchange: Exchange, symbols: tuple[str, ...], max_leverage: int) -> None:
        self._exchange = exchange
        self._symbols = symbols
        self._max_leverage = Decimal(max_leverage)
        self._hedge: bool | None = None
        self._modes: dict[str, tuple[str, bool]] = {}

    def changes(self) -> list[SettingsChanged]:
        """What is not as it was, or beyond the profile's leverage; what cannot be read is looked at next time."""
        found: list[SettingsChanged] = []
        try:
            hedge = self._exchange.fetch_account_config().hedge_mode
            if self._hedge is None:
                self._hedge = hedge
            if hedge is not self._hedge:
                found.append(SettingsChanged("", f"the position mode is {_mode(hedge)} and was {_mode(self._hedge)}"))
            for symbol in self._symbols:
                found += self._changes_of(self._exchange.fetch_leverage(symbol))
        except ExchangeError:
            return found
        return found

    def _changes_of(self, setting: LeverageSetting) -> list[SettingsChanged]:
        symbol, mode = setting.symbol, (setting.margin_mode.value, setting.separated)
        known = self._modes.setdefault(symbol, mode)
        found = []
        if mode != known:
            found.append(SettingsChanged(symbol, f"the margin mode is {_margin(mode)} and was {_margin(known)}"))
        if setting.cross > self._max_leverage:
            found.append(SettingsChanged(symbol, f"the leverage is {setting.cross}, limit {self._max_leverage}"))
        return found


def _mode(hedge: bool) -> str:
    return "hedge" if hedge else "one-way"


def _margin(mode: tuple[str, bool]) -> str:
    return f"{mode[0]}, separated" if mode[1] else mode[0]
