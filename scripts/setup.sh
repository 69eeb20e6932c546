#!/usr/bin/env bash
# Installs what is missing, and says what it does. Running it again changes nothing.
. "$(dirname "$0")/common.sh"

HOST_RUST_MINOR=88

apt_updated=no
apt_install() {
    has apt-get || die "please install: $*"
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        has sudo || die "not root and no sudo: please install: $*"
        root=(sudo)
    fi
    say "installing $*"
    if [ $apt_updated = no ]; then
        "${root[@]}" apt-get update -q </dev/null >/dev/null
        apt_updated=yes
    fi
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" </dev/null >/dev/null
}

# ensure <command> <package>: the commands the builds call.
ensure() { has "$1" || apt_install "$2"; }

system_packages() {
    ensure cc gcc
    ensure g++ g++
    ensure make make
    ensure perl perl
    ensure pkg-config pkg-config
    ensure git git
    ensure curl curl
    ensure protoc protobuf-compiler
    [ -e /etc/ssl/certs/ca-certificates.crt ] || apt_install ca-certificates
}

host_toolchain() {
    if ! has cargo; then
        say "installing Rust (stable)"
        curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y -q --profile minimal -c clippy -c rustfmt
    fi
    local minor
    minor=$(rustc --version | sed -n 's/^rustc 1\.\([0-9]*\)\..*/\1/p')
    if [ "${minor:-0}" -lt $HOST_RUST_MINOR ]; then
        has rustup || die "Rust 1.$HOST_RUST_MINOR or newer is needed, found $(rustc --version)"
        say "updating Rust (stable)"
        rustup toolchain install stable --profile minimal -c clippy -c rustfmt --no-self-update
    fi
    cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
    cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
}

# Wasm from newer compilers is rejected at upload (bulk memory), and cargo-contract needs the sources of core and alloc.
contract_toolchain() {
    if has_rustup_contract_toolchain || has_debian_contract_toolchain; then return; fi
    if has rustup; then
        say "installing Rust $RUST_CONTRACTS for the contracts"
        if rustup toolchain install "$RUST_CONTRACTS" --profile minimal -c rust-src -c clippy \
            --target wasm32-unknown-unknown --no-self-update; then
            return
        fi
        say "rustup cannot add it; taking Debian's"
    fi
    # The linker reads the compiler's bitcode, so it must be of the same LLVM; Debian's default is years older.
    apt_install "rustc-web=$DEBIAN_RUST" "cargo-web=$DEBIAN_RUST" "rust-web-src=$DEBIAN_RUST" \
        "libstd-rust-web-dev=$DEBIAN_RUST" "rust-web-clippy=$DEBIAN_RUST" "lld-$DEBIAN_LLVM"
    ln -sf "$(command -v "wasm-ld-$DEBIAN_LLVM")" "$TOOLS/bin/rust-lld"
    has_debian_contract_toolchain || die "no usable Rust $RUST_CONTRACTS"
}

# install_tool <crate> <version>: a cargo-installed tool, in the cache. Compiled for a quick build: each runs
# for seconds only.
install_tool() {
    local crate=$1 version=$2 home=$TOOLS/$1-$2
    [ -x "$home/bin/$crate" ] && return
    local target=$AUTONOMY_CACHE/build/$crate
    say "installing $crate $version (takes minutes, once)"
    CARGO_TARGET_DIR=$target CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_DEBUG=0 \
        cargo install -q "$crate" --version "$version" --locked --root "$home"
    rm -rf "$target"
}

node_js() {
    ensure node nodejs
    ensure npm npm
}

# Steps are named on the command line, so that no command waits for what it does not use.
for step in "$@"; do
    case $step in
        host)
            system_packages
            host_toolchain
            ;;
        contracts)
            contract_toolchain
            install_tool cargo-contract "$CARGO_CONTRACT_VERSION"
            ;;
        policy) install_tool cargo-deny "$CARGO_DENY_VERSION" ;;
        node-js) node_js ;;
        *) die "unknown step $step" ;;
    esac
done
