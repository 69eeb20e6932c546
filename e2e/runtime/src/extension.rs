//! Chain extension 0x1000: what contracts reach of the chain's staking.

use crate::{host, Runtime};
use frame_support::weights::Weight;
use pallet_contracts::chain_extension::{
    ChainExtension, Environment, Ext, InitState, RegisteredChainExtension, RetVal,
};
use pallet_contracts::Origin;
use sp_runtime::DispatchError;
use staking::{ref_time, Code, Function};

/// The longest arguments are 89 bytes; more is read by no function.
const MAX_INPUT: u32 = 128;

/// Charges for a function, then runs it in the stand-in.
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
            // Root has no stake: the chain answers as to any origin that did not sign.
            Origin::Root if function.acts_as_caller() => {
                return Ok(RetVal::Converging(Code::RuntimeError.as_u32()));
            }
            Origin::Root => contract,
        };
        let reply = host::staking::<Runtime>()
            .dispatch(id, &contract, &caller, &input)
            .map_err(|_| DispatchError::Other("arguments of the chain extension do not decode"))?;
        if !reply.output.is_empty() {
            env.write(&reply.output, false, None)?;
        }
        Ok(RetVal::Converging(reply.code.as_u32()))
    }
}
