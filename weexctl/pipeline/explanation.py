"""Decisions in words a person understands. Templates over recorded facts; nothing is added or recomputed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from weexctl.model.signal import MANUAL

__all__ = ["WHY", "by_hand", "explain", "headline", "percent"]

WHY = {
    "NO_CANDLE": "there was no closed candle of this symbol at that moment",
    "WARMING_UP": "the history was still too short for the slowest rule",
    "NO_DIRECTION": "the rule of the regime wanted no position",
    "NO_ENTRY": "the rule had a direction, but its condition for opening was not met",
    "WITHIN_BAND": "the target was within the rebalancing band of what was held",
    "COOLDOWN": "the symbol was in a cooldown",
    "SUSPENDED": "new positions were suspended",
    "STOP_REQUIRED": "no exit of the profile gave a valid stop, and nothing opens without one",
    "NO_RULE": "no rule has spoken for this symbol",
    "LOSING_STREAK": "too many trades in a row were lost, and everything pauses",
    "TOO_MANY_ENTRIES": "the day's entries were used up",
    "DRAWDOWN_MAX": "the drawdown had reached the brake's maximum",
    "MAX_POSITIONS": "the profile's places for positions on this side were taken, by held ones or by larger wishes",
    "BELOW_MINIMUM": "the size left was below the smallest order the exchange takes",
    "PLUGIN_FAULT": "a plugin failed, and what fails counts as no",
    "RISK_ZERO": "the risk policies left nothing of the size",
    "DAILY_LOSS": "the daily loss limit was reached",
    "KILL_DRAWDOWN": "the loss since the start of the run had reached the kill limit",
    "KILL_SWITCH": "trading was halted",
    "SYMBOL_NOT_ALLOWED": "the symbol is not one of those that may be traded",
    "MAX_LEVERAGE": "the leverage would have been above the limit",
    "PRICE_COLLAR": "the price was too far from the market, or no price was known to hold it against",
    "MAX_ORDER_NOTIONAL": "the order was larger than one may be",
    "MAX_SYMBOL_EXPOSURE": "the symbol would have had too large a share of equity",
    "MAX_GROSS_EXPOSURE": "all positions together would have been too large",
    "LIQUIDATION_TOO_NEAR": "the liquidation price would have been within three stop distances",
    "NO_EQUITY": "there was no equity to risk",
    "DUPLICATE": "this leg of this decision had already gone out",
    "STALE_DATA": "the newest candle was too old, or its age unknown",
    "ORDER_FREQUENCY": "too many orders had gone out within a minute or an hour",
    "SHOCK": "the symbol had just moved beyond the shock level",
    "ADVERSE_MOVE": "the symbol had just moved unusually far against this side",
    "BOOK_SHOCK": "many symbols had just moved unusually far against this side",
    "ANOMALY_UNKNOWN": "nothing was known of how unusual the symbol's moves were",
    "LEVERAGE_TOO_HIGH": "the leverage was above what the rules of the competition allow",
    "NO_STOP": "the entry had no stop on the losing side",
    "ORDER_TOO_SMALL": "the order was not worth its fees",
    "TRANSPORT_DOWN": "requests had gone unanswered, and the way to the exchange was not proven again",
    "AUTH_FAILED": "the exchange had not accepted the key, and a person has to look",
    "REJECT_STREAK": "the exchange had refused several orders of the symbol one after the other",
    "ORDER_STORM": "far more orders of the symbol had been asked for in a minute than any rule needs",
    "POSITION_CHANGED": "the symbol's position had changed without an order of ours",
    "SETTINGS_CHANGED": "leverage, mode or contract were not what they had been set to",
    "SEPARATED_MODE": "the symbol keeps every order as a position of its own, and nothing opens in that mode",
    "LEDGER_BROKEN": "the wallet was not what the journal adds up to",
    "CLOCK_UNCERTAIN": "the exchange's time was not known well enough",
    "ABNORMAL_MARKET": "the symbol's spread or last minute was unusual, and it rested",
    "READ_ONLY": "the run may change nothing",
    "SCOPE": "the scope of the key does not allow it",
    "NOT_ADMITTED": "the request differed from what was approved",
    "NOT_PLACED": "the order is proven never to have reached the exchange",
    "NOT_FILLED": "the order ended without a fill",
    "NOT_SEEN": "the order was accepted and could not be read back in time",
    "OUTCOME_UNKNOWN": "nobody knows yet whether an order of this symbol arrived",
    "RESTING_ORDER": "a limit order of this symbol waits in the book",
    "UNAVAILABLE": "the account could not be read",
    "FILLS_MISSING": "the fills on record did not add up to what was held",
    "EXTERNAL_POSITION": "the symbol has a position that this run did not open",
    "STOP_UNPROVEN": "the stop of the symbol's position could not be proven, and a person has to look",
    "LEFTOVER_STOPS": "stops of a position that is gone could not be removed yet",
    "NOT_READY": "exchange and books did not agree yet after the start",
    "SIGNAL_EXPIRED": "the candle had closed too long ago",
    "MISSED_CANDLE": "the process was not awake when the candle closed",
    "CANDLE_LATE": "the candle was not there in time",
    "UNSETTLED": "the end of an order of the symbol is not on record",
    "EXTERNAL_ORDER": "somebody else has an order on the symbol",
    "STRAY_ORDER": "an order carried our mark without an intent, and a person has to look",
    "STOP_MISSING": "the stops did not cover the symbol's position",
    "STOP_LOOSE": "a stop was farther away than the one on record",
    "STOP_SURPLUS": "a stop was not needed beside the others",
    "STOP_ORPHANED": "a stop protected nothing any more",
    "OWN_RATE_LIMIT": "our own request limit was used up",
    "JOURNAL_UNAVAILABLE": "the journal could not be written",
    "LIQUIDATED": "the exchange liquidated the symbol's position, and a person has to look",
    "MANUAL_POSITION": "the position was opened by hand and is left to whoever opened it",
    "RULE_POSITION": "a rule of the run holds this symbol, and nothing is added to its position by hand",
    "OTHER_SIDE": "the other side of this symbol is held",
    "PER_TRADE_RISK": "the loss at the stop would have been above the limit",
    "MAX_MARGIN": "the margin would have been above the limit for one position",
    "MORE_THAN_HELD": "there is not that much to close",
    "NO_POSITION": "there is nothing to close",
    "ABOVE_MAXIMUM": "it is more than one order of this kind may open at the exchange",
    "PRICE_STEP": "the limit price is not on the exchange's step",
    "STOP_NEEDED": "the stop protects an open position and is not cancelled by hand",
    "CANCEL_UNPROVEN": "a cancel was sent, and no read shows that the order is gone",
}
"""What the codes of a decision mean."""

_ACTED = {"entry": "Opened", "add": "Added to", "reduce": "Reduced", "exit": "Closed"}
_MEANT = {"entry": "opens", "add": "adds to", "reduce": "reduces", "exit": "closes"}
_STAYS_OPEN = ("entry", "add", "reduce")
_REHEARSED = "Rehearsal: nothing was sent."


def explain(
    record: Mapping[str, Any],
    *,
    orders: Sequence[Mapping[str, Any]] = (),
    fills: Sequence[Mapping[str, Any]] = (),
    trade: Mapping[str, Any] | None = None,
    rehearsal: bool = False,
) -> list[str]:
    """About ten lines that tell one decision from the market to the result.

    Args:
        record: a decision's body, full or compact.
        orders: what the exchange had of it: order_id, leg, status, quantity, average_price; for a stop or target
            also trigger_price and asked_trigger_price, the one it went out with.
        fills: quantity, price, fee of each execution.
        trade: the position it opened, changed or closed, when that has ended: net, gross, fees, funding, exit_reason.
        rehearsal: the run it belongs to sent nothing.
    """
    if "sizing" not in record:
        return _explain_compact(record) + ([_REHEARSED] if rehearsal else [])
    lines = [headline(record, rehearsal=rehearsal), _regime(record), _rule(record)]
    lines += _sizing(record)
    lines += _protection(record)
    lines += _verdicts(record)
    lines += _orders(orders, fills)
    lines += [_REHEARSED] if rehearsal else _result(record, trade, fills)
    return [line for line in lines if line]


def headline(record: Mapping[str, Any], *, rehearsal: bool = False) -> str:
    """One sentence: what was done under which regime, and how far the size was cut.

    A rehearsal tells what would have been done.
    """
    regime = record.get("regime") or {}
    under = "by hand" if by_hand(record) else "without a regime"
    if regime:
        under = f"under {_article(regime['name'])} {regime['name']} regime ({percent(regime['confidence'])})"
    when = _time(record["close_ms"])
    outcome, symbol = record["outcome"], record["symbol"]
    if outcome in _ACTED and (limit := _limit(record)):
        side = record["intent"]["position_side"]
        meant = f"{_MEANT[outcome]} {side} {symbol} at {limit}"
        return f"Sent a limit order at {when} {under} that {meant}. {_cut(record)}".rstrip()
    if outcome in _ACTED:
        did = f"Would have {_ACTED[outcome].lower()}" if rehearsal else _ACTED[outcome]
        side = (record.get("intent") or {}).get("position_side", "")
        reason = (record.get("intent") or {}).get("reason", "")
        because = "" if outcome in ("entry", "add") else f": {_words(reason)}"
        return f"{did} {side} {symbol} at {when} {under}{because}. {_cut(record)}".rstrip()
    if outcome == "refused":
        return f"Did not trade {symbol} at {when} {under}: {_why(record['blocked'])}."
    moved = record.get("stop_move")
    tail = f" and tightened its stop to {moved}" if moved else ""
    return f"Held {symbol} at {when} {under}{tail}."


def percent(value: float, digits: int = 0) -> str:
    """`72 %`."""
    return f"{value * 100:.{digits}f} %"


def by_hand(record: Mapping[str, Any]) -> bool:
    """True for a decision that no rule made."""
    return (record.get("signal") or {}).get("rule") == MANUAL if "sizing" in record else False


def _limit(record: Mapping[str, Any]) -> str:
    """Price and time in force of a limit order; empty for a market order."""
    intent = record.get("intent") or {}
    if "price" not in intent:
        return ""
    return f"{intent['price']} or better ({_words(intent.get('time_in_force', ''))})"


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _cut(record: Mapping[str, Any]) -> str:
    sizing = record.get("sizing")
    if not sizing or record["outcome"] not in ("entry", "add") or not sizing["raw"]:
        return ""
    share = sizing["final"] / sizing["raw"]
    reasons = [p["reason"] or p["plugin"] for p in sizing["policies"] if p["multiplier"] < 1]
    if sizing["gross_scale"] < 1:
        reasons.append("gross exposure at its limit")
    if sizing["binding"]:
        reasons.append(f"cap {sizing['binding']}")
    if share > 0.995 or not reasons:
        return "Size as the sizer asked."
    return f"Size cut to {share:.2f} of base: {', '.join(reasons)}."


def _regime(record: Mapping[str, Any]) -> str:
    regime = record.get("regime")
    if not regime:
        return "" if by_hand(record) else "Regime: unknown."
    shares = ", ".join(f"{name} {percent(regime[name])}" for name in ("trending", "ranging", "unstable"))
    loud = f" Chance of a loud day ahead: {percent(regime['p_vol'])}." if "p_vol" in regime else ""
    return f"Regime: {regime['name']} (smoothed: {shares}), model {regime['artefact'] or 'none'}.{loud}"


def _rule(record: Mapping[str, Any]) -> str:
    signal = record["signal"]
    word = {1: "long", -1: "short", 0: "flat"}[signal["direction"]]
    if by_hand(record):
        return "Rule: none, a person or a tool asked for it."
    if not signal["rule"]:
        return "Rule: none."
    return f"Rule: {signal['rule']} wants {word} (strength {signal['strength']:.2f}, {_words(signal['reason'])})."


def _sizing(record: Mapping[str, Any]) -> list[str]:
    sizing = record.get("sizing")
    if not sizing:
        return []
    if sizing["fault"]:
        return [f"Size: unknown, {sizing['fault']}."]
    lines = [f"Base size: {sizing['raw']:.4f} of equity {record['account']['equity']:.2f} USDT."]
    if sizing["gross_scale"] < 1:
        lines.append(f"  × {sizing['gross_scale']:.2f} gross exposure limit")
    lines += [
        f"  × {p['multiplier']:.2f} {p['plugin']}{': ' + p['reason'] if p['reason'] else ''}"
        for p in sizing["policies"]
    ]
    if sizing["binding"]:
        cap = sizing["caps"][sizing["binding"]]
        lines.append(f"Target size: {sizing['final']:.4f} of equity; bound by {sizing['binding']} at {cap:.4f}.")
    else:
        lines.append(f"Target size: {sizing['final']:.4f} of equity; no cap bound.")
    return lines


def _protection(record: Mapping[str, Any]) -> list[str]:
    protection = record.get("protection")
    intent = record.get("intent")
    lines = []
    if intent and by_hand(record) and intent["stop_price"] is not None and record.get("price"):
        away = abs(record["price"] - float(intent["stop_price"])) / record["price"]
        lines.append(f"Stop: {intent['stop_price']}, {percent(away, 1)} away (given with the order).")
    if protection and protection["stop"] is not None and record.get("price"):
        stop = (intent or {}).get("stop_price") or f"{protection['stop']:.6g}"
        away = abs(record["price"] - protection["stop"]) / record["price"]
        lines.append(f"Stop: {stop}, {percent(away, 1)} away ({_stop_source(record)}).")
    if protection:
        told = [a for a in protection["exits"] if (a["close"] or a["code"] == "PLUGIN_FAULT") and a["reason"]]
        lines += [f"Exit {a['plugin']}: {a['reason']}." for a in told]
    return lines


def _stop_source(record: Mapping[str, Any]) -> str:
    """The exit whose stop counts, and how far policies tightened it; `kept` when the live stop is the tighter one."""
    protection, held = record["protection"], record.get("held")
    if held and held["stop"] == protection["stop"]:
        return "kept"
    by = next((a["plugin"] for a in protection["exits"] if a["stop"] == protection["initial_stop"]), "kept")
    tightened = record["sizing"]["stop_multiplier"]
    return f"{by}, tightened to {tightened:.2f} of its distance" if tightened < 1 else str(by)


def _verdicts(record: Mapping[str, Any]) -> list[str]:
    verdicts = record.get("verdicts") or []
    if not verdicts:
        return []
    against = [v for v in verdicts if v["action"] != "allow"]
    if not against:
        return [f"Guards: {len(verdicts)} asked, none objected."]
    return [f"Guard {v['guard']}: {v['action']}, {v['code']}: {v['reason']}." for v in against]


def _orders(orders: Sequence[Mapping[str, Any]], fills: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = []
    for order in orders:
        mine = [fill for fill in fills if fill["order_id"] == order["order_id"]]
        line = f"Order {order['order_id']} ({order['leg']}, {order['status']}){_moved(order)}"
        if mine:
            quantity = sum(float(f["quantity"]) for f in mine)
            value = sum(float(f["quantity"]) * float(f["price"]) for f in mine)
            fee = sum(float(f["fee"]) for f in mine)
            line += f": filled {quantity:.8g} at {value / quantity:.8g}, fee {fee:.4f} USDT"
        lines.append(line + ".")
    return lines


def _moved(order: Mapping[str, Any]) -> str:
    """Where the trigger of a stop or target is now, when that is not where it was put first."""
    asked, trigger = order.get("asked_trigger_price"), order.get("trigger_price")
    if asked is None or trigger is None or Decimal(asked) == Decimal(trigger):
        return ""
    return f", trigger moved to {trigger}"


def _result(
    record: Mapping[str, Any], trade: Mapping[str, Any] | None, fills: Sequence[Mapping[str, Any]]
) -> list[str]:
    if trade is None and not fills and _limit(record):
        return ["Result: nothing of it is filled."]
    if trade is None:
        return ["Result: the position is still open."] if record["outcome"] in _STAYS_OPEN else []
    money = {name: float(trade[name]) for name in ("net", "gross", "fees", "funding")}
    parts = f"price {money['gross']:+.2f}, fees {-money['fees']:+.2f}, funding {money['funding']:+.2f}"
    how = f"closed at {_time(trade['closed_ms'])} by {_words(trade['exit_reason'])}"
    return [f"Result: {how}, net {money['net']:+.2f} USDT ({parts})."]


def _explain_compact(record: Mapping[str, Any]) -> list[str]:
    symbol, when = record["symbol"], _time(record["close_ms"])
    regime, signal = record.get("regime"), record.get("signal")
    doing = f"Held {symbol}" if record["outcome"] == "hold" else f"Did nothing in {symbol}"
    lines = [f"{doing} at {when}: {'; '.join(_why(code) for code in record['why']) or 'nothing was due'}."]
    if regime:
        name, trending, ranging, unstable = regime
        lines.append(
            f"Regime: {name} (smoothed: trending {percent(trending)}, ranging {percent(ranging)},"
            f" unstable {percent(unstable)})."
        )
    if signal and signal[0]:
        word = {1: "long", -1: "short", 0: "flat"}[signal[1]]
        lines.append(f"Rule: {signal[0]} wants {word} ({_words(signal[2])}).")
    if "held" in record:
        target = f", target {record['target']:+.4f}" if "target" in record else ""
        lines.append(f"Held: {record['held']:+.4f} of equity{target}.")
    if record.get("price") is not None:
        lines.append(f"Price: {record['price']:.8g}.")
    return lines


def _why(code: str) -> str:
    return WHY.get(code, _words(code))


def _words(code: str) -> str:
    return code.lower().replace("_", " ")


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
