"""Books to ask account stages about: every mix of equity, positions, wishes and past trades, from a seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import numpy as np

from weexctl.model.book import Book, ClosedTrade, HeldPosition, Row
from weexctl.model.order import Leg, OrderIntent
from weexctl.model.regime import REGIMES, RegimeView
from weexctl.model.side import PositionSide
from weexctl.model.signal import Signal
from weexctl.testing.candles import HOUR_MS, START_MS, random_walk
from weexctl.testing.subject import columns_of

__all__ = ["BOOK_SYMBOLS", "entry_intents", "reducing_intents", "sample_book", "sample_books"]

BOOK_SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT")
_DAY_MS = 24 * HOUR_MS
_SPARE_CANDLES = 300
_SIDES = (PositionSide.LONG, PositionSide.SHORT)


def sample_books(kind: str, plugin: Any, seed: int, count: int, *, ended: bool = False) -> Iterator[Book]:
    """`count` books at random moments after the warm-up, each with the plugin's own rows. Mappings are read-only.

    Behind a row lie the columns of the whole market, as in a run over known candles; `ended` leaves out what is later
    than the row.
    """
    random = np.random.default_rng((seed, 5))
    candles = {
        symbol: random_walk(seed + 100 + i, int(plugin.warmup_candles) + _SPARE_CANDLES)
        for i, symbol in enumerate(BOOK_SYMBOLS)
    }
    columns = {
        symbol: {str(name): frame[name].to_numpy() for name in frame.columns}
        for symbol, frame in ((symbol, columns_of(kind, plugin, candles[symbol])) for symbol in BOOK_SYMBOLS)
    }
    for _ in range(count):
        row = int(random.integers(int(plugin.warmup_candles), int(plugin.warmup_candles) + _SPARE_CANDLES))
        prices = {symbol: float(candles[symbol]["close"].iloc[row]) for symbol in BOOK_SYMBOLS}
        rows = {symbol: Row(_until(columns[symbol], row if ended else None), row) for symbol in BOOK_SYMBOLS}
        yield sample_book(random, START_MS + (row + 1) * HOUR_MS, prices, rows)


def _until(columns: Mapping[str, Any], row: int | None) -> Mapping[str, Any]:
    return columns if row is None else {name: values[: row + 1] for name, values in columns.items()}


def entry_intents(book: Book) -> Iterator[OrderIntent]:
    """An entry on each side of each symbol, with its stop."""
    for symbol in book.symbols:
        for side in _SIDES:
            yield _intent(book, symbol, side, Leg.ENTRY)


def reducing_intents(book: Book) -> Iterator[OrderIntent]:
    """A close of every position."""
    for symbol, held in book.positions.items():
        yield _intent(book, symbol, held.side, Leg.EXIT)


def _intent(book: Book, symbol: str, side: PositionSide, leg: Leg) -> OrderIntent:
    price = Decimal(str(round(book.prices[symbol], 4)))
    entering = leg is Leg.ENTRY
    return OrderIntent(
        decision_id=f"sample-{symbol}-{book.now_ms}",
        symbol=symbol,
        side=side.opening if entering else side.closing,
        position_side=side,
        leg=leg,
        quantity=Decimal(1),
        reference_price=price,
        stop_price=price * (1 - side.sign * Decimal("0.05")) if entering else None,
        reason="ENTRY" if entering else "EXIT",
        rule="sample",
        created_ms=book.now_ms,
    )


def sample_book(
    random: np.random.Generator,
    now_ms: int,
    prices: Mapping[str, float],
    rows: Mapping[str, Row],
    *,
    candle_ms: int = HOUR_MS,
    rules: Sequence[str] = ("sample",),
) -> Book:
    """A book at this moment with the symbols of `prices`: any equity, positions opened by any of `rules`, any past."""
    peak = float(random.uniform(5_000, 20_000))
    symbols = tuple(prices)
    held = [symbol for symbol in symbols if random.random() < 0.4]
    positions = {symbol: _position(random, symbol, prices[symbol], now_ms, candle_ms, rules) for symbol in held}
    recent = sorted(now_ms - candle_ms * int(hours) for hours in random.integers(0, 200, int(random.integers(0, 12))))
    return Book(
        now_ms=now_ms,
        candle_ms=candle_ms,
        symbols=symbols,
        equity=peak * float(random.uniform(0.6, 1.0)),
        start_equity=peak * float(random.uniform(0.7, 1.1)),
        peak_equity=peak,
        day_start_equity=peak * float(random.uniform(0.9, 1.0)),
        prices=MappingProxyType(dict(prices)),
        positions=MappingProxyType(positions),
        signals=MappingProxyType({symbol: _signal(random) for symbol in symbols}),
        regimes=MappingProxyType({symbol: _view(random) for symbol in symbols}),
        rows=MappingProxyType(dict(rows)),
        trades=tuple(_trade(random, closed_ms, symbols) for closed_ms in recent),
        entries_ms=tuple(recent),
        max_leverage=float(random.integers(1, 6)),
    )


def _position(
    random: np.random.Generator, symbol: str, price: float, now_ms: int, candle_ms: int, rules: Sequence[str]
) -> HeldPosition:
    side = _SIDES[int(random.integers(0, 2))]
    entry = price * float(random.uniform(0.9, 1.1))
    best = max(entry, price) if side is PositionSide.LONG else min(entry, price)
    held = int(random.integers(1, 400))
    return HeldPosition(
        symbol=symbol,
        side=side,
        quantity=1.0,
        exposure=side.sign * float(random.uniform(0.01, 0.3)),
        entry_price=entry,
        price=price,
        opened_ms=now_ms - held * candle_ms,
        candles_held=held,
        best_price=best,
        stop=price * (1 - side.sign * 0.05),
        target=None,
        rule=rules[int(random.integers(0, len(rules)))],
        regime=REGIMES[int(random.integers(0, 3))],
        decision_id="sample",
    )


def _signal(random: np.random.Generator) -> Signal:
    direction = int(random.integers(-1, 2))
    return Signal(direction, float(random.random()), bool(random.random() < 0.7), "SAMPLE", "sample")


def _view(random: np.random.Generator) -> RegimeView:
    trending, ranging, unstable = random.dirichlet((1.0, 1.0, 1.0)).tolist()
    name = REGIMES[int(random.integers(0, 3))]
    return RegimeView(trending, ranging, unstable, name, (trending, ranging, unstable)[REGIMES.index(name)])


def _trade(random: np.random.Generator, closed_ms: int, symbols: Sequence[str]) -> ClosedTrade:
    return ClosedTrade(
        symbol=symbols[int(random.integers(0, len(symbols)))],
        side=_SIDES[int(random.integers(0, 2))],
        opened_ms=closed_ms - _DAY_MS,
        closed_ms=closed_ms,
        pnl=float(random.normal(0.0, 20.0)),
        exit_reason="STOP_HIT" if random.random() < 0.5 else "DIRECTION_FLIP",
        rule="sample",
    )
