//! The keeper as a child process.

use crate::accounts::Actor;
use crate::process::{self, Process};
use crate::{places, wait, TAO};
use anyhow::{bail, Context, Result};
use keeper_chain::suite::Part;
use kernel::emission::{Model, Rules};
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

/// A debug build on a loaded machine connects and reads its markets within seconds.
const START: Duration = Duration::from_secs(60);
/// Two transactions per market, on a chain whose blocks are sealed by somebody else.
const DEPLOY: Duration = Duration::from_secs(120);
/// An answer of a process on the same machine.
const ANSWER: Duration = Duration::from_secs(10);

/// Who a keeper is and what it keeps.
#[derive(Clone, Debug)]
pub struct KeeperSetup {
    /// Name of its files in its folder.
    pub name: String,
    /// Folder of its files.
    pub folder: PathBuf,
    /// Where it reaches the chain, the preferred endpoint first.
    pub endpoints: Vec<String>,
    /// Secret URI of its account.
    pub uri: String,
    /// The deployment file.
    pub deployments: PathBuf,
    /// Blocks between two harvests.
    pub harvest_blocks: u32,
    /// Milliseconds for a request before the endpoint counts as hanging.
    pub timeout_ms: u64,
    /// Milliseconds without a block before the endpoint counts as stalled.
    pub stall_ms: u64,
}

impl KeeperSetup {
    fn config(&self) -> PathBuf {
        self.folder.join(format!("{}.toml", self.name))
    }

    fn store(&self) -> PathBuf {
        self.folder.join(format!("{}.redb", self.name))
    }

    fn key(&self) -> PathBuf {
        self.folder.join(format!("{}.key", self.name))
    }

