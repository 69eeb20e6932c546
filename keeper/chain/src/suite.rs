//! The suite: what deploys, wires and audits its contracts has to know, in one place.
//!
//! A registry names everything else: its authority is the handover, which names the DAO.

use std::path::Path;
use std::sync::Arc;

use codec::{Decode, Encode};
use kernel::emission::Rules;
use kernel::handover::{
    residual_powers, Calendar, Capability, Certificate, Guardian, Hash, Holder, Power, Stage, Treasury,
};
use kernel::referendum::{Track, TrackId};
use kernel::AccountId;
use scale_info::TypeInfo;

use crate::bundle::{Bundle, BundleError};
use crate::connection::{BlockId, Connection};
use crate::contract::{answers, Contract};
use crate::emission::{EmissionState, SeatPage};
use crate::error::ChainError;

/// A kind of contract of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The only admin.
    Handover,
    /// The DAO.
    Dao,
    /// What settles emission.
    Emission,
    /// Where markets are found.
    Registry,
    /// A market.
    Market,
}

impl Part {
    /// All parts, in the order in which they are deployed.
    pub const ALL: [Self; 5] = [Self::Handover, Self::Dao, Self::Emission, Self::Registry, Self::Market];
    /// Those of which a suite has one each.
    pub const SINGLE: [Self; 4] = [Self::Handover, Self::Dao, Self::Emission, Self::Registry];

    /// Name of its bundle, and of its kind in deployment files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Handover => "handover",
            Self::Dao => "conviction",
            Self::Emission => "emission",
            Self::Registry => "registry",
            Self::Market => "market",
        }
    }

    /// File name of its bundle.
    pub fn file(self) -> String {
        format!("{}.contract", self.name())
    }
}

/// The bundles of all parts.
#[derive(Clone, Debug)]
pub struct Bundles {
    /// See [`Part::Handover`].
    pub handover: Arc<Bundle>,
    /// See [`Part::Dao`].
    pub dao: Arc<Bundle>,
    /// See [`Part::Emission`].
    pub emission: Arc<Bundle>,
    /// See [`Part::Registry`].
    pub registry: Arc<Bundle>,
    /// See [`Part::Market`].
    pub market: Arc<Bundle>,
}

impl Bundles {
    /// Reads the bundle of every part from the file that `path` names, and checks that their types are those known here.
    ///
    /// # Errors
    /// As [`Bundle::load`]; [`BundleError::Incompatible`] names what differs.
    pub fn load(path: impl Fn(Part) -> std::path::PathBuf) -> Result<Self, BundleError> {
        let load = |part| Bundle::load(&path(part)).map(Arc::new);
        let bundles = Self {
            handover: load(Part::Handover)?,
            dao: load(Part::Dao)?,
            emission: load(Part::Emission)?,
            registry: load(Part::Registry)?,
            market: load(Part::Market)?,
        };
        answers::<FinalityReport>(&bundles.handover, "finality_report")?;
        answers::<Calendar>(&bundles.handover, "calendar")?;
        answers::<Sealed>(&bundles.handover, "sealed_grants")?;
        answers::<Vec<Power>>(&bundles.handover, "residual_powers")?;
        answers::<Vec<Track>>(&bundles.dao, "tracks")?;
        answers::<EmissionState>(&bundles.emission, "state")?;
        answers::<SeatPage>(&bundles.emission, "seats")?;
        answers::<Option<Rules>>(&bundles.emission, "rules_of")?;
        answers::<Suite>(&bundles.registry, "suite")?;
        answers::<Option<MarketEntry>>(&bundles.registry, "market")?;
        answers::<MarketPage>(&bundles.registry, "markets")?;
        Ok(bundles)
    }

    /// As [`Bundles::load`], from the files of a folder.
    ///
    /// # Errors
    /// As [`Bundles::load`].
    pub fn from_folder(folder: &Path) -> Result<Self, BundleError> {
        Self::load(|part| folder.join(part.file()))
    }

    /// The bundle of a part.
    pub fn of(&self, part: Part) -> &Arc<Bundle> {
        match part {
            Part::Handover => &self.handover,
            Part::Dao => &self.dao,
            Part::Emission => &self.emission,
            Part::Registry => &self.registry,
            Part::Market => &self.market,
        }
    }

