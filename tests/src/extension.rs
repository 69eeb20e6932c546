//! Chain extension 0x1000 over the staking stand-in, whose state lies in the sandbox's storage: a message that reverts takes
//! back what it did to stake as well.

use frame_support::sp_runtime::traits::SaturatedConversion;
use frame_support::sp_runtime::DispatchError;
use frame_support::storage::{unhashed, KeyPrefixIterator};
use frame_support::traits::fungible::{Inspect, Mutate};
use frame_support::traits::tokens::{Fortitude, Precision, Preservation};
use frame_support::weights::Weight;
use pallet_contracts::chain_extension::{
    ChainExtension, Environment, Ext, InitState, RegisteredChainExtension, RetVal,
};
use pallet_contracts::Origin;
use staking::{ref_time, AccountId, Code, Function, Ledger, LedgerError, Staking, Store};

use crate::runtime::{Balances, Runtime, System};

/// The longest arguments are 89 bytes.
const MAX_INPUT: u32 = 128;

/// The stand-in over the state of the current block.
pub fn chain() -> Staking<State, FreeBalances> {
    Staking::new(State, FreeBalances, System::block_number().saturated_into())
}

/// Charges for a function as the chain does, then runs it in the stand-in.
#[derive(Default)]
pub struct StakingExtension;

impl RegisteredChainExtension<Runtime> for StakingExtension {
    const ID: u16 = 0x1000;
}

impl ChainExtension<Runtime> for StakingExtension {
    fn call<E: Ext<T = Runtime>>(&mut self, env: Environment<E, InitState>) -> Result<RetVal, DispatchError> {
        let mut env = env.buf_in_buf_out();
        if env.ext_id() != Self::ID {
            return Err(DispatchError::Other("unknown chain extension"));
        }
        let id = env.func_id();
        let function = Function::from_id(id).ok_or(DispatchError::Other("unknown function of the chain extension"))?;
        env.charge_weight(Weight::from_parts(ref_time(function), 0))?;
        let input = env.read(MAX_INPUT)?;
        let contract = env.ext().address().clone().into();
        let caller = match env.ext().caller() {
            Origin::Signed(caller) => caller.into(),
            Origin::Root if function.acts_as_caller() => {
                return Ok(RetVal::Converging(Code::RuntimeError.as_u32()));
            }
            Origin::Root => contract,
        };
        let reply = chain()
            .dispatch(id, &contract, &caller, &input)
            .map_err(|_| DispatchError::Other("arguments of the chain extension do not decode"))?;
        if !reply.output.is_empty() {
            env.write(&reply.output, false, None)?;
        }
        Ok(RetVal::Converging(reply.code.as_u32()))
    }
}

/// The stand-in's cells under one prefix of the storage.
#[derive(Clone, Copy, Default)]
pub struct State;

const PREFIX: &[u8] = b"staking-stand-in:";

fn full(key: &[u8]) -> Vec<u8> {
    [PREFIX, key].concat()
}

impl Store for State {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        unhashed::get_raw(&full(key))
    }

    fn put(&mut self, key: &[u8], value: Vec<u8>) {
        unhashed::put_raw(&full(key), &value);
    }

    fn remove(&mut self, key: &[u8]) {
        unhashed::kill(&full(key));
    }

    fn keys(&self, prefix: &[u8]) -> Vec<Vec<u8>> {
        let start = full(prefix);
        // The iteration yields what follows the prefix; a cell whose key is the prefix itself is not followed by anything.
        let itself = unhashed::exists(&start).then(|| prefix.to_vec());
        let longer = KeyPrefixIterator::new(start.clone(), start, |rest| Ok(rest.to_vec()));
        itself
            .into_iter()
            .chain(longer.map(|rest| [prefix, rest.as_slice()].concat()))
            .collect()
    }
}

/// Free TAO. What goes into stake is burned and minted again when it comes back.
#[derive(Clone, Copy, Default)]
pub struct FreeBalances;

impl Ledger for FreeBalances {
    fn free(&self, who: &AccountId) -> u64 {
        Balances::reducible_balance(&(*who).into(), Preservation::Preserve, Fortitude::Polite)
    }

    fn withdraw(&mut self, who: &AccountId, amount: u64) -> Result<(), LedgerError> {
        let wanted = amount;
        if wanted > self.free(who) {
            return Err(LedgerError::Insufficient {
                free: self.free(who),
                wanted,
            });
        }
        Balances::burn_from(&(*who).into(), wanted, Precision::Exact, Fortitude::Polite)
            .map(|_| ())
            .map_err(|_| LedgerError::Insufficient {
                free: self.free(who),
                wanted,
            })
    }

    fn deposit(&mut self, who: &AccountId, amount: u64) -> Result<(), LedgerError> {
        Balances::mint_into(&(*who).into(), amount)
            .map(|_| ())
            .map_err(|_| LedgerError::Refused(amount))
    }
}
