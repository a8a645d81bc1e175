from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weexctl.errors import ConfigError
from weexctl.exchange.signing import Credentials, prehash, sign_headers, signature

SECRET = "test-secret-key"
V2_ORDER = (
    '{"symbol": "cmt_btcusdt", "client_oid": "oid-1", "size": "0.0001", "type": "1", "order_type": "0", '
    '"match_price": "0", "price": "100000.0"}'
)
V3_ORDER = (
    '{"symbol":"BTCUSDT","side":"BUY","positionSide":"LONG","type":"LIMIT","timeInForce":"GTC","quantity":"0.001",'
    '"price":"50000","newClientOrderId":"oid-1"}'
)
# The vectors of the API reference, section 2: method, path, query, body, signature.
VECTORS = [
    ("GET", "/capi/v2/account/assets", "", "", "sxvFIv+DKwPc+qFhgs+7BrizKZYGsoRgV1Pj/eaiY6o="),
    (
        "GET",
        "/capi/v2/account/position/singlePosition",
        "symbol=cmt_btcusdt",
        "",
        "iQotNazk9EX1Zwjzpjtv5pZZtPFndId8QdrGI8Hs184=",
    ),
    ("POST", "/capi/v2/order/placeOrder", "", V2_ORDER, "EIXaDZAKHtq9bT9pYhKlnra8314ODHUMPB+/Qp0GPMc="),
    ("POST", "/capi/v3/order", "", V3_ORDER, "KDhhEbkl3iBtc0jI5/AhQpWP9wH00XOLCz0DX4rA7Fw="),
    ("DELETE", "/capi/v3/order", "orderId=702345678901234567", "", "W6RhWVv39MhJNReT+ZSfDEYcXLsbaACmJBaocWGhOPc="),
    ("", "/v2/ws/private", "", "", "69r42NoSddV0CTNPCuEQRizn6fUw+pzlRn8DNEyNiiM="),
    ("", "/v3/ws/private", "", "", "6salYHCQ8YP3g44ADC4hF1xOl5ngZyn/fDEU6JH9/ME="),
]


@pytest.mark.parametrize(("method", "path", "query", "body", "expected"), VECTORS)
def test_a_documented_vector_gives_its_signature(method: str, path: str, query: str, body: str, expected: str) -> None:
    credentials = Credentials("key", SECRET, "pass")
    headers = sign_headers(credentials, 1_700_000_000_000, method, path, query, body)
    assert headers["ACCESS-SIGN"] == expected
    assert signature(SECRET, prehash(1_700_000_000_000, method, path, query, body)) == expected


def test_the_headers_carry_key_passphrase_and_the_time_that_was_signed() -> None:
    headers = sign_headers(Credentials("the-key", SECRET, "the-pass"), 1_700_000_000_000, "GET", "/x")
    del headers["ACCESS-SIGN"]
    assert headers == {
        "ACCESS-KEY": "the-key",
        "ACCESS-PASSPHRASE": "the-pass",
        "ACCESS-TIMESTAMP": "1700000000000",
    }


@given(st.text(max_size=200))
def test_the_keyed_copy_signs_like_the_plain_function(message: str) -> None:
    credentials = Credentials("key", SECRET, "pass")
    assert credentials.sign(message) == credentials.sign(message) == signature(SECRET, message)


def test_credentials_show_nothing_in_repr_str_or_format() -> None:
    credentials = Credentials("the-key", SECRET, "the-pass")
    shown = f"{credentials!r} {credentials} {[credentials]}"
    assert not any(part in shown for part in ("the-key", SECRET, "the-pass"))


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy])
def test_credentials_are_not_pickled_or_copied(write: object) -> None:
    assert callable(write)
    with pytest.raises(TypeError, match="not written"):
        write(Credentials("key", SECRET, "pass"))


@pytest.mark.parametrize("bad", ["", " leading", "trailing\n", "two\r\nlines", "schlüssel", "tab\tbed"])
def test_a_secret_that_cannot_be_a_header_is_refused_without_being_shown(bad: str) -> None:
    for parts in ((bad, SECRET, "pass"), ("key", bad, "pass"), ("key", SECRET, bad)):
        with pytest.raises(ConfigError) as caught:
            Credentials(*parts)
        assert not bad.strip() or bad.strip() not in caught.value.message
