"""The document of an ablation beside a run: what the report shows of it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from weexctl.backtest.bootstrap import Comparison
from weexctl.backtest.coin_toss import Nulls
from weexctl.backtest.overfitting import Overfitting
from weexctl.backtest.placebo import Placebos
from weexctl.backtest.reality_check import RealityCheck

__all__ = ["AblationDocument", "ArmRow", "ClaimRow", "EvidencePart"]


class ArmRow(BaseModel):
    """One arm and its figures."""

    name: str
    title: str
    group: str
    failure: str | None = None
    cagr: float | None = None
    volatility: float | None = None
    sharpe: float | None = None
    max_drawdown: float | None = None
    cvar95: float | None = None
    calmar: float | None = None
    ulcer: float | None = None
    exposure: float | None = None
    turnover_per_year: float | None = None


class LeftOutRow(BaseModel):
    """An arm that the profile cannot have."""

    name: str
    reason: str


class ClaimRow(BaseModel):
    """One claim that was written down before, and whether it held."""

    name: str
    statement: str
    verdict: str
    """`pass`, `fail` or `not evaluated`."""
    because: str
    sure: bool | None = None
    """Whether the 95 % intervals say the same as the figures themselves."""


class EvidencePart(BaseModel):
    """What the arms show."""

    comparisons: dict[str, Comparison] = {}
    """The profile minus the others, by arm."""
    placebos: Placebos | None = None
    nulls: Nulls | None = None
    probabilistic_sharpe: float | None = None
    deflated_sharpe: float | None = None
    trials: int = 0
    reality_checks: dict[str, RealityCheck] = {}
    overfitting: Overfitting | None = None
    claims: list[ClaimRow] = []
    missing: dict[str, str] = {}


class AblationDocument(BaseModel):
    """An ablation."""

    from_ms: int
    to_ms: int
    symbols: list[str]
    synthetic: bool
    interrupted: bool
    arms: list[ArmRow]
    left_out: list[LeftOutRow] = []
    evidence: EvidencePart | None = None
    manifest: dict[str, Any] = {}
