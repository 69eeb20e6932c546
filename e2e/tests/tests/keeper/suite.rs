//! The suite by `keeper deploy`, and what `keeper audit` says about it.

use anyhow::{ensure, Context, Result};
use e2e_tests::world::NETUID;
use e2e_tests::World;
use harness::process::Process;
use harness::{levers, wait, Actor, ContractClient, Deployment, Extrinsic, SuiteClient, SuitePlan, TAO};
use keeper_chain::suite::{tracks, MarketEntry, Part, Wiring};
use keeper_chain::{BlockId, Call};
use kernel::handover::{Action, Capability};
use kernel::referendum::TrackId;
use std::time::Duration;

/// A process that has nothing to wait for asks, signs and sends within this time on a loaded machine.
const STEP: Duration = Duration::from_secs(60);
/// How the audit ends when something does not match.
const AUDIT_FAILED: i32 = 8;

fn suite(world: &World) -> Result<&SuiteClient> {
    world.stage.suite.as_ref().context("no suite")
}

async fn entry(world: &World, at: &BlockId) -> Result<MarketEntry> {
    let entry: Option<MarketEntry> = suite(world)?.registry.view(world.chain(), "market", NETUID, at).await?;
    entry.context("the registry has no market")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deploying_the_suite_twice_changes_nothing_and_an_audit_finds_no_mismatch() -> Result<()> {
    let world = World::with_suite().await?;
    let url = world.stage.node.url();
    let plans = [world.market_plan().await?];
    let deployment = world.stage.deployment(&plans);
    let before = std::fs::read(deployment.file())?;
    let head = world.chain().best().await?;

    // No block is sealed meanwhile: a run that waited for one would not end.
    let summary = deployment.run(&url).await?;
    let number = |name: &str| summary.get(name).and_then(serde_json::Value::as_u64);
    ensure!(
        number("transactions") == Some(0) && number("fees_rao") == Some(0) && number("unchanged") == Some(5),
        "{summary}"
    );
    ensure!(summary["suite"]["deployer_powers"] == 0, "{summary}");
    ensure!(
        std::fs::read(deployment.file())? == before,
        "the deployment file changed"
    );
    ensure!(world.chain().best().await? == head, "somebody sealed a block");

    let file = deployment.file();
    let file = file.to_str().context("the path is no text")?;
    let audit = deployment.audit(&url, &["--deployments", file, "--json"]).await?;
    ensure!(
        audit.code == Some(0) && audit.mismatches()?.is_empty(),
        "{}",
        audit.text
    );
    let report = audit.json()?;
    let capabilities = report["capabilities"].as_array().context("no capabilities")?;
    ensure!(
        capabilities.len() == Capability::COUNT,
        "{} capabilities",
        capabilities.len()
    );
    ensure!(capabilities.iter().all(|one| one["stage"] == "Core"), "{report}");
    ensure!(
        report["deployer"].is_null() && report["certificate"].is_null(),
        "{report}"
    );
    ensure!(report["outside"]["root_key"] == world.stage.root.address(), "{report}");

    let registry = keeper_chain::contracts::address(&suite(&world)?.registry.address());
    let audit = deployment.audit(&url, &["--registry", &registry]).await?;
    ensure!(audit.code == Some(0), "{}", audit.text);
    for text in ["SubnetOwner", "core ends", "root of the chain", "deployer     nobody"] {
        ensure!(audit.text.contains(text), "no {text} in\n{}", audit.text);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audit_finds_a_proxy_and_a_stranger() -> Result<()> {
    let world = World::with_suite().await?;
    let url = world.stage.node.url();
    let deployment = world.stage.deployment(&[]);
    let suite = suite(&world)?;
    let registry = keeper_chain::contracts::address(&suite.registry.address());
    let arguments = ["--registry", registry.as_str(), "--json"];

    // Nobody can sign as a contract; root can make anything happen, and the audit has to show it.
    let mallory = Actor::new("//Eve")?;
    let handover = suite.handover.address();
    let add = Extrinsic::add_proxy(mallory.id, "Any").as_sudo_of(handover);
    world.stage.sudo(vec![add]).await?;
    let audit = deployment.audit(&url, &arguments).await?;
    ensure!(
        audit.code == Some(AUDIT_FAILED) && audit.mismatches()? == ["proxies of handover"],
        "{}",
        audit.text
    );
    // A deployment does not pass over it either.
    ensure!(
        deployment.run(&url).await.is_err(),
        "deploying again found nothing wrong"
    );
    let remove = Extrinsic::remove_proxy(mallory.id, "Any").as_sudo_of(handover);
    world.stage.sudo(vec![remove]).await?;
    ensure!(
        deployment.audit(&url, &arguments).await?.code == Some(0),
        "the proxy is still there"
    );

    // A contract that is no registry, and an account that is no contract.
    let market = keeper_chain::contracts::address(&world.market()?.address);
    for stranger in [market, mallory.address()] {
        let audit = deployment.audit(&url, &["--registry", &stranger, "--json"]).await?;
        ensure!(
            audit.code == Some(AUDIT_FAILED) && audit.mismatches()? == ["code"],
            "{}",
            audit.text
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_that_is_killed_after_every_transaction_goes_on() -> Result<()> {
    let world = World::new(false).await?;
    let folder = tempfile::tempdir()?;
    let [deployer, core, hotkey] = ["//Eve", "//Charlie", "//Alice"].map(Actor::new);
    let (deployer, core, hotkey) = (deployer?, core?, hotkey?);
    let suite = SuitePlan {
        generation: world.stage.generation(0).await?,
        ..SuitePlan::compressed(core.id, None, hotkey.id)
    };
    let plans = [world.market_plan().await?];
    let deployment = Deployment {
        folder: folder.path(),
        deployer: &deployer,
        suite: Some(&suite),
        markets: &plans,
    };
    let url = world.stage.node.url();

    let mut kills = 0;
    let mut start = None;
    loop {
        let mut process = deployment.start(&url)?;
        if !sent(&world, &mut process).await? {
            break;
        }
        process.kill().await?;
        kills += 1;
        let file: serde_json::Value = serde_json::from_slice(&std::fs::read(deployment.file())?)?;
        let block = file["suite"]["start_block"]
            .as_u64()
            .context("no first block before a transaction")?;
        ensure!(*start.get_or_insert(block) == block, "the calendar began anew");
        world.chain().seal().await?;
    }
    // Four contracts and the market's code, which the market of this world has uploaded already, wiring and the market.
    ensure!(kills >= 8, "{kills} transactions were enough");

    let summary = deployment.run(&url).await?;
    ensure!(summary["transactions"] == 0 && summary["unchanged"] == 5, "{summary}");
    let client = SuiteClient::of(&deployment)?;
    let at = world.chain().best().await?;
    let found: keeper_chain::suite::Suite = client.registry.view(world.chain(), "suite", (), &at).await?;
    ensure!(found.markets == 1, "{} markets", found.markets);
    ensure!(found.authority == client.handover.address(), "another handover");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suite_of_other_arguments_is_refused_before_anything_is_paid_for() -> Result<()> {
    let world = World::with_suite().await?;
    let url = world.stage.node.url();
    let nonce = || world.chain().connection.next_nonce(&world.stage.root.id);
    let before = nonce().await?;
    let deployed = world.stage.deployment(&[]);
    let file = std::fs::read(deployed.file())?;
    let planned = deployed.suite.context("no suite")?;
    let other = |suite| Deployment {
        suite,
        ..world.stage.deployment(&[])
    };

    // Another core team is another handover; another bond is another registry, with which the handover is not wired.
    let stranger = Actor::new("//Ferdie")?.id;
    let other_core = SuitePlan {
        core: stranger,
        ..*planned
    };
    let error = other(Some(&other_core))
        .run(&url)
        .await
        .err()
        .context("another core team was accepted")?;
    ensure!(error.to_string().contains("--replace"), "{error}");
    let bond = planned.bond + 1;
    let other_bond = SuitePlan { bond, ..*planned };
    for arguments in [&[][..], &["--replace"]] {
        let error = other(Some(&other_bond)).run_with(&url, arguments).await;
        let error = error.err().context("another registry was accepted")?;
        ensure!(error.to_string().contains("for ever"), "{error}");
    }
    ensure!(nonce().await? == before, "the deployer sent transactions");
    ensure!(std::fs::read(deployed.file())? == file, "the deployment file changed");

    // This chain does not tell root's generation beforehand: what the plan says is compared with the DAO before it is wired.
    let folder = tempfile::tempdir()?;
    let wrong = SuitePlan {
        generation: planned.generation + 1,
        ..*planned
    };
    let wrong = Deployment {
        folder: folder.path(),
        ..other(Some(&wrong))
    };
    let error = world.chain().with_blocks(wrong.run(&url)).await.err();
    let error = error.context("another generation was accepted")?;
    ensure!(error.to_string().contains("in generation"), "{error}");

    // A second suite is one only when that is wanted.
    let second = other(Some(&other_core));
    let summary = world.chain().with_blocks(second.run_with(&url, &["--replace"])).await?;
    ensure!(summary["instantiated"] == 4 && summary["uploaded"] == 0, "{summary}");
    ensure!(
        second.run(&url).await?["transactions"] == 0,
        "the second suite is not found again"
    );
    let client = SuiteClient::of(&second)?;
    ensure!(
        client.handover.address() != suite(&world)?.handover.address(),
        "the same handover"
    );
    Ok(())
}

/// Waits until a deployment has sent a transaction; `false` when it ends well without one.
async fn sent(world: &World, process: &mut Process) -> Result<bool> {
    wait::until("the deployment to send or to end", STEP, async || {
        if world.chain().pending().await? > 0 {
            return Ok(Some(true));
        }
        match process.ended()? {
            None => Ok(None),
            Some(status) => {
                ensure!(
                    status.success(),
                    "keeper deploy ended with {status}:\n{}",
                    process.log_tail()
                );
                Ok(Some(false))
            }
        }
    })
    .await
}

/// Who may send what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Deployer,
    Core,
    Guardian,
    Voter,
    Stranger,
    Handover,
}

impl Role {
    const ALL: [Self; 6] = [
        Self::Deployer,
        Self::Core,
        Self::Guardian,
        Self::Voter,
        Self::Stranger,
        Self::Handover,
    ];
}

/// A message that needs a role.
struct Guarded<'a> {
    contract: &'a ContractClient,
    part: Part,
    name: &'static str,
    call: Call,
    allowed: &'static [Role],
    refusal: &'static str,
    /// What those who may are refused with, because of what is asked here.
    then: Option<&'static str>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_role_has_the_power_of_another() -> Result<()> {
    use Role::{Core, Guardian, Handover};
    let world = World::with_suite().await?;
    let suite = suite(&world)?;
    let chain = world.chain();
    let actors = ["//Alice", "//Charlie", "//Dave", "//Eve", "//Ferdie"].map(Actor::new);
    let [deployer, core, guardian, voter, stranger] = actors;
    let (deployer, core, guardian, voter, stranger) = (deployer?, core?, guardian?, voter?, stranger?);

    // A voter with conviction, and two operations that wait.
    let stake = levers::credit_stake(0, deployer.id, voter.id, 1_000 * TAO);
    world.stage.sudo(vec![stake]).await?;
    let lock = suite
        .dao
        .call("lock", (1_000 * TAO, kernel::conviction::LockKind::Perpetual), 0)?;
    let pay = SuiteClient::operation(
        Action::Pay {
            to: [9; 32],
            amount: TAO,
        },
        0,
    );
    let removal = SuiteClient::operation(Action::SetGuardian { guardian: None }, 0);
    let at = chain.best().await?;
    let id = |operation| suite.handover.view::<[u8; 32]>(chain, "operation_id", operation, &at);
    let (payment, removal_id) = (id(pay.clone()).await?, id(removal.clone()).await?);
    let scheduling = [
        suite.handover.call("schedule", &pay, 0)?,
        suite.handover.call("schedule", &removal, 0)?,
    ];
    let [first, second] = scheduling;
    chain
        .run_sealed(&[(lock, &voter), (first, &core), (second, &core)])
        .await?;

    let at = chain.best().await?;
    let entry = entry(&world, &at).await?;
    let market = suite.market(entry.address);
    let state = world.market()?.state(chain, &at).await?.market;
    let track = tracks(10_000).remove(TrackId::Parameters as usize);
    let wiring = Wiring {
        dao: suite.dao.address(),
        registry: suite.registry.address(),
        market_code: entry.code_hash,
        grants: suite
            .bundles
            .grants(suite.dao.address(), suite.emission.address(), suite.registry.address())?,
    };
    let accelerate = Action::Accelerate {
        capability: Capability::Risk,
        stage: kernel::handover::Stage::CoreDelayed,
    };
    let more = SuiteClient::operation(accelerate, 0);
    let paused = (vec![entry.address], 1u32);
    let listing = (entry.netuid, entry.generation, true);
    macro_rules! guarded {
        ($part:ident, $contract:expr, $name:literal, $arguments:expr, $allowed:expr, $refusal:literal) => {
            guarded!($part, $contract, $name, $arguments, $allowed, $refusal, None)
        };
        ($part:ident, $contract:expr, $name:literal, $arguments:expr, $allowed:expr, $refusal:literal, $then:expr) => {
            Guarded {
                contract: $contract,
                part: Part::$part,
                name: $name,
                call: $contract.message($name, $arguments, 0)?,
                allowed: $allowed,
                refusal: $refusal,
                then: $then,
            }
        };
    }
    let (handover, dao, registry) = (&suite.handover, &suite.dao, &suite.registry);
    let emission = &suite.emission;
    let rules = kernel::emission::Rules::default();
    let (place, burned) = ((entry.netuid, entry.generation), (entry.netuid, entry.generation, 0u32));
    let hotkey = world.market()?.hotkey(chain, &at).await?;
    let unread = (u32::MAX, kernel::market::Standing::Delisted);
    let until = at.number + 10;
    let matrix = [
        guarded!(Handover, handover, "wire", &wiring, &[], "WiredAlready"),
        guarded!(Handover, handover, "schedule", &more, &[Core], "NotCore"),
        guarded!(Handover, handover, "cancel", payment, &[Core, Guardian], "NotGuardian"),
        guarded!(Handover, handover, "cancel", removal_id, &[Core], "NotGuardian"),
        guarded!(Handover, handover, "renounce", Capability::Fees, &[Core], "NotCore"),
        guarded!(
            Handover,
            handover,
            "guardian_pause",
            &paused,
            &[Guardian],
            "NotGuardian"
        ),
        guarded!(
            Dao,
            dao,
            "set_track",
            (TrackId::Parameters, track),
            &[Handover],
            "NotAuthority"
        ),
        guarded!(Dao, dao, "set_native_cap", 100u16, &[Handover], "NotAuthority"),
        guarded!(Registry, registry, "set_listed", listing, &[Handover], "NotAuthority"),
        guarded!(
            Registry,
            registry,
            "pin_market_code",
            [7u8; 32],
            &[Handover],
            "NotAuthority"
        ),
        guarded!(Market, &market, "set_fees", &state.fees, &[Handover], "NotAuthority"),
        guarded!(Market, &market, "set_risk", &state.risk, &[Handover], "NotAuthority"),
        guarded!(Market, &market, "set_rates", &state.rates, &[Handover], "NotAuthority"),
        guarded!(Market, &market, "pause_opening", until, &[Handover], "NotAuthority"),
        // Once the caller may, these are refused for what they ask: a known validator, the last one, a seat that nobody took.
        guarded!(
            Market,
            &market,
            "add_hotkey",
            hotkey,
            &[Handover],
            "NotAuthority",
            Some("NothingToDo")
        ),
        guarded!(
            Market,
            &market,
            "remove_hotkey",
            hotkey,
            &[Handover],
            "NotAuthority",
            Some("LastValidator")
        ),
        guarded!(Market, &market, "settle_epoch", unread, &[], "NotEmission"),
        guarded!(Emission, emission, "set_rules", rules, &[Handover], "NotAuthority"),
        guarded!(
            Emission,
            emission,
            "set_burned",
            burned,
            &[Handover],
            "NotAuthority",
            Some("NotSeated")
        ),
        guarded!(
            Emission,
            emission,
            "reinstate",
            place,
            &[Handover],
            "NotAuthority",
            Some("NotSeated")
        ),
    ];
    for Guarded {
        contract,
        name,
        call,
        allowed,
        refusal,
        then,
        ..
    } in &matrix
    {
        for role in Role::ALL {
            let who = match role {
                Role::Deployer => deployer.id,
                Role::Core => core.id,
                Role::Guardian => guardian.id,
                Role::Voter => voter.id,
                Role::Stranger => stranger.id,
                Role::Handover => handover.address(),
            };
            let attempt = contract.attempt(chain, who, name, call, &at).await?;
            let expected = if allowed.contains(&role) { *then } else { Some(*refusal) };
            ensure!(
                attempt.as_ref().err().map(String::as_str) == expected,
                "{name} by {role:?}: {attempt:?}, not {expected:?}"
            );
        }
    }
    for part in Part::ALL {
        let guarded: Vec<&str> = matrix
            .iter()
            .filter(|row| row.part == part)
            .map(|row| row.name)
            .collect();
        every_message_is_guarded_or_open(suite, part, &guarded)?;
    }
    Ok(())
}

/// A new message that changes something is either in the matrix or for everybody's own sake.
fn every_message_is_guarded_or_open(suite: &SuiteClient, part: Part, guarded: &[&str]) -> Result<()> {
    let open: &[&str] = match part {
        Part::Handover => &["enact", "execute", "veto", "expire", "deposit", "certify"],
        Part::Dao => &[
            "lock",
            "set_lock_kind",
            "unlock",
            "unlock_as_tao",
            "delegate",
            "undelegate",
            "enrol",
            "reconcile",
            "submit",
            "place_decision_deposit",
            "vote",
            "retract",
            "advance",
            "kill",
            "refund",
            "collect_slashed",
            "object",
            "adopt_hotkey",
            "freeze",
            "exit",
        ],
        Part::Emission => &["fund", "settle", "enroll", "unseat", "challenge"],
        Part::Registry => &["create_market", "reclaim_bond"],
        Part::Market => &[
            "add_liquidity",
            "remove_liquidity",
            "swap_exact_in",
            "swap_exact_out",
            "deposit_alpha",
            "withdraw_alpha",
            "withdraw_alpha_as_tao",
            "adopt_hotkey",
            "lend",
            "unlend",
            "open_short",
            "add_margin",
            "withdraw_margin",
            "close_short",
            "repay_with_alpha",
            "liquidate",
            "liquidate_with_alpha",
            "poke",
            "harvest",
            "rebalance",
            "fund_incentives",
            "claim_rewards",
            "collect_fees",
            "freeze",
            "settle_shorts",
            "claim",
        ],
    };
    let bundle = suite.bundles.of(part);
    for name in bundle.messages() {
        let known = guarded.contains(&name) || open.contains(&name);
        ensure!(
            known || !bundle.mutates(name)?,
            "{}.{name} changes something, and nobody said whose it is",
            part.name()
        );
    }
    for name in open.iter().chain(guarded) {
        ensure!(bundle.mutates(name)?, "{}.{name} changes nothing", part.name());
    }
    Ok(())
}
