"""The table of actions: plain data, so that help, completion and the reference page import nothing else.

A row names the module that does the work. The module has `Input` and `Output` (pydantic models) and
`run(input, context) -> Result`; it is imported when the action runs and not before. The rows lie in `tables`, one
module per noun.
"""

from __future__ import annotations

from weexctl.actions.tables import (
    account,
    backtest,
    check,
    closing,
    connection,
    data,
    explain,
    journal,
    keys,
    market,
    order,
    plugins,
    profile,
    service,
    sim,
    trade,
)
from weexctl.actions.tables.action import Action, Example, Group, Parameter
from weexctl.actions.tables.parameters import KINDS, SET_UP, TRADE, UNDERSTAND

__all__ = ["ACTIONS", "GROUPS", "KINDS", "Action", "Example", "Group", "Parameter", "find"]

GROUPS = (
    Group("order", TRADE, "Send orders by hand and look at them"),
    Group("account", UNDERSTAND, "See balance, positions and risk"),
    Group("plugins", SET_UP, "See what is installed for the pipeline"),
    Group("check", SET_UP, "Find out whether plugins keep their promises"),
    Group("keys", SET_UP, "Keep API keys, encrypted"),
    Group("profile", SET_UP, "Read, make, check and arm profiles"),
    Group("market", UNDERSTAND, "Look at the market"),
    Group("data", UNDERSTAND, "Keep candles on this machine"),
    Group("backtest", UNDERSTAND, "Try a profile on candles that are known already"),
    Group("service", SET_UP, "Keep a run going under systemd"),
    Group("sim", TRADE, "The simulated exchange"),
    Group("journal", UNDERSTAND, "Read, check and copy the record"),
)

ACTIONS = (
    *trade.ROWS,
    *order.ROWS,
    *closing.ROWS,
    *account.ROWS,
    *sim.ROWS,
    *explain.ROWS,
    *connection.ROWS,
    *plugins.ROWS,
    *check.ROWS,
    *keys.ROWS,
    *profile.ROWS,
    *market.ROWS,
    *data.ROWS,
    *backtest.ROWS,
    *service.ROWS,
    *journal.ROWS,
)
"""Every action, in the order of help."""


def find(name: str) -> Action | None:
    """The action with this dotted name, None when there is none."""
    return next((action for action in ACTIONS if action.name == name), None)