    /// Everything that each capability may call: the handover is wired with exactly this.
    ///
    /// # Errors
    /// [`BundleError::Unknown`] when a bundle lacks one of these messages.
    pub fn grants(&self, dao: AccountId, emission: AccountId, registry: AccountId) -> Result<Vec<Grant>, BundleError> {
        let grant = |capability, part: Part, message: &str| {
            Ok(Grant {
                capability,
                target: match part {
                    Part::Market => Target::Market,
                    Part::Registry => Target::Account(registry),
                    Part::Emission => Target::Account(emission),
                    Part::Dao | Part::Handover => Target::Account(dao),
                },
                selector: self.of(part).message_selector(message)?,
            })
        };
        GRANTS
            .into_iter()
            .map(|(capability, part, message)| grant(capability, part, message))
            .collect()
    }
}

/// What each capability may call. The others act through the handover itself.
pub const GRANTS: [(Capability, Part, &str); 13] = [
    (Capability::Fees, Part::Market, "set_fees"),
    (Capability::Risk, Part::Market, "set_risk"),
    (Capability::Risk, Part::Market, "set_rates"),
    (Capability::PauseOpening, Part::Market, "pause_opening"),
    (Capability::ValidatorPolicy, Part::Market, "add_hotkey"),
    (Capability::ValidatorPolicy, Part::Market, "remove_hotkey"),
    (Capability::Listing, Part::Registry, "set_listed"),
    (Capability::Emission, Part::Emission, "set_rules"),
    (Capability::Emission, Part::Emission, "set_burned"),
    (Capability::Emission, Part::Emission, "reinstate"),
    (Capability::PinCode, Part::Registry, "pin_market_code"),
    (Capability::Governance, Part::Dao, "set_track"),
    (Capability::Governance, Part::Dao, "set_native_cap"),
];

/// The salt of a part that is deployed directly, for the suite whose DAO is that of (netuid, generation).
pub fn salt(part: Part, netuid: u16, generation: u64) -> Vec<u8> {
    match part {
        Part::Market => crate::contracts::market_salt(netuid, generation),
        part => [b"autonomy/".to_vec(), part.name().into(), (netuid, generation).encode()].concat(),
    }
}

/// The standard calendar from block `start`, all of its times divided by `divisor`. With `freeze_all` every capability ends
/// with nobody, at the latest after `core_blocks` / `divisor`.
pub fn calendar(start: u32, core_blocks: u32, divisor: u32, freeze_all: bool) -> Calendar {
    let mut calendar = Calendar::standard(start, core_blocks, divisor);
    if freeze_all {
        let last = start.saturating_add(core_blocks / divisor.max(1));
        for ladder in &mut calendar.ladders {
            let [_, _, dao, frozen] = &mut ladder.at;
            *frozen = (*frozen).min(last).max(*dao);
        }
    }
    calendar
}

/// The rules that all tracks begin with, by index, their times divided by `divisor`.
pub fn tracks(divisor: u32) -> Vec<Track> {
    TrackId::ALL
        .iter()
        .map(|id| Track::default_of(*id).scaled(divisor))
        .collect()
}

/// What a capability may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Target {
    /// One contract, with the code it ran at wiring.
    Account(AccountId),
    /// Any market: whatever runs code that was pinned for markets.
    Market,
}

/// One entry of the allow-lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Grant {
    /// The capability.
    pub capability: Capability,
    /// What it may call.
    pub target: Target,
    /// Which message.
    pub selector: [u8; 4],
}

/// What the handover is wired with, once.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Wiring {
    /// The DAO that decides.
    pub dao: AccountId,
    /// Where markets are found.
    pub registry: AccountId,
    /// Code hash of the first markets.
    pub market_code: Hash,
    /// What capabilities may call.
    pub grants: Vec<Grant>,
}

/// The allow-lists as sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Sealed {
    /// What capabilities may call.
    pub grants: Vec<Grant>,
    /// Code of each governed contract at wiring.
    pub codes: Vec<(AccountId, Hash)>,
    /// Code that was pinned for markets, oldest first.
    pub market_codes: Vec<Hash>,
}

/// One capability now, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct CapabilityReport {
    /// The capability.
    pub capability: Capability,
    /// Its stage now.
    pub stage: Stage,
    /// Who may propose now; nobody once frozen.
    pub holder: Option<AccountId>,
    /// Blocks an operation scheduled now would wait.
    pub delay: u32,
    /// The next stage, and its first block.
    pub next: Option<(Stage, u32)>,
    /// The first block without any power of the core team.
    pub core_ends: u32,
    /// The first block in which nobody has it; `u32::MAX` for never.
    pub frozen_at: u32,
}

