"""What weexctl can do: one registered action each, with one input and one output, behind every door."""
