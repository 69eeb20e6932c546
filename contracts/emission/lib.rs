//! Emission that follows contribution: a budget of TAO, released by rule and shared among listed markets by what they bring, epoch by
//! epoch; and the ladder on which markets that only extract lose it.
//!
//! Holds TAO and no stake. Everything is open to anyone; the authority chooses rules and upholds appeals.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod error;
mod events;
mod remote;
mod settle;
mod storage;

pub use error::EmissionError;

#[ink::contract(env = subtensor::SubtensorEnvironment)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::arithmetic_side_effects,
    clippy::panic,
    unsafe_code,
    reason = "ink's dispatch is generated"
)]
mod emission {
    use crate::error::{EmissionError, Failure};
    use crate::events::*;
    use crate::remote;
    use crate::storage::*;
    use ink::prelude::{boxed::Box, vec::Vec};
    use ink::storage::{Lazy, Mapping};
    use kernel::emission::{Ladder, Measures, Rules, MAX_MARKETS};
    use kernel::flow::EPOCH;
    use kernel::market::Standing;
    use shell::{apart, emit};

    pub(crate) type Result<T> = core::result::Result<T, Failure>;

    /// Most seats one page has.
    const MAX_PAGE: u32 = 32;
    /// No epoch: a market is told its standing and asked nothing.
    const NO_EPOCH: u32 = u32::MAX;

    /// The emission contract.
    #[ink(storage)]
    pub struct Emission {
        pub(crate) hot: HotCell,
        /// Shares of what the next epoch releases, by seat, at 1e18.
        pub(crate) shares: Lazy<Vec<u64>>,
        pub(crate) pages: Mapping<u32, PageCell>,
        numbers: Mapping<(u16, u64), u32>,
        /// Seats that were left by markets that live: who comes back goes on where it was.
        left: Mapping<(u16, u64), SeatCell>,
        pub(crate) versions: Mapping<u32, RulesCell>,
    }

    impl Emission {
        /// Settles by `rules` from the running epoch on. The authority is the handover, which knows the registry.
        ///
        /// # Errors
        /// The rule that is out of bounds.
        #[ink(constructor, payable)]
        pub fn new(authority: AccountId, rules: Rules) -> Result<Self> {
            rules.check()?;
            let mut versions = Mapping::new();
            versions.insert(0, &RulesCell(rules));
            Ok(Self {
                hot: HotCell(Box::new(Hot {
                    authority,
                    rules,
                    version: 0,
                    pending: None,
                    next_epoch: Self::env().block_number() / EPOCH,
                    round: None,
                    seats: 0,
                    vacant: Vec::new(),
                    bonds: 0,
                    last: None,
                    total_paid: 0,
                })),
                shares: Lazy::new(),
                pages: Mapping::new(),
                numbers: Mapping::new(),
                left: Mapping::new(),
                versions,
            })
        }

        // ---- budget

        /// Gives the TAO sent to the budget. Anyone may; what comes as a plain transfer is budget too.
        #[ink(message, payable)]
        pub fn fund(&mut self) -> Result<()> {
            let amount = self.env().transferred_value();
            if amount == 0 {
                return Err(EmissionError::NothingSent.into());
            }
            emit(&Funded {
                from: self.env().caller(),
                amount,
            });
            Ok(())
        }

        /// Settles at most `limit` seats of the oldest epoch that is over: each market is paid its share of the release by what was
        /// known before the epoch, and measured. Anyone may, at any time after the epoch; it pays nothing, and what it comes to does not
        /// depend on who calls it when.
        ///
        /// # Errors
        /// [`kernel::emission::Error::NothingToSettle`] while no epoch is over.
        #[ink(message)]
        pub fn settle(&mut self, limit: u32, min_reward: u64, deadline: u32) -> Result<Settled> {
            apart(&mut || {
                let now = self.env().block_number();
                if now > deadline {
                    return Err(EmissionError::DeadlinePassed { deadline, now }.into());
                }
                if min_reward != 0 {
                    return Err(EmissionError::RewardBelowMinimum {
                        min: min_reward,
                        got: 0,
                    }
                    .into());
                }
                self.settle_seats(limit, now)
            })
        }

        // ---- seats

