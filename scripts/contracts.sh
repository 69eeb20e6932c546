#!/usr/bin/env bash
# Builds every contract into target/ink/<name>.{contract,json,wasm}.
#   contracts.sh [source directory] [output directory]
# Unchanged contracts (sources, lock, compiler, this script) are taken from the cache.
. "$(dirname "$0")/common.sh"

source_dir=${1:-$ROOT/contracts}
output=${2:-$BUNDLES}
compiler=$ROOT/scripts/rustc-contracts.sh
# cargo does not notice when a wrapper of the compiler changes: another wrapper, another directory.
recipe=$(grep -v '^#' "$compiler" | sha256sum | cut -c1-8)
build=${CONTRACTS_BUILD_DIR:-$AUTONOMY_CACHE/build}/ink-$recipe
cache=${CONTRACTS_BUNDLE_CACHE:-$AUTONOMY_CACHE/bundles}
stage=$build/source

use_contract_toolchain
[ -x "$CARGO_CONTRACT" ] || die "cargo-contract $CARGO_CONTRACT_VERSION is missing; run 'make setup'"
mkdir -p "$build" "$cache" "$output"
# The stage is one directory for all checkouts: only one build at a time may own it.
exec 9>"$build/lock"
flock 9

mapfile -t contracts < <(contract_names "$source_dir")
[ ${#contracts[@]} -gt 0 ] || die "no contract crates in $source_dir"

# Files that decide the code: tests and prose do not. Contracts include no other kind of file.
sources() {
    (cd "$source_dir" && find "$@" -type f \( -name '*.rs' -o -name 'Cargo.*' \) \
        -not -path '*/target/*' -not -path '*/tests/*' -not -path '*/benches/*' | LC_ALL=C sort)
}

libraries() {
    local manifest name
    for manifest in "$source_dir"/*/Cargo.toml; do
        name=$(basename "$(dirname "$manifest")")
        [[ " ${contracts[*]} " == *" $name "* ]] || echo "$name"
    done
}
mapfile -t libraries < <(libraries)

# Compiled from one file whenever it changes.
import_checker() {
    local source=$ROOT/scripts/wasm-imports.rs binary
    binary=$TOOLS/bin/wasm-imports-$(sha256sum "$source" | cut -c1-16)
    [ -x "$binary" ] || rustc --edition 2021 -O -o "$binary" "$source"
    echo "$binary"
}

# No contract may ever change its code, run other code in its own name, or disappear, whatever its list says.
never='^(seal_)?(delegate_call|set_code_hash|terminate|xcm_execute|xcm_send)$'

# The custody rule: a contract reaches only the host functions on its list.
check_imports() {
    local contract=$1 lists=("$source_dir/host-functions.txt") imports refused
    [ -e "${lists[0]}" ] || lists=("$ROOT/contracts/host-functions.txt")
    [ -e "$source_dir/$contract/host-functions.txt" ] && lists+=("$source_dir/$contract/host-functions.txt")
    imports=$("$checker" "$2")
    refused=$(
        grep -E "$never" <<<"$imports" || true
        grep -v -x -F -f <(grep -h -v '^#' "${lists[@]}") <<<"$imports" || true
    )
    [ -z "$refused" ] || die "$contract imports what it must not: $(sort -u <<<"$refused" | tr '\n' ' ')"
}

key_of() {
    {
        rustc -vV
        "$CARGO_CONTRACT" --version
        echo "$recipe"
        declare -f stage_sources build_contract
        cd "$source_dir"
        sources Cargo.lock Cargo.toml "${libraries[@]}" "$1" | xargs -d '\n' sha256sum
    } | sha256sum | cut -d' ' -f1
}

# cargo-contract builds each contract from a copy of its manifest in a temporary directory. For a member of a workspace it
# leaves the lock file behind, and dependencies float. In the stage every contract is the root of its own workspace with
# the committed lock beside it; all of them then share one target directory, too. Files keep their time stamps unless
# their content changes, so that cargo rebuilds only what did.
stage_sources() {
    local file contract
    while read -r file; do
        if ! cmp -s "$source_dir/$file" "$stage/$file"; then
            install -D -m 644 "$source_dir/$file" "$stage/$file"
        fi
    done < <(sources Cargo.toml "${libraries[@]}" "${contracts[@]}" | grep -v -x -F "$(printf '%s/Cargo.toml\n' "${contracts[@]}")")
    for contract in "${contracts[@]}"; do
        grep -q '^authors' "$source_dir/$contract/Cargo.toml" || die "$contract/Cargo.toml: cargo-contract needs authors"
        { cat "$source_dir/$contract/Cargo.toml" && printf '\n[workspace]\nresolver = "3"\n'; } >"$stage/manifest"
        mkdir -p "$stage/$contract"
        cmp -s "$stage/manifest" "$stage/$contract/Cargo.toml" || cp "$stage/manifest" "$stage/$contract/Cargo.toml"
        cp "$source_dir/Cargo.lock" "$stage/$contract/Cargo.lock"
    done
    # A file that is gone from the sources must not go on being compiled.
    (cd "$stage" && find . -type f -name '*.rs' | sed 's|^\./||') | while read -r file; do
        [ -e "$source_dir/$file" ] || rm -f "$stage/$file"
    done
}

# cargo-contract skips the post-processing when it finds its own output for the same raw Wasm.
build_contract() {
    rm -f "$build/ink/$1".{wasm,json,contract}
    RUST_BACKTRACE=0 RUSTC_WRAPPER=$compiler AUTONOMY_STAGE=$stage CARGO_TARGET_DIR=$build CARGO_INCREMENTAL=0 CARGO_TERM_COLOR=never \
        "$CARGO_CONTRACT" contract build --release --quiet --manifest-path "$stage/$1/Cargo.toml"
}

checker=$(import_checker)
staged=no
for contract in "${contracts[@]}"; do
    key=$(key_of "$contract")
    kept=$cache/$contract-$key
    if [ ! -e "$kept/$contract.contract" ]; then
        if [ $staged = no ]; then
            mkdir -p "$stage"
            stage_sources
            staged=yes
        fi
        timed "building $contract" build_contract "$contract"
        rm -rf "$kept.new" "$kept"
        mkdir -p "$kept.new"
        cp "$build/ink/$contract".{wasm,json,contract} "$kept.new"
        mv "$kept.new" "$kept"
    fi
    check_imports "$contract" "$kept/$contract.wasm"
    for kind in wasm json contract; do
        cmp -s "$kept/$contract.$kind" "$output/$contract.$kind" || cp "$kept/$contract.$kind" "$output/$contract.$kind"
    done
    printf '%-12s %6d bytes  code hash %s\n' "$contract" "$(stat -c %s "$output/$contract.wasm")" \
        "$(sed -n 's/.*"hash": "\(0x[0-9a-f]*\)".*/\1/p' "$output/$contract.json" | head -n 1)"
done
