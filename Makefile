# The project's commands. `make help` lists them.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALLED := .venv/.installed
# Run once is enough for these: one starts both versions of PostgreSQL by itself, one is about readers and takes a minute.
RUN_ONCE := tests/event_store/embedded/test_embedded.py tests/event_store/append/test_gap_oracle.py
# Takes three minutes.
POWER_CUT := tests/e2e/test_power_cut.py
# Tests that run the rules and use cases in their own process, so that coverage sees them. They run in a time zone with
# minutes, since no result may depend on the machine's.
MEASURED := tests/domain tests/application $(addprefix tests/api/,importing patients practice waitlist webhooks)
# Tests share themselves out, a file to a process; one more than there are cores, since tests also wait.
PROCESSES ?= $(shell expr $$(nproc) + 1)
NODE_MODULES := tests/clients/node_modules/.package-lock.json
SHARED := --numprocesses=$(PROCESSES) --maxprocesses=8 --dist=loadfile --no-loadscope-reorder
# Lines of the rules and use cases that the tests must reach, in percent.
COVERAGE := --cov=domain --cov=application --cov-report=term:skip-covered --cov-fail-under=90
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

# The tests start many processes; without bytecode each compiles the whole program again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run test faults mutation check bench

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## /\1: /p' $(MAKEFILE_LIST) | while IFS=: read -r name text; do printf '  make %-10s%s\n' "$$name" "$$text"; done

setup: $(INSTALLED) ## install everything into .venv, locked and hashed

run: setup ## serve a demo practice on http://localhost:8000 (Ctrl-C stops it)
	@$(BIN)/scheduler serve --demo

test: check $(NODE_MODULES) ## run every check and test
	TZ=Asia/Kathmandu $(BIN)/pytest --quiet $(SHARED) $(COVERAGE) $(MEASURED)
	$(BIN)/pytest --quiet $(SHARED) $(MEASURED:%=--ignore=%) --ignore=$(POWER_CUT)
	SCHEDULER_TEST_POSTGRES=18 $(BIN)/pytest --quiet $(SHARED) $(RUN_ONCE:%=--ignore=%) tests/event_store

faults: setup ## cut the power under the database, on a disk that syncs and on one that does not (three minutes)
	$(BIN)/pytest $(POWER_CUT)

mutation: setup ## make small changes to domain and application; fail if fewer than 90 percent wake a test
	$(BIN)/python -m tests.mutation

check: setup ## lint, formatting, types and the direction of imports, as CI does
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: setup ## measure, and write bench/results.md
	$(BIN)/python -m bench

# Installs again only when the lock or the project's own description has changed.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=...")'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || { echo "No virtual environment: install python3-venv"; exit 1; }
	@echo "Installing into .venv (a minute or two the first time) ..."
	@$(PIP) install --require-hashes --only-binary :all: -r requirements.lock
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

# TypeScript, for the test of generated clients.
$(NODE_MODULES): tests/clients/package-lock.json
	@command -v npm >/dev/null || { echo "Node.js 20 or newer is needed: install node and npm"; exit 1; }
	@cd tests/clients && npm ci --silent --no-audit --no-fund
	@touch $@
