//! A chain with the whole suite, deployed and wired as `keeper deploy` does it: handover, the DAO of root, registry, and a
//! market made by the registry. After every call all identities are checked.

mod answers;

use std::collections::BTreeSet;

use codec::{Decode, DecodeAll, Encode};
use kernel::conviction::{Aggregate, LockKind};
use kernel::handover::{Action, Calendar, Capability, Ladder, Operation, Power, Proposer, Stage};
use kernel::referendum::{Track, TrackId};
use staking::AccountId;

pub use answers::*;

use crate::bundle;
use crate::world::{Outcome, World, COIN, DEPLOYER, HOTKEY, NETUID, OWNER};

/// The core team.
pub const CORE: AccountId = [40; 32];
/// The guardian.
pub const GUARDIAN: AccountId = [41; 32];
/// Holds most of the conviction.
pub const VOTER: AccountId = [42; 32];
/// Holds some of it.
pub const OTHER_VOTER: AccountId = [43; 32];
/// Holds none at the start.
pub const STRANGER: AccountId = [44; 32];

/// What a whole calendar of 18 months is divided by: 394 blocks.
pub const DIVISOR: u32 = 10_000;
/// Bond of a market, rao.
pub const BOND: u64 = 10 * COIN;
/// What may leave the treasury in an epoch, rao.
pub const TREASURY_CAP: u64 = 100 * COIN;
/// Blocks of an epoch of the treasury.
pub const TREASURY_EPOCH: u32 = 36;
/// Least electorate, alpha of root.
pub const FLOOR: u64 = COIN;
/// What voters lock at the start, alpha of root.
pub const LOCKED: u64 = 100_000 * COIN;

/// A contract of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The only admin.
    Handover,
    /// The DAO of root.
    Dao,
    /// What settles emission.
    Emission,
    /// Where markets are found.
    Registry,
    /// The market of [`NETUID`].
    Market,
}

impl Part {
    /// The name of its bundle.
    pub fn name(self) -> &'static str {
        match self {
            Self::Handover => "handover",
            Self::Dao => "conviction",
            Self::Emission => "emission",
            Self::Registry => "registry",
            Self::Market => "market",
        }
    }
}

/// A chain with the suite.
#[derive(Clone)]
pub struct Suite {
    /// The chain.
    pub world: World,
    /// The subnet whose DAO decides.
    pub netuid: u16,
    /// The only admin.
    pub handover: AccountId,
    /// The DAO of root.
    pub dao: AccountId,
    /// What settles emission.
    pub emission: AccountId,
    /// Where markets are found.
    pub registry: AccountId,
    /// The market of [`NETUID`].
    pub market: AccountId,
    /// Everybody who may have a cell in the DAO.
    voters: BTreeSet<AccountId>,
    stages: Vec<Stage>,
}

/// A calendar in which everything ends frozen, so that its whole length can be walked.
pub fn calendar(now: u32) -> Calendar {
    let mut calendar = Calendar::standard(now, kernel::handover::MAX_CORE_BLOCKS, DIVISOR);
    let last = now + kernel::handover::MAX_CORE_BLOCKS / DIVISOR;
    for Ladder { at, .. } in &mut calendar.ladders {
        at[3] = at[3].min(last).max(at[2]);
    }
    calendar
}

/// Everything that each capability may call.
pub fn grants(dao: AccountId, registry: AccountId, emission: AccountId) -> Vec<Grant> {
    let market = |capability, label| Grant {
        capability,
        target: Target::Market,
        selector: bundle::market().selector(label),
    };
    let of = |capability, account, name, label| Grant {
        capability,
        target: Target::Account(account),
        selector: bundle::named(name).selector(label),
    };
    vec![
        market(Capability::Fees, "set_fees"),
        market(Capability::Risk, "set_risk"),
        market(Capability::Risk, "set_rates"),
        market(Capability::PauseOpening, "pause_opening"),
        of(Capability::Listing, registry, "registry", "set_listed"),
        of(Capability::PinCode, registry, "registry", "pin_market_code"),
        of(Capability::Emission, emission, "emission", "set_rules"),
        of(Capability::Emission, emission, "emission", "set_burned"),
        of(Capability::Emission, emission, "emission", "reinstate"),
        market(Capability::ValidatorPolicy, "add_hotkey"),
        market(Capability::ValidatorPolicy, "remove_hotkey"),
        of(Capability::Governance, dao, "conviction", "set_track"),
        of(Capability::Governance, dao, "conviction", "set_native_cap"),
    ]
}

