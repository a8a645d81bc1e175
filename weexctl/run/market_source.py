"""Where a run's candles come from: a generated market, or files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from weexctl.market.dataset import dataset_digest
from weexctl.market.detail import FineDetail
from weexctl.market.files import funding_must_belong, split_details
from weexctl.market.funding_gaps import unsettled
from weexctl.market.loading import load_candles, load_details, load_funding
from weexctl.market.validation import iso_time
from weexctl.model.candle import Candles, Timeframe
from weexctl.model.funding import FundingHistory
from weexctl.simulator.generator import generate_funding, generate_market

__all__ = ["MarketSource", "file_source", "generated_source"]

_NEVER_MODELLED = ("an order book beyond a synthetic spread and slippage", "auto-deleveraging")

_UNORDERED = "in which order a candle's prices came (a stop comes before a target)"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSource:
    """Candles and funding of a run, all of them known ahead."""

    candles: Mapping[str, Candles]
    funding: Mapping[str, FundingHistory]
    source: str
    """What makes the data what it is: `seed:7:1h`, or the digest of the files."""
    synthetic: bool
    seed: int | None
    detail: Mapping[str, Candles] = field(default_factory=dict)
    """Shorter candles of some symbols, all of one timeframe: in which order a candle's prices came."""
    not_modelled: tuple[str, ...] = ()
    """What this market leaves out, in words for the report."""

    @property
    def first_close_ms(self) -> int:
        """Close of the oldest candle of any symbol."""
        return min(c.first_ms + c.timeframe.ms for c in self.candles.values())

    @property
    def last_close_ms(self) -> int:
        """Close of the newest candle of any symbol."""
        return max(c.last_close_ms for c in self.candles.values())

    def between(self, from_ms: int, to_ms: int) -> MarketSource:
        """The same market, which also says what funding it has not between two moments."""
        lacking = (_unsettled(symbol, known, from_ms, to_ms) for symbol, known in self.funding.items())
        return replace(self, not_modelled=(*self.not_modelled, *filter(None, lacking)))

    def only(self, symbols: Sequence[str]) -> MarketSource:
        """The same market with some of its symbols."""
        return replace(
            self,
            candles={s: self.candles[s] for s in symbols},
            funding={s: f for s, f in self.funding.items() if s in symbols},
            detail={s: fine for s, fine in self.detail.items() if s in symbols},
        )


def generated_source(seed: int, symbols: Sequence[str], timeframe: Timeframe, count: int) -> MarketSource:
    """A synthetic market of `count` candles. A longer one begins with the same candles.

    All eight pairs are always generated, so that leaving one out changes none of the others.
    """
    market = generate_market(seed, timeframe=timeframe, count=count)
    source = MarketSource(
        candles=market,
        funding=generate_funding(seed, market),
        source=f"seed:{seed}:{timeframe.value}",
        synthetic=True,
        seed=seed,
        not_modelled=(*_NEVER_MODELLED, _UNORDERED),
    )
    return source.only(symbols)


def file_source(paths: Sequence[str], symbols: Sequence[str], timeframe: Timeframe) -> MarketSource:
    """Candles from files, and the shorter ones inside them; only the symbols asked for.

    Raises:
        DataError: a file is not what it should be, or the shorter candles contradict the others.
        UsageError: a symbol has no file or a funding file no candles, or shorter candles are not shorter.
    """
    plain, places = split_details(paths)
    candles = load_candles(plain, symbols=symbols, timeframe=timeframe, required=symbols)
    funding_must_belong(plain)
    funding = load_funding(plain, symbols=symbols)
    details = load_details(places, candles)
    detail = {symbol: known.fine for symbol, known in details.items() if known.covered.any()}
    unfunded = [symbol for symbol in symbols if symbol not in funding]
    not_modelled = [*_NEVER_MODELLED, "a mark price other than the last price", *_unordered(symbols, details)]
    if unfunded:
        not_modelled.append(f"funding of {', '.join(unfunded)} (no funding file)")
    return MarketSource(
        candles={symbol: candles[symbol] for symbol in symbols},
        funding=funding,
        detail=detail,
        source=dataset_digest(candles, funding, detail),
        synthetic=any(known.synthetic for known in candles.values()),
        seed=None,
        not_modelled=tuple(not_modelled),
    )


def _unordered(symbols: Sequence[str], details: Mapping[str, FineDetail]) -> list[str]:
    """What is not known of the order of prices, in words."""
    whole = [symbol for symbol in symbols if symbol in details and details[symbol].covered.all()]
    if len(whole) == len(symbols):
        return []
    partly = {symbol for symbol in symbols if symbol in details and details[symbol].covered.any()}
    if not partly:
        return [_UNORDERED]
    where = [f"{s} in part" if s in partly else s for s in symbols if s not in whole]
    return [f"{_UNORDERED}: {', '.join(where)}"]


def _unsettled(symbol: str, known: FundingHistory, from_ms: int, to_ms: int) -> str:
    """What has to be said of the funding of one symbol; empty when there is nothing."""
    stretches = unsettled(known, from_ms, to_ms)
    if not stretches:
        return ""
    first, last = (iso_time(moment) for moment in stretches[0])
    many = f"; the first of {len(stretches)} stretches" if len(stretches) > 1 else ""
    return f"funding of {symbol} from {first} to {last} (none in its file{many})"
