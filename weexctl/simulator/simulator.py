"""The simulated exchange as its owner sees it: requests in, answers out, and time that moves when told to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from weexctl.errors import DataError
from weexctl.model.candle import Candles
from weexctl.model.funding import FundingHistory
from weexctl.simulator import passage, snapshot
from weexctl.simulator.demo import rename
from weexctl.simulator.funding import FundingSchedule
from weexctl.simulator.ids import IdSequence
from weexctl.simulator.instruments import CONTRACTS, Contract
from weexctl.simulator.ledger import Ledger
from weexctl.simulator.market import MarketView
from weexctl.simulator.rate import RateCounter
from weexctl.simulator.settings import SimulatorSettings, settings_from_json, settings_to_json
from weexctl.simulator.surface_v2 import PREFIX, answer_v2
from weexctl.simulator.surface_v3 import Answer, answer_v3
from weexctl.simulator.venue import Venue

if TYPE_CHECKING:
    import httpx

__all__ = ["Simulator"]

DEFAULT_SETTINGS = SimulatorSettings()
START_EQUITY = Decimal(10_000)
NOTHING: Mapping[str, Candles] = MappingProxyType({})
OUTAGE_PAGE = b"<html><head><title>Error</title></head><body><h1>Service unavailable</h1></body></html>"


class Simulator:
    """A WEEX look-alike over given candles.

    Between calls time stands still. A request adds its latency; `advance` lets the market go on. Equal market, seed,
    settings and calls give equal answers, byte for byte.
    """

    def __init__(
        self,
        market: Mapping[str, Candles],
        *,
        seed: int,
        start_ms: int,
        start_equity: Decimal = START_EQUITY,
        funding: Mapping[str, FundingHistory] | None = None,
        settings: SimulatorSettings = DEFAULT_SETTINGS,
        contracts: Mapping[str, Contract] = CONTRACTS,
        detail: Mapping[str, Candles] = NOTHING,
    ) -> None:
        """An account with `start_equity` USDT at `start_ms`.

        `detail` are shorter candles of some symbols, all of one timeframe, that say in which order prices came.

        Raises:
            DataError: candles differ in timeframe or phase, are of an unlisted symbol, or begin after `start_ms`.
        """
        view = MarketView(market, contracts, settings.mark_wick, detail)
        if late := [symbol for symbol, tape in view.tapes.items() if tape.first_ms > start_ms]:
            raise DataError(f"the candles of {', '.join(late)} begin after the simulation; nothing was started")
        ids = IdSequence(seed)
        self._seed = seed
        self._contracts = contracts
        self._rate = RateCounter()
        self._venue = Venue(
            settings=settings,
            contracts=contracts,
            market=view,
            funding=FundingSchedule({s: history for s, history in (funding or {}).items() if s in view.tapes}),
            ids=ids,
            ledger=Ledger(start_equity, ids, settings.history_kept),
            now_ms=start_ms,
        )

    @property
    def now_ms(self) -> int:
        """The exchange's time."""
        return self._venue.now_ms

    @property
    def version(self) -> int:
        """Grows with every change of an order, a position, the wallet or a setting: time to save."""
        demo = self._venue.demo
        return self._venue.version + (demo.version if demo is not None else 0)

    @property
    def ends_ms(self) -> int:
        """Close of the last candle: from here on prices stand still."""
        return self._venue.market.ends_ms

    @property
    def ledger(self) -> Ledger:
        """The account's money, for inspection: start + realised - fees + funding = wallet."""
        return self._venue.ledger

    @property
    def venue(self) -> Venue:
        """The whole state, for inspection."""
        return self._venue

    def handle(self, request: httpx.Request) -> httpx.Response:
        """The answer to an httpx request; made for `httpx.MockTransport(simulator.handle)`."""
        import httpx

        path, _, query = request.url.raw_path.partition(b"?")
        status, headers, body = self.answer(
            request.method, path.decode(errors="replace"), query, dict(request.headers.items()), request.read()
        )
        return httpx.Response(status, headers=headers, content=body)

    def answer(
        self,
        method: str,
        path: str,
        query: bytes | str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """HTTP status, headers and body for one request. The clock moves by the latency first.

        `query` is the text after the question mark, as sent: it is part of what was signed.
        """
        self.advance(self._venue.now_ms + self._venue.settings.latency_ms)
        if outage := self._venue.settings.outage_status:
            return outage, {"content-type": "text/html"}, OUTAGE_PAGE
        text = query.decode(errors="replace") if isinstance(query, bytes) else query
        lower = {name.lower(): value for name, value in (headers or {}).items()}
        surface = answer_v2 if path.startswith(PREFIX) else answer_v3
        return surface(self._venue, self._rate, method, path, text, lower, body)

    def advance(self, to_ms: int) -> None:
        """Let the market go on to a later moment: triggers, fills, funding and liquidation on the way.

        Raises:
            UsageError: the moment lies in the past.
        """
        passage.advance(self._venue, to_ms)

    def configure(self, settings: SimulatorSettings) -> None:
        """Other habits from now on. `mark_wick` and `history_kept` stay what they were."""
        kept = self._venue.settings
        settings = replace(settings, mark_wick=kept.mark_wick, history_kept=kept.history_kept)
        for venue in (self._venue, self._venue.demo):
            if venue is not None:
                venue.settings = settings
                venue.version += 1

    def extend(self, market: Mapping[str, Candles], funding: Mapping[str, FundingHistory] | None = None) -> None:
        """Go on with longer market data: the same candles, and those that closed since.

        Candles that closed before `now_ms` without being known then are made up for: what they would have set off
        happens now.

        Raises:
            DataError: a symbol is missing, or a candle that was already passed is another one now.
        """
        venue = self._venue
        view = MarketView(market, self._contracts, venue.settings.mark_wick)
        _refuse_other_past(venue.market, view, venue.now_ms)
        known_ms = min(tape.times[-1] for tape in venue.market.tapes.values()) + venue.market.timeframe.ms
        venue.market = view
        if funding is not None:
            venue.funding = FundingSchedule({s: history for s, history in funding.items() if s in view.tapes})
        if venue.demo is not None:
            rename(venue, venue.demo)
        passage.catch_up(venue, known_ms)

    def snapshot(self) -> dict[str, Any]:
        """Everything but market data and credentials, as JSON can hold it."""
        venue = self._venue
        return {
            "schema": snapshot.SCHEMA,
            "seed": self._seed,
            "start_equity": str(venue.ledger.start),
            "settings": settings_to_json(venue.settings),
            **snapshot.save(venue, self._rate),
        }

    @classmethod
    def restore(
        cls,
        market: Mapping[str, Candles],
        saved: Mapping[str, Any],
        *,
        funding: Mapping[str, FundingHistory] | None = None,
        settings: SimulatorSettings | None = None,
        contracts: Mapping[str, Contract] = CONTRACTS,
        detail: Mapping[str, Candles] = NOTHING,
    ) -> Simulator:
        """The simulator a snapshot was taken of, over the same market or a longer one.

        `settings` replace the saved ones; they are needed when the credentials are not the default.

        Raises:
            DataError: the snapshot is of another version, or does not fit the market.
        """
        if saved.get("schema") != snapshot.SCHEMA:
            raise DataError(
                f"a simulator snapshot of version {saved.get('schema')!r} cannot be read; nothing was restored",
                hint="start a new run with --new",
            )
        self = cls(
            market,
            seed=saved["seed"],
            start_ms=saved["now_ms"],
            start_equity=Decimal(saved["start_equity"]),
            funding=funding,
            settings=settings_from_json(saved["settings"]) if settings is None else settings,
            contracts=contracts,
            detail=detail,
        )
        snapshot.load(self._venue, self._rate, dict(saved))
        return self


def _refuse_other_past(old: MarketView, new: MarketView, now_ms: int) -> None:
    for symbol, tape in old.tapes.items():
        other = new.tapes.get(symbol)
        passed = max(0, min(tape.index(now_ms), tape.count))
        if other is None or other.first_ms != tape.first_ms or not _same_past(tape.close, other.close, passed):
            raise DataError(f"the new candles of {symbol} have another past; the market was not extended")


def _same_past(old: Sequence[float], new: Sequence[float], count: int) -> bool:
    compared: Iterable[tuple[float, float]] = zip(old[:count], new[:count], strict=False)
    return len(new) >= count and all(before == after for before, after in compared)
