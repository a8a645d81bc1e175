"""What a durable record costs, as ratios: `python benchmarks/journal.py [--folder PATH]`.

The write-ahead transaction of an order (intent, verdicts of every guard, attempt, link of the chain) is committed
before its request leaves. Beside each commit the same bytes go to a preallocated file and are synced: what cannot be
avoided. Pairs run interleaved; medians count. Target: at most 2.2 times.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from weexctl.execution.executor import write_ahead
from weexctl.journal import DecisionRecord, Journal, RunRecord
from weexctl.model.order import Leg, OrderIntent
from weexctl.model.side import PositionSide, Side
from weexctl.model.verdict import Verdict
from weexctl.pipeline.guards import ESSENTIAL_GUARDS

ROUNDS = 1_000
TARGET = 2.2
START_MS = 1_700_000_000_000
INTENT = OrderIntent(
    decision_id="d",
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.LONG,
    leg=Leg.ENTRY,
    quantity=Decimal("0.0130"),
    reference_price=Decimal("37123.4"),
    stop_price=Decimal("36000.0"),
    reason="ENTRY",
    rule="trend",
    created_ms=START_MS,
)
