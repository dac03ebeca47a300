# Everything a person does with this repository, by name. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PATHS := outscope services deploy client tests bench docs

MESSAGES := $(sort $(wildcard proto/outscope/v1/*.proto))
SERVICES := $(filter %_service.proto,$(MESSAGES))
# Where `make proto` writes; the lint regenerates elsewhere and compares.
OUT ?= .
# For each of the parsers; with the default all of them take about two minutes.
FUZZ_SECONDS ?= 5
CHAOS_FAULTS ?= 200
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
SEED ?= 0

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STAMP) ## Install everything into .venv/ from the lock

$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "OutScope needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Installing into $(VENV)/ (about a minute the first time)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements.lock
	@touch $@

.PHONY: run
run: setup ## Start the whole system, perform a first check, keep serving (FQDN=example.com to check that name)
	@exec $(BIN)/python -m deploy.local --first-check $(if $(CERTS),--certificates $(CERTS))

.PHONY: test
test: setup lint unit contract verdicts system ## Install, then run every check and test that is done in ten minutes

.PHONY: lint
lint: setup ## Style, types, import contracts, sizes, stubs, protos, docs in step with the code
	$(BIN)/ruff check $(PATHS)
	$(BIN)/ruff format --check $(PATHS)
	$(BIN)/mypy
	PYTHONPATH=client $(BIN)/lint-imports --no-cache
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pytest -q tests/architecture

.PHONY: unit
unit: setup ## Tests without a socket
	$(BIN)/pytest -q -n 2 tests/unit

.PHONY: contract
contract: setup ## REST and gRPC as they are documented
	$(BIN)/pytest -q tests/contract --ignore=tests/contract/client --ignore=tests/contract/console

.PHONY: client
client: setup ## The client and its command line against the running system, and the examples of their pages
	$(BIN)/pytest -q tests/contract/client

.PHONY: integration
integration: setup ## Each part against the real Postgres, NATS, TLS it talks to
	# One after another: each starts servers of its own, and would wait for those of its neighbour.
	$(BIN)/pytest -q tests/integration --ignore=tests/integration/prober -m "not slow"

.PHONY: hostile
hostile: setup ## The prober against servers that answer, and all that don't as they should
	$(BIN)/pytest -q tests/integration/prober -m "not slow"

.PHONY: verdicts
verdicts: setup ## Judge the corpus of recorded shapes: matrices, figures, and what nobody accepted
	@$(BIN)/python -m tests.corpus

.PHONY: rules
rules: setup ## After a change to a rule: raise the version of the rule pack, also in examples, and list the rules anew
	@$(BIN)/python -m tests.corpus.seal
	@$(BIN)/python -m docs.render

.PHONY: real-verdicts
real-verdicts: setup ## Install, start and judge real servers: matrices, figures, and what nobody accepted
	@$(BIN)/python -m tests.servers.installing
	$(BIN)/pytest -q tests/servers

.PHONY: receivers
receivers: setup ## Install what receivers verify with, and run those of docs/webhooks.md
	@$(BIN)/python -m tests.contract.receivers.installing
	$(BIN)/pytest -q tests/contract/receivers

.PHONY: console-check
console-check: setup ## Install a browser where that may be done, and look at each page of the console
	@$(BIN)/python -m tests.contract.console.installing
	$(BIN)/pytest -q tests/contract/console

.PHONY: system
system: setup ## Tests through the whole running system, with processes killed and servers restarted
	$(BIN)/pytest -q tests/e2e -m "not slow"

.PHONY: regions
regions: setup ## Three regions as network namespaces, and a target that answers each differently (takes root)
	$(BIN)/pytest -q tests/regions

.PHONY: slow
slow: setup ## The tests that take longer than a minute
	$(BIN)/pytest -q tests -m slow

.PHONY: format
format: setup ## Rewrite the code in its one style
	$(BIN)/ruff check --fix-only --quiet $(PATHS)
	$(BIN)/ruff format --quiet $(PATHS)

.PHONY: proto
proto: setup ## Generate outscope/v1 from proto/
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m grpc_tools.protoc -Iproto --python_out=$(OUT) --mypy_out=quiet:$(OUT) $(MESSAGES)
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m grpc_tools.protoc -Iproto --grpc_python_out=$(OUT) --mypy_grpc_out=quiet:$(OUT) $(SERVICES)

.PHONY: docs
docs: setup ## Render the pages of docs/ that come from code
	$(BIN)/python -m docs.render

.PHONY: lock
lock: setup ## Resolve pyproject.toml, the real servers of tests and what drives their browser, again into requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --all-extras --no-emit-index-url --output-file requirements.lock pyproject.toml
	cd tests/servers && $(CURDIR)/$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-emit-index-url --output-file requirements.lock requirements.in
	cd tests/contract/console && $(CURDIR)/$(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url --no-emit-package typing-extensions \
	  --output-file requirements.lock requirements.in

.PHONY: trace
trace: setup ## Start a system and a collector, have one check carried out, and print its trace
	@$(BIN)/python -m tests.e2e.show_trace

.PHONY: bench
bench: setup ## Measure beside named peers (make bench B=prober for one part); writes bench/results.json
	$(BIN)/python -m bench $(B)

.PHONY: audit
audit: setup ## Prove on the running system that nothing is lost or doubled (of make run, or DATABASE_URL and NATS_URL)
	@$(BIN)/python -m deploy.local.audit

.PHONY: certs
certs: setup ## Make certificates for development in .certificates/, and renew them (DAYS=90); then make run CERTS=.certificates
	@$(BIN)/python -m deploy.certificates $(if $(DAYS),--days $(DAYS))

.PHONY: region
region: setup ## Add a vantage point to deploy/k8s (NAME=ap-south-1; EDGE=1 for one in another cluster; TAGS=continent:as; OWNER=acc_…)
	@$(BIN)/python -m deploy.region $(NAME) $(if $(EDGE),--edge) $(if $(TAGS),--tags $(TAGS)) $(if $(OWNER),--owner $(OWNER))

.PHONY: secrets
secrets: setup ## Print the Secrets of a new installation on Kubernetes, with fresh values
	@$(BIN)/python -m deploy.region --secrets

.PHONY: k8s-check
k8s-check: setup ## Render what runs on Kubernetes, hold it against the schemas and the rules for pods
	$(BIN)/pytest -q tests/kubernetes

.PHONY: alerts-check
alerts-check: setup ## Try the alerts with promtool, and hold them and the dashboards against the metrics there are
	$(BIN)/pytest -q tests/observability

.PHONY: image
image: ## Build the image (PYTHON_IMAGE=python@sha256:… pins its base by digest)
	docker build --file deploy/Dockerfile $(if $(PYTHON_IMAGE),--build-arg PYTHON_IMAGE=$(PYTHON_IMAGE)) --tag outscope:$(VERSION) .

.PHONY: sbom
sbom: ## Write what the image holds to sbom/, as the build made it
	docker build --file deploy/Dockerfile $(if $(PYTHON_IMAGE),--build-arg PYTHON_IMAGE=$(PYTHON_IMAGE)) --target sbom --output sbom .

.PHONY: fuzz
fuzz: setup ## Feed noise to every parser, FUZZ_SECONDS to each (make fuzz T=dns_response for one)
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS) $(T)

.PHONY: chaos
chaos: setup ## Break a running system CHAOS_FAULTS times while it works, and count what was lost (SEED=N replays)
	$(BIN)/python -m tests.chaos --faults $(CHAOS_FAULTS) --seed $(SEED)

.PHONY: chaos-smoke
chaos-smoke: setup ## The same with few faults, and always the same ones
	$(BIN)/python -m tests.chaos --faults 31 --seed 1

.PHONY: ci
# As root nothing of it is left out for want of namespaces.
ci: export OUTSCOPE_NAMESPACES := required
ci: test client console-check k8s-check alerts-check integration hostile regions slow real-verdicts receivers bench-smoke fuzz-smoke chaos-smoke ## What must pass before a change lands

.PHONY: bench-smoke
bench-smoke: setup ## Every benchmark, briefly: shows that it runs, not how fast
	OUTSCOPE_BENCH_QUICK=1 $(BIN)/python -m bench --output /dev/null

.PHONY: fuzz-smoke
fuzz-smoke: setup ## Every fuzz target, briefly and with the same draws: a change is judged by its own
	$(BIN)/python -m tests.fuzz --runs 10000 --seconds 15 --seed 1

.PHONY: clean
clean: ## Remove what was installed, started or cached here
	rm -rf $(VENV) .outscope .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .fuzz
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
