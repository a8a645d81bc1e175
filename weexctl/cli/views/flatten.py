"""What was closed, and what is left: drawn as `close` is."""

from __future__ import annotations

from weexctl.cli.views.close import view

__all__ = ["view"]
