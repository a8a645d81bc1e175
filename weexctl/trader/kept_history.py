"""The history of a run's symbols on disk, so that a run which goes on asks the exchange for what is new only."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from weexctl.errors import ConfigError, DataError
from weexctl.market.store import CandleStore, read_checked
from weexctl.model.candle import Candles, Timeframe

__all__ = ["KeptHistory"]


class KeptHistory:
    """Candles of one account's runs. It only ever saves time: whatever is wrong with it, the exchange is asked.

    Args:
        folder: of the account.
        source: where its candles come from; what another source gave is not used.
    """

    def __init__(self, folder: Path, source: str) -> None:
        self._store = CandleStore(folder / "candles")
        self._source = source

    def load(self, symbol: str, timeframe: Timeframe, until_ms: int) -> Candles | None:
        """What is kept up to a close; None when nothing is, or nothing that is sound."""
        for stored in self._store.series():
            known = stored.manifest
            if known is None or (known.symbol, known.timeframe, known.source) != (
                symbol,
                timeframe.value,
                self._source,
            ):
                continue
            with suppress(DataError):
                found = read_checked(stored).closed_by(until_ms)
                return found if len(found) else None
        return None

    def keep(self, candles: Candles) -> None:
        """Keep a symbol's candles instead of what was kept before; a full disk is no reason to stop."""
        with suppress(ConfigError, DataError):
            self._store.keep(candles, source=self._source, replace=True)
