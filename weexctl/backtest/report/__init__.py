"""The report of a kept run: one HTML file that needs nothing else."""
