# `make` prints this list; it needs nothing installed. `make dev` makes the environment that the others use.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: help dev test lint types imports docs cassettes check dist nightly mutants benchmarks

help:  ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

dev:  ## make .venv with weexctl (editable), the test tools and the checkers
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -c constraints.txt -e '.[test,dev]'

test:  ## run the tests
	$(BIN)/python -m pytest -n auto --dist loadfile

lint:  ## format and lint
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

types:  ## check the types of package, plugins and tests
	$(BIN)/mypy

imports:  ## check that imports run one way
	$(BIN)/lint-imports --no-logo

docs:  ## make docs/commands.md from the registry of commands, and check the pages
	$(BIN)/python -m weexctl.cli.reference > docs/commands.md
	$(BIN)/python -m pytest tests/docs

cassettes:  ## replay the recorded answers of the exchange
	$(BIN)/python -m pytest tests/replay

check:  ## everything that has to hold before a change lands, in an environment of its own
	.ci/run

dist:  ## build the wheel into dist/
	$(BIN)/python -m pip wheel --no-deps --wheel-dir dist .

nightly:  ## everything that takes long: a hundred times the schedules and examples, a month of soak, every sabotage
	WEEXCTL_FUZZ=100000 WEEXCTL_FUZZ_REQUESTS=100000 WEEXCTL_SCHEDULES=100 WEEXCTL_DEATHS=6000 $(BIN)/python -m pytest -n auto --dist loadfile --hypothesis-profile=nightly
	WEEXCTL_SOAK_DAYS=30 $(BIN)/python -m pytest -s tests/soak
	$(BIN)/python -m tests.mutants.run

mutants:  ## sabotage the code one line at a time; every sabotage has to turn a test red
	$(BIN)/python -m tests.mutants.run

benchmarks:  ## measure start-up, client, simulator, journal, schedules of faults, columns and backtests, as ratios
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/exchange.py
	$(BIN)/python benchmarks/simulator.py
	$(BIN)/python benchmarks/journal.py
	$(BIN)/python benchmarks/schedules.py
	$(BIN)/python benchmarks/columns.py
	$(BIN)/python benchmarks/backtest.py