/// The rules of emission: the ladder as quick as its bounds allow.
pub fn emission_rules() -> kernel::emission::Rules {
    kernel::emission::Rules {
        ladder: kernel::emission::LadderRules {
            patience: 2,
            quarantine_epochs: 8,
            challenge_epochs: 4,
            delist_delay: 7_200,
            ..Default::default()
        },
        ..Default::default()
    }
}

/// The rules of all tracks, compressed like the calendar.
pub fn tracks() -> Vec<Track> {
    TrackId::ALL
        .iter()
        .map(|id| Track::default_of(*id).scaled(DIVISOR))
        .collect()
}

impl Suite {
    /// The suite without any voter.
    pub fn bare() -> Self {
        Self::with(0, |_| Vec::new())
    }

    /// The suite without any voter, decided by the DAO of `netuid`, with grants beyond the usual ones.
    pub fn with(netuid: u16, more: impl FnOnce(&mut World) -> Vec<Grant>) -> Self {
        let mut world = World::without_market();
        for who in [CORE, GUARDIAN, VOTER, OTHER_VOTER, STRANGER] {
            world.mint(who, 10_000 * COIN);
        }
        let mut suite = Self {
            world,
            netuid,
            handover: [0; 32],
            dao: [0; 32],
            emission: [0; 32],
            registry: [0; 32],
            market: [0; 32],
            voters: BTreeSet::new(),
            stages: Vec::new(),
        };
        let more = more(&mut suite.world);
        suite.deploy_all(netuid, more);
        suite
    }

    /// The suite with two voters whose conviction grows.
    pub fn new() -> Self {
        let mut suite = Self::bare();
        suite.settle_voters();
        suite
    }

    /// Lets the voters lock, and gather conviction for some blocks.
    pub fn settle_voters(&mut self) {
        for (voter, amount) in [(VOTER, LOCKED), (OTHER_VOTER, LOCKED / 4)] {
            self.give_stake(voter, amount);
            self.lock(voter, amount, LockKind::Perpetual).expect("locking");
        }
        self.blocks(5);
    }

    fn deploy_all(&mut self, netuid: u16, more: Vec<Grant>) {
        let now = self.world.block();
        let handover = (
            CORE,
            Some(GUARDIAN),
            kernel::handover::MAX_PAUSE_BLOCKS / DIVISOR,
            calendar(now),
            TREASURY_EPOCH,
            TREASURY_CAP,
        );
        self.handover = self.instantiate("handover", handover.encode(), COIN).expect("handover");
        let dao = (netuid, HOTKEY, self.handover, self.handover, tracks(), FLOOR);
        self.dao = self.instantiate("conviction", dao.encode(), 0).expect("conviction");
        let code = bundle::market().code_hash();
        let emission = (self.handover, emission_rules());
        self.emission = self.instantiate("emission", emission.encode(), COIN).expect("emission");
        let registry = (self.handover, self.dao, self.handover, self.emission, code, BOND);
        self.registry = self.instantiate("registry", registry.encode(), COIN).expect("registry");
        // The registry instantiates what is on the chain already.
        self.world.upload(bundle::market().wasm.clone());
        let wiring = Wiring {
            dao: self.dao,
            registry: self.registry,
            market_code: code,
            grants: [grants(self.dao, self.registry, self.emission), more].concat(),
        };
        self.call::<()>(DEPLOYER, Part::Handover, 0, "wire", wiring)
            .expect("the deployer wires once");
        self.market = self
            .call(STRANGER, Part::Registry, BOND, "create_market", (NETUID, HOTKEY))
            .expect("anyone creates a market");
    }

