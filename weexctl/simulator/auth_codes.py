"""What each reason to turn a request away is called in either generation (weex-api 4.2, 4.3)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CODES_V2", "CODES_V3", "AuthCodes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthCodes:
    """The code of each reason to turn a request away; the two generations have their own."""

    key_empty: int
    sign_empty: int
    timestamp_empty: int
    passphrase_empty: int
    content_type: int
    timestamp_invalid: int
    timestamp_expired: int
    key_invalid: int
    passphrase_wrong: int
    signature_wrong: int
    address: int
    permission: int
    permission_status: int
    """The HTTP status that goes with `permission`; every other one is 400, an unlisted address 521."""


CODES_V3 = AuthCodes(
    key_empty=-1040,
    sign_empty=-1041,
    timestamp_empty=-1042,
    passphrase_empty=-1049,
    content_type=-1045,
    timestamp_invalid=-1043,
    timestamp_expired=-1046,
    key_invalid=-1044,
    passphrase_wrong=-1049,
    signature_wrong=-1047,
    address=-1056,
    permission=-1052,
    permission_status=403,
)
CODES_V2 = AuthCodes(
    key_empty=40001,
    sign_empty=40002,
    timestamp_empty=40003,
    passphrase_empty=40011,
    content_type=40007,
    timestamp_invalid=40005,
    timestamp_expired=40008,
    key_invalid=40006,
    passphrase_wrong=40012,
    signature_wrong=40009,
    address=40018,
    permission=40014,
    permission_status=400,
)
