#!/usr/bin/env bash
# The same sources give the same code, wherever they lie: builds a copy in another directory, with nothing from the cache,
# and compares every bundle. The answer is remembered for these very sources and compiler.
. "$(dirname "$0")/common.sh"

digest() { (cd "$1" && LC_ALL=C sha256sum ./*.wasm ./*.contract); }

passed=$AUTONOMY_CACHE/reproducible/$(digest "$BUNDLES" | sha256sum | cut -d' ' -f1)
if [ -e "$passed" ]; then
    say "reproducible: verified before"
    exit 0
fi

scratch=$(mktemp -d "${TMPDIR:-/tmp}/autonomy-reproducible.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/elsewhere"
cp -r "$ROOT/contracts" "$scratch/elsewhere/contracts"
CONTRACTS_BUILD_DIR=$scratch/build CONTRACTS_BUNDLE_CACHE=$scratch/bundles \
    "$ROOT/scripts/contracts.sh" "$scratch/elsewhere/contracts" "$scratch/out"

if ! diff <(digest "$BUNDLES") <(digest "$scratch/out"); then
    die "the same sources gave different code in another directory"
fi
mkdir -p "$(dirname "$passed")"
touch "$passed"
say "reproducible: both builds agree"
