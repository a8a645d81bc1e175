"""`python -m weexctl`."""

from __future__ import annotations

from weexctl.cli.main import main

if __name__ == "__main__":
    main()
