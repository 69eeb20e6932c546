//! `keeper check`: everything that would stop `run`, found before it starts.

use keeper_chain::{Chain, MarketContract};
use keeper_store::{Identity, Store, StoreError};

use crate::cli::Common;
use crate::config::Config;
use crate::exit::CheckFailed;
use crate::setup;

/// Outcomes of all checks, printed as they come.
#[derive(Default)]
struct Report {
    checks: usize,
    failed: usize,
}

/// A check counts whether or not anybody reads about it.
fn say(line: &str) {
    if let Err(error) = super::say(line) {
        tracing::debug!(%error, "cannot print");
    }
}

impl Report {
    fn note<T>(&mut self, what: &str, outcome: anyhow::Result<(T, String)>) -> Option<T> {
        self.checks = self.checks.saturating_add(1);
        match outcome {
            Ok((value, detail)) => {
                say(&format!("ok    {what}: {detail}"));
                Some(value)
            }
            Err(error) => {
                self.failed = self.failed.saturating_add(1);
                say(&format!("FAIL  {what}: {}", crate::exit::explain(&error)));
                None
            }
        }
    }
}

/// Checks and reports.
///
/// # Errors
/// [`CheckFailed`] when anything is wrong, the configuration's errors when nothing can be checked.
pub async fn check(common: &Common) -> anyhow::Result<()> {
    let config = setup::configuration(common)?;
    let mut report = Report::default();
    say(&format!("ok    configuration: {}", common.config.display()));
    let signer = report.note(
        "key",
        setup::signer(&config).map(|signer| {
            let address = keeper_chain::contracts::address(&signer.account());
            (signer, address)
        }),
    );
    let targets = report.note(
        "markets and bundle",
        setup::targets(&config).map(|targets| {
            let count = format!("{} market(s)", targets.markets.len());
            (targets, count)
        }),
    );
    let chain = setup::chain(&config)?;
    for endpoint in chain.endpoints().to_vec() {
        report.note(&endpoint, reach(&chain, &endpoint).await.map(|detail| ((), detail)));
    }
    if let Some(signer) = &signer {
        report.note(
            "balance",
            balance(&chain, &signer.account()).await.map(|detail| ((), detail)),
        );
        report.note(
            "store",
            store(&chain, &config, signer.account())
                .await
                .map(|detail| ((), detail)),
        );
    }
    for target in targets.unwrap_or_default().markets {
        let name = keeper_chain::contracts::address(&target.contract.address);
        report.note(&name, market(&chain, &target.contract).await.map(|detail| ((), detail)));
    }
    let Report { checks, failed } = report;
    if failed > 0 {
        return Err(CheckFailed { failed, checks }.into());
    }
    Ok(())
}

async fn reach(chain: &Chain, endpoint: &str) -> anyhow::Result<String> {
    let connection = chain.open(endpoint).await?;
    let name = connection.chain_name().await?;
    let best = connection.best().await?;
    let finalized = connection.finalized().await?;
    Ok(format!(
        "{name}, best block {}, finalized {}",
        best.number, finalized.number
    ))
}

async fn balance(chain: &Chain, account: &[u8; 32]) -> anyhow::Result<String> {
    let free = chain
        .ask(async |connection| {
            let best = connection.best().await?;
            connection.balance(account, &best).await
        })
        .await?;
    anyhow::ensure!(free > 0, "the signer owns nothing, so it cannot pay fees");
    Ok(format!("{free} rao"))
}

async fn store(chain: &Chain, config: &Config, signer: [u8; 32]) -> anyhow::Result<String> {
    let genesis = chain.ask(async |connection| Ok(connection.genesis())).await?;
    let path = &config.store.path;
    if !path.exists() {
        return Ok(format!("{} will be created", path.display()));
    }
    match Store::open(path, Identity { chain: genesis, signer }) {
        Ok(store) => Ok(format!(
            "{}, {} transaction(s) in flight",
            path.display(),
            store.open_entries().count()
        )),
        Err(StoreError::InUse) => Ok(format!("{} is in use by a running keeper", path.display())),
        Err(error) => Err(error.into()),
    }
}

async fn market(chain: &Chain, contract: &MarketContract) -> anyhow::Result<String> {
    let (code, state) = chain
        .ask(async |connection| {
            let best = connection.best().await?;
            let code = connection.contract_code(&contract.address, &best).await?;
            Ok((code, contract.state(&connection, &best).await?))
        })
        .await?;
    let expected = contract.bundle().code_hash();
    let found = code.ok_or_else(|| anyhow::anyhow!("there is no contract"))?;
    anyhow::ensure!(
        found == expected,
        "its code is 0x{}, the bundle's 0x{}",
        hex::encode(found),
        hex::encode(expected)
    );
    let alive = if state.alive { "alive" } else { "ended" };
    Ok(format!(
        "netuid {}, generation {}, {alive}, {} open position(s)",
        state.netuid, state.generation, state.market.open_positions
    ))
}
