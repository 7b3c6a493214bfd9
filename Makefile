# Every command of the project. `make` alone explains them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
SAM := .local/sam/bin/sam
# Tests in parallel: one process a core.
JOBS ?= auto
STAGE ?= dev
# Deployments run on arm64 unless told otherwise; the local cloud always builds for this machine.
ARCH ?= arm64
REGION ?= $(or $(AWS_REGION),$(AWS_DEFAULT_REGION),us-east-1)
DEPLOY_BUILD := .aws-sam/deploy-$(ARCH)

export SAM_CLI_TELEMETRY := 0
# Warnings of a package index about itself are nobody's news.
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help: ## explain every command
	@echo "Switchhook: calls that end in a PBX become Salesforce tasks."
	echo
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## make the Python environment for development (every other command does it when needed)
	@local/environment.sh dev

.PHONY: demo
demo: setup ## show everything on one machine and stay until Ctrl-C; ONCE=1 stops by itself
	@$(BIN)/python -m local.demo

.PHONY: up
up: setup ## start the local cloud and org in the background and print their addresses; PORT=3000 fixes the API's port
	@$(BIN)/python -m local.cloud up

.PHONY: down
down: setup ## stop the local cloud and org; what they stored stays
	@$(BIN)/python -m local.cloud down

.PHONY: reset
reset: setup ## empty the local cloud and org, running or not
	@$(BIN)/python -m local.cloud reset

.PHONY: status
status: setup ## print the addresses of the running local cloud, or "down"
	@$(BIN)/python -m local.cloud status

.PHONY: test
test: tools prepare ## run every test
	@mkdir -p .local
	$(PYTEST) -n $(JOBS) --junitxml=.local/junit.xml tests orgsim/tests

.PHONY: check
check: setup ## check format, lint, types and templates and run the unit tests
	@local/environment.sh sam
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --python-version 3.12 orgsim/src/orgsim
	.local/sam/bin/cfn-lint --append-rules cfn_lint_serverless.rules -- template.yaml
	AWS_DEFAULT_REGION=$(REGION) $(SAM) validate --lint
	$(PYTEST) -n $(JOBS) -q --hypothesis-profile=check tests/unit tests/property

.PHONY: docs
docs: tools ## write the pages that are made from the code
	@for page in settings rules; do
	  PYTHONPATH=layers/switchhook $(BIN)/python -m local.$${page}_page > docs/$$page.md.new
	  mv docs/$$page.md.new docs/$$page.md
	done

.PHONY: bench
bench: tools prepare ## measure what matters and print one table
	@$(BIN)/python bench/run.py

.PHONY: build
build: prepare ## build functions and layer for this machine

.PHONY: deploy
deploy: setup ## build for AWS and deploy: STAGE=dev, ARCH=arm64 or x86_64, PARAMETERS="Name=value ..."
	@local/environment.sh sam
	export ARCH=$(ARCH) PATH="$$PWD/$(BIN):$$PATH"
	$(SAM) build --cached --parallel --build-dir $(DEPLOY_BUILD) --cache-dir .aws-sam/cache/$(ARCH) \
		--parameter-overrides Architecture=$(ARCH)
	$(SAM) deploy --config-file "$$PWD/samconfig.toml" --template-file $(DEPLOY_BUILD)/template.yaml --stack-name switchhook-$(STAGE) \
		--tags application=switchhook stage=$(STAGE) \
		--parameter-overrides Stage=$(STAGE) Architecture=$(ARCH) $(PARAMETERS)

.PHONY: layer-size
layer-size: prepare ## print the layer's size, unzipped and zipped, and its largest packages
	@cd .aws-sam/build/SwitchhookLayer
	echo "unzipped $$(du -sm python | cut -f1) MB of 250 MB, zipped $$(( $$(tar cz python | wc -c) / 1048576 )) MB"
	du -sm python/* | sort -rn | head -12

.PHONY: clean
clean: down ## remove everything that was built or stored here, and the environments
	@rm -rf .local .aws-sam .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

.PHONY: prepare
prepare: setup
	@$(BIN)/python -m local.build

.PHONY: tools
tools:
	@[ -x /usr/bin/chromium ] || { echo "Chromium is missing at /usr/bin/chromium: install Debian's package 'chromium'; the browser tests need it." >&2; exit 1; }
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "Node 20 or newer with npm is missing: the tests of real Salesforce clients need it." >&2; exit 1; }
