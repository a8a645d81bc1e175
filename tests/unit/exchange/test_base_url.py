from __future__ import annotations

import pytest

from weexctl.config.environment import read_environment
from weexctl.errors import ConfigError
from weexctl.exchange.base_url import (
    DEFAULT_BASE_URL,
    DEFAULT_FEED_URL,
    checked_base_url,
    checked_feed_url,
    feed_url_of,
)
from weexctl.exchange.connect import connect


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (DEFAULT_BASE_URL, DEFAULT_BASE_URL),
        ("https://api-contract.weex.com/", "https://api-contract.weex.com"),
        ("https://weex.com:443", "https://weex.com"),
        ("HTTPS://API-CONTRACT.WEEX.COM", "https://api-contract.weex.com"),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("http://localhost:8765/", "http://localhost:8765"),
        ("https://127.8.9.1", "https://127.8.9.1"),
        ("http://[::1]:9000", "http://[::1]:9000"),
    ],
)
def test_weex_and_loopback_are_taken(given: str, taken: str) -> None:
    assert checked_base_url(given) == taken


REFUSED = [
    "http://api-contract.weex.com",
    "https://evil.com",
    "https://weex.com.evil.com",
    "https://evilweex.com",
    "https://api-contract.weex.com@evil.com",
    "https://key:secret@api-contract.weex.com",
    "https://evil.com/api-contract.weex.com",
    "https://evil.com\\@api-contract.weex.com",
    "https://evil.com#.weex.com",
    "https://evil.com?.weex.com",
    "https://api-contract.weex.com/capi",
    "https://api-contract.weex.com:8443",
    "https://api-contract.weex.com:notaport",
    "https://wеex.com",  # a Cyrillic e
    "https://ｗｅｅｘ.com",  # letters of full width
    "https://xn--wex-qdd.com",
    "https://weex.com.",
    "https://weex.com%2eevil.com",
    "https://weex.com%00.evil.com",
    "https://weex.com\t.evil.com",
    "https://weex.com:443@evil.com",
    "https://weex.com:443:443",
    "https://evil.com/.weex.com",
    "https://evil.com;.weex.com",
    "https://user@127.0.0.1",
    "https:weex.com",
    "https:///weex.com",
    "wss://weex.com",
    "http://127.0.0.1@evil.com",
    "http://127.0.0.1%2f@evil.com",
    "http://127.1",
    "http://2130706433",
    "http://0x7f000001",
    "http://0177.0.0.1",
    "http://[::]",
    "http://[::ffff:10.0.0.1]",
    "http://[::1%25.evil.com]",
    "http://[::1%eth0]:80",
    "http://localhost.",
    "http://169.254.169.254",
    "https://api-contract.weex.com ",
    "https://api-contract.weex.com\n.evil.com",
    "https://.weex.com",
    "http://127.0.0.1.evil.com",
    "http://localhost.evil.com",
    "http://10.0.0.1",
    "http://0.0.0.0:8000",
    "http://[::1",
    "ftp://127.0.0.1",
    "file:///etc/passwd",
    "//api-contract.weex.com",
    "api-contract.weex.com",
    "",
]


@pytest.mark.parametrize("given", REFUSED)
def test_anything_else_is_refused_before_a_key_could_go_there(given: str) -> None:
    with pytest.raises(ConfigError, match="nothing was sent"):
        checked_base_url(given)


@pytest.mark.parametrize("given", [text for text in REFUSED if text])
def test_the_environment_takes_none_of_them_either(given: str) -> None:
    """Another reading of the same rule, so that one can catch the other's gap."""
    with pytest.raises(ConfigError, match="WEEX_API_BASE"):
        read_environment({"WEEX_API_BASE": given})


@pytest.mark.parametrize(
    "given", ["https://the-key:the-secret@weex.com", "the-key:the-secret@weex.com", "https://k:the-secret/x@weex.com"]
)
def test_a_refusal_does_not_repeat_what_stands_before_the_at_sign(given: str) -> None:
    with pytest.raises(ConfigError, match=r"@weex\.com") as caught:
        connect(given)
    assert "the-secret" not in caught.value.message


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (DEFAULT_FEED_URL, "wss://ws-contract.weex.com"),
        ("wss://ws-contract.weex.com:443/", "wss://ws-contract.weex.com"),
        ("ws://127.0.0.1:8765", "ws://127.0.0.1:8765"),
        ("ws://[::1]:9000", "ws://[::1]:9000"),
    ],
)
def test_the_feed_may_be_at_weex_and_on_loopback(given: str, taken: str) -> None:
    assert checked_feed_url(given) == taken


@pytest.mark.parametrize(
    "given",
    [
        "ws://ws-contract.weex.com",
        "https://ws-contract.weex.com",
        "wss://evil.com",
        "wss://ws-contract.weex.com.evil.com",
        "wss://ws-contract.weex.com@evil.com",
        "wss://ws-contract.weex.com:8443",
        "wss://ws-contract.weex.com/v3/ws/private",
        "wss://127.0.0.1:8765",
        "ws://10.0.0.1",
        "http://127.0.0.1:8765",
    ],
)
def test_no_login_goes_anywhere_else(given: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked_feed_url(given)
    assert DEFAULT_FEED_URL in caught.value.hint


def test_a_simulator_has_its_feed_on_the_same_port() -> None:
    assert feed_url_of("http://127.0.0.1:8787") == "ws://127.0.0.1:8787"
    assert feed_url_of(DEFAULT_BASE_URL) == DEFAULT_FEED_URL
    assert feed_url_of("https://127.0.0.1:8787") is None
