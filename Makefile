# What a person needs: `make demo` to talk, `make test` to change something.
# More arguments: make demo ARGS="--no-browser --port 8899", make test ARGS="-k interrupt".

PYTHON ?= python3
ARGS ?=
BIN = .venv/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check
NPM = .ci/npm
CLIENT = tests/client
PROPERTIES = $(addprefix $(CLIENT)/test_,session_orders.py session_losses.py conversation.py playback.py)
PURE_TESTS = $(addprefix $(CLIENT)/test_,$(addsuffix .py,asides budget conversation core entries export \
    false_interruption heard held_input journal mcp_approvals meter playback prices reconnect retrieval sequencer \
    session_losses session_orders pictures session_images settings turn_taking update \
    usage)) tests/tools/test_tool_lifecycle.py
SOURCES = $(shell find js/src -type f) js/build.mjs js/package.json js/package-lock.json

.PHONY: demo test nightly bench coverage setup style format types js build clean

demo: .venv/installed
	$(BIN)/realtime-widgets demo $(ARGS)

# The fast rings first; pytest's own closing line last.
test: setup style types
	$(NPM) test --silent
	$(BIN)/python -m pytest $(ARGS)

# The coverage, ten thousand orders of events for each property (realtime_widgets/INVARIANTS.md), the figures.
nightly: .venv/installed-dev coverage
	$(BIN)/python -m pytest --hypothesis-profile=nightly --timeout=3600 $(PROPERTIES) $(ARGS)
	$(MAKE) bench ARGS=

# Every figure measured anew, on a machine that does nothing else; a fifth worse than the kept ones fails.
bench: setup js/dist/harness.js
	$(BIN)/python -m benchmarks --against benchmarks/baseline.json $(ARGS)

# How much of the pure core its own tests run; below 95 % it fails.
coverage: .venv/installed-dev
	$(BIN)/python -m coverage run -m pytest --quiet $(PURE_TESTS)
	$(BIN)/python -m coverage report

setup: .venv/installed-dev js
	$(BIN)/python -m tests.support.chromium --install

style: .venv/installed-dev js/node_modules/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(NPM) run --silent format:check

format: .venv/installed-dev js/node_modules/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(NPM) run --silent format

types: .venv/installed-dev js/node_modules/.installed
	$(BIN)/mypy
	$(NPM) run --silent check

js: realtime_widgets/static/port.js

build: .venv/installed-dev js
	$(BIN)/python -m build

clean:
	rm -rf .venv .venv-agents .venv-peers build dist js/node_modules js/dist realtime_widgets/static tests/artifacts
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed: make PYTHON=python3.12 ...')"
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml | .venv/bin/python
	$(PIP) --editable ".[all]"
	touch $@

# The bundles first: the package's own build then finds them made.
.venv/installed-dev: pyproject.toml | .venv/bin/python js
	$(PIP) --editable ".[dev]"
	touch $@ .venv/installed

js/node_modules/.installed: js/package-lock.json | .venv/bin/python
	$(NPM) ci --no-fund --no-audit --loglevel=error
	touch $@

realtime_widgets/static/port.js: $(SOURCES) | js/node_modules/.installed
	$(NPM) run --silent build

js/dist/harness.js: $(SOURCES) $(wildcard js/harness/*) | js/node_modules/.installed
	$(NPM) run --silent harness
