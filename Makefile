# Two commands do everything on a fresh machine: `make demo` and `make test`. `make` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -q -c constraints.txt

.PHONY: help demo test test-all lint types layers portraits-weights bench clean
.DEFAULT_GOAL := help

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.ready ## set up, then make the whole tour in lateen-demo/ with the shipped weights
	$(BIN)/lateen demo -o lateen-demo --force --no-open

test: lint types layers ## set up, then linters, type checks, layers and the fast tests
	$(BIN)/python -m pytest -n 2

test-all: lint types layers ## the same with the slow tests
	$(BIN)/python -m pytest -n 2 -m "slow or not slow"

lint: $(VENV)/.ready-dev ## ruff: style and formatting of imports
	$(BIN)/ruff check src tests benchmarks

types: $(VENV)/.ready-dev ## mypy, strict
	$(BIN)/mypy

layers: $(VENV)/.ready-dev ## import-linter: imports go downward only
	$(BIN)/lint-imports

bench: $(VENV)/.ready-dev ## print the figures of benchmarks/README.md that need nothing else (half an hour)
	for b in startup portraits shipped_vae build pipeline word_vectors search analogies solve; do $(BIN)/python benchmarks/$$b.py || exit 1; done

portraits-weights: $(VENV)/.ready ## train the shipped weights anew (half an hour at most)
	$(BIN)/python benchmarks/train_portraits.py

clean: ## remove what was set up and made
	rm -rf $(VENV) lateen-demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e .
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	$(PIP) -e '.[dev]'
	@touch $@
