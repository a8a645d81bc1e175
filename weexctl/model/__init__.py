"""The nouns: frozen values that every other room speaks in.

Money, prices and sizes are `Decimal`; statistics are floats; time is UTC milliseconds; ids are strings.
"""
