"""Evidence: what rules and risk would have done, and how far the figures can be trusted."""
