//! Where everything in the suite is found, and how a market comes into being.
//!
//! Anyone creates the market of a subnet, with a bond, from code that governance pinned; one for each (netuid, generation), at
//! an address known beforehand. Code pinned later is for later markets: no market ever changes.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod create;
mod error;

pub use error::RegistryError;

#[ink::contract(env = subtensor::SubtensorEnvironment)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::arithmetic_side_effects,
    clippy::panic,
    unsafe_code,
    reason = "ink's dispatch is generated"
)]
mod registry {
    use crate::create::{self, Arguments};
    use crate::error::RegistryError;
    use ink::prelude::vec::Vec;
    use ink::storage::Mapping;
    use shell::pay;

    type Result<T> = core::result::Result<T, RegistryError>;

    /// Most markets one page has.
    const MAX_PAGE: u32 = 100;

    /// A market.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    #[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
    pub struct MarketEntry {
        /// The subnet.
        pub netuid: u16,
        /// Its generation.
        pub generation: u64,
        /// Where the market lives.
        pub address: AccountId,
        /// The code it was made of, for ever.
        pub code_hash: [u8; 32],
        /// Who created it and gets the bond back.
        pub creator: AccountId,
        /// The bond still held, rao.
        pub bond: u64,
        /// Whether it is eligible for emission.
        pub listed: bool,
        /// Block of its creation.
        pub created: u32,
    }

