# For users: `make demo` to talk, `make test` to change something.
# More arguments: make demo ARGS="--no-browser --port 8899", make test ARGS="-k interrupt".

PYTHON ?= python3
ARGS ?=
BIN = .venv/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check
NPM = .ci/npm
PROPERTIES = $(shell grep -rl --include='test_*.py' 'from hypothesis' tests/core)
SOURCES = $(shell find js/src -type f) js/build.mjs js/package.json js/package-lock.json
# What the installation copies into JupyterLab's folder.
LAB = $(shell find js/src/lab realtime_widgets/jupyter/labextension -type f)

.PHONY: demo test nightly clients recordings bench coverage setup style format types messages js build clean

demo: .venv/installed
	$(BIN)/realtime-widgets demo $(ARGS)

# The fast rings first; pytest's own closing line last.
test: setup style types
	$(NPM) test --silent
	$(BIN)/python -m pytest -m "not nightly" $(ARGS)

# The longest talks in real time, coverage, ten thousand orders of events for each property (realtime_widgets/core/INVARIANTS.md), half a million
# calls while threads print, two hundred orders of what happens to a shown session in JupyterLab, the newest clients of
# other projects against the endpoint, benchmarks.
nightly: .venv/installed-dev coverage
	$(BIN)/python -m pytest -m nightly
	$(BIN)/python -m pytest --hypothesis-profile=nightly --timeout=3600 $(PROPERTIES) $(ARGS)
	$(BIN)/python -m pytest --hypothesis-profile=nightly --timeout=7200 tests/browser/life/test_life.py
	$(BIN)/python -X faulthandler -m tests.tools.output.stress_capture 500000
	$(MAKE) clients ARGS=
	$(MAKE) bench ARGS=

# The newest clients of other projects, with their own defaults, each in a fresh environment (2 GB while it runs).
clients: .venv/installed-dev
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	    REALTIME_NEWEST_CLIENTS="$$folder" $(BIN)/python -m pytest tests/official_clients/nightly $(ARGS)

# Recordings of real services through our sessions; they are another project's, and fetched from it.
recordings: .venv/installed-dev
	$(BIN)/python -m devtools.endpoints.fetch_recordings .recordings
	REALTIME_RECORDINGS=.recordings $(BIN)/python -m pytest tests/recorded $(ARGS)

# All benchmarks, on a machine that does nothing else; fails if a figure is a fifth worse than the kept one.
bench: setup
	$(BIN)/python -m benchmarks --against benchmarks/baseline.json $(ARGS)

# How much of the pure core its own tests run; fails below 95 %.
coverage: .venv/installed-dev
	$(BIN)/python -m coverage run -m pytest --quiet tests/core
	$(BIN)/python -m coverage report

setup: .venv/installed-dev js
	$(BIN)/python -m devtools.browser.chromium --install
	$(BIN)/python -m devtools.environments.tracing --install

style: .venv/installed-dev js/node_modules/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo .ci/layers.ini
	$(NPM) run --silent format:check
	$(NPM) run --silent layers

format: .venv/installed-dev js/node_modules/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(NPM) run --silent format

types: .venv/installed-dev js/node_modules/.installed
	$(BIN)/mypy
	$(NPM) run --silent check
	$(BIN)/python js/message_schema.py | $(NPM) run --silent messages -- --check

# The TypeScript types of the messages between widgets and pages, from the Python classes.
messages: .venv/installed-dev js/node_modules/.installed
	$(BIN)/python js/message_schema.py | $(NPM) run --silent messages

js: realtime_widgets/static/port.js

build: .venv/installed-dev js
	$(BIN)/python -m build

clean:
	rm -rf .venv .venv-agents .venv-peers .recordings build dist js/node_modules js/dist realtime_widgets/static tests/artifacts
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed: make PYTHON=python3.12 ...')"
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml | .venv/bin/python
	$(PIP) --editable ".[all]"
	touch $@

# The bundles first: the package's own build then finds them made.
.venv/installed-dev: pyproject.toml $(LAB) | .venv/bin/python js
	$(PIP) --editable ".[dev]"
	touch $@ .venv/installed

js/node_modules/.installed: js/package-lock.json | .venv/bin/python
	$(NPM) ci --no-fund --no-audit --loglevel=error
	touch $@

realtime_widgets/static/port.js: $(SOURCES) | js/node_modules/.installed
	$(NPM) run --silent build