        /// Gives a living market that the registry lists a seat. Anyone may. One that had a seat before goes on where it was: no
        /// sanction is lost by leaving.
        #[ink(message)]
        pub fn enroll(&mut self, netuid: u16, generation: u64) -> Result<u32> {
            apart(&mut || {
                if self.numbers.contains((netuid, generation)) {
                    return Err(EmissionError::SeatedAlready.into());
                }
                let entry = remote::entry(self.hot.0.authority, netuid, generation)?;
                if !entry.listed || !self.is_alive(netuid, generation)? {
                    return Err(EmissionError::NotListed.into());
                }
                let hot = &mut self.hot.0;
                let number = match hot.vacant.pop() {
                    Some(vacant) => vacant,
                    None if usize::try_from(hot.seats).unwrap_or(usize::MAX) < MAX_MARKETS => {
                        let number = hot.seats;
                        hot.seats = number.saturating_add(1);
                        number
                    }
                    None => return Err(EmissionError::NoSeatFree.into()),
                };
                let next_epoch = hot.next_epoch;
                let seat = self.left.take((netuid, generation)).map_or_else(
                    || Seat {
                        netuid,
                        generation,
                        market: entry.address,
                        created: entry.created,
                        measures: Measures::default(),
                        ladder: Ladder::new(next_epoch),
                        contribution: Default::default(),
                        burned: 0,
                        paid: 0,
                        total_paid: 0,
                        silent: 0,
                    },
                    |cell| cell.0,
                );
                self.numbers.insert((netuid, generation), &number);
                self.put(number, Some(seat));
                emit(&Seated {
                    netuid,
                    generation,
                    market: entry.address,
                    seat: number,
                });
                Ok(number)
            })
        }

        /// Takes the seat of a market that the registry no longer lists, or whose generation has ended. Anyone may. A bond that is held
        /// goes back; what the market stood at is kept while it lives.
        #[ink(message)]
        pub fn unseat(&mut self, netuid: u16, generation: u64) -> Result<()> {
            apart(&mut || {
                let (number, mut seat) = self.seat_of(netuid, generation)?;
                let alive = self.is_alive(netuid, generation)?;
                if alive && remote::entry(self.hot.0.authority, netuid, generation)?.listed {
                    return Err(EmissionError::SeatKept.into());
                }
                let bond = seat.ladder.close(true);
                if alive {
                    // A delisting lasts; every other restriction ends by itself, because nobody renews it.
                    self.tell(seat.market, standing(&seat.ladder))?;
                    self.left.insert((netuid, generation), &SeatCell(seat));
                }
                self.numbers.remove((netuid, generation));
                self.put(number, None);
                self.hot.0.vacant.push(number);
                let mut shares = self.shares.get().unwrap_or_default();
                if let Some(share) = shares.get_mut(usize::try_from(number).unwrap_or(usize::MAX)) {
                    *share = 0;
                    self.shares.set(&shares);
                }
                emit(&Unseated { netuid, generation });
                self.settle_bond(netuid, generation, bond)
            })
        }

        // ---- challenges

        /// Claims with the bond sent that a market in quarantine only extracts. Anyone may. Epochs that begin later are counted: if two of
        /// three are below the threshold of quarantine, the bond goes back and the market is condemned, else the bond is budget.
        /// From now on shorts repay at no less than the prices from before.
        #[ink(message, payable)]
        pub fn challenge(&mut self, netuid: u16, generation: u64) -> Result<()> {
            apart(&mut || {
                let epoch = self.env().block_number() / EPOCH;
                let challenger = self.env().caller();
                let bond = self.env().transferred_value();
                let (number, mut seat) = self.seat_of(netuid, generation)?;
                seat.ladder
                    .challenge(*challenger.as_ref(), bond, epoch, &self.hot.0.rules.ladder)?;
                self.hot.0.bonds = self.hot.0.bonds.saturating_add(bond);
                let market = seat.market;
                let standing = standing(&seat.ladder);
                self.put(number, Some(seat));
                emit(&Challenged {
                    netuid,
                    generation,
                    challenger,
                    bond,
                    epoch,
                });
                if !self.tell(market, standing)? {
                    return Err(EmissionError::MarketSilent.into());
                }
                Ok(())
            })
        }

        // ---- authority

        /// Chooses rules within their bounds. They take effect when the next epoch begins to be settled.
        #[ink(message)]
        pub fn set_rules(&mut self, rules: Rules) -> Result<()> {
            self.as_authority()?;
            rules.check()?;
            self.hot.0.pending = Some(rules);
            emit(&RulesChosen { rules });
            Ok(())
        }

        /// Sets the burned fraction of a market for the price model, in billionths, from the next shares on.
        #[ink(message)]
        pub fn set_burned(&mut self, netuid: u16, generation: u64, burned: u32) -> Result<()> {
            self.as_authority()?;
            let (number, mut seat) = self.seat_of(netuid, generation)?;
            seat.burned = burned.min(kernel::emission::model::BURNED_ONE);
            emit(&BurnedSet {
                netuid,
                generation,
                burned: seat.burned,
            });
            self.put(number, Some(seat));
            Ok(())
        }

