"""Rows of the table of actions, one module per noun: plain data that imports nothing heavy."""
