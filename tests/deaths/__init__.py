"""Real processes that are really killed, while they trade on a simulator in another process."""
