//! The extension for ink's off-chain environment: a small chain in memory, for unit tests of contracts.
//!
//! ```
//! # use subtensor::{extension, mock::MockChain};
//! let (contract, alice, hotkey) = ([1; 32].into(), [2; 32].into(), [3; 32].into());
//! let chain = MockChain::install(contract, alice);
//! chain.register_subnet(1, 250_000_000);
//! chain.set_stake(hotkey, alice, 1, 5_000_000_000);
//!
//! extension().caller_transfer_stake(contract, hotkey, 1, 1, 1_000_000_000).unwrap();
//! assert_eq!(chain.stake(hotkey, contract, 1), 1_000_000_000);
//! ```
//!
//! It keeps the chain's traps: stake moves are silently capped, transfers have a minimum value and can be switched off, netuids
//! are reused, dissolution pays out in TAO without a word. It has no pools: every swap happens at the set price, without fee
//! or slippage. For those, and for the real ABI across a real `pallet-contracts`, there is the development node.
//!
//! What would trap a contract on the chain panics here.

mod chain;
mod dispatch;

use crate::{Alpha, NetUid, PriceE9, Rao, EXTENSION_ID};
use chain::Chain;
use ink::env::DefaultEnvironment;
use ink::primitives::AccountId;
use ink::scale::Decode;
use std::cell::RefCell;
use std::rc::Rc;

/// Transfers and purchases worth less are refused: 0.002 TAO.
pub const MINIMUM_VALUE: Rao = 2_000_000;

/// A handle on the chain that this thread's contracts see. Clones share one chain.
#[derive(Clone)]
pub struct MockChain(Rc<RefCell<Chain>>);

/// One call of the extension, as the contract made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// 0..=36.
    pub function: u16,
    /// The SCALE encoded argument tuple.
    pub input: Vec<u8>,
    /// What the chain answered.
    pub code: u32,
}

impl MockChain {
    /// Registers a new, empty chain for this thread, replacing any other. Calls run as `contract`, on behalf of
    /// `caller`, until set otherwise.
    pub fn install(contract: AccountId, caller: AccountId) -> Self {
        let chain = Self(Rc::default());
        chain.set_contract(contract);
        chain.set_caller(caller);
        ink::env::test::register_chain_extension(Extension(chain.0.clone()));
        chain
    }

    /// Runs the following calls as this contract, for ink and for the chain.
    pub fn set_contract(&self, account: AccountId) {
        ink::env::test::set_callee::<DefaultEnvironment>(account);
        self.0.borrow_mut().contract = account;
    }

    /// Runs the following calls on behalf of this account, for ink and for the chain.
    pub fn set_caller(&self, account: AccountId) {
        ink::env::test::set_caller::<DefaultEnvironment>(account);
        self.0.borrow_mut().caller = account;
    }

    /// Creates a subnet, or the next one under a netuid whose last was dissolved. Returns its generation.
    ///
    /// # Panics
    /// If the subnet exists.
    pub fn register_subnet(&self, netuid: NetUid, price_e9: PriceE9) -> u64 {
        self.0.borrow_mut().register(netuid, price_e9)
    }

    /// Dissolves a subnet: all its stake is paid out in TAO at the price, rounded down.
    ///
    /// # Panics
    /// If the subnet does not exist.
    pub fn dissolve_subnet(&self, netuid: NetUid) {
        self.0.borrow_mut().dissolve(netuid);
    }

    /// Sets the spot price, TAO per alpha times 1e9.
    ///
    /// # Panics
    /// If the subnet does not exist.
    pub fn set_price_e9(&self, netuid: NetUid, price_e9: PriceE9) {
        self.0.borrow_mut().alive(netuid).price_e9 = price_e9;
    }

    /// Switches stake transfers between coldkeys on or off.
    ///
    /// # Panics
    /// If the subnet does not exist.
    pub fn set_transfers(&self, netuid: NetUid, enabled: bool) {
        self.0.borrow_mut().alive(netuid).transfers = enabled;
    }

