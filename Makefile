# `make dev` and `make test` do all the set-up there is. Python ≥ 3.11 and make are all they need.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
CDK_CLI := 2.1148.1
VENV := .venv
BIN := $(VENV)/bin
CODE := $(foreach depth,*.py */*.py */*/*.py,$(wildcard $(addsuffix /$(depth),resolvers subscriptions infra local)))
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check
# npm writes it last: the JavaScript clients of the tests are there.
CLIENTS := tests/clients/node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help setup dev devices test conformance check format synth deploy bench bench-compare lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/local.stamp $(VENV)/compiled.stamp subscriptions/operations.graphql docs/access.md ## install what the twin needs and build the playground
	@$(BIN)/python -m local.playground.build

dev: setup ## serve the twin on http://localhost:4000 (ARGS="--reload --port 4001 …")
	@exec $(BIN)/python -m local $(ARGS)

devices: setup ## send readings to the twin over MQTT (ARGS="--count 20 --rate 100 …")
	@exec $(BIN)/python -m local devices $(ARGS)

test: setup $(VENV)/dev.stamp $(CLIENTS) ## run all tests, in three to six minutes (ARGS="-k search …")
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile $(ARGS)

conformance: setup $(VENV)/dev.stamp ## is the twin AppSync? Or ask AppSync (URL=https://… KEY=da2-… [ALL=1])
	@CONFORMANCE_URL='$(URL)' CONFORMANCE_KEY='$(KEY)' CONFORMANCE_ALL='$(ALL)' \
		$(BIN)/python -m pytest -q -rsx tests/conformance $(ARGS)

check: $(VENV)/dev.stamp ## format, lint, types, imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@echo "Checking types (the first time about a minute) …"
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/dev.stamp ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

synth: $(VENV)/dev.stamp subscriptions/operations.graphql ## print the CloudFormation template (ARGS="-c stage=alice")
	@$(BIN)/python -m infra $(ARGS)

# The CLI is npm's; it and all it starts find the Node that came from PyPI.
deploy: $(VENV)/dev.stamp subscriptions/operations.graphql ## deploy a sandbox to AWS and write amplify_outputs.json (ARGS="-c stage=alice")
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npx --yes aws-cdk@$(CDK_CLI) deploy \
		--outputs-file cdk.out/outputs.json $(ARGS)
	@$(BIN)/python -m infra.outputs cdk.out/outputs.json > amplify_outputs.json

bench: setup $(VENV)/dev.stamp ## measure, print one table, write docs/performance.md (PEER=https://… PEER_KEY=… PEER_NAME=…)
	@echo "Measuring (three to four minutes; two more the first time) …"
	@PEER='$(PEER)' PEER_KEY='$(PEER_KEY)' PEER_NAME='$(PEER_NAME)' $(BIN)/python -m bench $(ARGS)

bench-compare: $(VENV)/dev.stamp ## the last two runs as ratios (ARGS="old.json new.json")
	@$(BIN)/python -m bench.compare $(ARGS)

lock: $(VENV)/dev.stamp ## pin the dependency groups of pyproject.toml anew
	@$(PIP) install uv
	@for group in lambda local infra cloud dev; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header \
			--no-emit-index-url --no-emit-find-links --group pyproject.toml:$$group \
			--output-file requirements/$$group.txt; done

clean: ## remove what the commands made, but not the state in .twinberry
	rm -rf $(VENV) build cdk.out local/playground/dist tests/clients/node_modules

# Kept in git, since the bundle needs it; after a clone this may run for nothing, and change nothing.
subscriptions/operations.graphql: schema.graphql infra/operations.py | $(VENV)/local.stamp
	@$(BIN)/python -m infra.operations

docs/access.md: schema.graphql local/access_matrix.py | $(VENV)/local.stamp
	@$(BIN)/python -m local.access_matrix

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Twinberry needs Python 3.11 or later (none found as python3)."; exit 1; }
	@echo "Making a virtual environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV) || { \
		echo "Python's venv module is missing (Debian: apt install python3-venv)."; rm -rf $(VENV); exit 1; }

# MiniStack has an environment of its own inside the first: its pins clash with Strawberry's (ADR 4).
$(VENV)/local.stamp: requirements/local.txt requirements/cloud.txt | $(BIN)/python
	@echo "Installing packages (once, about a minute) …"
	@$(PIP) install -r requirements/local.txt
	@$(BIN)/python -m venv --without-pip $(VENV)/cloud
	@$(PIP) --python $(VENV)/cloud/bin/python install -r requirements/cloud.txt
	@touch $@

# Ahead of the first start, and where PYTHONDONTWRITEBYTECODE would have every start compile anew.
# What does not compile is the twin's to complain about.
$(VENV)/compiled.stamp: $(CODE) | $(VENV)/local.stamp
	@$(BIN)/python -m compileall -qq resolvers subscriptions infra local || true
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt | $(VENV)/local.stamp
	@echo "Installing the test tools (once, about a minute) …"
	@$(PIP) install -r requirements/dev.txt
	@touch $@

$(CLIENTS): tests/clients/package.json tests/clients/package-lock.json | $(VENV)/dev.stamp
	@echo "Installing the JavaScript clients that the tests use (once, about 10 s) …"
	@$(BIN)/npm --prefix tests/clients ci --ignore-scripts --prefer-offline --no-progress --loglevel=error \
		>/dev/null || { echo "They were not installed: without a network, set up once with one."; exit 1; }
	@touch $@
