//! A contract bundle: the code and the metadata that says how to talk to it.

use std::path::{Path, PathBuf};

use codec::Encode;
use ink_metadata::{InkProject, MessageParamSpec, Selector};
use scale_info::form::PortableForm;
use scale_info::PortableRegistry;
use scale_value::Value;

use crate::value::{self, ArgumentError};

/// Version of ink's metadata this keeper reads.
const METADATA_VERSION: u64 = 5;

/// Why a bundle cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    /// The file is not a bundle.
    #[error("{} is not a contract bundle: {reason}", path.display())]
    Malformed { path: PathBuf, reason: String },
    /// The bundle's code is not the one its metadata names.
    #[error("the bundle names code 0x{}, but holds 0x{}", hex::encode(.named), hex::encode(.held))]
    CodeHash { named: Vec<u8>, held: [u8; 32] },
    /// No message or constructor of that name.
    #[error("{contract} has no {kind} {name}; it has {known}")]
    Unknown {
        contract: String,
        kind: &'static str,
        name: String,
        known: String,
    },
    /// Too few or too many arguments.
    #[error("{name} takes {expected} arguments ({names}), got {got}")]
    ArgumentCount {
        name: String,
        expected: usize,
        names: String,
        got: usize,
    },
    /// An argument is not of its type.
    #[error("argument {argument} of {name}: {source}")]
    Argument {
        name: String,
        argument: String,
        source: ArgumentError,
    },
    /// The bundle's types are not those this keeper was built for.
    #[error("the bundle's {what} is not the one this keeper knows: {difference}")]
    Incompatible { what: &'static str, difference: String },
    /// Bytes that do not decode to what the metadata says.
    #[error("cannot decode {what}: {reason}")]
    Decode { what: String, reason: String },
}

/// A contract's code and metadata.
#[derive(Debug)]
pub struct Bundle {
    name: String,
    code_hash: [u8; 32],
    wasm: Vec<u8>,
    project: InkProject,
}

/// A contract's event, decoded by its metadata.
#[derive(Clone, Debug, PartialEq)]
pub struct ContractEvent {
    /// The event's name.
    pub name: String,
    /// Its fields.
    pub fields: Value<()>,
}

impl Bundle {
    /// Reads a `.contract` file and checks that its code is what its metadata names.
    ///
    /// # Errors
    /// [`BundleError::Read`], [`BundleError::Malformed`], [`BundleError::CodeHash`].
    pub fn load(path: &Path) -> Result<Self, BundleError> {
        let text = std::fs::read(path).map_err(|source| BundleError::Read {
            path: path.to_owned(),
            source,
        })?;
        let malformed = |reason: String| BundleError::Malformed {
            path: path.to_owned(),
            reason,
        };
        let mut json: serde_json::Value = serde_json::from_slice(&text).map_err(|e| malformed(e.to_string()))?;
        let hex_at = |json: &serde_json::Value, pointer: &str| {
            let text = json.pointer(pointer)?.as_str()?;
            hex::decode(text.trim_start_matches("0x")).ok()
        };
        let wasm = hex_at(&json, "/source/wasm").ok_or_else(|| malformed("it holds no code (source.wasm)".into()))?;
        let named = hex_at(&json, "/source/hash").ok_or_else(|| malformed("it names no code hash".into()))?;
        let held = sp_crypto_hashing::blake2_256(&wasm);
        if named != held {
            return Err(BundleError::CodeHash { named, held });
        }
        let name = json
            .pointer("/contract/name")
            .and_then(|name| name.as_str())
            .unwrap_or("the contract")
            .to_owned();
        if let Some(object) = json.as_object_mut() {
            for foreign in ["source", "contract", "image", "user"] {
                object.remove(foreign);
            }
        }
        let project: InkProject = serde_json::from_value(json).map_err(|e| malformed(e.to_string()))?;
        if *project.version() != METADATA_VERSION {
            return Err(malformed(format!(
                "metadata of version {}, not {METADATA_VERSION}",
                project.version()
            )));
        }
        Ok(Self {
            name,
            code_hash: held,
            wasm,
            project,
        })
    }

    /// The contract's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Hash of the code, as the chain computes it.
    pub fn code_hash(&self) -> [u8; 32] {
        self.code_hash
    }

    /// The code.
    pub fn wasm(&self) -> &[u8] {
        &self.wasm
    }

    pub(crate) fn registry(&self) -> &PortableRegistry {
        self.project.registry()
    }

    /// Names of all messages.
    pub fn messages(&self) -> impl Iterator<Item = &str> {
        self.project
            .spec()
            .messages()
            .iter()
            .map(|message| message.label().as_str())
    }

    /// The selector of a message.
    ///
    /// # Errors
    /// [`BundleError::Unknown`].
    pub fn message_selector(&self, name: &str) -> Result<[u8; 4], BundleError> {
        Ok(self.message(name)?.selector().to_bytes().try_into().unwrap_or_default())
    }

    /// Whether a message changes the contract's state.
    ///
    /// # Errors
    /// [`BundleError::Unknown`].
    pub fn mutates(&self, name: &str) -> Result<bool, BundleError> {
        Ok(self.message(name)?.mutates())
    }

    /// The call data of a message, its arguments given as text.
    ///
    /// # Errors
    /// [`BundleError::Unknown`], [`BundleError::ArgumentCount`], [`BundleError::Argument`].
    pub fn encode_message(&self, name: &str, arguments: &[String]) -> Result<Vec<u8>, BundleError> {
        let message = self.message(name)?;
        self.encode(name, message.selector(), message.args(), arguments)
    }

