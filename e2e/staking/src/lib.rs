//! The stand-in for Subtensor's staking: what a contract reaches through chain extension 0x1000, as one pure state
//! machine without FRAME, used by the development node and by the drink! sandbox alike.
//!
//! It reproduces what a contract can observe — amounts, rounding, silent caps, error codes, generations — and nothing
//! else: consensus, weights and emission schedules are replaced by privileged [controls](Staking::create_subnet).
//!
//! - [`Staking::dispatch`] is the extension: function number and SCALE arguments in, code and output out.
//! - [`Store`] is the state (one cell per key), [`Ledger`] the free TAO balances; both belong to the host.
//! - [`Staking::on_block`] pays dividends; the methods in `control` and `life` are the scenario's levers.
//!
//! Units: TAO and alpha in rao (1e-9), prices in rao per whole alpha (spot × 1e9), time in blocks.

mod burn;
mod code;
mod control;
mod cost;
mod dispatch;
mod epoch;
mod exp;
mod function;
mod ledger;
mod life;
mod limits;
mod lock;
mod pool;
mod proxy;
mod shares;
mod stake;
mod state;
mod store;
mod trade;
mod transition;
mod view;

pub use code::Code;
pub use control::{ControlError, Dividend};
pub use cost::ref_time;
pub use dispatch::{DispatchError, Reply};
pub use function::Function;
pub use ledger::{Ledger, LedgerError, MapLedger};
pub use life::NewSubnet;
pub use lock::{roll, Lock, TAU};
pub use pool::{Pool, FEE_DENOMINATOR, PRICE_ONE};
pub use proxy::{MAX_PROXIES, PROXY_DEPOSIT_BASE, PROXY_DEPOSIT_FACTOR};
pub use shares::SHARES_PER_RAO;
pub use state::{HotkeyPool, Subnet};
pub use store::{MapStore, Store};
pub use view::{ColdkeyLock, RegistrationState, StakeAvailability, StakeInfo};

/// A public key; coldkeys own stake, hotkeys are validators, contracts are coldkeys.
pub type AccountId = [u8; 32];

/// Number of a subnet. It is reused after a dissolution: only with the registration counter does it name a subnet.
pub type NetUid = u16;

/// The root network: its stake is TAO one to one, without pool or fee.
pub const ROOT: NetUid = 0;

/// A stake, transfer or move must be worth more than this many rao (0.002 TAO).
pub const MIN_STAKE: u64 = 2_000_000;

/// The state machine over a host's state and balances, at one block.
///
/// Every function of the extension checks before it writes, so a code other than [`Code::Success`] leaves both the
/// store and the ledger as they were.
pub struct Staking<S, L> {
    /// The chain state.
    pub store: S,
    /// Free TAO balances.
    pub ledger: L,
    /// The current block number.
    pub now: u64,
}

impl<S: Store, L: Ledger> Staking<S, L> {
    /// Binds the state machine to a host at block `now`.
    pub fn new(store: S, ledger: L, now: u64) -> Self {
        Self { store, ledger, now }
    }
}

/// An account nobody holds the key of, in the chain's custody of subnet `netuid`. Stake sent to it would be lost, hence
/// [`Code::CannotUseSystemAccount`].
pub fn system_account(netuid: NetUid) -> AccountId {
    let mut account = [0u8; 32];
    account[..12].copy_from_slice(b"modlsubtensr");
    account[12..14].copy_from_slice(&netuid.to_le_bytes());
    account
}

/// Whether `account` is the [`system_account`] of any subnet.
pub fn is_system_account(account: &AccountId) -> bool {
    system_account(u16::from_le_bytes([account[12], account[13]])) == *account
}
