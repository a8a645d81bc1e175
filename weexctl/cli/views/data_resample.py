"""What was made of shorter candles: drawn as an import is."""

from __future__ import annotations

from weexctl.cli.views.data_import import view

__all__ = ["view"]
