#!/usr/bin/env bash
# All tests, one heavy thing at a time. The host's test runner speaks last.
. "$(dirname "$0")/common.sh"

contract_tests() {
    CARGO_TARGET_DIR=$CONTRACTS_TARGET cargo test -q --locked --workspace --manifest-path "$ROOT/contracts/Cargo.toml"
}

import_checker_tests() {
    rustc --edition 2021 --test -o "$TOOLS/bin/wasm-imports-test" "$ROOT/scripts/wasm-imports.rs"
    "$TOOLS/bin/wasm-imports-test" -q
}

timed "contracts: unit and property tests" contract_tests
timed "import checker" import_checker_tests
timed "contracts: bundles" "$ROOT/scripts/contracts.sh"
timed "message reference" node "$ROOT/scripts/messages.mjs" --check
timed "contracts: reproducible build" "$ROOT/scripts/test-reproducible.sh"
exec "$ROOT/scripts/host.sh" test