/// Every power that is left, as the handover tells it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct FinalityReport {
    /// The block of this report.
    pub block: u32,
    /// Who may still name the governed contracts; nobody after wiring.
    pub deployer: Option<AccountId>,
    /// The core team.
    pub core: AccountId,
    /// The DAO.
    pub dao: AccountId,
    /// The registry.
    pub registry: AccountId,
    /// The guardian.
    pub guardian: Guardian,
    /// All capabilities.
    pub capabilities: Vec<CapabilityReport>,
    /// What may leave the treasury.
    pub treasury: Treasury,
    /// The certificate, once issued.
    pub certificate: Option<Certificate>,
    /// What no contract can take away from anybody.
    pub outside: String,
}

/// The suite as its registry names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
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
    pub market_code: Hash,
    /// Bond of a market, rao.
    pub bond: u64,
    /// Markets created so far.
    pub markets: u32,
}

/// A market of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct MarketEntry {
    /// The subnet.
    pub netuid: u16,
    /// Its generation.
    pub generation: u64,
    /// Where the market lives.
    pub address: AccountId,
    /// The code it was made of, for ever.
    pub code_hash: Hash,
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
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct MarketPage {
    /// Markets of the page.
    pub markets: Vec<MarketEntry>,
    /// Where the next page starts.
    pub next: Option<u32>,
}

/// Markets asked for at once: what the registry allows.
const MARKETS_PAGE: u32 = 100;

/// All markets of a registry at block `at`, in the order of their creation.
///
/// # Errors
/// As [`Contract::view`].
pub async fn markets(
    registry: &Contract,
    connection: &Connection,
    at: &BlockId,
) -> Result<Vec<MarketEntry>, ChainError> {
    let mut all = Vec::new();
    let mut from = 0u32;
    loop {
        let page: MarketPage = registry.view(connection, "markets", (from, MARKETS_PAGE), at).await?;
        all.extend(page.markets);
        match page.next {
            Some(next) if next > from => from = next,
            _ => return Ok(all),
        }
    }
}

/// The capabilities as `calendar` has them in block `report.block`: what the report has to say.
pub fn expected_capabilities(calendar: &Calendar, report: &FinalityReport) -> Vec<CapabilityReport> {
    let now = report.block;
    let of = |capability: &Capability| {
        let ladder = calendar.ladder(*capability);
        let stage = ladder.stage(now);
        CapabilityReport {
            capability: *capability,
            stage,
            holder: match stage {
                Stage::Frozen => None,
                Stage::Dao => Some(report.dao),
                Stage::Core | Stage::CoreDelayed | Stage::CoreVetoable => Some(report.core),
            },
            delay: ladder.delay(now),
            next: ladder.next(now),
            core_ends: ladder.core_ends(),
            frozen_at: ladder.frozen_at(),
        }
    };
    Capability::ALL.iter().map(of).collect()
}

/// The powers that `account` has in block `report.block`: what `residual_powers` has to answer once the handover is wired.
pub fn expected_powers(calendar: &Calendar, report: &FinalityReport, account: &AccountId) -> Vec<Power> {
    let holders = [
        (Some(report.core), Holder::Core),
        (report.guardian.account, Holder::Guardian),
        (Some(report.dao), Holder::Dao),
    ];
    holders
        .into_iter()
        .filter(|(holder, _)| holder.as_ref() == Some(account))
        .flat_map(|(_, holder)| residual_powers(calendar, &report.guardian, holder, report.block))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::handover::{MAX_CORE_BLOCKS, NEVER};

    #[test]
    fn a_calendar_that_freezes_all_ends_with_nobody_and_passes_its_own_check() {
        let calendar = calendar(100, MAX_CORE_BLOCKS, 10_000, true);
        calendar.check(100).unwrap();
        let last = 100 + MAX_CORE_BLOCKS / 10_000;
        for capability in Capability::ALL {
            assert_eq!(calendar.ladder(capability).stage(last), Stage::Frozen);
        }
        let standard = super::calendar(100, MAX_CORE_BLOCKS, 10_000, false);
        assert!(standard.ladders.iter().any(|ladder| ladder.frozen_at() == NEVER));
        assert_eq!(standard, Calendar::standard(100, MAX_CORE_BLOCKS, 10_000));
    }

    #[test]
    fn tracks_of_any_divisor_pass_their_own_check() {
        for divisor in [1, 10, 10_000, u32::MAX] {
            let tracks = tracks(divisor);
            assert_eq!(tracks.len(), TrackId::ALL.len());
            for track in tracks {
                track.check().unwrap();
            }
        }
    }

    #[test]
    fn parts_have_salts_of_their_own() {
        let salts = Part::ALL.map(|part| salt(part, 0, 1));
        for (index, one) in salts.iter().enumerate() {
            assert!(salts.iter().skip(index + 1).all(|other| other != one));
        }
        assert_ne!(salt(Part::Dao, 0, 1), salt(Part::Dao, 0, 2));
    }
}
