"""Evidence: a profile on known candles, by the same decisions as everywhere else, as fast as they can be made."""
