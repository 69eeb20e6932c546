//! The extension: numbers and bytes in, code and bytes out.

use crate::burn::Destroy;
use crate::limits::Limit;
use crate::state::key;
use crate::{AccountId, Code, Function, Ledger, NetUid, Staking, Store};
use codec::{Decode, Encode};

/// What a call of the extension returns to the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The value of the host function.
    pub code: Code,
    /// What is written to the contract's output buffer; empty unless the function returns something besides its code.
    pub output: Vec<u8>,
}

/// Why a call of the extension traps the contract instead of returning a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DispatchError {
    /// No function has this number.
    #[error("extension function {0} does not exist")]
    UnknownFunction(u16),
    /// The arguments are not the SCALE encoding the function takes.
    #[error("arguments of extension function {0} do not decode")]
    BadArguments(u16),
}

impl<S: Store, L: Ledger> Staking<S, L> {
    /// Runs function `id` with SCALE-encoded `input` (the arguments as a tuple; bytes after it are ignored).
    ///
    /// 1–14 and 16–19 act as `contract`, 20–33 as `caller`, the contract's immediate caller. If the code is not
    /// [`Code::Success`], nothing has changed. The host charges [`ref_time`](crate::ref_time) first.
    pub fn dispatch(
        &mut self,
        id: u16,
        contract: &AccountId,
        caller: &AccountId,
        input: &[u8],
    ) -> Result<Reply, DispatchError> {
        let function = Function::from_id(id).ok_or(DispatchError::UnknownFunction(id))?;
        let bad = |_| DispatchError::BadArguments(id);
        let actor = if function.acts_as_caller() { caller } else { contract };
        let result = match self.take_failure(actor, function) {
            Some(code) => Err(code),
            None => self.run(function.operation(), actor, input).map_err(bad)?,
        };
        Ok(match result {
            Ok(output) => Reply {
                code: Code::Success,
                output,
            },
            Err(code) => Reply {
                code,
                output: Vec::new(),
            },
        })
    }

