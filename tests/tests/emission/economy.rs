//! Several markets under one emission contract.

use codec::{Decode, Encode};
use contract_tests::interface::{MarketState, Settlement};
use contract_tests::suite::{emission_rules, Part, Suite, BOND};
use contract_tests::world::{subnet, DEPLOYER, HOTKEY, OWNER, PROVIDER, TRADER};
use contract_tests::COIN;
use kernel::emission::{Contribution, Ladder, Measures, Round, Rules};
use kernel::flow::EPOCH;
use kernel::LiquidityChange;
use staking::AccountId;

/// What the contract keeps in its hot cell.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Hot {
    pub authority: AccountId,
    pub rules: Rules,
    pub version: u32,
    pub pending: Option<Rules>,
    pub next_epoch: u32,
    pub round: Option<Round>,
    pub seats: u32,
    pub vacant: Vec<u32>,
    pub bonds: u64,
    pub last: Option<Report>,
    pub total_paid: u64,
}

/// An epoch that was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct Report {
    pub epoch: u32,
    pub version: u32,
    pub budget: u64,
    pub release: u64,
    pub paid: u64,
    pub carried: u64,
}

/// Everything but the seats.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct EmissionState {
    pub stored: Hot,
    pub available: u64,
    pub epoch: u32,
}

/// A market that takes part.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Seat {
    pub netuid: u16,
    pub generation: u64,
    pub market: AccountId,
    pub created: u32,
    pub measures: Measures,
    pub ladder: Ladder,
    pub contribution: Contribution,
    pub burned: u32,
    pub paid: u64,
    pub total_paid: u64,
    pub silent: u32,
}

/// A seat with its share.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct SeatView {
    pub number: u32,
    pub seat: Seat,
    pub share: u64,
    pub index: i32,
}

/// A page of seats.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct SeatPage {
    pub seats: Vec<SeatView>,
    pub next: Option<u32>,
}

/// What a call of `settle` did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct Settled {
    pub epoch: u32,
    pub seats: u32,
    pub paid: u64,
    pub finished: bool,
    pub reward: u64,
}

/// A market of the economy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub netuid: u16,
    pub generation: u64,
    pub address: AccountId,
}

/// Markets, listed and seated, and a budget.
#[derive(Clone)]
pub struct Economy {
    pub suite: Suite,
    pub places: Vec<Place>,
}

/// TAO and alpha in a pool at the start.
pub const POOL: u64 = 2_000 * COIN;
/// TAO of the budget at the start.
pub const BUDGET: u64 = 10_000 * COIN;
/// The first subnet of an economy.
const FIRST: u16 = 20;

impl Economy {
    /// `count` markets of the same size.
    pub fn new(count: u16) -> Self {
        let mut economy = Self {
            suite: Suite::bare(),
            places: Vec::new(),
        };
        for number in 0..count {
            let place = economy.create(FIRST + number);
            economy.provide(place, PROVIDER, POOL);
            economy.list(place);
            economy.seat_it(place).expect("a listed market takes a seat");
        }
        economy.give(BUDGET);
        economy
    }

    /// A subnet and its market, made by the registry.
    pub fn create(&mut self, netuid: u16) -> Place {
        let suite = &mut self.suite;
        suite
            .world
            .control(|chain| chain.create_subnet(netuid, subnet()).map(|_| ()));
        let address = suite
            .call(DEPLOYER, Part::Registry, BOND, "create_market", (netuid, HOTKEY))
            .expect("a market");
        let place = Place {
            netuid,
            generation: 1,
            address,
        };
        self.places.push(place);
        place
    }

    /// Liquidity at one TAO per alpha.
    pub fn provide(&mut self, place: Place, who: AccountId, amount: u64) {
        self.alpha(place, who, amount);
        self.add(place, who, amount);
    }

    /// Alpha on a market's ledger, out of nothing.
    pub fn alpha(&mut self, place: Place, who: AccountId, amount: u64) {
        self.suite
            .world
            .control(|chain| chain.credit_stake(place.netuid, HOTKEY, who, amount));
        self.market::<u64>(place, who, 0, "deposit_alpha", (HOTKEY, amount))
            .expect("alpha");
    }

    /// Adds liquidity out of the ledger.
    pub fn add(&mut self, place: Place, who: AccountId, tao: u64) -> LiquidityChange {
        let arguments = (tao, 0u128, u32::MAX, Settlement::Ledger);
        self.market(place, who, tao, "add_liquidity", arguments)
            .expect("liquidity")
    }

    /// Removes liquidity.
    pub fn remove(&mut self, place: Place, who: AccountId, shares: u128) -> LiquidityChange {
        let arguments = (shares, 0u64, 0u64, u32::MAX, Settlement::Ledger);
        self.market(place, who, 0, "remove_liquidity", arguments).expect("out")
    }

    /// Buys with TAO, or sells alpha of the ledger.
    pub fn swap(&mut self, place: Place, who: AccountId, input: kernel::Asset, amount: u64) -> kernel::Swapped {
        let value = if input == kernel::Asset::Tao { amount } else { 0 };
        let arguments = (input, amount, 0u64, u32::MAX, Settlement::Ledger);
        self.market(place, who, value, "swap_exact_in", arguments)
            .expect("a swap")
    }