    fn write(&self, port: u16) -> Result<()> {
        write_key(&self.key(), &self.uri)?;
        let bundle = places::market_bundle()?;
        let endpoints = self
            .endpoints
            .iter()
            .map(|e| format!("{e:?}"))
            .collect::<Vec<_>>()
            .join(", ");
        let timeout = self.timeout_ms;
        let folder = places::bundles()?;
        let [conviction, handover, emission, registry] =
            [Part::Dao, Part::Handover, Part::Emission, Part::Registry].map(|part| folder.join(part.file()));
        let text = format!(
            "[chain]\nendpoints = [{endpoints}]\nconnect_timeout_ms = {timeout}\nrequest_timeout_ms = {timeout}\n\
             dry_run_timeout_ms = {timeout}\nsubmit_timeout_ms = {timeout}\nstall_timeout_ms = {}\n\
             [signer]\nkey_file = {:?}\n[store]\npath = {:?}\n[markets]\nbundle = {bundle:?}\ndeployments = {:?}\n\
             [governance]\nconviction = {conviction:?}\nhandover = {handover:?}\nemission = {emission:?}\nregistry = {registry:?}\n\
             [tempo]\nharvest_blocks = {}\nrefresh_blocks = 2\n[budget]\nfees_rao = 100000000000\nsubsidy_rao = 100000000000\n\
             [http]\nlisten = \"127.0.0.1:{port}\"\n",
            self.stall_ms,
            self.key(),
            self.store(),
            self.deployments,
            self.harvest_blocks,
        );
        let path = self.config();
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// A running keeper.
pub struct Keeper {
    process: Process,
    port: u16,
}

impl Keeper {
    /// Starts the daemon; it may not be ready yet.
    pub fn start(setup: &KeeperSetup) -> Result<Self> {
        let port = free_port()?;
        setup.write(port)?;
        let mut command = Command::new(places::keeper()?);
        command.arg("run").arg("--config").arg(setup.config());
        clean(&mut command);
        let log = setup.folder.join(format!("{}.log", setup.name));
        let process = Process::start("the keeper", &mut command, &log)?;
        Ok(Self { process, port })
    }

    /// Waits until its last pass succeeded.
    pub async fn ready(&mut self) -> Result<()> {
        wait::until("the keeper to be ready", START, async || self.is_ready().await).await
    }

    /// `Some` once its last pass succeeded.
    pub async fn is_ready(&mut self) -> Result<Option<()>> {
        self.process.expect_running()?;
        Ok(match self.get("/readyz").await {
            Ok((200, _)) => Some(()),
            _ => None,
        })
    }

    /// A number of its metrics; 0 before there is one.
    pub async fn metric(&self, series: &str) -> Result<u64> {
        let (_, text) = self.get("/metrics").await?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        // Prometheus writes every number as a float; those of a keeper are whole and below 2^53.
        Ok(line
            .and_then(|n| n.trim().parse::<f64>().ok())
            .map_or(0, |n| n.max(0.0).round() as u64))
    }

    /// Sum of all series of a metric whose labels contain `label`.
    pub async fn sum(&self, metric: &str, label: &str) -> Result<u64> {
        let (_, text) = self.get("/metrics").await?;
        let lines = text
            .lines()
            .filter(|line| line.starts_with(metric) && line.contains(label));
        Ok(lines
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum::<f64>()
            .round() as u64)
    }

    /// Its state as it tells it.
    pub async fn status(&self) -> Result<serde_json::Value> {
        let (_, text) = self.get("/status").await?;
        serde_json::from_str(&text).context("the status is no JSON")
    }

    async fn get(&self, path: &str) -> Result<(u16, String)> {
        wait::within("the keeper's answer", ANSWER, get(self.port, path)).await?
    }

    /// SIGKILL.
    pub async fn kill(&mut self) -> Result<()> {
        self.process.kill().await
    }

    /// SIGTERM, and how it ends.
    pub async fn terminate(&mut self) -> Result<ExitStatus> {
        self.process.terminate().await
    }

    /// Fails with the end of its log when it has ended.
    pub fn expect_running(&mut self) -> Result<()> {
        self.process.expect_running()
    }

    /// The end of its log.
    pub fn log_tail(&self) -> String {
        self.process.log_tail()
    }

    /// All of its log, over all starts.
    pub fn log(&self) -> String {
        self.process.log()
    }
}

/// What a deployment consists of.
pub struct Deployment<'a> {
    /// Folder of its files.
    pub folder: &'a Path,
    /// Who deploys. Without a suite, the authority and the sink, too.
    pub deployer: &'a Actor,
    /// The suite, whose registry then creates the markets.
    pub suite: Option<&'a SuitePlan>,
    /// The markets.
    pub markets: &'a [MarketPlan],
}

/// A suite to be deployed. What is not here is the default of `keeper deploy`.
#[derive(Clone, Copy, Debug)]
pub struct SuitePlan {
    /// The core team.
    pub core: [u8; 32],
    /// The guardian.
    pub guardian: Option<[u8; 32]>,
    /// The validator of root that the DAO's stake is with.
    pub hotkey: [u8; 32],
    /// Root's generation, which the development node stores elsewhere than Subtensor.
    pub generation: u64,
    /// What all times are divided by.
    pub divisor: u32,
    /// Whether everything ends with nobody.
    pub freeze_all: bool,
    /// Blocks of an epoch of the treasury.
    pub treasury_epoch_blocks: u32,
    /// What may leave the treasury in an epoch, rao.
    pub treasury_cap: u64,
    /// Least electorate, alpha-rao.
    pub electorate_floor: u64,
    /// Bond of a market, rao.
    pub bond: u64,
    /// What the treasury begins with, rao.
    pub treasury: u64,
    /// What the budget of emission begins with, rao.
    pub emission: u64,
    /// The rules that emission begins with.
    pub rules: Rules,
}

impl SuitePlan {
    /// 18 months in 394 blocks, after which nobody has any power; small numbers for the rest.
    pub fn compressed(core: [u8; 32], guardian: Option<[u8; 32]>, hotkey: [u8; 32]) -> Self {
        Self {
            core,
            guardian,
            hotkey,
            generation: 0,
            divisor: 10_000,
            freeze_all: true,
            treasury_epoch_blocks: 36,
            treasury_cap: 100 * TAO,
            electorate_floor: TAO,
            bond: 10 * TAO,
            treasury: 200 * TAO,
            emission: 100 * TAO,
            rules: Rules::default(),
        }
    }

