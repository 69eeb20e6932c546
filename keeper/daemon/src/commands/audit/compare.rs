//! Whether what the chain says is what the suite says of itself. Nothing here asks anybody.

use keeper_chain::contracts::address;
use keeper_chain::suite::{expected_capabilities, expected_powers, Part};
use kernel::handover::{certificate, Hash};

use super::facts::{Facts, Governed, Parties};

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was compared.
    pub what: String,
    /// Whether it matches.
    pub matches: bool,
    /// What was found.
    pub found: String,
}

impl Check {
    /// A comparison that does not match.
    pub fn failed(what: &str, found: String) -> Self {
        Self {
            what: what.to_owned(),
            matches: false,
            found,
        }
    }

    /// What does not match, if anything.
    pub fn mismatch(self) -> Option<String> {
        (!self.matches).then(|| format!("{}: {}", self.what, self.found))
    }
}

#[derive(Default)]
struct Checks(Vec<Check>);

impl Checks {
    fn note(&mut self, what: &str, matches: bool, fine: impl Into<String>, wrong: impl Into<String>) {
        self.0.push(Check {
            what: what.to_owned(),
            matches,
            found: if matches { fine.into() } else { wrong.into() },
        });
    }
}

impl Facts {
    /// Makes all comparisons.
    pub fn compare(&self) -> Vec<Check> {
        let mut checks = Checks::default();
        self.compare_links(&mut checks);
        self.compare_powers(&mut checks);
        self.compare_rules(&mut checks);
        for contract in &self.contracts {
            self.compare_contract(contract, &mut checks);
        }
        checks.0
    }

    /// That everything names everything else.
    fn compare_links(&self, checks: &mut Checks) {
        let Self { report, suite, .. } = self;
        checks.note(
            "deployer",
            report.deployer.is_none(),
            "nobody",
            report.deployer.map_or_else(String::new, |who| {
                format!("{} may still name the governed contracts", address(&who))
            }),
        );
        checks.note(
            "registry and DAO",
            (report.registry, report.dao) == (self.registry, suite.dao),
            "the handover's and the registry's are the same",
            format!(
                "the handover names registry {} and DAO {}, the registry names DAO {}",
                address(&report.registry),
                address(&report.dao),
                address(&suite.dao)
            ),
        );
        let markets = u32::try_from(self.markets.len()).ok();
        checks.note(
            "markets",
            markets == Some(suite.markets),
            format!("{}", suite.markets),
            format!("the registry counts {} and lists {}", suite.markets, self.markets.len()),
        );
        checks.note(
            "code of the next market",
            self.sealed.market_codes.contains(&suite.market_code),
            format!("0x{}, pinned", hex::encode(suite.market_code)),
            format!("0x{} was never pinned by the handover", hex::encode(suite.market_code)),
        );
    }

    /// That the report is what calendar and block say.
    fn compare_powers(&self, checks: &mut Checks) {
        let Self { report, calendar, .. } = self;
        checks.note(
            "block",
            report.block == self.block,
            format!("{}", self.block),
            format!("the report is of block {}, not {}", report.block, self.block),
        );
        let expected = expected_capabilities(calendar, report);
        let differing: Vec<String> = expected
            .iter()
            .filter(|capability| !report.capabilities.contains(capability))
            .map(|capability| format!("{:?}", capability.capability))
            .collect();
        checks.note(
            "capabilities",
            differing.is_empty() && report.capabilities.len() == expected.len(),
            "stages, holders, delays and blocks are those of the calendar",
            format!("{} differ from the calendar: {}", differing.len(), differing.join(", ")),
        );
        for (holder, powers) in &self.powers {
            let expected = expected_powers(calendar, report, holder);
            checks.note(
                &format!("powers of {}", address(holder)),
                *powers == expected,
                format!("{}", powers.len()),
                format!("{} are told, {} follow from the calendar", powers.len(), expected.len()),
            );
        }
        let sealed = &self.sealed.grants;
        checks.note(
            "grants",
            sealed.len() == self.grants.len() && sealed.iter().all(|grant| self.grants.contains(grant)),
            format!("{}, as known", sealed.len()),
            format!(
                "{} are sealed that are not the {} known ones",
                sealed.len(),
                self.grants.len()
            ),
        );
        if let Some(issued) = &report.certificate {
            let again = certificate(calendar, &report.guardian, issued.block);
            checks.note(
                "certificate",
                again.is_ok_and(|again| again == *issued),
                format!("of block {}", issued.block),
                format!("that of block {} does not follow from the calendar", issued.block),
            );
        }
    }

