//! What the built code can reach. A contract that holds stake and can run nobody else's code cannot be turned against itself.

use std::collections::BTreeSet;

use contract_tests::bundle::{self, Bundle};
use wasmparser::{Parser, Payload};

/// All that a contract which holds stake may import: its storage, its surroundings, events, plain transfers of value, and
/// the chain extension.
const ALLOWED: [&str; 18] = [
    "address",
    "balance",
    "block_number",
    "call_chain_extension",
    "caller",
    "clear_storage",
    "contains_storage",
    "deposit_event",
    "get_storage",
    "hash_blake2_256",
    "input",
    "memory",
    "minimum_balance",
    "now",
    "seal_return",
    "set_storage",
    "transfer",
    "value_transferred",
];

/// Contracts that may dispatch a call of the chain: the handover, by proxy for accounts that delegated to it.
const DISPATCHES: [&str; 1] = ["handover"];

/// Contracts that hold stake.
const HOLDS_STAKE: [&str; 2] = ["market", "conviction"];

/// What no contract may import, because it could then run other code as itself, change its code, or vanish.
const NEVER: [&str; 5] = ["delegate_call", "set_code_hash", "terminate", "xcm_execute", "xcm_send"];

fn imports(wasm: &[u8]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ImportSection(section) = payload.expect("built code parses") {
            for import in section {
                let name = import.expect("an import").name;
                // The host knows most functions under a second name with a prefix; `seal_return` only under that one.
                let plain = match name {
                    "seal_return" => name,
                    _ => name.strip_prefix("seal_").unwrap_or(name),
                };
                names.insert(plain.to_string());
            }
        }
    }
    names
}

fn bundles() -> Vec<(String, Bundle)> {
    let folder = bundle::folder();
    let files = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}; run `make contracts`", folder.display()));
    files
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|e| e == "contract"))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, Bundle::read(&path))
        })
        .collect()
}

#[test]
fn a_contract_that_holds_stake_reaches_no_other_code() {
    let bundles = bundles();
    assert!(bundles.iter().any(|(name, _)| name == "market"), "the market is built");
    for (name, bundle) in bundles.iter().filter(|(name, _)| HOLDS_STAKE.contains(&name.as_str())) {
        let imports = imports(&bundle.wasm);
        let refused: Vec<_> = imports.iter().filter(|i| !ALLOWED.contains(&i.as_str())).collect();
        assert!(refused.is_empty(), "{name} imports {refused:?}");
        assert!(
            imports.contains("call_chain_extension"),
            "{name} is read correctly: it does use the chain extension"
        );
    }
}

#[test]
fn no_contract_can_change_its_code_run_other_code_as_itself_or_vanish() {
    for (name, bundle) in bundles() {
        let imports = imports(&bundle.wasm);
        for never in NEVER {
            assert!(!imports.contains(never), "{name} imports {never}");
        }
        let dispatches = imports.contains("call_runtime");
        assert!(!dispatches || DISPATCHES.contains(&name.as_str()), "{name} dispatches");
    }
}

#[test]
fn the_check_sees_a_forbidden_import() {
    let text = r#"(module (import "seal0" "seal_terminate" (func (param i32))) (import "seal1" "call" (func)))"#;
    let forged = imports(&wat::parse_str(text).expect("a module"));
    assert!(forged.contains("terminate") && forged.contains("call"));
}
