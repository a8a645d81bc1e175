"""What becomes of an answer's body: other members, other rows, another envelope, or nothing that can be read."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from weexctl.simulator.faults.fault import Fault
from weexctl.simulator.faults.words import Word
from weexctl.simulator.surface_v3 import Answer

__all__ = ["REFUSALS", "page", "spoil"]

REFUSALS: dict[int, tuple[int, str]] = {
    400: (-1128, "Combination of optional parameters invalid."),
    401: (-1049, "API key or passphrase incorrect."),
    403: (-1052, "Insufficient permissions."),
    404: (-1000, "Not found."),
    408: (-1000, "Request timeout."),
    418: (418, "Too many requests; banned."),
    429: (429, "Too many requests."),
    500: (-1000, "An unknown error occurred while processing the request."),
}
"""Code and words that go with an HTTP status when the fault names none; statuses above answer with a page."""
JSON = {"content-type": "application/json"}
_ROWS = ("orders", "items", "data")
_TICKS = ("lastPrice", "price", "bidPrice", "askPrice", "markPrice", "indexPrice")
_INVENTED = "fieldNobodyKnows"

Change = Callable[[Fault, Any, random.Random], Any]


def page(status: int) -> Answer:
    """What a gateway says when nobody behind it does."""
    body = f"<html><head><title>{status}</title></head><body><center><h1>{status}</h1></center></body></html>"
    return status, {"content-type": "text/html"}, body.encode()


def spoil(fault: Fault, answer: Answer, stream: random.Random) -> Answer:
    """The answer after one fault. One that cannot apply, rows of an object say, leaves it as it was."""
    status, headers, body = answer
    if (whole := _WHOLE.get(fault.word)) is not None:
        return whole(fault, answer, stream)
    change = _CHANGES.get(fault.word)
    if change is None or status != 200:
        return answer
    try:
        found = json.loads(body)
    except ValueError:
        return answer
    changed = change(fault, found, stream)
    return status, headers, json.dumps(changed, separators=(",", ":"), ensure_ascii=False).encode()


def _status(fault: Fault, _: Answer, __: random.Random) -> Answer:
    status = int(fault.number("status", 500))
    if "code" in fault.args or status in REFUSALS:
        code, words = REFUSALS.get(status, (-1000, "Unknown."))
        code, words = fault.args.get("code", code), fault.text("msg", words)
        headers = dict(JSON)
        if "retry_after" in fault.args:
            headers["retry-after"] = str(int(fault.number("retry_after", 1)))
        return status, headers, json.dumps({"code": code, "msg": words}).encode()
    return page(status)


def _html(fault: Fault, _: Answer, __: random.Random) -> Answer:
    return page(int(fault.number("status", 502)))


def _garbage(_: Fault, answer: Answer, stream: random.Random) -> Answer:
    return answer[0], JSON, stream.randbytes(120)


def _empty(_: Fault, __: Answer, ___: random.Random) -> Answer:
    return 200, JSON, b""


def _cut(fault: Fault, answer: Answer, _: random.Random) -> Answer:
    return answer[0], answer[1], answer[2][: min(int(fault.number("bytes", 0)), len(answer[2]) - 1)]


def _rows(change: Callable[[Fault, list[Any], random.Random], list[Any]]) -> Change:
    def of(fault: Fault, found: Any, stream: random.Random) -> Any:
        if isinstance(found, list):
            return change(fault, found, stream)
        if isinstance(found, dict):
            for name in _ROWS:
                if isinstance(found.get(name), list):
                    return {**found, name: change(fault, found[name], stream)}
        return found

    return of


def _missing_row(fault: Fault, rows: list[Any], _: random.Random) -> list[Any]:
    row = int(fault.number("row", 0))
    return rows[:row] + rows[row + 1 :]


def _shuffled(_: Fault, rows: list[Any], stream: random.Random) -> list[Any]:
    return stream.sample(rows, len(rows))


def _hole(fault: Fault, rows: list[Any], _: random.Random) -> list[Any]:
    every = max(2, int(fault.number("every", 5)))
    return [row for number, row in enumerate(rows, start=1) if number % every]


def _members(change: Callable[[Fault, Any, str | int], None]) -> Change:
    def of(fault: Fault, found: Any, _: random.Random) -> Any:
        for holder, name in _places(found, fault.text("path").split(".")):
            change(fault, holder, name)
        return found

    return of


def _places(found: Any, path: list[str]) -> list[tuple[Any, str | int]]:
    """Where a path leads: `orderId`, `0.orderId`, `*.orderId`."""
    name, rest = path[0], path[1:]
    if isinstance(found, list):
        chosen = (
            range(len(found)) if name == "*" else [int(name)] if name.isdecimal() and int(name) < len(found) else []
        )
        places: list[tuple[Any, str | int]] = [(found, number) for number in chosen]
    else:
        places = [(found, name)] if isinstance(found, dict) and name in found else []
    if not rest:
        return places
    return [place for holder, key in places for place in _places(holder[key], rest)]


def _nulled(_: Fault, holder: Any, name: str | int) -> None:
    holder[name] = None


def _flipped(_: Fault, holder: Any, name: str | int) -> None:
    value = holder[name]
    if isinstance(value, str):
        try:
            holder[name] = json.loads(value)
        except ValueError:
            holder[name] = 0
    else:
        holder[name] = json.dumps(value)


def _dropped(_: Fault, holder: Any, name: str | int) -> None:
    if isinstance(holder, dict):
        del holder[name]


def _extra(_: Fault, found: Any, __: random.Random) -> Any:
    if isinstance(found, dict):
        return {**found, _INVENTED: {"deep": [1, None]}}
    if isinstance(found, list):
        return [{**row, _INVENTED: 1} if isinstance(row, dict) else row for row in found]
    return found


def _enveloped(fault: Fault, found: Any, _: random.Random) -> Any:
    kinds: dict[str, Callable[[], Any]] = {
        "bare": lambda: found,
        "code200": lambda: {"code": "200", "msg": "success"},
        "code00000": lambda: {"code": "00000", "msg": "success", "data": found},
        "result": lambda: {"result": True, "err_msg": None, "data": found},
        "error200": lambda: {
            "orderId": "",
            "success": False,
            "errorCode": fault.text("code", "FAILED_PRECONDITION"),
            "errorMessage": fault.text("msg", "The order was refused."),
        },
    }
    return kinds[fault.text("kind", "code200")]()


def _ticks(value: Any) -> Change:
    def of(_: Fault, found: Any, __: random.Random) -> Any:
        for row in found if isinstance(found, list) else [found]:
            if isinstance(row, dict):
                row.update({name: value for name in _TICKS if name in row})
        return found

    return of


def _crossed(_: Fault, found: Any, __: random.Random) -> Any:
    for row in found if isinstance(found, list) else [found]:
        if not isinstance(row, dict):
            continue
        for low, high in (("bidPrice", "askPrice"), ("bids", "asks")):
            if low in row and high in row:
                row[low], row[high] = row[high], row[low]
    return found


_WHOLE: dict[Word, Callable[[Fault, Answer, random.Random], Answer]] = {
    Word.S: _status,
    Word.HTML: _html,
    Word.GARBAGE: _garbage,
    Word.EMPTY200: _empty,
    Word.TRUNC: _cut,
}
_CHANGES: dict[Word, Change] = {
    Word.NULL: _members(_nulled),
    Word.TYPEFLIP: _members(_flipped),
    Word.MISSING: _members(_dropped),
    Word.EXTRA: _extra,
    Word.ENVELOPE: _enveloped,
    Word.EMPTY_LIST: _rows(lambda _, __, ___: []),
    Word.MISSING_ROW: _rows(_missing_row),
    Word.PAGE_CAP: _rows(lambda fault, rows, _: rows[: int(fault.number("rows", 20))]),
    Word.DUP_ROW: _rows(lambda _, rows, __: [row for row in rows for _copy in (0, 1)]),
    Word.SHUFFLE: _rows(_shuffled),
    Word.CANDLE_HOLE: _rows(_hole),
    Word.ZERO_TICK: _ticks("0"),
    Word.NULL_TICK: _ticks(None),
    Word.CROSSED: _crossed,
}