    /// That the rules of emission are within the bounds that are known here, and those listed under their version.
    fn compare_rules(&self, checks: &mut Checks) {
        let stored = &self.emission.stored;
        let bounds = stored.rules.check();
        checks.note(
            "rules of emission",
            bounds.is_ok() && self.listed_rules == Some(stored.rules),
            format!("version {}, within their bounds", stored.version),
            match bounds {
                Err(error) => format!("those of version {} exceed their bounds: {error:?}", stored.version),
                Ok(()) => format!("those in force are not those listed as version {}", stored.version),
            },
        );
    }

    fn compare_contract(&self, contract: &Governed, checks: &mut Checks) {
        let name = contract.name();
        let code = contract
            .code
            .map_or_else(|| "none".to_owned(), |code| format!("0x{}", hex::encode(code)));
        let known = contract.code.is_some_and(|code| contract.bundles.contains(&code));
        checks.note(
            &format!("code of {name}"),
            known && self.is_sealed(contract),
            &code,
            if known {
                format!("{code} is not what the handover sealed")
            } else {
                format!("{code} is no bundle's: what it does is unknown")
            },
        );
        let proxies: Vec<String> = contract
            .proxies
            .iter()
            .map(|proxy| format!("{} ({})", address(&proxy.delegate), proxy.kind))
            .collect();
        checks.note(
            &format!("proxies of {name}"),
            proxies.is_empty(),
            "none",
            format!("{} may act in its name", proxies.join(", ")),
        );
        if contract.part != Part::Handover {
            self.compare_parties(contract, checks);
        }
    }

    /// That a contract obeys and pays the handover, and that only the suite's emission contract restricts markets.
    fn compare_parties(&self, contract: &Governed, checks: &mut Checks) {
        let name = contract.name();
        let handover = self.suite.authority;
        // Emission has no income of its own.
        let pays = contract.part != Part::Emission;
        let what = if pays { "authority and sink" } else { "authority" };
        checks.note(
            &format!("{what} of {name}"),
            contract
                .parties
                .is_some_and(|parties| parties.authority == handover && parties.sink == pays.then_some(handover)),
            "the handover",
            match contract.parties {
                Some(Parties {
                    authority,
                    sink: Some(sink),
                    ..
                }) => format!("{} and {}", address(&authority), address(&sink)),
                Some(Parties { authority, .. }) => address(&authority),
                None => "unknown".to_owned(),
            },
        );
        if contract.part == Part::Market {
            let emission = contract.parties.and_then(|parties| parties.emission);
            checks.note(
                &format!("emission of {name}"),
                emission == Some(self.suite.emission),
                "the suite's emission contract",
                emission.map_or_else(|| "unknown".to_owned(), |emission| address(&emission)),
            );
        }
    }

    /// Whether a contract runs what the handover sealed. Its own code is nobody's to seal: no contract can replace it.
    fn is_sealed(&self, contract: &Governed) -> bool {
        let Some(code) = contract.code else { return false };
        match contract.part {
            Part::Handover => true,
            Part::Dao | Part::Emission | Part::Registry => self.sealed.codes.contains(&(contract.address, code)),
            Part::Market => self.made_of(contract) == Some(code) && self.sealed.market_codes.contains(&code),
        }
    }

