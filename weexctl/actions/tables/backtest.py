"""Profiles on candles that are known already."""

from __future__ import annotations

from weexctl.actions.tables.action import Action, Example, Parameter
from weexctl.actions.tables.parameters import PROFILE, UNDERSTAND

__all__ = ["ROWS"]

_OVER = (
    PROFILE,
    Parameter(
        name="data",
        type="str",
        help="Candles: a file, a folder, SYMBOL=PATH, or SYMBOL@5m=PATH for shorter ones inside them; may be repeated; "
        "the synthetic market without it",
        repeatable=True,
        metavar="PATH",
    ),
    Parameter(
        name="symbols",
        type="str",
        help="Only these symbols of the profile, such as BTCUSDT,ETHUSDT",
        repeatable=True,
        commas=True,
        metavar="A,B",
    ),
    Parameter(
        name="from",
        type="time",
        help="With --data: first moment to decide at; without it a year is left to fit on, and its warm-up",
    ),
    Parameter(name="to", type="time", help="Last moment to decide at. A bare date is its 00:00 UTC"),
    Parameter(
        name="steps",
        type="int",
        help="Stop after this many closed candles; 1440 on the synthetic market, else as many as --data has",
    ),
    Parameter(name="seed", type="int", help="Seed of the synthetic market; equal seeds give equal runs"),
)
_DASK = Parameter(
    name="dask",
    type="str",
    help="Run on the Dask cluster of this scheduler, such as tcp://127.0.0.1:8786",
    metavar="ADDRESS",
)
_WORKERS = Parameter(name="workers", type="int", help="Processes to use; as many as the machine has if left out")
_RANGES = (
    Parameter(name="space", type="path", help="Ranges as TOML: one table for each path, low and high or choices"),
    Parameter(
        name="set",
        type="str",
        help="A range PATH=LOW..HIGH, then :int, :log or :STEP if wanted, or choices PATH=a,b; may be repeated",
        repeatable=True,
        metavar="PATH=RANGE",
    ),
)
_METRIC = Parameter(
    name="metric",
    type="str",
    default="calmar",
    help="What is to be high",
    choices=("calmar", "sharpe", "cagr", "total_return"),
)
_SEARCH = (
    Parameter(
        name="batch",
        type="int",
        default=16,
        help="Trials that are asked for at a time; no more than these can run at once",
    ),
    Parameter(name="search-seed", type="int", default=1, help="Seed of the search, not of a market"),
)
ROWS = (
    Action(
        name="backtest.run",
        section=UNDERSTAND,
        summary="Run a profile over known candles, and measure it",
        help=(
            "Decides at every closed candle as trade does: the same regimes, fitted anew on the past as it goes on, "
            "the same rule, sizer, policies, guards and exits, and orders that the simulator fills. The decisions, "
            "orders and trades are those of trade at the venue sim. The run is kept in the data folder for backtest "
            "report, in the place of an earlier one of the same profile and candles."
        ),
        risk="simulate",
        module="weexctl.actions.backtest_run",
        parameters=(*_OVER, _WORKERS),
        examples=(
            Example("weexctl backtest run --profile safe --steps 500", "500 hours of the synthetic market, offline"),
            Example(
                "weexctl backtest run --profile balanced --data candles --from 2021-02-01 --to 2024-01-01",
                "three years of your own candles",
            ),
        ),
    ),
    Action(
        name="backtest.ablate",
        section=UNDERSTAND,
        summary="Run a profile without each of its parts, and against controls of its size",
        help=(
            "Some twenty arms over the same candles: no engine, volatility targeting alone, each stage by itself and "
            "each taken away, other classifiers and rules, one candle late, at double costs; then the controls, made "
            "as large as the profile, placebos with its regimes at other times, and markets where a coin decides. Says "
            "how sure each difference is and whether the claims held, whatever comes out. Takes sixty runs, here or on "
            "a Dask cluster. Writes one line for each configuration into the ledger of trials, and keeps what it found "
            "for backtest report, beside the run of the profile."
        ),
        risk="simulate",
        module="weexctl.actions.backtest_ablate",
        parameters=(
            *_OVER,
            Parameter(name="placebos", type="int", default=30, help="Runs with regimes of another time; 30 or more"),
            Parameter(
                name="nulls", type="int", default=5, help="Runs where a coin says whether a candle goes up or down"
            ),
            _WORKERS,
            _DASK,
        ),
        examples=(
            Example(
                "weexctl backtest ablate --profile balanced --data candles --from 2021-02-07 --to 2024-01-01",
                "which part of the profile is worth its place",
            ),
        ),
    ),
    Action(
        name="backtest.report",
        section=UNDERSTAND,
        summary="Make a page with charts of a run that was kept",
        help=(
            "Writes one HTML file that needs no network and no other file: equity and drawdown, exposure, the price of "
            "each symbol with regimes, entries, exits and stops, where the money came from, costs, refusals, and the "
            "verdict on every claim when an ablation lies beside the run. It needs the extra backtest of the package."
        ),
        risk="simulate",
        module="weexctl.actions.backtest_report",
        parameters=(
            Parameter(
                name="run",
                type="str",
                help="Id of the run; the newest one if left out",
                argument=True,
                metavar="RUN_ID",
            ),
            Parameter(name="to", type="path", help="The file, instead of report.html beside the run", metavar="FILE"),
            Parameter(name="compare", type="str", help="Another kept run to set beside it", metavar="RUN_ID"),
        ),
        examples=(
            Example("weexctl backtest report", "the newest run"),
            Example("weexctl backtest report --to safe.html", "a file of your own"),
        ),
    ),
    Action(
        name="backtest.sweep",
        section=UNDERSTAND,
        summary="Search for settings of a profile over known candles",
        help=(
            "Tries settings within the ranges you give, better ones more often, and each through all checks of a "
            "profile. The first trial is the profile as it is. The result is the same for any number of processes, "
            "and on a Dask cluster. Every trial is kept when it is done: stopped or killed, the same command goes on "
            "where it ended. Every configuration goes into the ledger of trials, whose length says what the best of "
            "so many is worth."
        ),
        risk="simulate",
        module="weexctl.actions.backtest_sweep",
        parameters=(
            *_OVER,
            *_RANGES,
            Parameter(name="trials", type="int", default=50, help="How many trials in all; more than before goes on"),
            _METRIC,
            Parameter(name="name", type="str", help="Name of the sweep's folder; made from what it is if left out"),
            *_SEARCH,
            _WORKERS,
            _DASK,
        ),
        examples=(
            Example(
                "weexctl backtest sweep --symbols BTCUSDT --steps 300 --set limits.per_trade_risk=0.002..0.01",
                "a small search on the synthetic market",
            ),
            Example(
                "weexctl backtest sweep --profile balanced --data candles --from 2021-02-01 --to 2024-01-01 "
                "--set pipeline.sizer.annual_volatility=0.05..0.4:log --set 'pipeline.exits[0].multiple=2..5:0.5'",
                "two settings over three years of your own candles",
            ),
        ),
    ),
    Action(
        name="backtest.walk-forward",
        section=UNDERSTAND,
        summary="Choose settings on one stretch of candles and try them on the next, again and again",
        help=(
            "In each fold the ranges you give are searched on the train window as backtest sweep does, without any "
            "candle that closes later, and the best settings trade the test window after it. One account goes through "
            "all test windows, which follow each other without a hole. Without ranges the profile as it is goes "
            "through them, which shows how steady it is. Says what was chosen where, what it did in sample and out of "
            "sample, and how much of the one became the other. Trials are kept when they are done: stopped or killed, "
            "the same command goes on where it ended. The run is kept for backtest report, and every configuration "
            "goes into the ledger of trials."
        ),
        risk="simulate",
        module="weexctl.actions.backtest_walk_forward",
        parameters=(
            *_OVER,
            Parameter(name="train", type="int", default=365, help="Days that settings are chosen on"),
            Parameter(name="test", type="int", default=90, help="Days that they are tried on, after that"),
            Parameter(
                name="anchored",
                type="bool",
                default=False,
                help="Train windows begin with the first and grow, instead of moving on",
            ),
            Parameter(
                name="purge",
                type="int",
                default=24,
                help="Hours left out after a train window, for labels that look ahead",
            ),
            Parameter(name="embargo", type="int", default=48, help="Hours left out besides, for what moves slowly"),
            *_RANGES,
            Parameter(
                name="trials", type="int", default=32, help="How many trials in each fold; more than before goes on"
            ),
            _METRIC,
            Parameter(name="name", type="str", help="Name of its folder; made from what it is if left out"),
            *_SEARCH,
            _WORKERS,
            _DASK,
        ),
        examples=(
            Example(
                "weexctl backtest walk-forward --profile balanced --data candles --from 2021-02-01 --to 2024-01-01",
                "how steady a profile is, quarter by quarter",
            ),
            Example(
                "weexctl backtest walk-forward --profile balanced --data candles --from 2021-02-01 --to 2024-01-01 "
                "--set pipeline.sizer.annual_volatility=0.05..0.4:log --set 'pipeline.exits[0].multiple=2..5:0.5'",
                "what two settings are worth when they are chosen on the past alone",
            ),
        ),
    ),
)