    /// A trader buys for so much TAO.
    pub fn buy(&mut self, place: Place, tao: u64) {
        self.swap(place, TRADER, kernel::Asset::Tao, tao);
    }

    /// Has the handover list a market.
    pub fn list(&mut self, place: Place) {
        self.set_listed(place, true);
    }

    /// As the handover does.
    pub fn set_listed(&mut self, place: Place, listed: bool) {
        let handover = self.suite.handover;
        let arguments = (place.netuid, place.generation, listed);
        self.suite
            .call::<()>(handover, Part::Registry, 0, "set_listed", arguments)
            .expect("the authority lists");
    }

    /// Takes a seat for a market.
    pub fn seat_it(&mut self, place: Place) -> Result<u32, String> {
        self.emission(OWNER, 0, "enroll", (place.netuid, place.generation))
    }

    /// Gives to the budget.
    pub fn give(&mut self, rao: u64) {
        self.emission::<()>(OWNER, rao, "fund", ()).expect("a gift");
    }

    /// Calls the emission contract, and checks its books.
    pub fn emission<T: Decode>(
        &mut self,
        who: AccountId,
        value: u64,
        label: &'static str,
        arguments: impl Encode,
    ) -> Result<T, String> {
        let result = self.suite.call(who, Part::Emission, value, label, arguments);
        self.check(label);
        result
    }

    /// Calls a market.
    pub fn market<T: Decode>(
        &mut self,
        place: Place,
        who: AccountId,
        value: u64,
        label: &'static str,
        arguments: impl Encode,
    ) -> Result<T, String> {
        self.suite
            .call_at(who, place.address, Part::Market, value, label, arguments)
    }

    /// A market's state.
    pub fn market_state(&mut self, place: Place) -> MarketState {
        self.suite
            .read_at::<Result<MarketState, ()>>(place.address, Part::Market, "market_state", ())
            .expect("readable")
    }

    /// Everything but the seats.
    pub fn state(&mut self) -> EmissionState {
        self.suite.read(Part::Emission, "state", ())
    }

    /// The seat of a market.
    pub fn seat(&mut self, place: Place) -> SeatView {
        self.suite
            .read::<Option<SeatView>>(Part::Emission, "seat", (place.netuid, place.generation))
            .expect("it has a seat")
    }

    /// Lets the running epoch end.
    pub fn end_epoch(&mut self) {
        let now = self.suite.world.block();
        self.suite.world.jump(EPOCH - now % EPOCH);
    }

    /// Lets the running epoch end, and settles it at once.
    pub fn epoch(&mut self) -> Report {
        self.end_epoch();
        self.settle_all(128)
    }

    /// Settles the oldest epoch in pages.
    pub fn settle_all(&mut self, limit: u32) -> Report {
        loop {
            let settled: Settled = self.settle(limit).expect("an epoch is over");
            if settled.finished {
                return self.state().stored.last.expect("settled");
            }
        }
    }

    /// One page.
    pub fn settle(&mut self, limit: u32) -> Result<Settled, String> {
        self.emission(OWNER, 0, "settle", (limit, 0u64, u32::MAX))
    }

    /// Rules take effect with the next epoch.
    pub fn set_rules(&mut self, rules: Rules) {
        let handover = self.suite.handover;
        self.emission::<()>(handover, 0, "set_rules", rules)
            .expect("rules within their bounds");
    }

    /// What the emission contract holds is bonds and budget; what it says it paid is what markets got.
    fn check(&mut self, step: &str) {
        let state = self.state();
        let address = self.suite.emission;
        let held = self.suite.world.tao(address) - contract_tests::runtime::EXISTENTIAL_DEPOSIT;
        assert_eq!(state.available + state.stored.bonds, held, "{step}: TAO held");
        if let Some(last) = state.stored.last {
            assert_eq!(last.paid + last.carried, last.budget, "{step}: paid and carried");
            assert!(
                last.paid <= last.release && last.release <= last.budget,
                "{step}: {last:?}"
            );
        }
        let page: SeatPage = self.suite.read(Part::Emission, "seats", (0u32, 128u32));
        let mut next = page.next;
        let mut seats = page.seats;
        while let Some(from) = next {
            let page: SeatPage = self.suite.read(Part::Emission, "seats", (from, 128u32));
            seats.extend(page.seats);
            next = page.next;
        }
        let bonds: u64 = seats
            .iter()
            .filter_map(|view| view.seat.ladder.challenge)
            .map(|challenge| challenge.bond)
            .sum();
        assert_eq!(bonds, state.stored.bonds, "{step}: bonds");
        let shares: u128 = seats.iter().map(|view| u128::from(view.share)).sum();
        assert!(shares <= u128::from(kernel::emission::SHARE_ONE), "{step}: shares");
    }
}

/// The rules that tests begin with: as quick as the bounds allow, and without a bound on what a pool may get.
pub fn rules() -> Rules {
    Rules {
        max_yield_bps: 100,
        ..emission_rules()
    }
}