    /// The code a market was made of, as the registry remembers it.
    fn made_of(&self, contract: &Governed) -> Option<Hash> {
        let entry = self.markets.iter().find(|entry| entry.address == contract.address)?;
        Some(entry.code_hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keeper_chain::contracts::Proxy;
    use keeper_chain::emission::{EmissionState, Stored};
    use keeper_chain::suite::{FinalityReport, Grant, MarketEntry, Sealed, Suite, Target};
    use kernel::emission::Rules;
    use kernel::handover::{Calendar, Capability, Guardian, Stage, Treasury};

    const HANDOVER: [u8; 32] = [1; 32];
    const DAO: [u8; 32] = [2; 32];
    const REGISTRY: [u8; 32] = [3; 32];
    const MARKET: [u8; 32] = [4; 32];
    const CORE: [u8; 32] = [5; 32];
    const GUARDIAN: [u8; 32] = [6; 32];
    const EMISSION: [u8; 32] = [7; 32];

    /// A suite in which everything matches, at a block in the middle of its calendar.
    fn fine() -> Facts {
        let calendar = Calendar::standard(10, 3_600, 10);
        let mut report = FinalityReport {
            block: 150,
            deployer: None,
            core: CORE,
            dao: DAO,
            registry: REGISTRY,
            guardian: Guardian::new(Some(GUARDIAN), calendar.guardian_until, 10).unwrap(),
            capabilities: vec![],
            treasury: Treasury::new(5, 7).unwrap(),
            certificate: None,
            outside: "outside".into(),
        };
        report.capabilities = expected_capabilities(&calendar, &report);
        let powers = [CORE, GUARDIAN, DAO].map(|who| (who, expected_powers(&calendar, &report, &who)));
        let grants = vec![Grant {
            capability: Capability::Fees,
            target: Target::Market,
            selector: [9; 4],
        }];
        let governed = |part, address: [u8; 32], code: u8| Governed {
            part,
            subnet: (part == Part::Market).then_some((1, 2)),
            address,
            code: Some([code; 32]),
            bundles: vec![[code; 32]],
            proxies: vec![],
            parties: (part != Part::Handover).then_some(Parties {
                authority: HANDOVER,
                sink: (part != Part::Emission).then_some(HANDOVER),
                emission: (part == Part::Market).then_some(EMISSION),
            }),
        };
        Facts {
            block: 150,
            root: Some([8; 32]),
            registry: REGISTRY,
            suite: Suite {
                authority: HANDOVER,
                dao: DAO,
                sink: HANDOVER,
                emission: EMISSION,
                market_code: [14; 32],
                bond: 1,
                markets: 1,
            },
            markets: vec![MarketEntry {
                netuid: 1,
                generation: 2,
                address: MARKET,
                code_hash: [14; 32],
                creator: CORE,
                bond: 1,
                listed: false,
                created: 3,
            }],
            sealed: Sealed {
                grants: grants.clone(),
                codes: vec![(DAO, [12; 32]), (EMISSION, [15; 32]), (REGISTRY, [13; 32])],
                market_codes: vec![[14; 32]],
            },
            grants,
            emission: EmissionState {
                stored: Stored {
                    authority: HANDOVER,
                    rules: Rules::default(),
                    version: 1,
                    pending: None,
                    next_epoch: 0,
                    round: None,
                    seats: 0,
                    vacant: vec![],
                    bonds: 0,
                    last: None,
                    total_paid: 0,
                },
                available: 0,
                epoch: 0,
            },
            listed_rules: Some(Rules::default()),
            calendar,
            report,
            powers: powers.to_vec(),
            contracts: vec![
                governed(Part::Handover, HANDOVER, 11),
                governed(Part::Dao, DAO, 12),
                governed(Part::Registry, REGISTRY, 13),
                governed(Part::Market, MARKET, 14),
                governed(Part::Emission, EMISSION, 15),
            ],
        }
    }

    fn wrong(change: impl FnOnce(&mut Facts)) -> Vec<String> {
        let mut facts = fine();
        change(&mut facts);
        let failed = facts.compare().into_iter().filter(|check| !check.matches);
        failed.map(|check| check.what).collect()
    }

    #[test]
    fn a_suite_as_it_should_be_matches() {
        assert_eq!(wrong(|_| {}), [""; 0]);
    }

    #[test]
    fn each_deviation_is_found_by_name() {
        assert_eq!(wrong(|f| f.report.deployer = Some(CORE)), ["deployer"]);
        assert_eq!(wrong(|f| f.report.registry = MARKET), ["registry and DAO"]);
        assert_eq!(wrong(|f| f.suite.markets = 2), ["markets"]);
        assert_eq!(wrong(|f| f.suite.market_code = [0; 32]), ["code of the next market"]);
        assert_eq!(wrong(|f| f.block = 151), ["block"]);
        assert_eq!(wrong(|f| f.report.capabilities[3].stage = Stage::Dao), ["capabilities"]);
        assert_eq!(wrong(|f| f.report.capabilities[0].core_ends += 1), ["capabilities"]);
        assert_eq!(
            wrong(|f| {
                f.powers[0].1.pop();
            }),
            [format!("powers of {}", address(&CORE))]
        );
        assert_eq!(
            wrong(|f| {
                let more = Grant {
                    capability: Capability::Treasury,
                    ..f.grants[0]
                };
                f.sealed.grants.push(more);
            }),
            ["grants"]
        );
        let mallory = Proxy {
            delegate: [7; 32],
            kind: "Any".into(),
        };
        assert_eq!(wrong(|f| f.contracts[0].proxies.push(mallory)), ["proxies of handover"]);
        let change = |index: usize, change: fn(&mut Parties)| {
            wrong(move |f| f.contracts[index].parties.iter_mut().for_each(change))
        };
        assert_eq!(
            change(3, |parties| parties.authority = CORE),
            ["authority and sink of market 1/2"]
        );
        assert_eq!(
            change(2, |parties| parties.sink = None),
            ["authority and sink of registry"]
        );
        assert_eq!(change(4, |parties| parties.authority = CORE), ["authority of emission"]);
        assert_eq!(
            change(3, |parties| parties.emission = Some(CORE)),
            ["emission of market 1/2"]
        );
        assert_eq!(wrong(|f| f.listed_rules = None), ["rules of emission"]);
        let beyond = |f: &mut Facts| {
            f.emission.stored.rules.release_ppm = 20_001;
            f.listed_rules = Some(f.emission.stored.rules);
        };
        assert_eq!(wrong(beyond), ["rules of emission"]);
        assert_eq!(
            wrong(|f| f.contracts[1].parties = None),
            ["authority and sink of conviction"]
        );
    }

    #[test]
    fn code_must_be_a_bundles_and_sealed() {
        let names = ["handover", "conviction", "registry", "market 1/2", "emission"];
        for (index, name) in names.iter().enumerate() {
            let what = [format!("code of {name}")];
            assert_eq!(wrong(|f| f.contracts[index].code = Some([0; 32])), what);
            assert_eq!(wrong(|f| f.contracts[index].code = None), what);
            assert_eq!(wrong(|f| f.contracts[index].bundles.clear()), what);
        }
        assert_eq!(wrong(|f| f.sealed.codes[0].1 = [0; 32]), ["code of conviction"]);
        assert_eq!(wrong(|f| f.sealed.codes[1].1 = [0; 32]), ["code of emission"]);
        assert_eq!(wrong(|f| f.markets[0].code_hash = [0; 32]), ["code of market 1/2"]);
    }

    #[test]
    fn a_certificate_must_follow_from_the_calendar() {
        let forged = |f: &mut Facts| {
            f.report.certificate = Some(kernel::handover::Certificate {
                block: 100,
                stages: vec![],
                code_final: true,
            });
        };
        assert_eq!(wrong(forged), ["certificate"]);
    }
}
