//! A built contract: its Wasm, the selectors of its messages, and the types it speaks of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

/// A `.contract` bundle.
pub struct Bundle {
    /// The code that would be uploaded.
    pub wasm: Vec<u8>,
    /// Its metadata.
    pub metadata: Value,
    selectors: BTreeMap<String, [u8; 4]>,
}

/// The bundles' folder: `AUTONOMY_BUNDLES`, or `target/ink` of the repository.
pub fn folder() -> PathBuf {
    std::env::var_os("AUTONOMY_BUNDLES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/ink"),
        PathBuf::from,
    )
}

/// The market, read once.
pub fn market() -> &'static Bundle {
    static MARKET: OnceLock<Bundle> = OnceLock::new();
    MARKET.get_or_init(|| Bundle::read(&folder().join("market.contract")))
}

impl Bundle {
    /// Reads a bundle.
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("{}: {error}; build the bundles with `make contracts`", path.display()));
        let metadata: Value = serde_json::from_str(&text).expect("a bundle is JSON");
        let wasm = bytes(&metadata["source"]["wasm"]);
        let spec = &metadata["spec"];
        let selectors = ["constructors", "messages"]
            .iter()
            .flat_map(|kind| spec[kind].as_array().expect("a list of messages"))
            .map(|message| {
                let label = message["label"].as_str().expect("a label").to_string();
                let selector = bytes(&message["selector"]);
                (label, selector.try_into().expect("a selector has four bytes"))
            })
            .collect();
        Self {
            wasm,
            metadata,
            selectors,
        }
    }

    /// Selector of a message or constructor.
    pub fn selector(&self, label: &str) -> [u8; 4] {
        *self
            .selectors
            .get(label)
            .unwrap_or_else(|| panic!("the contract has no message {label}"))
    }

    /// Labels of all messages and constructors.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.selectors.keys().map(String::as_str)
    }

    /// Names of the variants of the enum whose path ends in `path`.
    pub fn variants(&self, path: &[&str]) -> Vec<String> {
        let types = self.metadata["types"].as_array().expect("a registry of types");
        let names = |value: &Value| -> Vec<String> {
            let names = value.as_array().into_iter().flatten();
            names.filter_map(|name| name.as_str().map(str::to_string)).collect()
        };
        let found = types
            .iter()
            .find(|t| names(&t["type"]["path"]).ends_with(&path.iter().map(|p| p.to_string()).collect::<Vec<_>>()))
            .unwrap_or_else(|| panic!("the contract's types do not include {path:?}"));
        found["type"]["def"]["variant"]["variants"]
            .as_array()
            .expect("an enum")
            .iter()
            .map(|variant| variant["name"].as_str().expect("a name").to_string())
            .collect()
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("a hexadecimal string");
    hex::decode(text.trim_start_matches("0x")).expect("hexadecimal")
}