    fn run(
        &mut self,
        function: Function,
        who: &AccountId,
        mut input: &[u8],
    ) -> Result<Result<Vec<u8>, Code>, codec::Error> {
        type Account = AccountId;
        let input = &mut input;
        Ok(match function {
            Function::GetStakeInfo => {
                let (hotkey, coldkey, netuid) = <(Account, Account, NetUid)>::decode(input)?;
                Ok(self.stake_info(&hotkey, &coldkey, netuid).encode())
            }
            Function::AddStake => {
                let (hotkey, netuid, tao) = <(Account, NetUid, u64)>::decode(input)?;
                silent(self.add_stake(who, &hotkey, netuid, tao, None))
            }
            Function::RemoveStake => {
                let (hotkey, netuid, alpha) = <(Account, NetUid, u64)>::decode(input)?;
                silent(self.remove_stake(who, &hotkey, netuid, alpha, None))
            }
            Function::UnstakeAll => silent(self.unstake_all(who, &Account::decode(input)?, false)),
            Function::UnstakeAllAlpha => silent(self.unstake_all(who, &Account::decode(input)?, true)),
            Function::MoveStake => {
                let (from, to, from_netuid, to_netuid, alpha) =
                    <(Account, Account, NetUid, NetUid, u64)>::decode(input)?;
                silent(self.move_stake(who, (from, from_netuid), (to, to_netuid), alpha))
            }
            Function::TransferStake => {
                let (to, hotkey, from_netuid, to_netuid, alpha) =
                    <(Account, Account, NetUid, NetUid, u64)>::decode(input)?;
                silent(self.transfer_stake(who, &to, &hotkey, (from_netuid, to_netuid), alpha))
            }
            Function::SwapStake => {
                let (hotkey, from, to, alpha) = <(Account, NetUid, NetUid, u64)>::decode(input)?;
                silent(self.swap_stake(who, &hotkey, (from, to), alpha, None))
            }
            Function::AddStakeLimit => {
                let (hotkey, netuid, tao, price, partial) = <(Account, NetUid, u64, u64, bool)>::decode(input)?;
                silent(self.add_stake(who, &hotkey, netuid, tao, Some(Limit { price, partial })))
            }
            Function::RemoveStakeLimit => {
                let (hotkey, netuid, alpha, price, partial) = <(Account, NetUid, u64, u64, bool)>::decode(input)?;
                silent(self.remove_stake(who, &hotkey, netuid, alpha, Some(Limit { price, partial })))
            }
            Function::SwapStakeLimit => {
                let (hotkey, from, to, alpha, price, partial) =
                    <(Account, NetUid, NetUid, u64, u64, bool)>::decode(input)?;
                silent(self.swap_stake(who, &hotkey, (from, to), alpha, Some(Limit { price, partial })))
            }
            Function::RemoveStakeFullLimit => {
                let (hotkey, netuid, price) = <(Account, NetUid, Option<u64>)>::decode(input)?;
                silent(self.remove_stake_full(who, &hotkey, netuid, price))
            }
            Function::SetColdkeyAutoStakeHotkey => {
                let (netuid, hotkey) = <(NetUid, Account)>::decode(input)?;
                silent(self.set_auto_stake(who, netuid, &hotkey))
            }
            Function::AddProxy => silent(self.add_proxy(who, &Account::decode(input)?)),
            Function::RemoveProxy => silent(self.remove_proxy(who, &Account::decode(input)?)),
            Function::GetAlphaPrice => Ok(self.price_e9(NetUid::decode(input)?).encode()),
            Function::RecycleAlpha => self.destroy_decoded(who, input, Destroy::Recycle)?,
            Function::BurnAlpha => self.destroy_decoded(who, input, Destroy::Burn)?,
            Function::AddStakeRecycle => self.add_and_destroy_decoded(who, input, Destroy::Recycle)?,
            Function::AddStakeBurn => self.add_and_destroy_decoded(who, input, Destroy::Burn)?,
            Function::GetSubnetRegistrationState => Ok(self.registration_state(NetUid::decode(input)?).encode()),
            Function::GetColdkeyLock => {
                let (coldkey, netuid) = <(Account, NetUid)>::decode(input)?;
                Ok(self.coldkey_lock(&coldkey, netuid).encode())
            }
            Function::GetStakeAvailability => {
                let (coldkey, netuid) = <(Account, NetUid)>::decode(input)?;
                Ok(self.stake_availability(&coldkey, netuid).encode())
            }
            caller_function => unreachable!("{caller_function:?} was mapped to its operation"),
        })
    }

    fn destroy_decoded(
        &mut self,
        who: &AccountId,
        input: &mut &[u8],
        how: Destroy,
    ) -> Result<Result<Vec<u8>, Code>, codec::Error> {
        let (hotkey, netuid, alpha) = <(AccountId, NetUid, u64)>::decode(input)?;
        Ok(self.destroy(who, &hotkey, netuid, alpha, how).map(|done| done.encode()))
    }

    fn add_and_destroy_decoded(
        &mut self,
        who: &AccountId,
        input: &mut &[u8],
        how: Destroy,
    ) -> Result<Result<Vec<u8>, Code>, codec::Error> {
        let (hotkey, netuid, tao) = <(AccountId, NetUid, u64)>::decode(input)?;
        Ok(self
            .add_and_destroy(who, &hotkey, netuid, tao, how)
            .map(|done| done.encode()))
    }

    /// Function 12. The choice is kept and has no effect here: nothing stakes automatically without emission.
    fn set_auto_stake(&mut self, coldkey: &AccountId, netuid: NetUid, hotkey: &AccountId) -> Result<(), Code> {
        self.existing(netuid)?;
        // The chain maps a hotkey that is not registered on the subnet to the same code as one that does not exist.
        if !self.hotkey_pool(netuid, hotkey).registered {
            return Err(Code::NotRegistered);
        }
        if self.auto_stake_hotkey(coldkey, netuid) == Some(*hotkey) {
            return Err(Code::SameAutoStakeHotkeyAlreadySet);
        }
        self.write(&key::auto_stake(coldkey, netuid), hotkey);
        Ok(())
    }
}

/// Functions that return their code only.
fn silent<T>(result: Result<T, Code>) -> Result<Vec<u8>, Code> {
    result.map(|_| Vec::new())
}
