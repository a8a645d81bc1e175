"""Where a signed request may go. A changed base URL is how keys are stolen, so only two kinds are taken."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from weexctl.errors import ConfigError

__all__ = ["DEFAULT_BASE_URL", "DEFAULT_FEED_URL", "checked_base_url", "checked_feed_url", "feed_url_of", "is_loopback"]

DEFAULT_BASE_URL = "https://api-contract.weex.com"
"""The futures REST host of both API generations (weex-api 1)."""
DEFAULT_FEED_URL = "wss://ws-contract.weex.com"
"""The futures WebSocket host (weex-api 1)."""

_OWNER = "weex.com"
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_URL = re.compile(r"[!-~]+")  # printable ASCII without blanks: nothing two parsers could read in two ways


def is_loopback(host: str) -> bool:
    """True for this machine's own addresses; a name other than `localhost` never is."""
    if host == "localhost":
        return True
    if "%" in host:  # the zone of an IPv6 address may hold anything: another reader could take it for a name
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked_base_url(text: str) -> str:
    """The base URL, rebuilt from its parts, without a slash at the end.

    Taken: https on weex.com or below it, on the standard port; http or https on a loopback address, on any port.

    Raises:
        ConfigError: anything else, a path, a query, a user name in the URL.
    """
    return _checked(text, "https", ("http", "https"), DEFAULT_BASE_URL)


def checked_feed_url(text: str) -> str:
    """The URL of the feed, by the same rule: wss on weex.com or below it, ws on a loopback address only.

    Raises:
        ConfigError: anything else.
    """
    return _checked(text, "wss", ("ws",), DEFAULT_FEED_URL)


def feed_url_of(base_url: str) -> str | None:
    """Where the feed of an exchange is: WEEX's own host, or the port of a simulator; None where nobody knows."""
    base = checked_base_url(base_url)
    if base == DEFAULT_BASE_URL:
        return DEFAULT_FEED_URL
    return base.replace("http:", "ws:", 1) if base.startswith("http:") else None


def _checked(text: str, secure: str, on_loopback: tuple[str, ...], default: str) -> str:
    if not _URL.fullmatch(text) or "\\" in text:
        raise _refused(text, "it has blanks or unusual characters", default)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _refused(text, "it is not a URL", default) from error
    host = parts.hostname or ""
    if "@" in parts.netloc or parts.path not in ("", "/") or parts.query or parts.fragment or "#" in text:
        raise _refused(text, "only scheme, host and port may be given", default)
    if is_loopback(host) and parts.scheme in on_loopback:
        return _rebuilt(parts, host, port)
    if parts.scheme != secure:
        raise _refused(text, f"keys travel over {secure} only", default)
    if not _HOST.fullmatch(host) or not (host == _OWNER or host.endswith(f".{_OWNER}")) or port not in (None, 443):
        raise _refused(text, f"it does not belong to {_OWNER}", default)
    return f"{secure}://{host}"


def _rebuilt(parts: SplitResult, host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def _refused(text: str, why: str, default: str) -> ConfigError:
    before, at, after = text.rpartition("@")
    shown = f"{'***' if before else ''}{at}{after}"[:120]
    return ConfigError(
        f"the base URL {shown!r} is refused: {why}; nothing was sent",
        hint=f"leave it out for {default}, or give the loopback address that `weexctl sim serve` prints",
        code="BASE_URL",
    )
