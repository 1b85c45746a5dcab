# Entry point for setup, checks and tests. Run `make` to list the targets.
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

export PATH := $(CURDIR)/node_modules/.bin:$(CURDIR)/.tools/bin:$(CURDIR)/.tools/venv/bin:$(PATH)

.PHONY: help
help: ## List these targets
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { printf "  %-20s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

##@ Start here

.PHONY: demo demo-down serve setup
demo: setup ## Create a primary and two replicas on this machine, and verify replication
	@node scripts/demo/demo.ts

demo-down: node_modules ## Remove everything that the demo created
	@node scripts/demo/demo-down.ts

serve: setup ## Start the server on http://localhost:5000
	@node src/main.ts

setup: ## Install missing requirements; safe to repeat
	@scripts/setup/packages.sh
	@scripts/setup/node.sh
	@scripts/setup/docker.sh
	@scripts/setup/terraform.sh
	@scripts/setup/ansible.sh
	@scripts/setup/image.sh
	@scripts/setup/hooks.sh

##@ Work on it

.PHONY: test check format unit node-tests integration fuzz clients e2e soak aws test-aws terraform-test lint-ansible bench
test: setup lint-venv fuzz-venv aws-tools client-tools shells prometheus-tools ## Run everything: checks, all tests, and the counts at the end
	@node scripts/test/run.ts

check: node_modules check-venv ## Format, types, import rules, dead code, generated files (the commit hook)
	@$(MAKE) --keep-going check-format check-types check-imports check-dead-code check-generated check-api check-scripts

unit: node_modules check-venv ## Tests beside their file: no network, no nodes
	@vitest run --project unit

node-tests: setup ## Unit tests of the Python package that runs on nodes
	@node scripts/test/run.ts node

integration: setup fuzz-venv aws-tools shells prometheus-tools ## Tests with a real database, Terraform and SSH
	@vitest run --project integration

fuzz: fuzz-venv ## Send 10,000 generated requests to all routes
	@node scripts/test/run.ts fuzz

clients: setup client-tools ## Compile and run clients of five generators, made from openapi.json
	@node scripts/test/run.ts clients

e2e: setup prometheus-tools ## Tests on real nodes, one after the other
	@vitest run --project e2e

soak: setup ## Long drills on real nodes; HATHI_SOAK_MINUTES sets the quiet part (default: 10)
	@vitest run --project soak

aws: setup aws-tools ## The AWS target on an emulated EC2, with real nodes for its instances
	@node scripts/test/run.ts aws

test-aws: setup ## The AWS target on a real account, which costs money: see docs/how-to/test-against-aws.md
	@node test/aws/real/run.ts

terraform-test: node_modules aws-tools ## The tests of the modules, on each installed Terraform or OpenTofu
	@node scripts/test/run.ts terraform

lint-ansible: lint-venv node_modules ## ansible-lint, production profile
	@node scripts/test/run.ts ansible-lint

format: node_modules ## Format the code and apply automatic fixes
	@biome check --write .

bench: setup ## Run the benchmarks, and write bench/RESULTS.md
	@node bench/run.ts

##@ Parts of the above

.PHONY: check-format check-types check-imports check-dead-code check-generated check-api check-scripts check-venv
check-format: node_modules ## Biome: format and lint
	@biome check .

check-types: node_modules ## The TypeScript compiler
	@tsc --noEmit --incremental --tsBuildInfoFile node_modules/.cache/tsc.tsbuildinfo

check-imports: node_modules ## Import rules (.dependency-cruiser.js)
	@node scripts/check/import-rules.ts

check-dead-code: node_modules ## Files, exports and packages that nothing uses
	@knip --no-config-hints

check-generated: node_modules ## Generated files are up to date
	@node scripts/openapi.ts --check
	@node scripts/reference.ts --check
	@node scripts/client.ts --check

check-scripts: check-venv ## Python (ruff, mypy) and shell scripts (shellcheck)
	@.tools/check-venv/bin/ruff check --quiet .
	@.tools/check-venv/bin/ruff format --check --quiet .
	@.tools/check-venv/bin/mypy --config-file node/mypy.ini --cache-dir .tools/mypy --no-error-summary node/hathi_node
	@scripts/check/shell.sh

check-venv: ## Install ruff, mypy and shellcheck
	@scripts/setup/check.sh

check-api: node_modules ## API style, and breaking changes since the last release
	@node scripts/check/api-style.ts
	@node scripts/check/api-breaking.ts

.PHONY: image tofu lint-venv shells fuzz-venv client-tools prometheus-tools aws-tools openapi client pack catalogue
image: ## Build the image of local nodes, unless it exists
	@scripts/setup/image.sh

tofu: ## Compile OpenTofu as well, so that tests run on both (takes minutes)
	@scripts/setup/terraform.sh tofu

lint-venv: ## Install ansible-lint
	@scripts/setup/ansible.sh lint

shells: ## Install the shells for the completion tests
	@scripts/setup/shells.sh

fuzz-venv: node_modules ## Install Schemathesis
	@scripts/setup/fuzz.sh

prometheus-tools: ## Install Prometheus for the tests of monitoring/
	@scripts/setup/prometheus.sh

client-tools: node_modules ## Install the client generators and the compilers for their output
	@scripts/setup/clients.sh

aws-tools: ## Install the requirements of the AWS tests: an emulated EC2 and the provider
	@scripts/setup/aws.sh
	@scripts/setup/aws-provider.sh
	@scripts/setup/terraform-tools.sh

openapi: node_modules ## Regenerate openapi.json and the reference pages
	@node scripts/openapi.ts
	@node scripts/reference.ts

pack: node_modules ## Build the published packages into .tools/packages
	@node scripts/build.ts

client: node_modules ## Regenerate the typed client from openapi.json
	@node scripts/client.ts

catalogue: node_modules ## Regenerate the catalogue of PostgreSQL settings
	@node scripts/catalogue/extract.ts

.PHONY: clean distclean node_modules
clean: ## Remove the output of tests and checks
	@rm -rf coverage .tools/results

distclean: clean ## Also remove the tools that setup installed into this directory
	@rm -rf node_modules .tools

node_modules: # quick when it is as the lock file says
	@scripts/setup/node.sh