    /// A page of markets.
    #[derive(Debug, Clone, PartialEq, Eq)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    pub struct MarketPage {
        /// Markets of the page.
        pub markets: Vec<MarketEntry>,
        /// Where the next page starts; `None` after the last.
        pub next: Option<u32>,
    }

    /// The suite.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    #[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
    pub struct Suite {
        /// The only admin: the handover.
        pub authority: AccountId,
        /// The DAO of the whole protocol.
        pub dao: AccountId,
        /// Where protocol income goes.
        pub sink: AccountId,
        /// What settles emission and restricts markets that only extract.
        pub emission: AccountId,
        /// Code that the next market is made of.
        pub market_code: [u8; 32],
        /// Bond of a market, rao.
        pub bond: u64,
        /// Markets created so far.
        pub markets: u32,
    }

    /// A market was created.
    #[ink(event)]
    pub struct MarketCreated {
        /// The subnet.
        #[ink(topic)]
        pub netuid: u16,
        /// Its generation.
        pub generation: u64,
        /// Where the market lives.
        pub market: AccountId,
        /// The code it is made of.
        pub code_hash: [u8; 32],
        /// By whom.
        pub creator: AccountId,
        /// The validator it stakes with.
        pub hotkey: AccountId,
        /// The bond, rao.
        pub bond: u64,
    }

    /// A market was listed, or is not listed any more.
    #[ink(event)]
    pub struct ListingChanged {
        /// The subnet.
        pub netuid: u16,
        /// Its generation.
        pub generation: u64,
        /// Whether it is listed.
        pub listed: bool,
    }

    /// A bond went back to who created the market.
    #[ink(event)]
    pub struct BondReclaimed {
        /// The subnet.
        pub netuid: u16,
        /// Its generation.
        pub generation: u64,
        /// To whom.
        pub creator: AccountId,
        /// Rao.
        pub bond: u64,
    }

    /// The next markets are made of other code.
    #[ink(event)]
    pub struct CodePinned {
        /// The code.
        pub code_hash: [u8; 32],
    }

    /// The registry.
    #[ink(storage)]
    pub struct Registry {
        suite: Suite,
        markets: Mapping<(u16, u64), MarketEntry>,
        sequence: Mapping<u32, (u16, u64)>,
    }

    impl Registry {
        /// A registry whose authority is the handover. `bond` is in rao.
        #[ink(constructor, payable)]
        pub fn new(
            authority: AccountId,
            dao: AccountId,
            sink: AccountId,
            emission: AccountId,
            market_code: [u8; 32],
            bond: u64,
        ) -> Self {
            Self {
                suite: Suite {
                    authority,
                    dao,
                    sink,
                    emission,
                    market_code,
                    bond,
                    markets: 0,
                },
                markets: Mapping::new(),
                sequence: Mapping::new(),
            }
        }

        /// Creates the market of the subnet that lives under `netuid` now, staking with `hotkey`, one of its validators. Anyone
        /// may, with exactly the bond.
        #[ink(message, payable)]
        pub fn create_market(&mut self, netuid: u16, hotkey: AccountId) -> Result<AccountId> {
            let bond = self.suite.bond;
            let got = self.env().transferred_value();
            if got != bond {
                return Err(RegistryError::ValueMismatch { expected: bond, got });
            }
            let state = self.env().extension().get_subnet_registration_state(netuid)?;
            if !state.exists || netuid == 0 {
                return Err(RegistryError::NoSuchSubnet { netuid });
            }
            let generation = state.registered_subnet_counter;
            if let Some(entry) = self.markets.get((netuid, generation)) {
                return Err(RegistryError::MarketExists { market: entry.address });
            }
            let me = self.env().account_id();
            let validator = self.env().extension().get_stake_info(hotkey, me, netuid)?;
            if !validator.is_some_and(|info| info.is_registered) {
                return Err(RegistryError::HotkeyNotRegistered);
            }
            let Suite {
                authority,
                sink,
                emission,
                market_code: code_hash,
                markets,
                ..
            } = self.suite;
            let before = self.env().balance();
            let arguments = Arguments {
                netuid,
                hotkey,
                authority,
                sink,
                emission,
            };
            let address = create::market(code_hash, arguments, create::salt(netuid, generation))?;
            // A constructor runs as our callee and could use the chain in our name. Nothing but its own existential deposit may
            // leave.
            let gone = before.saturating_sub(self.env().balance());
            if gone > self.env().minimum_balance() {
                return Err(RegistryError::MarketTookFunds { gone });
            }
            let creator = self.env().caller();
            self.markets.insert(
                (netuid, generation),
                &MarketEntry {
                    netuid,
                    generation,
                    address,
                    code_hash,
                    creator,
                    bond,
                    listed: false,
                    created: self.env().block_number(),
                },
            );
            self.sequence.insert(markets, &(netuid, generation));
            self.suite.markets = markets.saturating_add(1);
            self.env().emit_event(MarketCreated {
                netuid,
                generation,
                market: address,
                code_hash,
                creator,
                hotkey,
                bond,
            });
            Ok(address)
        }

        /// Pays the bond back to who created the market, once it is listed or its generation is over. Anyone may.
        #[ink(message)]
        pub fn reclaim_bond(&mut self, netuid: u16, generation: u64) -> Result<u64> {
            let mut entry = self.entry(netuid, generation)?;
            let bond = core::mem::take(&mut entry.bond);
            if bond == 0 {
                return Err(RegistryError::BondReturned);
            }
            let state = self.env().extension().get_subnet_registration_state(netuid)?;
            let alive = state.exists && state.registered_subnet_counter == generation;
            if alive && !entry.listed {
                return Err(RegistryError::BondHeld);
            }
            self.markets.insert((netuid, generation), &entry);
            self.env().emit_event(BondReclaimed {
                netuid,
                generation,
                creator: entry.creator,
                bond,
            });
            pay(entry.creator, bond)?;
            Ok(bond)
        }

        // ---- authority

        /// Makes a market eligible for emission, or not any more. Nothing else about it changes.
        #[ink(message)]
        pub fn set_listed(&mut self, netuid: u16, generation: u64, listed: bool) -> Result<()> {
            self.as_authority()?;
            let mut entry = self.entry(netuid, generation)?;
            if entry.listed == listed {
                return Err(RegistryError::NothingToDo);
            }
            entry.listed = listed;
            self.markets.insert((netuid, generation), &entry);
            self.env().emit_event(ListingChanged {
                netuid,
                generation,
                listed,
            });
            Ok(())
        }

        /// Makes the next markets of other code. Markets that exist stay what they are.
        #[ink(message)]
        pub fn pin_market_code(&mut self, code_hash: [u8; 32]) -> Result<()> {
            self.as_authority()?;
            self.suite.market_code = code_hash;
            self.env().emit_event(CodePinned { code_hash });
            Ok(())
        }

        // ---- views

        /// Where the rest of the suite is.
        #[ink(message)]
        pub fn suite(&self) -> Suite {
            self.suite
        }

        /// The market of the subnet that lives under `netuid` now.
        #[ink(message)]
        pub fn market(&self, netuid: u16) -> Result<Option<MarketEntry>> {
            let state = self.env().extension().get_subnet_registration_state(netuid)?;
            let entry = self.markets.get((netuid, state.registered_subnet_counter));
            Ok(entry.filter(|_| state.exists))
        }

        /// The market of a generation, ended or not.
        #[ink(message)]
        pub fn market_of(&self, netuid: u16, generation: u64) -> Option<MarketEntry> {
            self.markets.get((netuid, generation))
        }

        /// Markets in the order of their creation, `from..from + limit`.
        #[ink(message)]
        pub fn markets(&self, from: u32, limit: u32) -> MarketPage {
            let all = self.suite.markets;
            let end = from.saturating_add(limit.clamp(1, MAX_PAGE)).min(all);
            let markets = (from..end)
                .filter_map(|number| self.markets.get(self.sequence.get(number)?))
                .collect();
            MarketPage {
                markets,
                next: (end < all).then_some(end),
            }
        }

        fn entry(&self, netuid: u16, generation: u64) -> Result<MarketEntry> {
            self.markets
                .get((netuid, generation))
                .ok_or(RegistryError::NoSuchMarket { netuid, generation })
        }

        fn as_authority(&self) -> Result<()> {
            if self.env().caller() != self.suite.authority {
                return Err(RegistryError::NotAuthority);
            }
            Ok(())
        }
    }
}
