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
    validator_stake(hotkey, coldkey, netuid).map(|seen| seen.stake)
}

/// [`stake_of`], and what the chain says of the validator.
///
/// # Errors
/// As [`stake_of`].
#[inline(never)]
pub fn validator_stake(
    hotkey: AccountId,
    coldkey: AccountId,
    netuid: NetUid,
) -> Result<ValidatorStake, SubtensorError> {
    const GET_STAKE_INFO: u32 = (EXTENSION_ID as u32) << 16;
    ChainExtensionMethod::build(GET_STAKE_INFO)
        .input::<(AccountId, AccountId, NetUid)>()
        .output::<Result<ValidatorStake, SubtensorError>, true>()
        .handle_error_code::<SubtensorError>()
        .call(&(hotkey, coldkey, netuid))
}

/// What is needed of an encoded `Option<StakeInfo>`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ValidatorStake {
    /// The coldkey's stake with the validator, dividends included.
    pub stake: Alpha,
    /// What the validator paid to all its stakers on the subnet in the last epoch, net of its take.
    pub dividends: Alpha,
    /// Whether it is registered on the subnet.
    pub registered: bool,
}

impl Decode for ValidatorStake {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        match input.read_byte()? {
            0 => Ok(Self::default()),
            1 => {
                let mut accounts = [0u8; 64];
                input.read(&mut accounts)?;
                // A compact u16 is a compact u64 of the same value.
                Compact::<u64>::decode(input)?;
                let stake = Compact::<Alpha>::decode(input)?.0;
                Compact::<Alpha>::decode(input)?;
                let dividends = Compact::<Alpha>::decode(input)?.0;
                Compact::<u64>::decode(input)?;
                Compact::<u64>::decode(input)?;
                let registered = bool::decode(input)?;
                Ok(Self {
                    stake,
                    dividends,
                    registered,
                })
            }
            _ => Err("invalid Option tag".into()),
        }
    }
}
