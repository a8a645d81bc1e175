"""What an answer means: nothing wrong, or the error to raise. Pure; the table of reliability 6.3 in code.

A write is refused only by a code that is known to mean it. Whatever else comes back, the order may exist.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from weexctl.config.redaction import REDACTOR
from weexctl.errors import (
    ExchangeError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    UnauthorisedError,
    UnavailableError,
    WireError,
)
from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.error_codes import SUCCESS_CODES, ErrorTable, Refusal, step_in

__all__ = ["Answer", "Envelope", "judge", "judge_row", "no_answer", "no_proof"]

_IP_STATUS = 521
_TOO_MANY = (418, 429)
_SAID_NO = Refusal(RejectedError, "", "the exchange says no in words of its own")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, the two headers that matter, and the body."""

    status: int
    content_type: str
    retry_after: str
    body: bytes

    @property
    def is_json(self) -> bool:
        """True when the exchange says that it is JSON."""
        return "json" in self.content_type.lower()


class Envelope(BaseModel):
    """The members of an answer that can tell success from failure; the rest is left alone."""

    model_config = ConfigDict(
        extra="ignore", coerce_numbers_to_str=True, alias_generator=to_camel, populate_by_name=True
    )

    code: str | None = None
    msg: str | None = None
    success: bool | None = None
    error_code: str | None = None
    error_message: str | None = None


_NOTHING_SAID = Envelope()


def judge(answer: Answer, endpoint: Endpoint, errors: ErrorTable) -> ExchangeError | None:
    """The error in an answer, None when it reports success and its body is JSON."""
    if answer.status in _TOO_MANY:
        return _too_many(answer, endpoint)
    if answer.status >= 500:
        return _server_error(answer.status, endpoint)
    if not answer.is_json or not answer.body.strip():
        return _not_json(answer, endpoint)
    envelope = _envelope(answer.body)
    if envelope is None:
        return no_proof(endpoint, "answered with something that is not JSON", answer.body, status=answer.status)
    error = judge_row(envelope, endpoint, errors, status=answer.status)
    if error is None and not 200 <= answer.status < 300:
        return _not_json(answer, endpoint)
    return error


def judge_row(envelope: Envelope, endpoint: Endpoint, errors: ErrorTable, *, status: int = 200) -> ExchangeError | None:
    """The error in one object of an answer, None when it reports none.

    An exchange or a proxy may repeat the headers it was sent. They are hidden here, before a text is shortened or
    written down: half a key can no longer be recognised, and the journal is for ever.
    """
    if (envelope.code or "") not in SUCCESS_CODES:
        return _by_code(REDACTOR(envelope.code or ""), REDACTOR(envelope.msg or ""), endpoint, status, errors)
    code, message = REDACTOR(envelope.error_code or ""), REDACTOR(envelope.error_message or "")
    failed = code not in SUCCESS_CODES or bool(message)
    if envelope.success is False:
        return _by_code(code, message, endpoint, status, errors, said_no=not _is_number(code))
    if failed and endpoint.write:
        return _unknown(endpoint, f"reported success and an error at once ({code} {message[:200]})", status)
    return _by_code(code, message, endpoint, status, errors) if failed else None


def no_answer(endpoint: Endpoint, what: str) -> ExchangeError:
    """The error for a request that left and brought no usable answer; `what` is a clause in the past tense."""
    if endpoint.write:
        return _unknown(endpoint, what, None)
    return UnavailableError(
        f"{endpoint.label} {what}; the value is unknown, nothing was changed",
        hint="try again later; `weexctl test-connection` shows where it fails",
        endpoint=endpoint.label,
    )


def no_proof(endpoint: Endpoint, what: str, body: bytes, *, status: int = 200) -> ExchangeError:
    """The error for an answer that reports success and does not say what the documentation promises."""
    if endpoint.write:
        return _unknown(endpoint, what, status)
    return WireError(
        f"{endpoint.label} {what}; the value is unknown, nothing was changed",
        hint="the API may have changed; report it with the first bytes of the answer",
        body=body,
        endpoint=endpoint.label,
        http_status=status,
    )