    /// Uploads and instantiates a contract by name; what it refuses with, by name.
    pub fn instantiate(&mut self, name: &'static str, arguments: Vec<u8>, value: u64) -> Result<AccountId, String> {
        let bundle = bundle::named(name);
        let input = [bundle.selector("new").to_vec(), arguments].concat();
        let (address, outcome) = self.world.deploy(bundle.wasm.clone(), input, value);
        match outcome {
            Outcome::Returned(_) => Ok(address),
            Outcome::Reverted(bytes) => match bytes.as_slice() {
                [0, 1, error @ ..] => Err(bundle.refusal("new", error)),
                _ => panic!("{name}: {bytes:?}"),
            },
            Outcome::Trapped(reason) => panic!("{name}: {reason}"),
        }
    }

    /// Where a part is.
    pub fn address(&self, part: Part) -> AccountId {
        match part {
            Part::Handover => self.handover,
            Part::Dao => self.dao,
            Part::Emission => self.emission,
            Part::Registry => self.registry,
            Part::Market => self.market,
        }
    }

    /// Calls a message that can refuse; what it refuses with, by name. Checks everything afterwards.
    pub fn call<T: Decode>(
        &mut self,
        who: AccountId,
        part: Part,
        value: u64,
        label: &'static str,
        arguments: impl Encode,
    ) -> Result<T, String> {
        if part == Part::Dao {
            self.voters.insert(who);
        }
        self.call_at(who, self.address(part), part, value, label, arguments)
    }

    /// Calls a message of any contract that runs the code of `part`.
    pub fn call_at<T: Decode>(
        &mut self,
        who: AccountId,
        address: AccountId,
        part: Part,
        value: u64,
        label: &'static str,
        arguments: impl Encode,
    ) -> Result<T, String> {
        let bundle = bundle::named(part.name());
        let input = [bundle.selector(label).to_vec(), arguments.encode()].concat();
        let outcome = self.world.run(who, address, value, input);
        let result = match outcome {
            Outcome::Returned(bytes) => match bytes.as_slice() {
                [0, 0, answer @ ..] => {
                    Ok(T::decode_all(&mut &*answer).unwrap_or_else(|error| panic!("{label}: {error} in {bytes:?}")))
                }
                _ => panic!("{label}: refused without taking its changes back: {bytes:?}"),
            },
            Outcome::Reverted(bytes) => match bytes.as_slice() {
                [0, 1, error @ ..] => Err(bundle.refusal(label, error)),
                _ => panic!("{label}: taken back without a refusal: {bytes:?}"),
            },
            Outcome::Trapped(reason) => panic!("{label}: {reason}"),
        };
        self.check(label);
        result
    }

    /// Asks a view that cannot be refused.
    pub fn read<T: Decode>(&mut self, part: Part, label: &str, arguments: impl Encode) -> T {
        self.read_at(self.address(part), part, label, arguments)
    }

    /// Asks a view of any contract that runs the code of `part`.
    pub fn read_at<T: Decode>(&mut self, address: AccountId, part: Part, label: &str, arguments: impl Encode) -> T {
        let input = [bundle::named(part.name()).selector(label).to_vec(), arguments.encode()].concat();
        match self.world.run(OWNER, address, 0, input) {
            Outcome::Returned(bytes) | Outcome::Reverted(bytes) => match bytes.as_slice() {
                [0, answer @ ..] => {
                    T::decode_all(&mut &*answer).unwrap_or_else(|error| panic!("{label}: {error} in {bytes:?}"))
                }
                _ => panic!("{label}: {bytes:?}"),
            },
            Outcome::Trapped(reason) => panic!("{label}: {reason}"),
        }
    }

