"""What is said when a library of the extra `weexctl[backtest]` is not there."""

from __future__ import annotations

from weexctl.errors import ConfigError

__all__ = ["missing_extra"]


def missing_extra(library: str, what: str) -> ConfigError:
    """The error for a library that could not be imported; `what` it would have done, as in `a bootstrap`."""
    return ConfigError(
        f"{what} needs {library}, which is not installed; nothing was computed",
        hint="pip install 'weexctl[backtest]'",
        code="EXTRA_MISSING",
        details={"library": library},
    )