def _envelope(body: bytes) -> Envelope | None:
    """The envelope of an object, an empty one for a list, None for what is not JSON or not such an object."""
    if body.lstrip()[:1] == b"[":
        return _NOTHING_SAID
    try:
        return Envelope.model_validate_json(body)
    except ValidationError:
        return None


def _by_code(
    code: str,
    message: str,
    endpoint: Endpoint,
    status: int,
    errors: ErrorTable,
    *,
    said_no: bool = False,
) -> ExchangeError:
    refusal = errors.refusal(code, message)
    if refusal is None and said_no:
        refusal = _SAID_NO
    if refusal is None:
        return _undocumented(code, message, endpoint, status)
    step = step_in(message)
    words = f"{code or 'no code'}: {message[:300] or 'no text'}"
    return refusal.error(
        f"{endpoint.label} was refused: {refusal.meaning} ({words}); nothing was done",
        hint=refusal.hint,
        code=refusal.code or None,
        order_state="rejected" if endpoint.write else "not_sent",
        endpoint=endpoint.label,
        http_status=status,
        exchange_code=code,
        exchange_message=message,
        details={"step_size": step} if step else None,
    )


def _undocumented(code: str, message: str, endpoint: Endpoint, status: int) -> ExchangeError:
    what = f"answered with code {code or '(none)'} ({message[:200]}), which proves nothing"
    if endpoint.write:
        error: ExchangeError = _unknown(endpoint, what, status)
    else:
        error = UnavailableError(
            f"{endpoint.label} {what}; the value is unknown", endpoint=endpoint.label, http_status=status
        )
    error.exchange_code, error.exchange_message = code, message
    return error


def _unknown(endpoint: Endpoint, what: str, status: int | None) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        f"{endpoint.label} was sent and {what}; it may have been carried out, and was not sent again",
        hint="`weexctl journal reconcile` finds out by reading; do not send it again",
        order_state="unknown",
        endpoint=endpoint.label,
        http_status=status,
    )


def _too_many(answer: Answer, endpoint: Endpoint) -> RateLimitedError:
    seconds = answer.retry_after.strip()
    wait_ms = int(seconds) * 1000 if seconds.isdecimal() and len(seconds) < 7 else None
    return RateLimitedError(
        f"{endpoint.label} was refused: too many requests (HTTP {answer.status}); nothing was done",
        hint="wait; the next requests are held back for you",
        order_state="rejected" if endpoint.write else "not_sent",
        endpoint=endpoint.label,
        http_status=answer.status,
        retry_after_ms=wait_ms,
    )


def _server_error(status: int, endpoint: Endpoint) -> ExchangeError:
    error = no_answer(endpoint, f"answered HTTP {status}")
    error.http_status = status
    if status == _IP_STATUS:
        error.code = "IP_NOT_LISTED"
        error.hint = f"HTTP 521 is how WEEX answers an address that is not on the key's IP list. {error.hint}"
    return error


def _not_json(answer: Answer, endpoint: Endpoint) -> ExchangeError:
    kind = answer.content_type.partition(";")[0] or "no content type"
    what = f"answered HTTP {answer.status} with {len(answer.body)} bytes of {kind} where JSON with a code was expected"
    if answer.status in (401, 403) and not endpoint.write:
        return UnauthorisedError(
            f"{endpoint.label} {what}; the value is unknown, nothing was changed",
            hint="check the key, and whether this machine's address is on the key's IP list",
            endpoint=endpoint.label,
            http_status=answer.status,
        )
    return no_proof(endpoint, what, answer.body, status=answer.status)


def _is_number(code: str) -> bool:
    return code.removeprefix("-").isdecimal()
