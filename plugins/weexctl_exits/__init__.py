"""First-party plugins; the offers follow."""
