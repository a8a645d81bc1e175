"""Runs under faults: worlds, scripts, harnesses, the driver, and the catalogue of cases (docs/faults.md)."""
