"""A WEEX look-alike: an exchange in process that answers the same bytes.

It shares nothing with the client but the nouns: both are readings of the same API reference.
"""

from __future__ import annotations

from weexctl.simulator.generator import MARKET_START_MS, generate_funding, generate_market
from weexctl.simulator.instruments import CONTRACTS, Contract
from weexctl.simulator.settings import SimulatorSettings
from weexctl.simulator.simulator import Simulator

__all__ = [
    "CONTRACTS",
    "MARKET_START_MS",
    "Contract",
    "Simulator",
    "SimulatorSettings",
    "generate_funding",
    "generate_market",
]
