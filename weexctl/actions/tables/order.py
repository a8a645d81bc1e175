"""Orders by hand."""

from __future__ import annotations

from weexctl.actions.tables.action import Action, Example, Parameter
from weexctl.actions.tables.parameters import DRY_RUN, READ_ONLY, TRADE, WHOSE, WHOSE_LIMITS

__all__ = ["ROWS"]

_TIMEOUT = Parameter(
    name="timeout", type="float", help="Seconds to watch it, by the venue's clock", default=30.0, metavar="SECONDS"
)

_ORDER_ID = Parameter(
    name="id", type="str", help="Order id of the exchange, or client order id", argument=True, required=True
)

_ORDER = (
    Parameter(name="symbol", type="str", help="Which symbol, such as BTCUSDT", argument=True, required=True),
    Parameter(name="side", type="str", help="Which way the order goes", choices=("buy", "sell"), required=True),
    Parameter(
        name="position",
        type="str",
        help="Which position it is about: buying a long opens, selling a long closes",
        choices=("long", "short"),
        required=True,
    ),
    Parameter(name="size", type="float", help="How much, in the unit named", required=True),
    Parameter(
        name="unit",
        type="str",
        help="What --size counts: USDT at the limit or else the mark price, or coins",
        choices=("quote", "base"),
        required=True,
    ),
    Parameter(name="price", type="float", help="Limit price; a market order if left out"),
    Parameter(
        name="post-only",
        type="bool",
        help="With --price: wait in the book, or end at once where the order would be filled at once",
        default=False,
    ),
    Parameter(
        name="time-in-force",
        type="str",
        help="With --price: how long it stays; until it is cancelled, what is there at once, or all at once or nothing",
        choices=("gtc", "ioc", "fok"),
    ),
    Parameter(
        name="stop", type="float", help="Trigger price of the stop that goes out with it; an order that opens needs it"
    ),
    Parameter(name="target", type="float", help="Trigger price of a target that goes out with it"),
)

ROWS = (
    Action(
        name="order.preview",
        section=TRADE,
        summary="Say what an order would cost, risk and meet with",
        help=(
            "Works out an order without sending it: cost, margin, fee, liquidation price, the loss at the stop, and "
            "the answer of every guard. It is about the account of the newest run of `trade`; at live and demo "
            "there need not have been one."
        ),
        risk="read",
        module="weexctl.actions.order",
        function="preview",
        parameters=(*_ORDER, *WHOSE, WHOSE_LIMITS),
        examples=(
            Example(
                "weexctl order preview BTCUSDT --side buy --position long --size 200 --unit quote --stop 80000",
                "200 USDT of BTC with a stop at 80 000",
            ),
        ),
    ),
    Action(
        name="order.place",
        section=TRADE,
        summary="Send an order by hand and follow it to its end",
        help=(
            "Sends a market order, or with --price a limit order, through the same gate, limits and journal as those "
            "of a run, and follows it until it is filled, refused or rests in the book; with --wait also while it "
            "rests. An order that opens carries its stop or is refused; no rule touches its position afterwards. "
            "`explain` tells its story. At sim it acts on the account of the newest run, whose time stands still "
            "meanwhile, and the next `trade` goes on from there. At live what opens needs a profile that is armed, "
            "and a run that is under way has to be stopped first."
        ),
        risk="write",
        module="weexctl.actions.order",
        function="place",
        parameters=(
            *_ORDER,
            Parameter(
                name="wait", type="bool", help="Also watch it while it rests, for --timeout at most", default=False
            ),
            _TIMEOUT,
            *WHOSE,
            WHOSE_LIMITS,
            DRY_RUN,
            READ_ONLY,
        ),
        examples=(
            Example(
                "weexctl order place BTCUSDT --side buy --position long --size 0.002 --unit base --stop 80000",
                "open a long with its stop",
            ),
            Example(
                "weexctl order place BTCUSDT --side sell --position long --size 0.001 --unit base",
                "close a part of it",
            ),
            Example(
                "weexctl order place BTCUSDT --side buy --position long --size 200 --unit quote --price 85000 "
                "--post-only --stop 80000",
                "wait for a better price",
            ),
        ),
    ),
    Action(
        name="order.wait",
        section=TRADE,
        summary="Watch an order until it is filled or over",
        help=(
            "Looks at an order again and again, shows every change, and the balance and position before and after. It "
            "never cancels: when the time is up or somebody presses Ctrl-C, the order stays where it is. At sim the "
            "market stands still between runs; the time up to the next candle passes, and `trade` goes on from there."
        ),
        risk="simulate",
        module="weexctl.actions.order_look",
        function="wait",
        parameters=(_ORDER_ID, _TIMEOUT, *WHOSE),
        examples=(
            Example("weexctl order wait 702548201931046912 --timeout 60", "until it is filled, at most a minute"),
        ),
    ),
    Action(
        name="order.cancel",
        section=TRADE,
        summary="Cancel an order that rests, and see that it is gone",
        help=(
            "Cancels one order by its id, or with --all every limit order of weexctl that rests, and is done only when "
            "a read shows it. The stop of an open position is never taken away: `close` ends the position, and its "
            "stop with it. An order that was filled in the meantime is answered with its fill."
        ),
        risk="write",
        module="weexctl.actions.order_cancel",
        parameters=(
            Parameter(name="id", type="str", help="Order id, or client order id; or give --all", argument=True),
            Parameter(name="all", type="bool", help="Every order that may be cancelled", default=False),
            Parameter(name="symbol", type="str", help="With --all: only of this symbol", metavar="SYMBOL"),
            *WHOSE,
            DRY_RUN,
            READ_ONLY,
        ),
        examples=(
            Example("weexctl order cancel 702548201931046912", "one order"),
            Example("weexctl order cancel --all --symbol BTCUSDT", "whatever rests on one symbol"),
        ),
    ),
    Action(
        name="order.status",
        section=TRADE,
        summary="Show one order as the exchange has it",
        help="Asks the exchange for an order by its id; a stop or target is found while it waits for its trigger.",
        risk="read",
        module="weexctl.actions.order_look",
        function="status",
        parameters=(
            _ORDER_ID,
            *WHOSE,
        ),
        examples=(Example("weexctl order status 702548201931046912", "what has become of it"),),
    ),
    Action(
        name="order.list",
        section=TRADE,
        summary="List orders that rest or wait for a trigger",
        help="Asks the exchange for resting orders, and for the stops and targets that wait for their price.",
        risk="read",
        module="weexctl.actions.order_look",
        function="list_",
        parameters=(
            Parameter(name="symbol", type="str", help="Only this symbol", metavar="SYMBOL"),
            *WHOSE,
        ),
        examples=(Example("weexctl order list --symbol BTCUSDT", "the stops of BTCUSDT"),),
    ),
)
