"""The step of a size, and whether the listed minimum agrees with it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from weexctl.errors import WireError

__all__ = ["proven_step"]


def proven_step(symbol: str, decimals: int, smallest: Decimal) -> Decimal:
    """The size step of so many decimal places; a count below zero means tens.

    Raises:
        WireError: the smallest order is not on the step, so one of the two is not what we think it is.
    """
    step = Decimal(1).scaleb(-decimals)
    try:
        agrees = smallest % step == 0
    except InvalidOperation:  # a minimum of more than 28 digits
        agrees = False
    if not agrees:
        raise WireError(
            f"{symbol}: the smallest order {smallest} is not a multiple of the step {step}; not listed",
            hint="the API may have changed; report it",
        )
    return step
