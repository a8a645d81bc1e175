"""From approved intents to orders at the exchange: written ahead, sent once, read back, protected.

Every request that changes anything leaves through `gate.py` and nowhere else.
"""
