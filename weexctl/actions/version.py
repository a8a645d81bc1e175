"""What runs here."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from pydantic import BaseModel, ConfigDict

from weexctl import __version__
from weexctl.actions.context import Context, Result

__all__ = ["Input", "Output", "run"]

LIBRARIES = (
    "hmmlearn",
    "httpx",
    "numpy",
    "pandas",
    "pluggy",
    "pyarrow",
    "pydantic",
    "scikit-learn",
    "scipy",
    "ta",
    "typer",
)
"""What a decision's numbers, a request or this command line depend on."""


class Input(BaseModel):
    """Nothing to choose."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Output(BaseModel):
    """Versions, as text."""

    version: str
    """Of weexctl."""
    python: str
    platform: str
    libraries: dict[str, str | None]
    """By distribution name; None when it is not installed."""


def run(input: Input, context: Context) -> Result:  # noqa: A002, ARG001  # the signature of every action
    """The versions of weexctl and of what its numbers depend on; imports none of them."""
    return Result(
        data=Output(
            version=__version__,
            python=f"{platform.python_implementation()} {platform.python_version()}",
            platform=f"{platform.system()} {platform.machine()}",
            libraries={name: _installed(name) for name in LIBRARIES},
        )
    )


def _installed(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
