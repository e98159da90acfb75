# gridwatch: one door for people and for CI. `make` alone says what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# The newest Python of 3.11 or later that is here; another one: make install PYTHON=/path/to/python
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
STAMP := .venv/installed

.PHONY: help
help: ## what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | awk -F '\t' '{printf "  make %-9s %s\n", $$1, $$2}'

.PHONY: install
install: $(STAMP) ## .venv with the locked dependencies and .venv/bin/gridwatch

$(STAMP): pyproject.toml requirements/dev.txt
	@if [ -z "$(PYTHON)" ]; then echo "gridwatch needs Python 3.11 or later (Debian: apt-get install python3 python3-venv)." >&2; exit 1; fi
	@if [ ! -x $(BIN)/python ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		rm -rf .venv; \
		$(PYTHON) -m venv .venv || { rm -rf .venv; \
			echo "$(PYTHON) cannot make an environment. On Debian and Ubuntu: apt-get install python3-venv; then again." >&2; exit 1; }; \
	fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

.PHONY: demo
demo: install ## a small city, live in the terminal; Ctrl-C ends it
	$(BIN)/gridwatch demo

.PHONY: services
services: ## what the tests talk to: mosquitto, Kafka (only what is missing)
	@tests/services/install.sh

.PHONY: test
test: install services ## all tests, with real services
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

.PHONY: lint
lint: install ## format, lint, imports between rooms, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy --strict

.PHONY: check
check: lint ## lint, and the quick tests
	$(BIN)/python -m pytest -m "not service and not slow" -n 2 --dist loadfile $(ARGS)

.PHONY: bench
bench: install services ## what is measured against what, as ratios; writes benchmarks/results/latest.json
	$(BIN)/python -m benchmarks $(ARGS)

.PHONY: lock
lock: ## the dependencies with their hashes, from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --generate-hashes --no-emit-index-url --universal --python-version 3.11 \
		--no-header -o requirements/run.txt
	uv pip compile pyproject.toml --extra cameras --extra cluster --extra plates --group dev -c requirements/run.txt \
		--overrides requirements/overrides.txt --generate-hashes --no-emit-index-url --universal \
		--python-version 3.11 --no-header -o requirements/dev.txt