    fn config(&self) -> Result<String> {
        let mut text = String::new();
        for part in Part::SINGLE {
            text += &format!("{} = {:?}\n", part.name(), places::bundle(part)?);
        }
        let address = keeper_chain::contracts::address;
        text += &format!("[suite]\ncore = {:?}\n", address(&self.core));
        if let Some(guardian) = &self.guardian {
            text += &format!("guardian = {:?}\n", address(guardian));
        }
        text += &format!(
            "hotkey = {:?}\ngeneration = {}\ndivisor = {}\nfreeze_all = {}\ntreasury_epoch_blocks = {}\n\
             treasury_cap_rao = {}\nelectorate_floor = {}\nbond_rao = {}\n\
             [suite.value_rao]\nhandover = {}\nemission = {}\nregistry = {TAO}\n{}",
            address(&self.hotkey),
            self.generation,
            self.divisor,
            self.freeze_all,
            self.treasury_epoch_blocks,
            self.treasury_cap,
            self.electorate_floor,
            self.bond,
            self.treasury,
            self.emission,
            rules(&self.rules),
        );
        Ok(text)
    }
}

/// The rules as `keeper deploy` reads them.
fn rules(rules: &Rules) -> String {
    let Rules {
        model,
        gate,
        release_ppm,
        max_release,
        max_yield_bps,
        dividend_target_bps,
        ladder,
    } = rules;
    let model = match model {
        Model::TaoFlow { net, exponent, cutoff } => {
            format!("model = \"tao_flow\"\nnet = {net}\nexponent = {exponent}\ncutoff_rao = {cutoff}\n")
        }
        Model::Price => "model = \"price\"\n".to_owned(),
    };
    let gate = gate.map_or_else(String::new, |gate| {
        format!("gate_quantile_bps = {}\n", gate.quantile_bps)
    });
    format!(
        "[suite.emission]\n{model}{gate}release_ppm = {release_ppm}\nmax_release_rao = {max_release}\n\
         max_yield_bps = {max_yield_bps}\ndividend_target_bps = {dividend_target_bps}\n\
         [suite.emission.ladder]\nwatch_below_bps = {}\nquarantine_below_bps = {}\nrecover_above_bps = {}\n\
         patience_epochs = {}\nquarantine_epochs = {}\nchallenge_epochs = {}\ndelist_delay_blocks = {}\nbond_rao = {}\n",
        ladder.watch_below_bps,
        ladder.quarantine_below_bps,
        ladder.recover_above_bps,
        ladder.patience,
        ladder.quarantine_epochs,
        ladder.challenge_epochs,
        ladder.delist_delay,
        ladder.bond,
    )
}

/// A market to be deployed.
#[derive(Clone, Copy, Debug)]
pub struct MarketPlan {
    /// Its subnet.
    pub netuid: u16,
    /// The subnet's generation, which the development node stores elsewhere than Subtensor.
    pub generation: u64,
    /// The validator that gets its stake.
    pub hotkey: [u8; 32],
}

/// A market that `keeper deploy` wrote down.
#[derive(Clone, Debug)]
pub struct DeployedMarket {
    /// Its subnet.
    pub netuid: u16,
    /// Its address.
    pub address: [u8; 32],
}

/// What `keeper audit` came to.
#[derive(Clone, Debug)]
pub struct Audit {
    /// Its exit code.
    pub code: Option<i32>,
    /// What it printed.
    pub text: String,
}

impl Audit {
    /// What it printed, as JSON.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_str(&self.text).with_context(|| format!("no JSON: {}", self.text))
    }

    /// What it says does not match.
    pub fn mismatches(&self) -> Result<Vec<String>> {
        let report = self.json()?;
        let checks = report.get("checks").and_then(|checks| checks.as_array());
        let checks = checks.context("no checks")?;
        let failed = checks
            .iter()
            .filter(|check| check.get("matches") == Some(&false.into()));
        let what = |check: &serde_json::Value| Some(check.get("what")?.as_str()?.to_owned());
        failed.map(|check| what(check).context("a check of nothing")).collect()
    }
}

