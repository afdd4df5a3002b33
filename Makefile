# Thin lines over `python -m generator` and the test runner; `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
SPEC ?= spec.yaml
RUNTIME ?=
GENERATOR := $(PY) -m generator
ON := $(if $(RUNTIME),--runtime $(RUNTIME))

.DEFAULT_GOAL := help
.PHONY: help up down status logs clean-data generate check diff tools test test-fast integration lint format bench golden lock load alert-test

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(VENV)/run ## Set up what is missing, render, start everything, wait until it is healthy (RUNTIME=native|docker)
	@$(GENERATOR) up --spec $(SPEC) $(ON)

down: $(VENV)/run ## Stop everything; the data stays
	@$(GENERATOR) down --spec $(SPEC)

status: $(VENV)/run ## What runs, and where
	@$(GENERATOR) status --spec $(SPEC)

logs: $(VENV)/run ## The last lines of every server's log
	@$(GENERATOR) logs --spec $(SPEC)

clean-data: $(VENV)/run ## Stop everything and delete its data, after asking
	@read -r -p "Delete all metrics, alerts and Grafana's data of this stack? Type yes: " answer && [ "$$answer" = yes ]
	@$(GENERATOR) down --spec $(SPEC) --delete-data

load: $(VENV)/load ## Traffic on the sample platform (SCENARIO=NAME raises an alert; LOAD="--list" and other options)
	@$(GENERATOR) load --spec $(SPEC) -- $(if $(SCENARIO),--scenario $(SCENARIO)) $(LOAD)

alert-test: $(VENV)/run ## Send a test alert by the real route (RECEIVER=name)
	@$(GENERATOR) alert-test --spec $(SPEC) "$(RECEIVER)"

generate: $(VENV)/run ## Render spec.yaml into the tree
	@$(GENERATOR) generate --spec $(SPEC)

check: $(VENV)/run ## The spec is valid, the tree is what it says, every server's own checker accepts its file
	@$(GENERATOR) check --spec $(SPEC)

diff: $(VENV)/run ## What generate would change
	@$(GENERATOR) diff --spec $(SPEC)

tools: $(VENV)/run ## Bring promtool, amtool and the servers here where they are missing (no root)
	@$(GENERATOR) tools --spec $(SPEC)

test: $(VENV)/dev tools ## Lint, types and all tests; ends with what was proven against which real server
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy generator sample_app tests bench
	@$(GENERATOR) check --spec $(SPEC)
	@$(PY) -m pytest -n 2 --dist loadscope --no-loadscope-reorder $(TESTS)

test-fast: $(VENV)/dev ## The tests that need no server
	@$(PY) -m pytest -m "not server and not integration and not docker"

soak: $(VENV)/dev ## An hour of healthy traffic, restarts and a deploy, in which nobody may be paged (SOAK_MINUTES)
	@SOAK_MINUTES=$${SOAK_MINUTES:-60} $(PY) -m pytest tests/integration/soak

lint: $(VENV)/dev ## ruff and mypy
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy generator sample_app tests bench

format: $(VENV)/dev ## Format the code
	@$(VENV)/bin/ruff format . && $(VENV)/bin/ruff check --fix .

bench: $(VENV)/dev tools ## The benchmarks, with their peers in the same run (BENCH=--quick for fewer passes)
	@$(PY) -m bench $(BENCH)

golden: $(VENV)/dev ## Rewrite the expectations of the golden cases; review the diff like code
	@UPDATE_GOLDEN=1 $(PY) -m pytest tests/golden -q

lock: $(VENV)/dev ## Pin every dependency anew, by hash
	@compile="$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-annotate --python-version 3.11 --custom-compile-command 'make lock' pyproject.toml"; \
	eval "$$compile -o requirements.lock" && eval "$$compile --group dev -o requirements-dev.lock" && \
	eval "$${compile/ pyproject.toml/} --group sample -o sample_app/requirements.lock" && \
	eval "$${compile/ pyproject.toml/} --group load -c requirements.lock -o sample_app/traffic/requirements.lock"

# The virtual environment: one for running, one step more for developing.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with PYTHON=python3.x" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "the venv module is missing; install it: apt install python3-venv" >&2; exit 1; }

$(VENV)/run: requirements.lock | $(VENV)/bin/python
	@echo "setting up the virtual environment (once)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/load: sample_app/traffic/requirements.lock | $(VENV)/run
	@echo "setting up the load generator (once)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r sample_app/traffic/requirements.lock
	@touch $@

$(VENV)/dev: requirements-dev.lock | $(VENV)/bin/python
	@echo "setting up the virtual environment for tests (once)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/run
