"""The vocabulary of faults: what can go wrong between a client and the exchange, one word each (docs/faults.md)."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["ANSWERS", "CLOCK", "HAPPENINGS", "MARKET", "NETWORK", "ON_CALLS", "STORAGE", "Word"]


class Word(StrEnum):
    """One kind of fault."""

    NO_ROUTE = "NO_ROUTE"
    """No connection: the request never leaves the machine."""
    REQ_LOST = "REQ_LOST"
    """The request never reaches the exchange; `as` is timeout or reset."""
    REQ_LATE = "REQ_LATE"
    """The client gives up, and the request arrives `seconds` after it was sent."""
    REQ_DUP = "REQ_DUP"
    """The network delivers the request twice."""
    REORDER = "REORDER"
    """The request is held back until the next one has been carried out; the client gives up meanwhile."""
    RESP_LOST = "RESP_LOST"
    """The exchange acted, and its answer never comes; `as` is timeout or reset."""
    RESP_LATE = "RESP_LATE"
    """The answer comes `seconds` after the request was sent, if the client still waits."""
    RESET = "RESET"
    """The connection is cut after `bytes` of the answer, and the client notices."""
    TRUNC = "TRUNC"
    """The answer ends after `bytes`, as if it were whole."""
    KILL = "KILL"
    """The process dies at `point`, at its `hit`-th pass or at this call."""
    S = "S"
    """HTTP `status` instead of the answer; `processed` tells whether the exchange acted before."""
    HTML = "HTML"
    """A page of a gateway with HTTP `status`."""
    GARBAGE = "GARBAGE"
    EMPTY200 = "EMPTY200"
    BIG = "BIG"
    """A body of `megabytes`."""
    NULL = "NULL"
    """The member at `path` is null."""
    TYPEFLIP = "TYPEFLIP"
    """The member at `path` changes between number and text."""
    MISSING = "MISSING"
    """The member at `path` is left out."""
    EXTRA = "EXTRA"
    """A member nobody knows is added."""
    ENVELOPE = "ENVELOPE"
    """The answer in another shape: `kind` is bare, code200, code00000, result, or error200."""
    VIS_LAG = "VIS_LAG"
    """Reads see nothing that is younger than `seconds`."""
    STALE_READ = "STALE_READ"
    """One read is served from `seconds` ago."""
    EMPTY_LIST = "EMPTY_LIST"
    MISSING_ROW = "MISSING_ROW"
    """Row number `row` is left out."""
    PAGE_CAP = "PAGE_CAP"
    """At most `rows` rows."""
    DUP_ROW = "DUP_ROW"
    SHUFFLE = "SHUFFLE"
    PARTIAL_BATCH = "PARTIAL_BATCH"
    """Every second row of a batch is refused."""
    ZERO_TICK = "ZERO_TICK"
    NULL_TICK = "NULL_TICK"
    CROSSED = "CROSSED"
    """The best bid lies above the best ask."""
    FROZEN = "FROZEN"
    """The market's answers stay what they were when it began."""
    CANDLE_LATE = "CANDLE_LATE"
    """Candles appear `seconds` after their close."""
    CANDLE_HOLE = "CANDLE_HOLE"
    """Every `every`-th candle is left out."""
    SKEW = "SKEW"
    """The client's clock is `seconds` off."""
    STEP = "STEP"
    """The client's clock jumps by `seconds`."""
    JITTER = "JITTER"
    """The client's clock trembles by up to `ms`."""
    SUSPEND = "SUSPEND"
    """The client's process is frozen for `seconds`."""
    EXT = "EXT"
    """Somebody else acts: `act` is close, part, order, cancel_stop, leverage or mode, on `symbol`."""
    GAP = "GAP"
    """From one candle to the next the price of `symbol` moves by `percent`."""
    WICK = "WICK"
    """One candle of `symbol` reaches `percent` beyond its close."""
    MAINT = "MAINT"
    DELIST = "DELIST"
    SUSPEND_SYMBOL = "SUSPEND_SYMBOL"
    LIQ = "LIQ"
    ADL = "ADL"
    """The exchange takes `percent` of the position of `symbol`."""
    KEY_REVOKED = "KEY_REVOKED"
    IP_BLOCK = "IP_BLOCK"
    """`as` is -1056 or 521."""
    ACCOUNT_RESET = "ACCOUNT_RESET"
    DISKFULL = "DISKFULL"
    """The journal cannot grow from its `write`-th statement on, for `times` statements."""
    EIO = "EIO"
    ROFS = "ROFS"
    DBLOCK = "DBLOCK"
    """Another program holds the journal's lock for `times` statements."""


_W = Word

NETWORK = frozenset((_W.NO_ROUTE, _W.REQ_LOST, _W.REQ_LATE, _W.REQ_DUP, _W.REORDER, _W.RESP_LOST, _W.RESP_LATE))
"""What the way there and back does to a call; at most one of them happens to one call."""
ANSWERS = (
    _W.S,
    _W.HTML,
    _W.EMPTY_LIST,
    _W.MISSING_ROW,
    _W.PAGE_CAP,
    _W.DUP_ROW,
    _W.SHUFFLE,
    _W.PARTIAL_BATCH,
    _W.ZERO_TICK,
    _W.NULL_TICK,
    _W.CROSSED,
    _W.FROZEN,
    _W.CANDLE_LATE,
    _W.CANDLE_HOLE,
    _W.NULL,
    _W.TYPEFLIP,
    _W.MISSING,
    _W.EXTRA,
    _W.ENVELOPE,
    _W.GARBAGE,
    _W.EMPTY200,
    _W.BIG,
    _W.TRUNC,
    _W.RESET,
)
"""What becomes of an answer, in the order in which it is done."""
ON_CALLS = frozenset((*NETWORK, *ANSWERS, _W.VIS_LAG, _W.STALE_READ, _W.KILL))
"""Words that concern single calls."""
CLOCK = frozenset((_W.SKEW, _W.STEP, _W.JITTER, _W.SUSPEND))
HAPPENINGS = frozenset(
    (
        _W.EXT,
        _W.MAINT,
        _W.DELIST,
        _W.SUSPEND_SYMBOL,
        _W.LIQ,
        _W.ADL,
        _W.KEY_REVOKED,
        _W.IP_BLOCK,
        _W.ACCOUNT_RESET,
    )
)
"""What happens at the exchange at a moment, for a while or for ever."""
MARKET = frozenset((_W.GAP, _W.WICK))
"""What is worked into the candles before the market begins."""
STORAGE = frozenset((_W.DISKFULL, _W.EIO, _W.ROFS, _W.DBLOCK))