    /// Sets a stake, as a donation or a slash would.
    pub fn set_stake(&self, hotkey: AccountId, coldkey: AccountId, netuid: NetUid, alpha: Alpha) {
        self.0.borrow_mut().set_stake(hotkey, coldkey, netuid, alpha);
    }

    /// The stake of a coldkey with a hotkey.
    pub fn stake(&self, hotkey: AccountId, coldkey: AccountId, netuid: NetUid) -> Alpha {
        self.0.borrow().stake(hotkey, coldkey, netuid)
    }

    /// Lets every stake with the hotkey grow by `per_mille`, rounded down, and reports the sum as its emission.
    pub fn pay_dividends(&self, hotkey: AccountId, netuid: NetUid, per_mille: u64) {
        self.0.borrow_mut().pay_dividends(hotkey, netuid, per_mille);
    }

    /// Locks part of a coldkey's alpha by conviction; it cannot move until unlocked with 0.
    pub fn set_locked(&self, coldkey: AccountId, netuid: NetUid, alpha: Alpha) {
        self.0.borrow_mut().locked.insert((coldkey, netuid), alpha);
    }

    /// Sets an account's free TAO on the mock chain.
    pub fn set_tao(&self, account: AccountId, tao: Rao) {
        self.0.borrow_mut().tao.insert(account, tao);
    }

    /// An account's free TAO on the mock chain. ink keeps balances of its own: see [`Self::sync_contract_balance`].
    pub fn tao(&self, account: AccountId) -> Rao {
        self.0.borrow().tao(account)
    }

    /// Copies the contract's free TAO into ink's environment, where `self.env().balance()` reads it.
    pub fn sync_contract_balance(&self) {
        let (contract, tao) = {
            let chain = self.0.borrow();
            (chain.contract, chain.tao(chain.contract))
        };
        ink::env::test::set_account_balance::<DefaultEnvironment>(contract, tao.into());
    }

    /// Every stake that arrives by a move is credited this much less, as share rounding does on the chain.
    pub fn set_rounding_loss(&self, alpha: Alpha) {
        self.0.borrow_mut().rounding_loss = alpha;
    }

    /// The next call of `function` fails with `code`, without effect. Several queue up.
    pub fn fail_next(&self, function: u16, code: u32) {
        self.0.borrow_mut().failures.push_back((function, code));
    }

    /// Every call of `function` fails with `code` until [`Self::recover`].
    pub fn fail_always(&self, function: u16, code: u32) {
        self.0.borrow_mut().outages.insert(function, code);
    }

    /// Ends all programmed failures.
    pub fn recover(&self) {
        let mut chain = self.0.borrow_mut();
        chain.failures.clear();
        chain.outages.clear();
    }

    /// Takes the calls made since the last time.
    pub fn take_calls(&self) -> Vec<Call> {
        core::mem::take(&mut self.0.borrow_mut().calls)
    }
}

/// ink's off-chain engine hands extensions their arguments encoded once more, as a byte string with its length; a chain gets
/// them bare.
pub(crate) fn unwrapped(mut input: &[u8]) -> Vec<u8> {
    match Vec::<u8>::decode(&mut input) {
        Ok(arguments) => arguments,
        Err(error) => unreachable!("ink's off-chain engine changed how it passes arguments: {error}"),
    }
}

struct Extension(Rc<RefCell<Chain>>);

impl ink::env::test::ChainExtension for Extension {
    fn ext_id(&self) -> u16 {
        EXTENSION_ID
    }

    fn call(&mut self, function: u16, input: &[u8], output: &mut Vec<u8>) -> u32 {
        let input = unwrapped(input);
        let mut chain = self.0.borrow_mut();
        let code = match chain.programmed_failure(function) {
            Some(code) => code,
            None => match dispatch::call(&mut chain, function, &input) {
                Ok(answer) => {
                    output.extend(answer);
                    0
                }
                Err(code) => code,
            },
        };
        chain.calls.push(Call { function, input, code });
        code
    }
}
