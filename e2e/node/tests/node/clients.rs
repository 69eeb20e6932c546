//! Standard clients work unchanged.

use crate::chain::{create_subnet, Chain, Methods, TAO};
use crate::contract::Probe;
use crate::process::Node;
use codec::{Compact, Decode};
use std::process::Command;
use std::time::{Duration, Instant};
use subxt::dynamic::Value;
use subxt_signer::sr25519::dev;

const VALIDATOR: [u8; 32] = [7; 32];

#[tokio::test(flavor = "multi_thread")]
async fn subxt_works_through_the_legacy_methods() {
    connect_transfer_and_call(Methods::Legacy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn subxt_works_through_chain_head() {
    connect_transfer_and_call(Methods::ChainHead).await;
}

async fn connect_transfer_and_call(methods: Methods) {
    let node = Node::start(&[]);
    let chain = Chain::connect(&node.url, methods).await;
    let (alice, bob) = (dev::alice(), dev::bob());

    let at = chain.client.at_current_block().await.expect("there is a block");
    let index = |name| {
        at.metadata_ref()
            .pallet_by_name(name)
            .expect("the pallet exists")
            .call_index()
    };
    let pallets = ["System", "Balances", "SubtensorModule", "Sudo", "Contracts"];
    assert_eq!(pallets.map(index), [0, 5, 7, 12, 29], "the chain's indices");

    let before = chain.free(bob.public_key().0).await;
    let destination = Value::unnamed_variant("Id", [Value::from_bytes(bob.public_key().0)]);
    let arguments = vec![destination, Value::u128((3 * TAO).into())];
    chain
        .submit(("Balances", "transfer_keep_alive", arguments), &alice)
        .await;
    assert_eq!(chain.free(bob.public_key().0).await, before + 3 * TAO);

    create_subnet(&chain, 1, VALIDATOR).await;
    let probe = Probe::deploy(&chain, &alice, 100 * TAO).await;
    // get_alpha_price: 0.25 TAO.
    let price = probe.dry_run(&bob, 15, 1u16).await;
    assert_eq!((price.code, u64::decode(&mut &price.output[..])), (0, Ok(250_000_000)));

    // add_stake acts as the contract, its caller variant as the caller.
    probe.call(&bob, 1, (VALIDATOR, 1u16, 10 * TAO)).await;
    probe.call(&bob, 20, (VALIDATOR, 1u16, 5 * TAO)).await;
    let stake = |coldkey: [u8; 32]| chain.ask::<u64>("StakingStandInApi_stake", (VALIDATOR, coldkey, 1u16));
    let (of_contract, of_caller) = (stake(probe.address).await, stake(bob.public_key().0).await);
    assert!(of_contract > 39 * TAO && of_contract < 40 * TAO, "{of_contract}");
    assert!(of_caller > 19 * TAO && of_caller < 20 * TAO, "{of_caller}");

    // Codes arrive as the value of the host function.
    let too_much = probe.dry_run(&bob, 2, (VALIDATOR, 1u16, 1_000 * TAO)).await;
    assert_eq!(too_much.code, 6);

    // The chain's own transactions, by its names.
    let arguments = vec![Value::from_bytes(VALIDATOR), Value::u128(1), Value::u128(TAO.into())];
    chain.submit(("SubtensorModule", "add_stake", arguments), &alice).await;
    assert!(stake(alice.public_key().0).await > 3 * TAO);
}

#[tokio::test(flavor = "multi_thread")]
async fn costs_and_fees_are_the_chains() {
    let node = Node::start(&[]);
    let chain = Chain::connect(&node.url, Methods::Legacy).await;
    create_subnet(&chain, 1, VALIDATOR).await;
    let probe = Probe::deploy(&chain, &dev::alice(), 100 * TAO).await;
    let bob = dev::bob();
    let nothing = probe.dry_run(&bob, 15, 1u16).await.ref_time;
    // The same work around a call of the extension, so that the difference is what the functions cost.
    let add_stake = probe.dry_run(&bob, 1, (VALIDATOR, 1u16, TAO)).await.ref_time;
    let difference = (add_stake - nothing) as f64 / 1e9;
    assert!(
        (difference - (3.06 - 0.025)).abs() < 0.01,
        "add_stake costs {difference} ms more than a read"
    );
    // 1e10 ps are 0.005 TAO, and a byte is a rao.
    let fee: u64 = chain
        .ask(
            "TransactionPaymentApi_query_weight_to_fee",
            (Compact(10_000_000_000u64), Compact(0u64)),
        )
        .await;
    assert_eq!(fee, 5_000_000);
    let fee: u64 = chain.ask("TransactionPaymentApi_query_length_to_fee", 77u32).await;
    assert_eq!(fee, 77);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_not_delayed() {
    let node = Node::start(&["--sealing", "manual"]);
    let chain = Chain::connect(&node.url, Methods::Legacy).await;
    let mut times = Vec::new();
    for _ in 0..21 {
        let start = Instant::now();
        let _: String = chain
            .rpc
            .request("system_chain", Default::default())
            .await
            .expect("an answer");
        times.push(start.elapsed());
    }
    times.sort();
    // With Nagle's algorithm on either side this is above 40 ms.
    assert!(times[10] < Duration::from_millis(25), "{times:?}");
}

#[test]
fn polkadot_api_works() {
    let node = Node::start(&[]);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../clients");
    let probe = wat::parse_str(include_str!("probe.wat")).expect("valid text format");
    let code = std::env::temp_dir().join(format!("autonomy-probe-{}.wasm", std::process::id()));
    std::fs::write(&code, probe).expect("the code can be written");
    let run = Command::new("./run.sh")
        .current_dir(folder)
        .arg(&node.url)
        .arg(&code)
        .output();
    let run = run.expect("e2e/clients/run.sh runs");
    std::fs::remove_file(&code).expect("the code can be removed");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(run.status.success(), "{}\n{}", text(&run.stdout), text(&run.stderr));
}
