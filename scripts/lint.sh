#!/usr/bin/env bash
# Format, clippy with warnings as errors, shell scripts, and the dependency policy.
. "$(dirname "$0")/common.sh"

# `cargo clippy` checks every dependency once more, which for polkadot-sdk takes half as long as building it. Here clippy is
# the compiler of the workspace's own crates within the very build that the tests use, so dependencies are compiled once.
# Our own code is linted at opt-level 0: what it compiles to is thrown away.
clippy_workspace() {
    local driver
    driver=$(rustup which clippy-driver 2>/dev/null || command -v clippy-driver)
    (
        cd "$1"
        export CARGO_TARGET_DIR=$2 CARGO_PROFILE_DEV_OPT_LEVEL=0 CARGO_PROFILE_DEV_DEBUG=0
        export RUSTC_WORKSPACE_WRAPPER=$driver CLIPPY_ARGS=-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__
        cargo build --locked --workspace --all-targets
    )
}

format() {
    cargo fmt --all --check
    cargo fmt --all --check --manifest-path "$ROOT/contracts/Cargo.toml"
    rustfmt --edition 2021 --check "$ROOT"/scripts/*.rs
}

scripts() {
    if has shellcheck; then
        (cd "$ROOT" && shellcheck -x -P scripts scripts/*.sh .ci/run)
    else
        say "shellcheck is not installed; checking syntax only"
        for script in "$ROOT"/scripts/*.sh "$ROOT/.ci/run"; do bash -n "$script"; done
    fi
}

# Needs no network: advisories, the one check that would, are CI's business elsewhere.
dependency_policy() {
    "$CARGO_DENY" --offline --locked --manifest-path "$1/Cargo.toml" --config "$ROOT/deny.toml" \
        check --hide-inclusion-graph -A parse-error -A unused-wrapper bans licenses sources
}

cd "$ROOT"
timed "format" format
timed "scripts" scripts
timed "clippy: contracts" clippy_workspace "$ROOT/contracts" "$CONTRACTS_TARGET"
timed "clippy: host" clippy_workspace "$ROOT" "$HOST_TARGET"
timed "dependency policy: contracts" dependency_policy "$ROOT/contracts"
timed "dependency policy: host" dependency_policy "$ROOT"
