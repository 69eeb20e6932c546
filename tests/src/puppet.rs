//! A contract that does what it is told: call another contract, the chain extension or the runtime. Hostile when told so.

use codec::Encode;
use staking::{AccountId, Function};

use crate::world::{Outcome, World};

/// Storage: how often it was entered. Input: 0, callee, input (its value is passed on); 1, function, arguments; 2; or 3 and
/// a call of the runtime.
/// Answer: the host function's code, then what a callee returned; for 2 the number of entries.
const TEXT: &str = r#"
(module
  (import "env" "memory" (memory 1 1))
  (import "seal0" "seal_input" (func $input (param i32 i32)))
  (import "seal0" "seal_return" (func $return (param i32 i32 i32)))
  (import "seal0" "seal_value_transferred" (func $value (param i32 i32)))
  (import "seal0" "call_chain_extension" (func $extension (param i32 i32 i32 i32 i32) (result i32)))
  (import "seal0" "call_runtime" (func $runtime (param i32 i32) (result i32)))
  (import "seal1" "seal_call" (func $call (param i32 i32 i64 i32 i32 i32 i32 i32) (result i32)))
  (import "seal1" "get_storage" (func $get (param i32 i32 i32 i32) (result i32)))
  (import "seal2" "set_storage" (func $set (param i32 i32 i32 i32) (result i32)))
  ;; 0 value, 8 its length, 12 length of the input, 16 length of the output, 20 length of the counter, 24 counter
  ;; 1024 input, 32768 code and output
  (data (i32.const 8) "\08\00\00\00\00\40\00\00\00\40\00\00\04\00\00\00")
  (func (export "deploy"))
  (func (export "call")
    (drop (call $get (i32.const 32) (i32.const 1) (i32.const 24) (i32.const 20)))
    (i32.store (i32.const 24) (i32.add (i32.load (i32.const 24)) (i32.const 1)))
    (drop (call $set (i32.const 32) (i32.const 1) (i32.const 24) (i32.const 4)))
    (call $input (i32.const 1024) (i32.const 12))
    (if (i32.eqz (i32.load8_u (i32.const 1024)))
      (then
        (call $value (i32.const 0) (i32.const 8))
        (i32.store (i32.const 32768)
          (call $call (i32.const 0) (i32.const 1025) (i64.const 0) (i32.const 0)
            (i32.const 1057) (i32.sub (i32.load (i32.const 12)) (i32.const 33))
            (i32.const 32772) (i32.const 16)))))
    (if (i32.eq (i32.load8_u (i32.const 1024)) (i32.const 1))
      (then
        (i32.store (i32.const 32768)
          (call $extension (i32.load (i32.const 1025))
            (i32.const 1029) (i32.sub (i32.load (i32.const 12)) (i32.const 5))
            (i32.const 32772) (i32.const 16)))
        (i32.store (i32.const 16) (i32.const 0))))
    (if (i32.eq (i32.load8_u (i32.const 1024)) (i32.const 2))
      (then
        (i32.store (i32.const 32768) (i32.load (i32.const 24)))
        (i32.store (i32.const 16) (i32.const 0))))
    (if (i32.eq (i32.load8_u (i32.const 1024)) (i32.const 3))
      (then
        (i32.store (i32.const 32768)
          (call $runtime (i32.const 1025) (i32.sub (i32.load (i32.const 12)) (i32.const 1))))
        (i32.store (i32.const 16) (i32.const 0))))
    (call $return (i32.const 0) (i32.const 32768) (i32.add (i32.load (i32.const 16)) (i32.const 4)))))
"#;

/// Puts a puppet on the chain, with some TAO of its own.
pub fn create(world: &mut World, tao: u64) -> AccountId {
    let wasm = wat::parse_str(TEXT).expect("the text is a module");
    // Every puppet of a block has its own address because their endowments are part of no salt: the block is, and it passes.
    world.blocks(1);
    let (address, outcome) = world.deploy(wasm, Vec::new(), tao);
    assert_eq!(outcome, Outcome::Returned(Vec::new()));
    world.note_user(address);
    address
}

/// Puts a contract on the chain that runs other code as soon as it is called with the hash of it.
pub fn chameleon(world: &mut World) -> AccountId {
    let text = r#"
(module
  (import "env" "memory" (memory 1 1))
  (import "seal0" "seal_input" (func $input (param i32 i32)))
  (import "seal0" "set_code_hash" (func $become (param i32) (result i32)))
  (data (i32.const 0) "\20\00\00\00")
  (func (export "deploy"))
  (func (export "call")
    (call $input (i32.const 4) (i32.const 0))
    (drop (call $become (i32.const 4)))))
"#;
    let wasm = wat::parse_str(text).expect("the text is a module");
    world.blocks(1);
    let (address, outcome) = world.deploy(wasm, Vec::new(), 0);
    assert_eq!(outcome, Outcome::Returned(Vec::new()));
    address
}

/// Code of a market that answers every call like `settle_epoch`, and uses function 20 of the chain to stake so much TAO of whoever
/// calls with `hotkey` on root.
pub fn thief(hotkey: AccountId, rao: u64) -> Vec<u8> {
    let arguments = (hotkey, 0u16, rao).encode();
    let escaped: String = arguments.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let function = (0x1000u32 << 16) | u32::from(Function::CallerAddStake.id());
    let text = format!(
        r#"
(module
  (import "env" "memory" (memory 1 1))
  (import "seal0" "seal_return" (func $return (param i32 i32 i32)))
  (import "seal0" "call_chain_extension" (func $extension (param i32 i32 i32 i32 i32) (result i32)))
  ;; 0 arguments, 64 length of an output, 128 output, 256 the answer: ink's Ok, the message's Ok, no sample, a yield of 0
  (data (i32.const 0) "{escaped}")
  (data (i32.const 64) "\40\00\00\00")
  (func (export "deploy"))
  (func (export "call")
    (drop (call $extension (i32.const {function}) (i32.const 0) (i32.const {length}) (i32.const 128) (i32.const 64)))
    (call $return (i32.const 0) (i32.const 256) (i32.const 11))))
"#,
        length = arguments.len(),
    );
    wat::parse_str(text).expect("the text is a module")
}

/// Input that makes a puppet call a contract.
pub fn calling(contract: AccountId, input: &[u8]) -> Vec<u8> {
    [&[0u8], contract.as_slice(), input].concat()
}

/// Input that makes a puppet use a function of the chain.
pub fn using(function: Function, arguments: impl Encode) -> Vec<u8> {
    let id = (0x1000u32 << 16) | u32::from(function.id());
    [vec![1u8], id.encode(), arguments.encode()].concat()
}

/// Input that makes a puppet call the runtime with an encoded call.
pub fn dispatching(call: &[u8]) -> Vec<u8> {
    [&[3u8], call].concat()
}

/// The code a puppet's host function answered with, and its output.
pub fn answer(outcome: Outcome) -> (u32, Vec<u8>) {
    let Outcome::Returned(bytes) = outcome else {
        panic!("the puppet did not return: {outcome:?}");
    };
    let (code, output) = bytes.split_at(4);
    (
        u32::from_le_bytes(code.try_into().expect("four bytes")),
        output.to_vec(),
    )
}

/// How often a puppet was entered before now.
pub fn entries(world: &mut World, who: AccountId, puppet: AccountId) -> u32 {
    let (entries, _) = answer(world.run(who, puppet, 0, vec![2]));
    entries - 1
}
