#!/usr/bin/env bash
# Builds and runs what lives outside the contracts. Every command builds the same selection of packages and features, so
# that no dependency is ever compiled twice.
#   host.sh test | demo | bench | devnet [arguments]
. "$(dirname "$0")/common.sh"

cd "$ROOT"
export CARGO_TARGET_DIR=$HOST_TARGET
selection=(--locked --workspace --all-targets)
bin=$HOST_TARGET/debug

# Where tests and the scenario find the other programs and the bundles.
export AUTONOMY_BUNDLES=$BUNDLES
export AUTONOMY_NODE=$bin/autonomy-node
export AUTONOMY_KEEPER=$bin/keeper

node_packages() {
    local manifest
    for manifest in "$ROOT"/e2e/package.json "$ROOT"/e2e/*/package.json; do
        [ -e "$manifest" ] || continue
        local directory
        directory=$(dirname "$manifest")
        [ "$directory/node_modules/.package-lock.json" -nt "$directory/package-lock.json" ] && continue
        say "npm packages of ${directory#"$ROOT"/}"
        npm ci --prefix "$directory" --no-audit --no-fund --silent </dev/null
    done
}

command=$1
shift
timed "building the host workspace" cargo build "${selection[@]}"
case $command in
    test)
        node_packages
        if has cargo-nextest; then
            cargo nextest run "${selection[@]}" --no-fail-fast "$@"
        else
            cargo test "${selection[@]}" --no-fail-fast "$@"
        fi
        ;;
    demo | bench | devnet) exec "$bin/autonomy-scenario" "$command" "$@" ;;
    *) die "unknown command $command" ;;
esac
