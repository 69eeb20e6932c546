use crate::SubtensorExtension;

/// The chain's types. Name it in `#[ink::contract(env = subtensor::SubtensorEnvironment)]`.
///
/// `ink::env::DefaultEnvironment` must not be used on this chain: it reads balances as `u128`, and every value it decodes
/// is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(TypeInfo)]
pub enum SubtensorEnvironment {}

impl ink::env::Environment for SubtensorEnvironment {
    /// Includes the signature topic, so an event may index three of its fields.
    const MAX_EVENT_TOPICS: usize = 4;

    type AccountId = ink::primitives::AccountId;
    type Balance = u64;
    type Hash = ink::primitives::Hash;
    type BlockNumber = u32;
    type Timestamp = u64;
    type ChainExtension = SubtensorExtension;
}
