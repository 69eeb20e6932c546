//! The chain's calls that a proxy makes, with the chain's bytes: the sources of the development node's own pallets, so that
//! what a contract encodes means the same in the sandbox, on the node and on the chain.

use frame_support::sp_runtime::AccountId32;

use crate::runtime::RuntimeCall;

type AccountId = AccountId32;

#[path = "../../e2e/runtime/src/admin_utils.rs"]
pub mod admin_utils;
#[path = "../../e2e/runtime/src/proxies.rs"]
pub mod proxies;
#[path = "../../e2e/runtime/src/subtensor_module.rs"]
pub mod subtensor_module;

/// What those pallets ask of the runtime they are in.
pub mod host {
    use staking::Staking;

    use crate::extension::{chain, FreeBalances, State};

    /// Any runtime: there is one here.
    pub trait StakingHost {}

    impl<T> StakingHost for T {}

    /// The stand-in over the state of the current block.
    pub fn staking<T: StakingHost>() -> Staking<State, FreeBalances> {
        chain()
    }
}
