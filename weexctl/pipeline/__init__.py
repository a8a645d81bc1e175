"""The functional core: from closed candles and one book to intents, verdicts and their explanation.

Everything here is a pure function of its arguments: no input or output, no clock, no randomness, no logging.
"""