    /// Asks a view that can be refused and is not.
    pub fn view<T: Decode>(&mut self, part: Part, label: &str, arguments: impl Encode) -> T {
        self.read::<Result<T, Undecoded>>(part, label, arguments)
            .unwrap_or_else(|error| panic!("{label}: refused with {error:?}"))
    }

    /// Lets blocks pass.
    pub fn blocks(&mut self, count: u32) {
        self.world.blocks(count);
        self.check("blocks");
    }

    /// Lets blocks pass up to `block`.
    pub fn until(&mut self, block: u32) {
        let now = self.world.block();
        self.blocks(block.saturating_sub(now));
        assert_eq!(self.world.block(), block.max(now));
    }

    // ---- the DAO

    /// Stake of the DAO's subnet for an account, with the DAO's hotkey.
    pub fn give_stake(&mut self, who: AccountId, amount: u64) {
        let netuid = self.netuid;
        self.world
            .control(|chain| chain.credit_stake(netuid, HOTKEY, who, amount));
    }

    /// Locks.
    pub fn lock(&mut self, who: AccountId, amount: u64, kind: LockKind) -> Result<Locked, String> {
        self.call(who, Part::Dao, 0, "lock", (amount, kind))
    }

    /// The DAO.
    pub fn dao_state(&mut self) -> DaoState {
        self.view(Part::Dao, "state", ())
    }

    /// An account of the DAO.
    pub fn voter(&mut self, who: AccountId) -> VoterView {
        self.view(Part::Dao, "voter", who)
    }

    /// A referendum.
    pub fn referendum(&mut self, id: u32) -> ReferendumView {
        self.read::<Option<ReferendumView>>(Part::Dao, "referendum", id)
            .expect("the referendum exists")
    }

    /// Submits a proposal on the track its action needs, and places both deposits.
    pub fn propose(&mut self, who: AccountId, action: Action) -> u32 {
        let track = action.track();
        let proposal = Proposal {
            action,
            predecessor: None,
            salt: [0; 32],
        };
        self.submit(who, track, proposal.encode())
    }

    /// Submits a call, and places both deposits.
    pub fn submit(&mut self, who: AccountId, track: TrackId, call: Vec<u8>) -> u32 {
        let rules = tracks()[track as usize];
        let id = self
            .call(who, Part::Dao, rules.submission_deposit, "submit", (track, call))
            .expect("a submission");
        self.call::<()>(who, Part::Dao, rules.decision_deposit, "place_decision_deposit", id)
            .expect("a deposit");
        id
    }

    /// Votes.
    pub fn vote(&mut self, who: AccountId, id: u32, vote: kernel::conviction::Vote) -> Result<(), String> {
        self.call::<kernel::referendum::Tally>(who, Part::Dao, 0, "vote", (id, vote))
            .map(|_| ())
    }

    /// Lets blocks pass until a referendum may be enacted.
    pub fn until_enactable(&mut self, id: u32) {
        for _ in 0..5_000 {
            if self.referendum(id).enactable {
                return;
            }
            self.blocks(1);
        }
        panic!("referendum {id} never passes: {:?}", self.referendum(id));
    }

    /// Lets the DAO decide an action: everybody with conviction votes aye. Returns the id of the operation that waits.
    pub fn decide(&mut self, action: Action) -> Result<[u8; 32], String> {
        let id = self.propose(VOTER, action);
        self.vote(VOTER, id, kernel::conviction::Vote::Aye).expect("a vote");
        self.until_enactable(id);
        self.call(STRANGER, Part::Handover, 0, "enact", id)
    }

    // ---- the handover

    /// A call of a governed message, as it runs now.
    pub fn action(&mut self, capability: Capability, part: Part, label: &str, arguments: impl Encode) -> Action {
        Action::Call {
            capability,
            target: self.address(part),
            code_hash: bundle::named(part.name()).code_hash(),
            selector: bundle::named(part.name()).selector(label),
            input: arguments.encode(),
            value: 0,
        }
    }

