//! `keeper call`: any message of any contract.

use anyhow::Context;
use keeper_chain::contracts::{address, parse_account};
use keeper_chain::value::{outcome, to_json};
use keeper_chain::{Action, Bundle, Chain, ChainConfig, ChainError, Timeouts};
use serde_json::json;

use crate::cli::Call;
use crate::commands::submit::submit;
use crate::config::{Config, ConfigError, SignerSection};
use crate::setup::NO_ENDPOINT;

/// Gas allowed beyond what the dry run needed; what is not used is refunded.
const GAS_MARGIN_PERCENT: u64 = 20;
/// Deposit allowed beyond what the dry run needed, in percent.
const DEPOSIT_MARGIN_PERCENT: u64 = 10;

/// Dry-runs the message, and executes it if told to. Prints JSON.
///
/// # Errors
/// What the contract, the runtime or the chain refused.
pub async fn call(args: &Call) -> anyhow::Result<()> {
    let (chain_config, signer) = settings(args)?;
    let bundle = Bundle::load(&args.bundle).map_err(ChainError::from)?;
    let data = bundle
        .encode_message(&args.message, &args.arguments)
        .map_err(ChainError::from)?;
    let contract = parse_account(&args.contract).context("--contract")?;
    let chain = Chain::new(chain_config)?;

    let signer = match &args.origin {
        Some(_) => None,
        None => match signer.load() {
            Ok(signer) => Some(signer),
            Err(error) if !args.execute && error.is::<ConfigError>() => None,
            Err(error) => return Err(error),
        },
    };
    let origin = match (&args.origin, &signer) {
        (Some(text), _) => parse_account(text).context("--origin")?,
        (None, Some(signer)) => signer.account(),
        // A view does not care who asks.
        (None, None) => contract,
    };
    let call = keeper_chain::Call {
        contract,
        value: args.value,
        data,
    };
    let run = chain
        .ask(async |connection| {
            let best = connection.best().await?;
            connection.dry_run_call(&origin, &call, &best).await
        })
        .await?;
    let answer = outcome(
        bundle
            .decode_return(&args.message, &run.data)
            .map_err(ChainError::from)?,
    );
    let mut report = json!({
        "contract": address(&contract),
        "message": args.message,
        "ok": answer.is_ok(),
        "answer": to_json(answer.as_ref().unwrap_or_else(|error| error)),
        "gas_consumed": { "ref_time": run.consumed.ref_time, "proof_size": run.consumed.proof_size },
        "gas_required": { "ref_time": run.required.ref_time, "proof_size": run.required.proof_size },
        "storage_deposit_rao": run.deposit,
        "storage_refund_rao": run.refund,
        "executed": false,
    });
    let refused = answer.err();
    if let (true, None, Some(signer)) = (args.execute, &refused, &signer) {
        let gas = run.required.plus_percent(GAS_MARGIN_PERCENT);
        let deposit_limit = run.deposit.saturating_add(run.deposit / 100 * DEPOSIT_MARGIN_PERCENT);
        let action = Action::Call {
            call,
            gas,
            deposit_limit,
        };
        let included = submit(&chain, signer, &action, args.mortality).await?;
        if let Some(report) = report.as_object_mut() {
            report.insert("executed".into(), true.into());
            report.insert("transaction".into(), format!("0x{}", hex::encode(included.hash)).into());
            report.insert("block".into(), included.block.number.into());
            report.insert("fee_rao".into(), included.fate.fee.into());
        }
    }
    super::print(&report)?;
    match refused {
        None => Ok(()),
        Some(error) => {
            let name = keeper_chain::value::innermost_variant(&error).unwrap_or_default();
            let error = keeper_chain::ContractRefusal {
                text: to_json(&error).to_string(),
                name,
            };
            Err(ChainError::Contract { error }.into())
        }
    }
}

fn settings(args: &Call) -> Result<(ChainConfig, SignerSection), ConfigError> {
    let mut config = match &args.config {
        Some(path) => Config::load(path)?,
        None => Config::default(),
    };
    args.overrides.apply(&mut config.chain.endpoints, &mut config.signer);
    if config.chain.endpoints.is_empty() {
        return Err(NO_ENDPOINT);
    }
    let chain = config.chain()?;
    Ok((
        ChainConfig {
            timeouts: Timeouts { ..chain.timeouts },
            ..chain
        },
        config.signer,
    ))
}
