"""Ids that depend on nothing but what they name: no clock, no randomness."""

from __future__ import annotations

import hashlib

from weexctl.model.order import Leg

__all__ = ["REHEARSAL", "client_order_id", "decision_id", "run_id", "trade_id"]

REHEARSAL = "rehearsal"
"""Name of the account whose runs send nothing."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_SEPARATOR = "\x1f"


def decision_id(profile_digest: str, source: str, symbol: str, close_ms: int) -> str:
    """`d` and 20 hexadecimal digits: the same profile, data, symbol and candle give the same id everywhere.

    Args:
        profile_digest: digest of the resolved profile.
        source: digest of the data, or the seed of the generated market.
        symbol: `BTCUSDT`.
        close_ms: close of the candle decided on.
    """
    return "d" + _digest(profile_digest, source, symbol, str(close_ms)).hex()


def client_order_id(account: str, decision: str, leg: Leg, attempt: int, host: str = "00") -> str:
    """23 characters of `[a-z0-9]`, legal in both API generations: `wx`, host, hash, leg, attempt.

    Args:
        account: name of the account, so that two accounts on one decision never collide.
        decision: the decision id.
        leg: what the order is for.
        attempt: 1 to 99; a new attempt is made only after the last one is proven not placed.
        host: two characters that tell machines apart; `00` in the simulator.

    Source: reliability 6.1 (layout), 80 bits of BLAKE2b.
    """
    if not 1 <= attempt <= 99:
        raise ValueError(f"attempt {attempt} does not fit two digits")
    return f"wx{host}{_base32(_digest(account, decision, leg.value))}{leg.letter}{attempt:02d}"


def trade_id(entry_order_id: str, symbol: str, side: str) -> str:
    """`t` and 20 hexadecimal digits: one position, named by the order that opened it."""
    return "t" + _digest(entry_order_id, symbol, side).hex()


def run_id(profile_digest: str, source: str, venue: str, account: str, from_ms: int, symbols: tuple[str, ...]) -> str:
    """`r` and 20 hexadecimal digits: the same profile, data, first moment and account give the same run.

    Args:
        profile_digest: digest of the resolved profile.
        source: digest of the data, or the seed of the generated market.
        venue: name of the venue.
        account: name of the account; one that is named like its venue adds nothing.
        from_ms: close of the first candle decided on.
        symbols: in the order they are traded.
    """
    where = venue if account == venue else f"{venue}/{account}"
    return "r" + _digest(profile_digest, source, where, str(from_ms), *symbols).hex()


_PAIRS = tuple(one + other for one in _LETTERS for other in _LETTERS)


def _base32(digest: bytes) -> str:
    """Ten bytes as sixteen letters of RFC 4648's alphabet in lower case, two at a time: the library goes slower."""
    bits = int.from_bytes(digest, "big")
    return "".join([_PAIRS[bits >> shift & 1023] for shift in range(70, -1, -10)])


def _digest(*parts: str) -> bytes:
    return hashlib.blake2b(_SEPARATOR.join(parts).encode(), digest_size=10).digest()
