"""What every run is made of, wherever its orders go: its market, its schedule, its fits, what it remembers."""