    /// An operation of the core team.
    pub fn operation(action: Action, salt: u8) -> Operation {
        Operation {
            action,
            predecessor: None,
            salt: [salt; 32],
            proposer: Proposer::Core,
        }
    }

    /// The core team schedules; returns the id.
    pub fn schedule(&mut self, operation: Operation) -> Result<[u8; 32], String> {
        self.call(CORE, Part::Handover, 0, "schedule", operation)
    }

    /// A stranger executes.
    pub fn execute(&mut self, id: [u8; 32]) -> Result<Executed, String> {
        self.call(STRANGER, Part::Handover, 0, "execute", id)
    }

    /// An operation.
    pub fn look(&mut self, id: [u8; 32]) -> OperationView {
        self.read::<Option<OperationView>>(Part::Handover, "operation", id)
            .expect("the operation exists")
    }

    /// Lets blocks pass until an operation may be executed, and executes it.
    pub fn wait_and_execute(&mut self, id: [u8; 32]) -> Result<Executed, String> {
        let ready = self.look(id).record.ready;
        self.until(ready);
        self.execute(id)
    }

    /// The stage of a capability.
    pub fn stage(&mut self, capability: Capability) -> Stage {
        self.read(Part::Handover, "stage", capability)
    }

    /// Every power that is left.
    pub fn report(&mut self) -> FinalityReport {
        self.read(Part::Handover, "finality_report", ())
    }

    /// What an account can still do.
    pub fn powers(&mut self, who: AccountId) -> Vec<Power> {
        self.read(Part::Handover, "residual_powers", who)
    }

    // ---- what must hold

    /// After every step: the DAO's books are what the chain says, its totals are the sums of its accounts, and no capability
    /// went back.
    fn check(&mut self, step: &str) {
        if self.market == [0; 32] {
            return;
        }
        let state = self.dao_state();
        let dao = self.dao;
        let held = self.world.tao(dao).saturating_sub(crate::runtime::EXISTENTIAL_DEPOSIT);
        let owed = state.hot.deposits + state.hot.slashed + state.hot.end.map_or(0, |end| end.left);
        assert_eq!(state.tao, held, "{step}: TAO held");
        assert!(owed <= held, "{step}: owes {owed} rao, has {held}");
        let mut shares = 0;
        let mut sum = Aggregate::default();
        let voters: Vec<AccountId> = self.voters.iter().copied().collect();
        let mut received = 0;
        let mut delegated = 0;
        for who in &voters {
            let VoterView { voter, .. } = self.voter(*who);
            shares += voter.shares;
            sum.add(voter.lock.kind, voter.lock.weight);
            received += voter.received.mass();
            if voter.delegate.is_some() {
                delegated += voter.lock.weight.mass;
            }
        }
        let total = &state.hot.escrow;
        assert_eq!(total.total_shares, shares, "{step}: shares");
        if state.hot.end.is_none() {
            // Each roll rounds by one unit, and there are at most as many as there were steps.
            close(total.total.mass(), sum.mass(), step);
            close(total.total.conviction(), sum.conviction(), step);
            close(received, delegated, step);
        }
        let stages: Vec<Stage> = Capability::ALL
            .iter()
            .map(|capability| self.stage(*capability))
            .collect();
        for (before, after) in self.stages.iter().zip(&stages) {
            assert!(before <= after, "{step}: power went back from {before:?} to {after:?}");
        }
        self.stages = stages;
    }
}

impl Default for Suite {
    fn default() -> Self {
        Self::new()
    }
}

fn close(total: u128, sum: u128, step: &str) {
    assert!(total.abs_diff(sum) <= 1_000, "{step}: {total} in all, {sum} together");
}

/// An error that is not looked at.
#[derive(Debug)]
pub struct Undecoded(pub Vec<u8>);

impl Decode for Undecoded {
    fn decode<I: codec::Input>(input: &mut I) -> Result<Self, codec::Error> {
        let mut rest = vec![0; input.remaining_len()?.unwrap_or(0)];
        input.read(&mut rest)?;
        Ok(Self(rest))
    }
}
