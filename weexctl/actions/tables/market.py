"""The market of a venue."""

from __future__ import annotations

from weexctl.actions.tables.action import Action, Example, Parameter
from weexctl.actions.tables.parameters import MARKET, SYMBOL, SYMBOLS, TIMEFRAMES, UNDERSTAND

__all__ = ["ROWS"]

_ANY_SYMBOL = Parameter(name="symbol", type="str", help="Only this symbol; all eight if left out", argument=True)

ROWS = (
    Action(
        name="market.ticker",
        section=UNDERSTAND,
        summary="Show prices and the last 24 hours",
        help=(
            "Last, mark and index price, change, range and turnover of the last 24 hours; for one symbol also the "
            "best bid and ask. "
            "At sim it is the market where the simulated run stands; at the other venues it is the exchange's."
        ),
        risk="read",
        module="weexctl.actions.market",
        function="ticker",
        parameters=(_ANY_SYMBOL, *MARKET),
        examples=(
            Example("weexctl market ticker", "all eight symbols on the simulator"),
            Example("weexctl market ticker BTCUSDT --venue live", "one symbol at the exchange, without a key"),
        ),
    ),
    Action(
        name="market.depth",
        section=UNDERSTAND,
        summary="Show the order book of a symbol",
        help=(
            "The best bids and asks with their quantities, and the spread. "
            "At sim it is the market where the simulated run stands; at the other venues it is the exchange's."
        ),
        risk="read",
        module="weexctl.actions.market",
        function="depth",
        parameters=(
            SYMBOL,
            Parameter(name="levels", type="int", help="Levels a side, at most 200", default=15),
            *MARKET,
        ),
        examples=(Example("weexctl market depth BTCUSDT --levels 5", "the top of the book"),),
    ),
    Action(
        name="market.candles",
        section=UNDERSTAND,
        summary="Show the newest closed candles of a symbol",
        help=(
            "Closed candles, oldest first; the one that is forming is left out. "
            "At sim it is the market where the simulated run stands; at the other venues it is the exchange's."
        ),
        risk="read",
        module="weexctl.actions.market",
        function="candles",
        parameters=(
            SYMBOL,
            Parameter(name="timeframe", type="str", help="Length of a candle", choices=TIMEFRAMES, default="1h"),
            Parameter(name="count", type="int", help="How many, at most 5000", default=24),
            Parameter(name="to", type="time", help="Only candles closed by this moment; now if left out"),
            Parameter(
                name="price",
                type="str",
                help="The price they are made of",
                choices=("last", "mark", "index"),
                default="last",
            ),
            *MARKET,
        ),
        examples=(
            Example("weexctl market candles BTCUSDT --timeframe 4h --count 12", "two days"),
            Example("weexctl market candles ETHUSDT --fields candles.close -o json", "the closes alone"),
        ),
    ),
    Action(
        name="market.funding",
        section=UNDERSTAND,
        summary="Show the funding of a symbol, ahead and behind",
        help=(
            "The rate that is forecast for the next settlement and when it is due, and the settlements of the days "
            "before. Longs pay shorts when a rate is positive. "
            "At sim it is the market where the simulated run stands; at the other venues it is the exchange's."
        ),
        risk="read",
        module="weexctl.actions.market",
        function="funding",
        parameters=(
            SYMBOL,
            Parameter(name="days", type="int", help="Days to look back, at most 90", default=7),
            *MARKET,
        ),
        examples=(Example("weexctl market funding BTCUSDT --days 30", "what a month of holding cost"),),
    ),
    Action(
        name="market.contracts",
        section=UNDERSTAND,
        summary="Show the exchange's rules for each contract",
        help=(
            "Steps of price and quantity, smallest and largest order, highest leverage and fees. "
            "At sim it is the market where the simulated run stands; at the other venues it is the exchange's."
        ),
        risk="read",
        module="weexctl.actions.market",
        function="contracts",
        parameters=(_ANY_SYMBOL, *MARKET),
        examples=(Example("weexctl market contracts", "all eight contracts"),),
    ),
    Action(
        name="market.watch",
        section=UNDERSTAND,
        summary="Listen to the exchange's feed for a while",
        help=(
            "Prices as they are pushed, one line each, and at the end the last of every symbol and where it came from: "
            "the feed, or a read where the feed was silent, stale or not to be reached. No key is needed. "
            "A simulated run has no feed; a served simulator has."
        ),
        risk="read",
        module="weexctl.actions.market_watch",
        parameters=(
            SYMBOLS,
            Parameter(
                name="seconds", type="float", help="How long to listen, at most a day", default=10.0, metavar="SECONDS"
            ),
            Parameter(name="count", type="int", help="Stop after so many pushes, if that is sooner"),
            *MARKET,
        ),
        examples=(
            Example("weexctl market watch --symbols BTCUSDT --venue paper", "ten seconds of one price"),
            Example("weexctl market watch --venue paper --count 5 --seconds 60", "the next five pushes"),
        ),
    ),
)
