//! Sealing, persistence, and how the node ends.

use crate::chain::{Chain, Methods, TAO};
use crate::process::{command, Node};
use std::path::PathBuf;
use std::time::Duration;
use subxt::dynamic::Value;
use subxt_signer::sr25519::dev;

/// A folder of its own for a test, removed afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("autonomy-node-{name}-{}", std::process::id())))
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a path in UTF-8")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing to remove if the test failed before the node started.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn height(chain: &Chain) -> u64 {
    chain
        .client
        .at_current_block()
        .await
        .expect("there is a block")
        .block_number()
}

async fn transfer(chain: &Chain) {
    let destination = Value::unnamed_variant("Id", [Value::from_bytes(dev::bob().public_key().0)]);
    let arguments = vec![destination, Value::u128(TAO.into())];
    chain
        .submit(("Balances", "transfer_keep_alive", arguments), &dev::alice())
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_it_goes_on_where_it_was() {
    let folder = Folder::new("killed");
    let node = Node::start(&["--base-path", folder.path()]);
    let chain = Chain::connect(&node.url, Methods::Legacy).await;
    for _ in 0..5 {
        transfer(&chain).await;
    }
    let (before, balance) = (height(&chain).await, chain.free(dev::bob().public_key().0).await);
    let (genesis, hash) = (
        chain.client.genesis_hash(),
        chain.client.at_current_block().await.unwrap().block_hash(),
    );
    node.kill();

    let node = Node::start(&["--base-path", folder.path()]);
    let chain = Chain::connect(&node.url, Methods::Legacy).await;
    assert_eq!((height(&chain).await, chain.client.genesis_hash()), (before, genesis));
    assert_eq!(chain.client.at_current_block().await.unwrap().block_hash(), hash);
    assert_eq!(chain.free(dev::bob().public_key().0).await, balance);
    transfer(&chain).await;
    assert_eq!(height(&chain).await, before + 1);
    // The history is all there.
    let first = chain.client.at_block(1u32).await.expect("block 1 is kept");
    assert!(!first.events().fetch().await.expect("its state is kept").is_empty());
    assert!(node.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_midst_of_sealing_it_loses_little_and_starts_again() {
    let folder = Folder::new("midst");
    let mut reached = 0;
    for _ in 0..3 {
        let node = Node::start(&["--base-path", folder.path(), "--sealing", "interval:5"]);
        let chain = Chain::connect(&node.url, Methods::Legacy).await;
        let resumed = height(&chain).await;
        // The database writes in the background: what the last moments sealed may be gone, never what was before.
        assert!(
            resumed + 50 >= reached,
            "block {reached} was reached, {resumed} is left"
        );
        tokio::time::sleep(Duration::from_millis(700)).await;
        reached = height(&chain).await;
        assert!(reached > resumed);
        node.kill();
    }
}

#[test]
fn a_database_of_another_build_is_refused() {
    let folder = Folder::new("build");
    Node::start(&["--base-path", folder.path()]).kill();
    std::fs::write(folder.0.join("build-id"), "0123456789abcdef").unwrap();
    let output = command(&["--base-path", folder.path()])
        .output()
        .expect("the node runs");
    assert!(!output.status.success());
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("was written by build 0123456789abcdef"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn interval_sealing_makes_empty_blocks() {
    let node = Node::start(&["--sealing", "interval:100"]);
    let chain = Chain::connect(&node.url, Methods::ChainHead).await;
    let before = height(&chain).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let blocks = height(&chain).await - before;
    // Twenty on an idle machine.
    assert!((5..=25).contains(&blocks), "{blocks} blocks in two seconds");
}

#[tokio::test(flavor = "multi_thread")]
async fn manual_sealing_waits_to_be_asked() {
    let node = Node::start(&["--sealing", "manual", "--clock", "simulated:12000"]);
    let chain = Chain::connect(&node.url, Methods::Legacy).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(height(&chain).await, 0);
    let time = subxt::dynamic::storage::<(), u64>("Timestamp", "Now");
    let mut times = Vec::new();
    for _ in 0..2 {
        let parameters = subxt::rpcs::rpc_params![true, true];
        let _: serde_json::Value = chain
            .rpc
            .request("engine_createBlock", parameters)
            .await
            .expect("a block");
        let at = chain.client.at_current_block().await.expect("there is a block");
        times.push(
            at.storage()
                .fetch(time.clone(), ())
                .await
                .expect("a time")
                .decode()
                .expect("a number"),
        );
    }
    assert_eq!(height(&chain).await, 2);
    assert_eq!(times[1] - times[0], 12_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_transactions_is_all_included() {
    let node = Node::start(&["--accounts", "20"]);
    let chain = Chain::connect(&node.url, Methods::Legacy).await;
    let pay = |index: u32| {
        let chain = &chain;
        async move {
            let uri = format!("//{index}").parse().expect("a derivation path");
            let from = subxt_signer::sr25519::Keypair::from_uri(&uri).expect("a key");
            let destination = Value::unnamed_variant("Id", [Value::from_bytes(dev::bob().public_key().0)]);
            let arguments = vec![destination, Value::u128(TAO.into())];
            chain
                .submit(("Balances", "transfer_keep_alive", arguments), &from)
                .await;
        }
    };
    let before = chain.free(dev::bob().public_key().0).await;
    futures::future::join_all((0..20).map(pay)).await;
    assert_eq!(chain.free(dev::bob().public_key().0).await, before + 20 * TAO);
}

#[test]
fn it_ends_in_order_when_told_to() {
    let node = Node::start(&["--sealing", "interval:50"]);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(node.terminate().code(), Some(0));
}

#[test]
fn bad_arguments_are_explained() {
    let output = command(&["--sealing", "sometimes"]).output().expect("the node runs");
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        message.contains("expected instant, interval:<ms> or manual, got `sometimes`"),
        "{message}"
    );
}