        /// Upholds an appeal: the market is watched again. Whoever challenged it gets the bond back.
        #[ink(message)]
        pub fn reinstate(&mut self, netuid: u16, generation: u64) -> Result<()> {
            apart(&mut || {
                self.as_authority()?;
                let (number, mut seat) = self.seat_of(netuid, generation)?;
                let epoch = self.hot.0.next_epoch;
                let (transition, bond) = seat.ladder.reinstate(epoch)?;
                emit(&StandingMoved {
                    netuid,
                    generation,
                    epoch,
                    transition,
                    contribution: seat.contribution,
                });
                // If it does not answer now it is told with the next epoch.
                self.tell(seat.market, standing(&seat.ladder))?;
                self.put(number, Some(seat));
                self.settle_bond(netuid, generation, bond)
            })
        }

        // ---- views

        /// Everything but the seats.
        #[ink(message)]
        pub fn state(&self) -> EmissionState {
            EmissionState {
                stored: (*self.hot.0).clone(),
                available: self.available(),
                epoch: self.env().block_number() / EPOCH,
            }
        }

        /// The seats `from..from + limit` that are taken.
        #[ink(message)]
        pub fn seats(&self, from: u32, limit: u32) -> SeatPage {
            let all = self.hot.0.seats;
            let end = from.saturating_add(limit.clamp(1, MAX_PAGE)).min(all);
            let shares = self.shares.get().unwrap_or_default();
            let mut seats = Vec::new();
            for page in from / PAGE..end.div_ceil(PAGE) {
                for (number, seat) in (page.saturating_mul(PAGE)..).zip(self.page(page)) {
                    if let Some(seat) = seat.filter(|_| (from..end).contains(&number)) {
                        seats.push(SeatView::new(number, seat, &shares));
                    }
                }
            }
            SeatPage {
                seats,
                next: (end < all).then_some(end),
            }
        }

        /// The seat of a market.
        #[ink(message)]
        pub fn seat(&self, netuid: u16, generation: u64) -> Option<SeatView> {
            let (number, seat) = self.seat_of(netuid, generation).ok()?;
            Some(SeatView::new(number, seat, &self.shares.get().unwrap_or_default()))
        }

        /// The rules of a version.
        #[ink(message)]
        pub fn rules_of(&self, version: u32) -> Option<Rules> {
            self.versions.get(version).map(|cell| cell.0)
        }

        // ---- cells

        /// TAO that is no bond.
        pub(crate) fn available(&self) -> u64 {
            self.env().balance().saturating_sub(self.hot.0.bonds)
        }

        /// The seats of a page.
        pub(crate) fn page(&self, page: u32) -> Vec<Option<Seat>> {
            self.pages.get(page).map(|cell| cell.0).unwrap_or_default()
        }

        fn seat_of(&self, netuid: u16, generation: u64) -> Result<(u32, Seat)> {
            let number = self.numbers.get((netuid, generation)).ok_or(EmissionError::NotSeated)?;
            let seat = self.page(number / PAGE).into_iter().nth(place(number)).flatten();
            Ok((number, seat.ok_or(EmissionError::NotSeated)?))
        }

        fn put(&mut self, number: u32, seat: Option<Seat>) {
            let mut page = self.page(number / PAGE);
            while page.len() <= place(number) {
                page.push(None);
            }
            if let Some(slot) = page.get_mut(place(number)) {
                *slot = seat;
            }
            self.pages.insert(number / PAGE, &PageCell(page));
        }

        /// Tells a market how it is restricted; whether it answered. Whoever is called could use the chain in our name: nothing may
        /// leave.
        fn tell(&self, market: AccountId, standing: Standing) -> Result<bool> {
            let had = self.env().balance();
            let answered = remote::settle_epoch(market, NO_EPOCH, standing, 0).is_some();
            match had.saturating_sub(self.env().balance()) {
                0 => Ok(answered),
                gone => Err(EmissionError::FundsTaken { gone }.into()),
            }
        }

        fn is_alive(&self, netuid: u16, generation: u64) -> Result<bool> {
            let state = self.env().extension().get_subnet_registration_state(netuid)?;
            Ok(state.exists && state.registered_subnet_counter == generation)
        }

        fn as_authority(&self) -> Result<()> {
            if self.env().caller() != self.hot.0.authority {
                return Err(EmissionError::NotAuthority.into());
            }
            Ok(())
        }
    }

    /// Where a seat lies in its page.
    pub(crate) fn place(number: u32) -> usize {
        usize::try_from(number % PAGE).unwrap_or(0)
    }
}
