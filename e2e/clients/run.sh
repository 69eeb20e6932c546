#!/bin/sh
# Runs a standard JavaScript client against a node.
# Usage: run.sh <endpoint> <contract.wasm>
set -eu
cd "$(dirname "$0")"
command -v npm >/dev/null || { echo "npm is needed (Debian: apt-get install nodejs npm)" >&2; exit 1; }
# Installed only when the lock file is newer, so that a second run needs no network.
if ! cmp -s package-lock.json node_modules/.lock; then
    npm ci --no-audit --no-fund --ignore-scripts
    cp package-lock.json node_modules/.lock
fi
exec node polkadot-api.mjs "$@"
