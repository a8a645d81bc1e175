from __future__ import annotations

import pytest

from weexctl.config.environment import read_environment
from weexctl.errors import ConfigError
from weexctl.exchange.base_url import DEFAULT_BASE_URL, checked_base_url
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
