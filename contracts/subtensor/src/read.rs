use crate::{Alpha, NetUid, SubtensorError, EXTENSION_ID};
use ink::env::chain_extension::ChainExtensionMethod;
use ink::primitives::AccountId;
use ink::scale::{Compact, Decode, Error, Input};

/// The stake of `coldkey` with `hotkey` on `netuid`, dividends included; 0 for a subnet that does not exist.
///
/// The same call as `get_stake_info`, decoding only what precedes and includes the stake: a contract that measures its
/// stake before and after every move should not pay, in code and gas, for the fields it drops.
///
/// # Errors
/// [`SubtensorError::InvalidOutput`] when the answer does not decode; the chain itself never refuses this read.
pub fn stake_of(hotkey: AccountId, coldkey: AccountId, netuid: NetUid) -> Result<Alpha, SubtensorError> {
    const GET_STAKE_INFO: u32 = (EXTENSION_ID as u32) << 16;
    ChainExtensionMethod::build(GET_STAKE_INFO)
        .input::<(AccountId, AccountId, NetUid)>()
        .output::<Result<StakeField, SubtensorError>, true>()
        .handle_error_code::<SubtensorError>()
        .call(&(hotkey, coldkey, netuid))
        .map(|field| field.0)
}

/// The `stake` field of an encoded `Option<StakeInfo>`.
pub(crate) struct StakeField(pub(crate) Alpha);

impl Decode for StakeField {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        match input.read_byte()? {
            0 => Ok(Self(0)),
            1 => {
                let mut accounts = [0u8; 64];
                input.read(&mut accounts)?;
                Compact::<NetUid>::decode(input)?;
                Ok(Self(Compact::<Alpha>::decode(input)?.0))
            }
            _ => Err("invalid Option tag".into()),
        }
    }
}
