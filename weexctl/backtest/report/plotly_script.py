"""The script that draws, taken from the installed plotly."""

from __future__ import annotations

from weexctl.backtest.extra import missing_extra

__all__ = ["plotly_script"]


def plotly_script() -> str:
    """The text of plotly.js.

    Raises:
        ConfigError: plotly is not installed.
    """
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise missing_extra("plotly", "a report") from error
    return str(get_plotlyjs())
