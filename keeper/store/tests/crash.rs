//! SIGKILL between every two steps of the protocol: nothing is sent twice, nothing due is forgotten.
//!
//! The test runs itself as a child process that performs jobs against a chain made of one file, and announces each step.
//! The parent kills it after the n-th step, for every n, lets it start again, and then reads what the chain holds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of the test"
)]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use keeper_store::{verdict, BlockChanges, Cursor, Identity, Outcome, Planned, Store, Verdict};

const JOBS: u8 = 3;
const IDENTITY: Identity = Identity {
    chain: [1; 32],
    signer: [2; 32],
};

/// A chain: one line per transaction it included, which is also its block height and the account's nonce.
struct Chain(PathBuf);

impl Chain {
    fn included(&self) -> Vec<String> {
        std::fs::read_to_string(&self.0)
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// Includes a transaction whose nonce is due; anything else is refused, as a node would.
    fn submit(&self, bytes: &[u8]) {
        let line = String::from_utf8(bytes.to_vec()).unwrap();
        let nonce: usize = line.split(':').next().unwrap().parse().unwrap();
        if nonce == self.included().len() {
            let mut file = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(&self.0)
                .unwrap();
            writeln!(file, "{line}").unwrap();
        }
    }
}

/// Announces a step and waits for permission to go on; the parent kills instead of answering when it wants to.
fn step() {
    println!("step");
    std::io::stdout().flush().unwrap();
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).unwrap();
    assert_eq!(answer, "go\n");
}

fn planned(job: u8, nonce: u64, height: u32) -> Planned {
    Planned {
        contract: [7; 32],
        job: vec![job],
        nonce,
        hash: [job; 32],
        bytes: format!("{nonce}:{job}").into_bytes(),
        signed_at: height,
        last_valid: height + 64,
        fee: 1,
        reward: 0,
    }
}

/// Learns from the chain what it did since the cursor, exactly as the daemon does with finalized blocks.
fn catch_up(store: &mut Store, chain: &Chain) {
    let included = chain.included();
    let from = store.cursor().map_or(0, |cursor| cursor.number);
    for (number, line) in (1u32..).zip(&included).skip(from as usize) {
        let ours = store
            .open_entries()
            .find(|entry| entry.planned.bytes == line.as_bytes())
            .map(|entry| entry.seq);
        let closed = ours
            .map(|seq| (seq, Outcome::Succeeded { block: number, fee: 1 }))
            .into_iter()
            .collect();
        step();
        store
            .commit_block(
                Cursor { number, hash: [0; 32] },
                &BlockChanges {
                    closed,
                    ..Default::default()
                },
            )
            .unwrap();
        step();
    }
    let (height, nonce) = (included.len() as u32, included.len() as u64);
    let open: Vec<_> = store.open_entries().cloned().collect();
    for entry in open {
        match verdict(&entry, height, nonce) {
            Verdict::Pending => {
                chain.submit(&entry.planned.bytes);
                step();
                store.mark_sent(entry.seq).unwrap();
                step();
            }
            Verdict::Close(outcome) => {
                store.close(entry.seq, outcome).unwrap();
                step();
            }
        }
    }
}

/// A job is due until the chain holds it.
fn due(chain: &Chain) -> Option<u8> {
    let done: Vec<u8> = chain
        .included()
        .iter()
        .filter_map(|line| line.split(':').nth(1)?.parse().ok())
        .collect();
    (0..JOBS).find(|job| !done.contains(job))
}

#[test]
#[ignore = "the child process of the test below"]
fn child() {
    let dir = PathBuf::from(std::env::var_os("CRASH_DIR").unwrap());
    let chain = Chain(dir.join("chain"));
    step();
    let mut store = Store::open(&dir.join("keeper.redb"), IDENTITY).unwrap();
    step();
    loop {
        catch_up(&mut store, &chain);
        let in_flight = store.open_entries().next().is_some();
        let Some(job) = due(&chain).filter(|_| !in_flight) else {
            if in_flight {
                continue;
            }
            break;
        };
        let height = chain.included().len();
        let plan = planned(job, store.next_nonce(height as u64), height as u32);
        step();
        let seq = store.begin(plan.clone()).unwrap();
        step();
        chain.submit(&plan.bytes);
        step();
        store.mark_sent(seq).unwrap();
        step();
    }
    println!("done");
}

/// Runs the child until it is done, or kills it after `kill_after` steps. Returns whether it got done, and its steps.
fn run(dir: &Path, kill_after: usize) -> (bool, usize) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env("CRASH_DIR", dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut answers = child.stdin.take().unwrap();
    let mut steps = 0;
    let mut done = false;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        match line.unwrap().as_str() {
            "step" if steps == kill_after => {
                child.kill().unwrap();
                break;
            }
            "step" => {
                steps += 1;
                answers.write_all(b"go\n").unwrap();
            }
            "done" => done = true,
            _ => {}
        }
    }
    child.wait().unwrap();
    (done, steps)
}

fn assert_every_job_once(dir: &Path, when: &str) {
    let mut jobs: Vec<String> = Chain(dir.join("chain"))
        .included()
        .iter()
        .map(|line| line.split(':').nth(1).unwrap().to_owned())
        .collect();
    jobs.sort();
    let expected: Vec<String> = (0..JOBS).map(|job| job.to_string()).collect();
    assert_eq!(jobs, expected, "killed {when}");
}

#[test]
fn a_kill_between_any_two_steps_neither_loses_nor_doubles_anything() {
    let whole = tempfile::tempdir().unwrap();
    let (done, steps) = run(whole.path(), usize::MAX);
    assert!(done);
    assert_eq!(steps, 2 + 6 * usize::from(JOBS), "every job is six steps");
    assert_every_job_once(whole.path(), "never");

    for kill_after in 0..steps {
        let dir = tempfile::tempdir().unwrap();
        let (done, _) = run(dir.path(), kill_after);
        assert!(!done);
        let (done, _) = run(dir.path(), usize::MAX);
        assert!(done, "stuck after a kill at step {kill_after}");
        assert_every_job_once(dir.path(), &format!("at step {kill_after}"));
    }
}
