#!/bin/bash
# Runs a standard JavaScript client against a node.
# Usage: run.sh <endpoint> <contract.wasm>
set -euo pipefail
cd "$(dirname "$0")"
command -v npm >/dev/null || { echo "npm is needed (Debian: apt-get install nodejs npm)" >&2; exit 1; }
# Installed only when the lock file is newer, so that a second run needs no network.
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
    npm ci --no-audit --no-fund --ignore-scripts
fi
exec node polkadot-api.mjs "$@"
