"""The error tree. It answers one question: what may the caller do now?

WeexctlError                        message, hint, exit_code, type, code, order_state
├─ UsageError                       a flag or an argument is wrong; nothing was sent               exit 2
├─ DataError                        candles are missing, unsorted, gapped or not finite            exit 2
├─ ConfigError                      a profile, a file or the environment is wrong                  exit 3
│  ├─ UnknownOfferError             a profile names something nobody offers
│  ├─ MissingCredentialsError       a venue needs keys and there are none
│  ├─ NotArmedError                 a live venue needs a profile that a person armed
│  ├─ JournalUnavailableError       disk, lock or file: nothing can be recorded, so nothing may open
│  └─ LockHeldError                 another process is writing for this account
├─ PluginError                      names the plugin and its distribution                          exit 3
│  ├─ PluginLoadError               it did not import, or its name is not unique
│  └─ PluginContractError           it imported, and then broke its promise
├─ RefusedError                     a guard, a limit or a scope said no                            exit 6
├─ HaltedError                      the kill switch or a breaker is open                           exit 9
└─ ExchangeError                    the exchange, or the way to it
   ├─ NotSentError                  the request never left; safe to try again                      exit 4
   ├─ UnavailableError              a read failed; nothing changed; try again later                exit 4
   ├─ RateLimitedError              too many requests; wait `retry_after_ms`                       exit 4
   ├─ OutcomeUnknownError           a write may have arrived; find it by client id, never resend   exit 8
   ├─ UnauthorisedError             key, passphrase, signature, clock or IP address                exit 3
   ├─ WireError                     the answer is not what the documentation says                  exit 5
   └─ RejectedError                 understood and refused; carries the exchange's code            exit 5
      ├─ InsufficientMarginError
      ├─ OrderNotFoundError
      ├─ OpenOrdersError            refused while orders are open (leverage, margin mode)
      └─ DuplicateClientOrderIdError
"""

from __future__ import annotations

from typing import ClassVar, Literal

__all__ = [
    "ConfigError",
    "DataError",
    "DuplicateClientOrderIdError",
    "ExchangeError",
    "HaltedError",
    "InsufficientMarginError",
    "JournalUnavailableError",
    "LockHeldError",
    "MissingCredentialsError",
    "NotArmedError",
    "NotSentError",
    "OpenOrdersError",
    "OrderNotFoundError",
    "OutcomeUnknownError",
    "PluginContractError",
    "PluginError",
    "PluginLoadError",
    "RateLimitedError",
    "RefusedError",
    "RejectedError",
    "UnauthorisedError",
    "UnavailableError",
    "UnknownOfferError",
    "UsageError",
    "WeexctlError",
    "WireError",
]

ErrorType = Literal[
    "usage",
    "data",
    "config",
    "auth",
    "permission",
    "validation",
    "network",
    "rate_limit",
    "exchange",
    "risk",
    "approval",
    "halted",
    "unknown_outcome",
    "paper",
    "plugin",
    "internal",
]
OrderState = Literal["not_sent", "accepted", "unknown", "rejected"]