impl Deployment<'_> {
    /// The file that `keeper deploy` writes.
    pub fn file(&self) -> PathBuf {
        self.folder.join("deployments/devnet.json")
    }

    /// Runs `keeper deploy` and returns its summary.
    pub async fn run(&self, endpoint: &str) -> Result<serde_json::Value> {
        self.run_with(endpoint, &[]).await
    }

    /// The same with further arguments.
    pub async fn run_with(&self, endpoint: &str, arguments: &[&str]) -> Result<serde_json::Value> {
        let mut command = self.command(endpoint)?;
        let summary = process::run("keeper deploy", command.args(arguments), DEPLOY).await?;
        serde_json::from_str(&summary).context("keeper deploy printed no JSON")
    }

    /// Starts `keeper deploy` and leaves it running.
    pub fn start(&self, endpoint: &str) -> Result<Process> {
        let log = self.folder.join("deploy.log");
        Process::start("keeper deploy", &mut self.command(endpoint)?, &log)
    }

    fn command(&self, endpoint: &str) -> Result<Command> {
        let key = self.folder.join("deployer.key");
        write_key(&key, &self.deployer.uri)?;
        let config = self.folder.join("deploy.toml");
        std::fs::write(&config, self.config()?)?;
        let mut command = Command::new(places::keeper()?);
        clean(&mut command);
        command
            .args(["deploy", "--network", "devnet", "--config"])
            .arg(&config)
            .arg("--directory")
            .arg(self.folder.join("deployments"))
            .args(["--endpoint", endpoint, "--key-file"])
            .arg(&key);
        Ok(command)
    }

    /// Runs `keeper audit` with `arguments` besides the endpoint and the bundles.
    pub async fn audit(&self, endpoint: &str, arguments: &[&str]) -> Result<Audit> {
        let mut command = Command::new(places::keeper()?);
        clean(&mut command);
        command
            .args(["audit", "--endpoint", endpoint, "--bundles"])
            .arg(places::bundles()?)
            .args(arguments);
        let output = process::output("keeper audit", &mut command, DEPLOY).await?;
        Ok(Audit {
            code: output.status.code(),
            text: String::from_utf8_lossy(&output.stdout).into_owned(),
        })
    }

    fn config(&self) -> Result<String> {
        let mut text = format!("[bundles]\nmarket = {:?}\n", places::market_bundle()?);
        if let Some(suite) = self.suite {
            text += &suite.config()?;
        }
        let deployer = self.deployer.address();
        for MarketPlan {
            netuid,
            generation,
            hotkey,
        } in self.markets
        {
            let hotkey = keeper_chain::contracts::address(hotkey);
            text += &format!("[[market]]\nnetuid = {netuid}\ngeneration = {generation}\nhotkey = {hotkey:?}\n");
            if self.suite.is_none() {
                text += &format!("authority = {deployer:?}\nsink = {deployer:?}\n");
            }
        }
        Ok(text)
    }

    /// The markets that the last run wrote down.
    pub fn read(&self) -> Result<Vec<DeployedMarket>> {
        let market = |(netuid, address)| DeployedMarket { netuid, address };
        Ok(self.contracts(Part::Market)?.into_iter().map(market).collect())
    }

    /// The contract of a part that the last run wrote down.
    pub fn part(&self, part: Part) -> Result<[u8; 32]> {
        let contracts = self.contracts(part)?;
        let (_, address) = contracts.first().with_context(|| format!("no {}", part.name()))?;
        Ok(*address)
    }

    fn contracts(&self, part: Part) -> Result<Vec<(u16, [u8; 32])>> {
        let file: serde_json::Value = serde_json::from_slice(&std::fs::read(self.file())?)?;
        let contracts = file
            .get("contracts")
            .and_then(|c| c.as_array())
            .context("no contracts")?;
        let of_part =
            |entry: &&serde_json::Value| entry.get("kind").and_then(|kind| kind.as_str()) == Some(part.name());
        let read = |entry: &serde_json::Value| {
            let netuid = entry.get("netuid").and_then(|n| n.as_u64()).context("no netuid")?;
            let address = entry.get("address").and_then(|a| a.as_str()).context("no address")?;
            Ok((u16::try_from(netuid)?, keeper_chain::contracts::parse_account(address)?))
        };
        contracts.iter().filter(of_part).map(read).collect()
    }
}

/// What the operator's shell says does not concern a keeper under test.
fn clean(command: &mut Command) {
    for name in [
        "KEEPER_KEY",
        "KEEPER_KEY_FILE",
        "KEEPER_ENDPOINTS",
        "KEEPER_CONFIG",
        "KEEPER_LOG",
    ] {
        command.env_remove(name);
    }
}

/// A key file that only its owner can read.
fn write_key(path: &Path, uri: &str) -> Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(path)?;
    Ok(writeln!(file, "{uri}")?)
}

/// A port that is free now.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

async fn get(port: u16, path: &str) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        bail!("no HTTP answer");
    };
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    Ok((status, body.to_owned()))
}
