# Each command installs what it lacks, says what it does, and can be run again at any time.
# Build output and tools live in AUTONOMY_CACHE (default ~/.cache/autonomy), outside the checkout.
.PHONY: help setup demo test bench devnet contracts docs lint
.NOTPARALLEL:

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: ## install every tool the other commands need
	scripts/setup.sh host contracts policy node-js

demo: ## the whole suite end to end on a development node; writes target/demo/summary.json
	scripts/setup.sh host contracts
	scripts/contracts.sh
	scripts/host.sh demo

test: ## all tests: kernel, contracts, sandbox, keeper, end to end over RPC
	scripts/setup.sh host contracts node-js
	scripts/test.sh

bench: ## costs of every message and of the keeper; writes target/bench/*.json, compares with the snapshot
	scripts/setup.sh host contracts
	scripts/contracts.sh
	scripts/host.sh bench

devnet: ## the development node with the suite deployed, until stopped
	scripts/setup.sh host contracts
	scripts/contracts.sh
	scripts/host.sh devnet

contracts: ## .contract bundles and metadata in target/ink
	scripts/setup.sh host contracts
	scripts/contracts.sh

docs: ## docs/messages.md from the contracts' metadata
	scripts/setup.sh host contracts node-js
	scripts/contracts.sh
	node scripts/messages.mjs

lint: ## format, clippy, scripts, dependency policy
	scripts/setup.sh host policy
	scripts/lint.sh
