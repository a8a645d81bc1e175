"""Candles and funding on this machine."""

from __future__ import annotations

from weexctl.actions.tables.action import Action, Example, Parameter
from weexctl.actions.tables.parameters import MARKET, SYMBOLS, TIMEFRAMES, UNDERSTAND

__all__ = ["ROWS"]

_REPLACE = Parameter(
    name="replace", type="bool", help="Forget what is stored of these instead of joining to it", default=False
)

ROWS = (
    Action(
        name="data.generate",
        section=UNDERSTAND,
        summary="Make synthetic candles and funding from a seed",
        help=(
            "Writes the candles of the simulator's market, and its funding, as files into a folder of their own in the "
            "store. Equal seeds give equal candles, and a longer market begins with the shorter one. Whatever is shown "
            "of them is labelled synthetic."
        ),
        risk="simulate",
        module="weexctl.actions.data",
        function="generate",
        parameters=(
            SYMBOLS,
            Parameter(name="timeframe", type="str", help="Length of a candle", choices=TIMEFRAMES, default="1h"),
            Parameter(name="count", type="int", help="Candles of each symbol", default=12_000),
            Parameter(name="seed", type="int", help="Seed of the market", default=7),
            _REPLACE,
        ),
        examples=(Example("weexctl data generate --seed 11 --count 13000", "another market than the usual one"),),
    ),
    Action(
        name="data.import",
        section=UNDERSTAND,
        summary="Bring candle files into the store",
        help=(
            "Reads .csv, .csv.gz and .parquet files named SYMBOL-TIMEFRAME, checks every row, and keeps them as one "
            "series per symbol and timeframe, funding files beside them included. Candles that are there already have "
            "to be equal, and a hole is refused: nothing is repaired. With --keep-gaps a file with holes is stored as "
            "it is and its gaps are counted; it can be resampled and looked at, and `trade` refuses it."
        ),
        risk="simulate",
        module="weexctl.actions.data_import",
        parameters=(
            Parameter(
                name="path",
                type="str",
                help="A file, a folder, or SYMBOL=PATH; may be repeated",
                argument=True,
                repeatable=True,
                required=True,
            ),
            SYMBOLS,
            Parameter(
                name="timeframe",
                type="str",
                help="Only candles of this length; that of the files if left out",
                choices=TIMEFRAMES,
            ),
            Parameter(
                name="keep-gaps", type="bool", help="Store files in which candles are missing too", default=False
            ),
            _REPLACE,
        ),
        examples=(
            Example("weexctl data import candles/", "every candle file of a folder"),
            Example("weexctl data import BTCUSDT=prices.csv --timeframe 1h", "a file with another name"),
        ),
    ),
    Action(
        name="data.resample",
        section=UNDERSTAND,
        summary="Make longer candles of stored ones",
        help=(
            "Makes candles of a longer timeframe out of shorter ones in the store, on the exchange's own grid: weeks "
            "begin on Monday, everything else with the day. Only whole candles are made; one of which a shorter candle "
            "is missing is left out and named. What is stored of the longer timeframe already has to be equal."
        ),
        risk="simulate",
        module="weexctl.actions.data_resample",
        parameters=(
            Parameter(
                name="timeframe",
                type="str",
                help="Length of the candles to make",
                choices=TIMEFRAMES,
                argument=True,
                required=True,
            ),
            Parameter(
                name="using",
                type="str",
                help="Length of the stored candles to make them of; that which is stored if there is only one",
                choices=TIMEFRAMES,
            ),
            SYMBOLS,
            _REPLACE,
        ),
        examples=(
            Example("weexctl data resample 1h", "hours, of the shorter candles in the store"),
            Example("weexctl data resample 4h --using 5m --symbols BTCUSDT", "one symbol, out of five minutes"),
        ),
    ),
    Action(
        name="data.fetch",
        section=UNDERSTAND,
        summary="Fetch candles and funding from a venue into the store",
        help=(
            "Fetches closed candles page by page, and the funding of their span, and joins them to what is stored, so "
            "that a fetch that was stopped goes on where it ended. Without --from it brings a stored series up "
            "to date, and begins a new one with "
            "1000 candles. Reads public data only and needs no key."
        ),
        risk="simulate",
        module="weexctl.actions.data_fetch",
        parameters=(
            SYMBOLS,
            Parameter(name="timeframe", type="str", help="Length of a candle", choices=TIMEFRAMES, default="1h"),
            Parameter(name="from", type="time", help="First moment that is wanted"),
            Parameter(name="to", type="time", help="Last moment that is wanted; now if left out"),
            *(parameter for parameter in MARKET if parameter.name != "data"),
        ),
        examples=(
            Example("weexctl data fetch --venue paper --from 2025-01-01", "every symbol since then, from the exchange"),
            Example("weexctl data fetch --venue paper --symbols BTCUSDT", "bring one series up to date"),
        ),
    ),
    Action(
        name="data.list",
        section=UNDERSTAND,
        summary="List the candles in the store",
        help="Lists each stored series with its span, its source and its digest, without reading the candles.",
        risk="read",
        module="weexctl.actions.data",
        function="list_",
        examples=(Example("weexctl data list", "what there is"),),
    ),
    Action(
        name="data.verify",
        section=UNDERSTAND,
        summary="Read the stored candles again and compare",
        help=(
            "Reads every stored candle, checks it as an import does, and compares the whole with the digest that was "
            "written down when it was stored. Answers with exit code 6 when something is wrong."
        ),
        risk="read",
        module="weexctl.actions.data",
        function="verify",
        parameters=(SYMBOLS,),
        examples=(Example("weexctl data verify --symbols BTCUSDT", "one symbol"),),
    ),
)
