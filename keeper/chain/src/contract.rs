//! A contract at an address: messages with SCALE arguments, answers as typed values.

use std::sync::Arc;

use codec::{DecodeAll, Encode};
use scale_info::TypeInfo;

use crate::bundle::{Bundle, BundleError};
use crate::connection::{BlockId, Connection};
use crate::dry_run::Call;
use crate::error::ChainError;
use crate::market::{rehearse, Rehearsal};
use crate::same_type;

/// A contract, and the bundle that says how to talk to it.
#[derive(Clone, Debug)]
pub struct Contract {
    /// Its address.
    pub address: [u8; 32],
    bundle: Arc<Bundle>,
}

impl Contract {
    /// A contract of a bundle. Whether it runs the bundle's code is the caller's to check.
    pub fn new(address: [u8; 32], bundle: Arc<Bundle>) -> Self {
        Self { address, bundle }
    }

    /// Its bundle.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// A message with SCALE-encodable arguments, sending `value` rao.
    ///
    /// # Errors
    /// [`BundleError::Unknown`].
    pub fn message(&self, name: &str, arguments: impl Encode, value: u64) -> Result<Call, BundleError> {
        let mut data = self.bundle.message_selector(name)?.to_vec();
        arguments.encode_to(&mut data);
        Ok(Call {
            contract: self.address,
            value,
            data,
        })
    }

    /// Dry-runs a message as `origin` on the state of block `at`.
    ///
    /// # Errors
    /// [`ChainError::Contract`] when the contract refuses it, [`ChainError::Dispatch`] when the runtime does.
    pub async fn rehearse(
        &self,
        connection: &Connection,
        origin: &[u8; 32],
        name: &str,
        call: &Call,
        at: &BlockId,
    ) -> Result<Rehearsal, ChainError> {
        rehearse(connection, &self.bundle, origin, name, call, at).await
    }

    /// What a view answers at block `at`, whether or not its answer is a `Result`.
    ///
    /// # Errors
    /// [`BundleError::Incompatible`] when the bundle's answer is not a `T`, otherwise as [`Contract::rehearse`].
    pub async fn view<T: DecodeAll + TypeInfo + 'static>(
        &self,
        connection: &Connection,
        name: &'static str,
        arguments: impl Encode,
        at: &BlockId,
    ) -> Result<T, ChainError> {
        let layers = answers::<T>(&self.bundle, name)?;
        let call = self.message(name, arguments, 0)?;
        let run = connection.dry_run_call(&self.address, &call, at).await?;
        let succeeded = run.data.get(..layers).filter(|tags| tags.iter().all(|tag| *tag == 0));
        if succeeded.is_none() {
            // Whoever reads the refusal makes an error of it.
            self.rehearse(connection, &self.address, name, &call, at).await?;
            return Err(ChainError::decode(
                name,
                "the answer is neither a success nor a refusal",
            ));
        }
        let mut answer = run.data.get(layers..).unwrap_or_default();
        T::decode_all(&mut answer).map_err(|error| ChainError::decode(name, error))
    }
}

/// Checks that a message of the bundle answers with a `T`, and tells in how many `Result`s it stands.
///
/// # Errors
/// [`BundleError::Unknown`], [`BundleError::Incompatible`].
pub(crate) fn answers<T: TypeInfo + 'static>(bundle: &Bundle, name: &'static str) -> Result<usize, BundleError> {
    let (ty, layers) = bundle.answer_type(name)?;
    same_type::check::<T>(bundle.registry(), ty)
        .map_err(|difference| BundleError::Incompatible { what: name, difference })?;
    Ok(layers)
}
