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
    stake_and_dividends(hotkey, coldkey, netuid).map(|(stake, _)| stake)
}

/// [`stake_of`], and what the hotkey paid to all its stakers on the subnet in the last epoch, net of its take.
///
/// # Errors
/// As [`stake_of`].
#[inline(never)]
pub fn stake_and_dividends(
    hotkey: AccountId,
    coldkey: AccountId,
    netuid: NetUid,
) -> Result<(Alpha, Alpha), SubtensorError> {
    const GET_STAKE_INFO: u32 = (EXTENSION_ID as u32) << 16;
    ChainExtensionMethod::build(GET_STAKE_INFO)
        .input::<(AccountId, AccountId, NetUid)>()
        .output::<Result<StakeFields, SubtensorError>, true>()
        .handle_error_code::<SubtensorError>()
        .call(&(hotkey, coldkey, netuid))
        .map(|fields| (fields.stake, fields.dividends))
}

/// The `stake` and `emission` fields of an encoded `Option<StakeInfo>`.
pub(crate) struct StakeFields {
    pub(crate) stake: Alpha,
    pub(crate) dividends: Alpha,
}

impl Decode for StakeFields {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        match input.read_byte()? {
            0 => Ok(Self { stake: 0, dividends: 0 }),
            1 => {
                let mut accounts = [0u8; 64];
                input.read(&mut accounts)?;
                // A compact u16 is a compact u64 of the same value.
                Compact::<u64>::decode(input)?;
                let stake = Compact::<Alpha>::decode(input)?.0;
                Compact::<Alpha>::decode(input)?;
                let dividends = Compact::<Alpha>::decode(input)?.0;
                Ok(Self { stake, dividends })
            }
            _ => Err("invalid Option tag".into()),
        }
    }
}
