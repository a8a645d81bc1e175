"""The demo account (weex-api 16): a second ledger on the same market, in SUSDT, with symbols like BTCSUSDT."""

from __future__ import annotations

from dataclasses import replace

from weexctl.simulator.ids import IdSequence
from weexctl.simulator.ledger import Ledger
from weexctl.simulator.venue import Venue

__all__ = ["ASSET", "demo_of", "demo_symbol", "rename"]

ASSET = "SUSDT"


def demo_symbol(symbol: str) -> str:
    """`BTCSUSDT` for `BTCUSDT`."""
    return f"{symbol.removesuffix('USDT')}{ASSET}"


def demo_of(venue: Venue) -> Venue:
    """The demo account beside this one; it is opened by the first who asks."""
    if venue.demo is None:
        names = _names(venue)
        ids = IdSequence(venue.ids.seed, name="demo")
        venue.demo = Venue(
            settings=venue.settings,
            contracts={
                names[symbol]: replace(row, instrument=replace(row.instrument, symbol=names[symbol], quote=ASSET))
                for symbol, row in venue.contracts.items()
            },
            market=venue.market.renamed(names),
            funding=venue.funding.renamed(names),
            ids=ids,
            ledger=Ledger(venue.settings.demo_equity, ids, venue.settings.history_kept),
            now_ms=venue.now_ms,
            asset=ASSET,
        )
    return venue.demo


def rename(venue: Venue, demo: Venue) -> None:
    """Give the demo account the market and the settlements that the other one has now."""
    names = _names(venue)
    demo.market, demo.funding = venue.market.renamed(names), venue.funding.renamed(names)


def _names(venue: Venue) -> dict[str, str]:
    return {symbol: demo_symbol(symbol) for symbol in venue.contracts}
