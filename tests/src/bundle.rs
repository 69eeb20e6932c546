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
    named("market")
}

/// A contract by its name, read once.
pub fn named(name: &'static str) -> &'static Bundle {
    static ALL: OnceLock<BTreeMap<&'static str, Bundle>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let read = |name| (name, Bundle::read(&folder().join(format!("{name}.contract"))));
        ["conviction", "emission", "handover", "market", "registry"]
            .map(read)
            .into()
    });
    all.get(name).unwrap_or_else(|| panic!("there is no contract {name}"))
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

    /// Hash of the code, as the chain names it.
    pub fn code_hash(&self) -> [u8; 32] {
        bytes(&self.metadata["source"]["hash"])
            .try_into()
            .expect("a hash has 32 bytes")
    }

    /// What a message or constructor refuses with, by the names in the metadata: `Rule.TooEarly` for an error within an error.
    /// `error` is encoded without the results around it.
    pub fn refusal(&self, label: &str, error: &[u8]) -> String {
        let spec = &self.metadata["spec"];
        let message = ["constructors", "messages"]
            .iter()
            .flat_map(|kind| spec[kind].as_array().expect("a list of messages"))
            .find(|message| message["label"] == label)
            .unwrap_or_else(|| panic!("the contract has no message {label}"));
        let outer = &message["returnType"]["type"];
        let inner = self.parameter(outer, "T");
        self.variant(&self.parameter(&inner, "E"), error)
    }

    fn kind(&self, id: &Value) -> &Value {
        &self.metadata["types"][usize::try_from(id.as_u64().expect("the id of a type")).expect("an index")]["type"]
    }

    fn parameter(&self, id: &Value, name: &str) -> Value {
        let parameters = self.kind(id)["params"].as_array().expect("a generic type");
        let found = parameters.iter().find(|parameter| parameter["name"] == name);
        found.expect("a result has this parameter")["type"].clone()
    }

    fn variant(&self, id: &Value, error: &[u8]) -> String {
        let index = u64::from(*error.first().expect("an error is not empty"));
        let variants = self.kind(id)["def"]["variant"]["variants"].as_array();
        let variants = variants.expect("an error is an enum");
        let found = variants.iter().find(|variant| variant["index"] == index);
        let found = found.unwrap_or_else(|| panic!("no variant {index} in {id}"));
        let name = found["name"].as_str().expect("a name");
        let fields = found["fields"].as_array().map_or(&[] as &[Value], Vec::as_slice);
        match fields {
            [field] if field["name"].is_null() && self.kind(&field["type"])["def"]["variant"].is_object() => {
                format!(
                    "{name}.{}",
                    self.variant(&field["type"], error.get(1..).unwrap_or_default())
                )
            }
            _ => name.to_string(),
        }
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
