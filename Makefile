# Clarion, from a fresh clone, with nothing but Python 3.11 or later, make and git.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links --quiet $(if $(UPGRADE),--upgrade)

# What Clarion is compared with has an environment of its own, so that nothing of it gets into Clarion's.
PEERS := loadtest/peers
PEERS_VENV := .venv-peers
NODE_PACKAGES := $(PEERS)/node_modules

# How many simulated screens `make up` starts.
SCREENS ?= 50
export SCREENS

.DEFAULT_GOAL := help
.PHONY: help up setup test check lint types contracts chromium tests fuzz pictures peers bench bench-quick lock clean

help:
	@echo "make up       start everything here: database, hub :8000, dashboard :8080, SCREENS=50 simulated screens"
	@echo "make test     set up, then everything a reviewer would check: lint, types, import contracts, tests"
	@echo "make check    the same"
	@echo "make setup    the virtual environment with all that development needs"
	@echo "make fuzz     five million hostile inputs, as many new ones each time (FUZZ_CASES, FUZZ_SECONDS, FUZZ_SEED)"
	@echo "make pictures take the pictures of the guides anew (docs/pictures)"
	@echo "make bench    measure the hub beside FastAPI, node and others, and compare"
	@echo "make bench-quick   the same, smaller, in under two minutes"
	@echo "make peers    install what the hub is compared with (loadtest/peers)"
	@echo "make lock     write all lock files anew (UPGRADE=1: newest versions)"
	@echo "make clean    remove what was built and installed here; data stays"

up: $(VENV)/.run-time
	@exec $(BIN)/clarion up

setup: $(VENV)/.development

test: $(VENV)/.development chromium lint types contracts tests

check: test

chromium: $(VENV)/.development
	@$(BIN)/python -m tests.chromium --install

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.development
	$(BIN)/mypy

contracts: $(VENV)/.development
	$(BIN)/lint-imports

# Three for two cores: with more of them nothing is done sooner, and each waits longer for its turn.
# Not those that measure or load the machine. PYTEST="…": only these, one after the other.
WORKERS = $$($(BIN)/python -c 'import os; print(3 * (os.cpu_count() or 1) // 2)')
tests: $(VENV)/.development
ifdef PYTEST
	$(BIN)/pytest $(PYTEST)
else
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadgroup -m "not alone"
	$(BIN)/pytest -m alone
endif

fuzz: $(VENV)/.development
	@$(BIN)/python -m tests.fuzz

pictures: $(VENV)/.development chromium
	CLARION_PICTURES=docs/pictures $(BIN)/pytest tests/end_to_end/test_first_emergency.py tests/dashboard/test_house_pictures.py tests/dashboard/test_content_pictures.py tests/dashboard/test_playlist_pictures.py tests/dashboard/test_schedule_pages.py tests/browser_player/test_player_pictures.py

# Everything that is installed is locked: the build of Clarion itself fetches nothing.
$(VENV)/.run-time: requirements/runtime.txt pyproject.toml requirements/venv.sh
	@requirements/venv.sh $(VENV)
	@echo "Installing what Clarion runs on into $(VENV)"
	@$(PIP) --require-hashes --requirement requirements/runtime.txt
	@$(PIP) --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(VENV)/.development: requirements/dev.txt $(VENV)/.run-time
	@echo "Installing what its development needs into $(VENV)"
	@$(PIP) --require-hashes --requirement requirements/dev.txt
	@touch $@

bench: $(VENV)/.development chromium peers
	@$(BIN)/clarion bench

bench-quick: $(VENV)/.development chromium peers
	@$(BIN)/clarion bench --quick

peers: $(PEERS_VENV)/.installed $(NODE_PACKAGES)/.installed

$(PEERS_VENV)/.installed: $(PEERS)/requirements.txt requirements/venv.sh
	@requirements/venv.sh $(PEERS_VENV)
	@echo "Installing what the hub is compared with into $(PEERS_VENV)"
	@$(PEERS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
		--require-hashes --requirement $(PEERS)/requirements.txt
	@touch $@

# Without node, or npm, its peer is left out: that is no fault of whoever measures, and the benchmark says so.
$(NODE_PACKAGES)/.installed: $(PEERS)/package.json $(PEERS)/package-lock.json
	@if command -v node >/dev/null && command -v npm >/dev/null; then \
		echo "Installing ws into $(NODE_PACKAGES)"; \
		npm ci --silent --prefix $(PEERS) && touch $@; \
	else \
		echo "There is no node here, or no npm: the benchmark will leave ws out"; \
	fi

lock: $(VENV)/.development
	$(LOCK) pyproject.toml --all-extras --group build --output-file requirements/runtime.txt
	$(LOCK) pyproject.toml --all-extras --group build --group dev --constraint requirements/runtime.txt \
		--output-file requirements/dev.txt
	$(LOCK) $(PEERS)/requirements.in --output-file $(PEERS)/requirements.txt
	@if command -v npm >/dev/null; then \
		npm $(if $(UPGRADE),update,install) --silent --package-lock-only --prefix $(PEERS); \
	else \
		echo "There is no npm here: $(PEERS)/package-lock.json stays as it is"; \
	fi
	@! grep -nE '://|--find-links|--index-url' requirements/*.txt $(PEERS)/requirements.txt $(PEERS)/package-lock.json

clean:
	rm -rf $(VENV) $(PEERS_VENV) $(NODE_PACKAGES) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
