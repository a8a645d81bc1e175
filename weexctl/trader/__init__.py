"""Drives the pipeline step by step, and joins it to a market, an exchange and a journal."""
