"""The exchange's no, on its way to the answer."""

from __future__ import annotations

__all__ = ["Refusal", "business", "not_found"]

SYSTEM_ERROR = -1054
ORDER_NOT_EXIST = -3200


class Refusal(Exception):  # noqa: N818  # not an error of weexctl: an answer of the simulated exchange
    """An answer of the form `{"code": -1140, "msg": …}`, and its HTTP status."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def business(message: str) -> Refusal:
    """A business rejection: WEEX carries them in SYSTEM_ERROR, told apart by their text (weex-api 4.2)."""
    return Refusal(SYSTEM_ERROR, message)


def not_found() -> Refusal:
    """No such order."""
    return Refusal(ORDER_NOT_EXIST, "orderId not exist")