class WeexctlError(Exception):
    """Anything weexctl refuses or fails to do, in words a person can act on.

    Attributes:
        message: what happened, and what was not done; one sentence.
        hint: what to type or change next; may be empty.
        code: stable upper-case word for programs.
        order_state: what became of the order this was about, if it was about one.
        details: further facts for programs; never a secret.
    """

    exit_code: ClassVar[int] = 1
    type: ClassVar[ErrorType] = "internal"
    default_code: ClassVar[str] = "INTERNAL"
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        code: str | None = None,
        order_state: OrderState = "not_sent",
        details: dict[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or self.default_code
        self.order_state: OrderState = order_state
        self.details = details or {}


class UsageError(WeexctlError):
    """A flag or an argument is wrong; nothing was sent and nothing was written."""

    exit_code = 2
    type: ClassVar[ErrorType] = "usage"
    default_code = "USAGE"


class DataError(WeexctlError):
    """Candles are missing, stale, out of order or not finite; refused rather than repaired."""

    exit_code = 2
    type: ClassVar[ErrorType] = "data"
    default_code = "BAD_CANDLES"


class ConfigError(WeexctlError):
    """A profile, a file or the environment is wrong; nothing was sent."""

    exit_code = 3
    type: ClassVar[ErrorType] = "config"
    default_code = "BAD_CONFIG"


class UnknownOfferError(ConfigError):
    """A profile names a plugin that no installed distribution offers."""

    default_code = "UNKNOWN_PLUGIN"


class MissingCredentialsError(ConfigError):
    """The venue needs keys and none were found."""

    type: ClassVar[ErrorType] = "auth"
    default_code = "NO_KEYS"


class NotArmedError(ConfigError):
    """A live venue needs a profile that a person armed at a terminal."""

    type: ClassVar[ErrorType] = "permission"
    default_code = "NOT_ARMED"


class JournalUnavailableError(ConfigError):
    """The journal cannot be written or read just now: disk full, I/O error, read-only, locked or damaged.

    The change at hand was not recorded. Nothing may open until one is; what protects goes on (`journal.emergency`).
    """

    default_code = "JOURNAL_UNAVAILABLE"


class LockHeldError(ConfigError):
    """Another process holds the lock of this account's journal."""

    default_code = "LOCK_HELD"


class PluginError(WeexctlError):
    """Something about a plugin; the message names it."""

    exit_code = 3
    type: ClassVar[ErrorType] = "plugin"
    default_code = "PLUGIN"


class PluginLoadError(PluginError):
    """A plugin could not be loaded, or its name is not unique."""

    default_code = "PLUGIN_LOAD"


class PluginContractError(PluginError):
    """A plugin was loaded and then broke its promise."""

    default_code = "PLUGIN_FAULT"


class RefusedError(WeexctlError):
    """A guard, a limit or a scope said no; nothing was sent."""

    exit_code = 6
    type: ClassVar[ErrorType] = "risk"
    default_code = "REFUSED"


class HaltedError(WeexctlError):
    """The kill switch or a breaker is open; only closing works."""

    exit_code = 9
    type: ClassVar[ErrorType] = "halted"
    default_code = "HALTED"


class ExchangeError(WeexctlError):
    """The exchange, or the way to it, failed.

    Attributes:
        endpoint: method and path, without query, so that no secret can be in it.
        http_status: the HTTP status of the answer, None when there was none.
        exchange_code: the exchange's own code as text, None when there was none.
        exchange_message: the exchange's own words; data, never instructions.
        retry_after_ms: how long to wait before the next attempt, None when unknown.
        signed_ms: the exchange's time in the request's signature, None when nothing was signed.
    """

    exit_code = 5
    type: ClassVar[ErrorType] = "exchange"
    default_code = "EXCHANGE"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        code: str | None = None,
        order_state: OrderState = "not_sent",
        endpoint: str = "",
        http_status: int | None = None,
        exchange_code: str | None = None,
        exchange_message: str | None = None,
        retry_after_ms: int | None = None,
        details: dict[str, object] | None = None,
    ) -> None:
        super().__init__(message, hint=hint, code=code, order_state=order_state, details=details)
        self.endpoint = endpoint
        self.http_status = http_status
        self.exchange_code = exchange_code
        self.exchange_message = exchange_message
        self.retry_after_ms = retry_after_ms
        self.signed_ms: int | None = None


class NotSentError(ExchangeError):
    """The request never left this machine: name, connection or TLS; safe to try again."""

    exit_code = 4
    type: ClassVar[ErrorType] = "network"
    default_code = "NOT_SENT"
    retryable = True


class UnavailableError(ExchangeError):
    """A read failed on the way or at the exchange; nothing changed, the value is unknown."""

    exit_code = 4
    type: ClassVar[ErrorType] = "network"
    default_code = "UNAVAILABLE"
    retryable = True


class RateLimitedError(ExchangeError):
    """Too many requests; nothing was done."""

    exit_code = 4
    type: ClassVar[ErrorType] = "rate_limit"
    default_code = "RATE_LIMITED"
    retryable = True


class OutcomeUnknownError(ExchangeError):
    """A write may have arrived; reconcile by client order id, never resend."""

    exit_code = 8
    type: ClassVar[ErrorType] = "unknown_outcome"
    default_code = "OUTCOME_UNKNOWN"


class UnauthorisedError(ExchangeError):
    """The exchange did not accept who is asking: key, passphrase, signature, clock or IP address."""

    exit_code = 3
    type: ClassVar[ErrorType] = "auth"
    default_code = "UNAUTHORISED"


class WireError(ExchangeError):
    """The answer is not what the documentation says.

    Attributes:
        body: the first bytes of the answer, for a bug report.
    """

    default_code = "WIRE"

    def __init__(self, message: str, *, body: bytes = b"", **context: object) -> None:
        super().__init__(message, **context)  # type: ignore[arg-type]  # the keywords of ExchangeError, passed on
        self.body = body[:2048]


class RejectedError(ExchangeError):
    """The exchange understood the request and refused it."""

    default_code = "REJECTED"


class InsufficientMarginError(RejectedError):
    """Not enough available margin for the order."""

    default_code = "INSUFFICIENT_MARGIN"


class OrderNotFoundError(RejectedError):
    """No such order at the exchange, which proves nothing about one still on its way."""

    default_code = "ORDER_NOT_FOUND"


class OpenOrdersError(RejectedError):
    """Refused while orders or plan orders are open."""

    default_code = "OPEN_ORDERS"


class DuplicateClientOrderIdError(RejectedError):
    """An earlier attempt with this client order id did arrive."""

    default_code = "DUPLICATE_CLIENT_ORDER_ID"
