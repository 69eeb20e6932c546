# Sourced by every script: where things are, and how we speak.
# shellcheck shell=bash disable=SC2034 # the variables are for those who source it
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export ROOT
# Outside the checkout, so that a second checkout starts warm.
export AUTONOMY_CACHE=${AUTONOMY_CACHE:-$HOME/.cache/autonomy}
TOOLS=$AUTONOMY_CACHE/tools
HOST_TARGET=$AUTONOMY_CACHE/build/host
CONTRACTS_TARGET=$AUTONOMY_CACHE/build/contracts
BUNDLES=$ROOT/target/ink

RUST_CONTRACTS=1.85.0
DEBIAN_RUST=1.85.0+dfsg3-1~deb12u3
DEBIAN_LLVM=19
CARGO_CONTRACT_VERSION=5.0.3
CARGO_DENY_VERSION=0.20.2
CARGO_CONTRACT=$TOOLS/cargo-contract-$CARGO_CONTRACT_VERSION/bin/cargo-contract
CARGO_DENY=$TOOLS/cargo-deny-$CARGO_DENY_VERSION/bin/cargo-deny

CARGO_BIN=${CARGO_HOME:-$HOME/.cargo}/bin
[[ ":$PATH:" == *":$CARGO_BIN:"* ]] || export PATH=$CARGO_BIN:$PATH
mkdir -p "$TOOLS/bin" "$ROOT/target"

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# Runs a command and reports how long it took.
timed() {
    local what=$1 started=$SECONDS
    shift
    say "$what"
    "$@"
    say "$what: $((SECONDS - started)) s"
}

# Crates that become Wasm: those another contract could depend on.
contract_names() {
    local manifest
    for manifest in "$1"/*/Cargo.toml; do
        if grep -q '^ink-as-dependency' "$manifest"; then basename "$(dirname "$manifest")"; fi
    done
}

# The pinned compiler for contracts, from rustup where it is installed there, otherwise Debian's.
has_rustup_contract_toolchain() {
    has rustup && rustup run "$RUST_CONTRACTS" rustc --print sysroot >/dev/null 2>&1 \
        && [ -e "$(rustup run "$RUST_CONTRACTS" rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ]
}
has_debian_contract_toolchain() {
    [ -x "$TOOLS/bin/rust-lld" ] && [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && [ -x /usr/bin/cargo-clippy ] \
        && [[ $(/usr/bin/rustc --version) == "rustc $RUST_CONTRACTS"* ]] \
        && [ -e "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ]
}

# Puts the pinned compiler first for the rest of the script.
use_contract_toolchain() {
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET CARGO RUSTC RUSTC_WRAPPER
    if has_rustup_contract_toolchain; then
        export RUSTUP_TOOLCHAIN=$RUST_CONTRACTS
    elif has_debian_contract_toolchain; then
        # Debian's compiler looks for rust-lld on the PATH; the link to wasm-ld stays out of the system's directories.
        export PATH=$TOOLS/bin:/usr/bin:$PATH
    else
        die "Rust $RUST_CONTRACTS with sources and clippy is missing; run 'make setup'"
    fi
}
