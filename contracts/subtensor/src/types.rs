//! What the extension takes and returns. Field order and encoding are the chain's; `golden.rs` pins them.

use ink::primitives::AccountId;

/// TAO in rao: 1 TAO = 1e9.
pub type Rao = u64;

/// A subnet's alpha in its smallest unit: 1 alpha = 1e9.
pub type Alpha = u64;

/// TAO per alpha, times 1e9.
pub type PriceE9 = u64;

/// A subnet's number. Netuids are reused: pair them with [`SubnetRegistrationState::registered_subnet_counter`].
pub type NetUid = u16;

/// One coldkey's stake with one hotkey on one subnet.
///
/// The chain always answers `Some`, for a subnet that does not exist too: with no stake and `is_registered` false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct StakeInfo {
    /// The validator.
    pub hotkey: AccountId,
    /// The owner of the stake.
    pub coldkey: AccountId,
    /// The subnet.
    #[codec(compact)]
    pub netuid: NetUid,
    /// The stake now, dividends included. Conversions between shares and amounts may be off by one unit.
    #[codec(compact)]
    pub stake: Alpha,
    /// Always 0; locks are read by [`SubtensorExtension`]'s `get_stake_availability`.
    #[codec(compact)]
    pub locked: Alpha,
    /// What the hotkey paid to all its stakers on this subnet in the last epoch, net of its take.
    #[codec(compact)]
    pub emission: Alpha,
    /// Always 0.
    #[codec(compact)]
    pub tao_emission: Rao,
    /// Always 0.
    #[codec(compact)]
    pub drain: u64,
    /// Whether the hotkey is registered on the subnet.
    pub is_registered: bool,
}

/// Which registration of a netuid is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct SubnetRegistrationState {
    /// The subnet asked for.
    pub netuid: NetUid,
    /// Whether some subnet lives under this netuid now; not necessarily the one that did before.
    pub exists: bool,
    /// Grows by one with each registration of this netuid and survives dissolution: the subnet's generation.
    pub registered_subnet_counter: u64,
}

/// A coldkey's conviction lock on a subnet, rolled forward to the current block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct ColdkeyLock {
    /// Alpha that cannot leave.
    pub locked_mass: Alpha,
    /// Conviction as an unsigned 64.64 fixed-point number, in units of alpha.
    pub conviction_bits: u128,
    /// The block the other fields are rolled forward to.
    pub last_update: u64,
}

/// How much of a coldkey's alpha on a subnet can move, over all its hotkeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct StakeAvailability {
    /// The subnet asked for.
    pub netuid: NetUid,
    /// All stake.
    pub total: Alpha,
    /// The part held by a conviction lock.
    pub locked: Alpha,
    /// `total − locked`, not below 0.
    pub available: Alpha,
}