    /// The call data of a constructor, its arguments given as text.
    ///
    /// # Errors
    /// As [`Bundle::encode_message`].
    pub fn encode_constructor(&self, name: &str, arguments: &[String]) -> Result<Vec<u8>, BundleError> {
        let constructor = self.constructor(name)?;
        self.encode(name, constructor.selector(), constructor.args(), arguments)
    }

    /// The call data of a constructor with SCALE-encodable arguments.
    ///
    /// # Errors
    /// [`BundleError::Unknown`].
    pub fn constructor_data(&self, name: &str, arguments: impl Encode) -> Result<Vec<u8>, BundleError> {
        let mut data = self.constructor(name)?.selector().to_bytes().to_vec();
        arguments.encode_to(&mut data);
        Ok(data)
    }

    /// What a message returned, decoded by its metadata: the outer `Result` is ink's, the inner one, if any, the message's.
    ///
    /// # Errors
    /// [`BundleError::Unknown`], [`BundleError::Decode`].
    pub fn decode_return(&self, name: &str, data: &[u8]) -> Result<Value<()>, BundleError> {
        let ty = self.message(name)?.return_type().ret_type().ty().id;
        self.decode_value(&format!("the answer of {name}"), ty, &mut &*data)
    }

    /// What a constructor returned.
    ///
    /// # Errors
    /// As [`Bundle::decode_return`].
    pub fn decode_constructor_return(&self, name: &str, data: &[u8]) -> Result<Value<()>, BundleError> {
        let ty = self.constructor(name)?.return_type().ret_type().ty().id;
        self.decode_value(&format!("the answer of {name}"), ty, &mut &*data)
    }

    /// Decodes an event of this contract; `None` when its first topic is not the signature of one.
    ///
    /// # Errors
    /// [`BundleError::Decode`].
    pub fn decode_event(&self, topics: &[[u8; 32]], mut data: &[u8]) -> Result<Option<ContractEvent>, BundleError> {
        let Some(signature) = topics.first() else {
            return Ok(None);
        };
        let events = self.project.spec().events();
        let Some(event) = events
            .iter()
            .find(|e| e.signature_topic().is_some_and(|t| t.as_bytes() == signature))
        else {
            return Ok(None);
        };
        let mut fields = Vec::new();
        for field in event.args() {
            let what = format!("field {} of event {}", field.label(), event.label());
            fields.push((
                field.label().clone(),
                self.decode_value(&what, field.ty().ty().id, &mut data)?,
            ));
        }
        let fields = Value::named_composite(fields);
        Ok(Some(ContractEvent {
            name: event.label().clone(),
            fields,
        }))
    }

    /// The type that a message returns when it succeeds: what stands in the `Ok` of both `Result`s.
    pub(crate) fn success_type(&self, name: &str) -> Result<u32, BundleError> {
        Ok(self.answer_type(name)?.0)
    }

    /// As [`Bundle::success_type`], and in how many `Result`s it stands.
    pub(crate) fn answer_type(&self, name: &str) -> Result<(u32, usize), BundleError> {
        let mut ty = self.message(name)?.return_type().ret_type().ty().id;
        let mut layers = 0usize;
        while let Some(ok) = value::ok_type(self.registry(), ty) {
            ty = ok;
            layers = layers.saturating_add(1);
        }
        Ok((ty, layers))
    }

    fn decode_value(&self, what: &str, ty: u32, data: &mut &[u8]) -> Result<Value<()>, BundleError> {
        value::decode(self.registry(), ty, data).map_err(|e| BundleError::Decode {
            what: what.to_owned(),
            reason: e.to_string(),
        })
    }

    fn message(&self, name: &str) -> Result<&ink_metadata::MessageSpec<PortableForm>, BundleError> {
        let messages = self.project.spec().messages();
        messages
            .iter()
            .find(|message| message.label() == name)
            .ok_or_else(|| self.unknown("message", name, self.messages().collect()))
    }

    fn constructor(&self, name: &str) -> Result<&ink_metadata::ConstructorSpec<PortableForm>, BundleError> {
        let constructors = self.project.spec().constructors();
        constructors
            .iter()
            .find(|constructor| constructor.label() == name)
            .ok_or_else(|| {
                self.unknown(
                    "constructor",
                    name,
                    constructors.iter().map(|c| c.label().as_str()).collect(),
                )
            })
    }

    fn unknown(&self, kind: &'static str, name: &str, known: Vec<&str>) -> BundleError {
        BundleError::Unknown {
            contract: self.name.clone(),
            kind,
            name: name.to_owned(),
            known: known.join(", "),
        }
    }

    fn encode(
        &self,
        name: &str,
        selector: &Selector,
        parameters: &[MessageParamSpec<PortableForm>],
        arguments: &[String],
    ) -> Result<Vec<u8>, BundleError> {
        if parameters.len() != arguments.len() {
            let names: Vec<&str> = parameters.iter().map(|p| p.label().as_str()).collect();
            let (name, names) = (name.to_owned(), names.join(", "));
            return Err(BundleError::ArgumentCount {
                name,
                expected: parameters.len(),
                names,
                got: arguments.len(),
            });
        }
        let mut data = selector.to_bytes().to_vec();
        for (parameter, argument) in parameters.iter().zip(arguments) {
            value::encode(self.registry(), parameter.ty().ty().id, argument, &mut data).map_err(|source| {
                BundleError::Argument {
                    name: name.to_owned(),
                    argument: parameter.label().clone(),
                    source,
                }
            })?;
        }
        Ok(data)
    }
}
