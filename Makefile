# Everything here sets itself up: Python 3.11+, make and a package index are all it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help run chat test check format lint types contracts docs slow bench soak words transcript fake-telegram fake-slack lock clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/:/' | column -t -s:

run: $(VENV)/.run  ## talk with Tutor in this terminal, with a demo clock and a database of its own
	@$(BIN)/tutor run --demo

chat: $(VENV)/.run  ## the terminal alone, on the real clock and data/tutor.db
	@$(BIN)/tutor chat

test: $(VENV)/.dev  ## the tests, without the long proofs
	@$(BIN)/python -m pytest -q -n 4 -m "not slow"  # most of it waits: for networks that stall, for clocks

check: format lint types contracts docs test slow  ## all that must hold before a commit lands

format: $(VENV)/.dev
	@$(BIN)/ruff format --check .

lint: $(VENV)/.dev
	@$(BIN)/ruff check .

types: $(VENV)/.dev
	@$(BIN)/mypy

contracts: $(VENV)/.dev
	@$(BIN)/lint-imports

docs: $(VENV)/.dev
	@$(BIN)/tutor knowledge check --strict
	@$(BIN)/tutor knowledge check --strict --knowledge examples/onboarding
	@$(BIN)/tutor knowledge fmt --check
	@$(BIN)/python -m pytest -q tests/docs

slow: $(VENV)/.dev  ## the long proofs in their short form
	@$(BIN)/python -m pytest -q -m slow

bench: $(VENV)/.dev  ## the benchmark tables
	@$(BIN)/python -m benchmarks.run

soak: $(VENV)/.dev  ## the long proofs in full
	@$(BIN)/python -m tests.soak.kill --rounds 100
	@$(BIN)/python -m tests.soak.rates --learners 10000
	@$(BIN)/python -m tests.soak.reload --rounds 20
	@$(BIN)/python -m tests.soak.mutate --files 10000

fake-telegram: $(VENV)/.dev  ## a local Telegram to chat with a Tutor through
	@$(BIN)/python -m tests.fakes.telegram

fake-slack: $(VENV)/.dev  ## a local Slack to chat with a Tutor through
	@$(BIN)/python -m tests.fakes.slack

words: $(VENV)/.dev  ## extract learner-facing sentences into the catalogue
	@$(BIN)/python -m tests.extract_words

transcript: $(VENV)/.dev  ## renew docs/transcript.md and docs/admin-session.md from the real programs
	@$(BIN)/python -m tests.docs.transcript
	@$(BIN)/python -m tests.docs.admin_session

lock: $(VENV)/.dev  ## renew the hash-locked requirements from pyproject.toml
	@$(PIP) install uv
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --extra build -o requirements.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --extra build --extra dev -o requirements-dev.txt

clean:  ## remove the virtual environment and caches, never data/
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tutor needs Python 3.11 or newer; set PYTHON=python3.12, say")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt pyproject.toml | $(VENV)/bin/python
	@test -e $(VENV)/.dev || echo "Setting up (once) ..."
	@test -e $(VENV)/.dev || $(PIP) install --require-hashes --only-binary :all: -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml | $(VENV)/bin/python
	@echo "Setting up for development (once) ..."
	@$(PIP) install --require-hashes --only-binary :all: -r requirements-dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.run
