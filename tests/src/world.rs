//! A chain with one market: accounts act, blocks pass, and after every step all identities are checked.

use std::collections::{BTreeMap, BTreeSet};

use codec::{Decode, DecodeAll, Encode};
use drink::sandbox_api::prelude::ContractAPI;
use drink::{Sandbox, Weight};
use frame_support::sp_runtime::traits::Dispatchable;
use frame_support::sp_runtime::{AccountId32, DispatchError};
use frame_support::storage::{with_transaction, TransactionOutcome};
use frame_support::traits::fungible::{Inspect, Mutate};
use pallet_contracts::{CollectEvents, DebugInfo, Determinism, StorageDeposit};
use staking::{AccountId, Code, ControlError, Dividend, Function, NewSubnet, Staking};

use crate::bundle;
use crate::calls::admin_utils::Hyperparameters;
use crate::calls::proxies::ProxyType;
use crate::checks::Checks;
use crate::extension::{chain, FreeBalances, State};
use crate::interface::{constructor, MarketError};
use crate::runtime::{Balances, Contracts, Runtime, RuntimeCall, RuntimeEvent, System, EXISTENTIAL_DEPOSIT};
use crate::sandbox::ChainSandbox;

/// One TAO, or one alpha.
pub const COIN: u64 = 1_000_000_000;

/// The subnet that markets of these tests belong to.
pub const NETUID: u16 = 7;
/// Blocks between two payments of dividends.
pub const TEMPO: u16 = 360;

const fn account(number: u8) -> AccountId {
    [number; 32]
}

/// Owner of the subnet.
pub const OWNER: AccountId = account(1);
/// The validator that markets stake with.
pub const HOTKEY: AccountId = account(2);
/// Another validator.
pub const OTHER_HOTKEY: AccountId = account(3);
/// Sets bounded parameters.
pub const AUTHORITY: AccountId = account(4);
/// Receives protocol income.
pub const SINK: AccountId = account(5);
/// Provides liquidity.
pub const PROVIDER: AccountId = account(6);
/// Lends alpha.
pub const LENDER: AccountId = account(7);
/// Swaps.
pub const TRADER: AccountId = account(8);
/// Opens shorts.
pub const SHORTER: AccountId = account(9);
/// Opens shorts, too.
pub const OTHER_SHORTER: AccountId = account(10);
/// Liquidates and harvests.
pub const KEEPER: AccountId = account(11);
/// Wants more than its share.
pub const ATTACKER: AccountId = account(12);
/// Asks views.
const OBSERVER: AccountId = account(13);
/// Settles emission where a test has no emission contract.
pub const EMISSION: AccountId = account(15);
/// Uploads and instantiates.
pub const DEPLOYER: AccountId = account(14);

/// Everybody who is rich from the start.
pub const ACTORS: [AccountId; 13] = [
    OWNER,
    AUTHORITY,
    PROVIDER,
    LENDER,
    TRADER,
    SHORTER,
    OTHER_SHORTER,
    KEEPER,
    ATTACKER,
    OBSERVER,
    DEPLOYER,
    SINK,
    EMISSION,
];

/// TAO and alpha of every actor at the start.
pub const PURSE: u64 = 1_000_000 * COIN;

/// As much as a block has for ordinary transactions.
const GAS: Weight = Weight::from_parts(3_000_000_000_000, u64::MAX);

/// A chain with one market.
#[derive(Clone)]
pub struct World {
    sandbox: ChainSandbox,
    /// The market's account.
    pub market: AccountId,
    /// Accounts that may own something in the market.
    users: BTreeSet<AccountId>,
    /// Storage deposits that each account has paid less those it got back.
    deposits: BTreeMap<AccountId, i128>,
    checks: Checks,
}

/// An account about to call the market.
pub struct Caller<'w> {
    world: &'w mut World,
    who: AccountId,
    pub(crate) value: u64,
    pub(crate) deadline: u32,
}

/// What running a message came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned these bytes, and its changes stay.
    Returned(Vec<u8>),
    /// It returned these bytes and took everything back.
    Reverted(Vec<u8>),
    /// It did not get that far.
    Trapped(String),
}

impl World {
    /// A subnet at one TAO per alpha, 100,000 of each in the chain's own pool, rich actors, and an empty market.
    pub fn new() -> Self {
        Self::with_endowment(0)
    }

    /// The same, with TAO sent along when the market is instantiated.
    pub fn with_endowment(endowment: u64) -> Self {
        let mut world = Self::without_market();
        world.market = world
            .instantiate(NETUID, endowment)
            .expect("a market of a living subnet can be created");
        world.check("instantiation");
        world
    }

    /// The chain before the market.
    pub fn without_market() -> Self {
        let mut world = Self {
            sandbox: ChainSandbox::default(),
            market: [0; 32],
            users: BTreeSet::new(),
            deposits: BTreeMap::new(),
            checks: Checks::default(),
        };
        world.chain(|chain| {
            chain.create_root(OWNER);
            chain.create_subnet(NETUID, subnet()).expect("the number is free");
            chain
                .register_hotkey(NETUID, OTHER_HOTKEY, OWNER)
                .expect("the subnet exists");
        });
        for actor in ACTORS {
            world.mint(actor, PURSE);
            world.give_stake(actor, HOTKEY, PURSE);
        }
        world
    }

    /// Creates a market of `netuid`; returns its account.
    pub fn instantiate(&mut self, netuid: u16, endowment: u64) -> Result<AccountId, MarketError> {
        let bundle = bundle::market();
        let (label, arguments) = constructor(netuid, HOTKEY, AUTHORITY, SINK, EMISSION);
        let input = [bundle.selector(label).to_vec(), arguments].concat();
        let (address, outcome) = self.deploy(bundle.wasm.clone(), input, endowment);
        match outcome {
            Outcome::Returned(bytes) => decode::<Result<(), MarketError>>("new", &bytes).map(|()| address),
            Outcome::Reverted(bytes) => Err(decode::<Result<(), MarketError>>("new", &bytes).expect_err("a revert")),
            Outcome::Trapped(reason) => panic!("new: {reason}"),
        }
    }

    /// Hash of the code that a contract runs.
    pub fn code_hash(&mut self, contract: AccountId) -> [u8; 32] {
        let contract = AccountId32::from(contract);
        let hash = self.sandbox.execute_with(|| Contracts::code_hash(&contract));
        hash.expect("a contract lives there").0
    }

    /// Uploads code without making a contract of it; its hash.
    pub fn upload(&mut self, wasm: Vec<u8>) -> [u8; 32] {
        let uploaded = self
            .sandbox
            .upload_contract(wasm, DEPLOYER.into(), None, Determinism::Enforced);
        uploaded.expect("the code is valid").code_hash.0
    }

    /// Uploads and instantiates any contract.
    pub fn deploy(&mut self, wasm: Vec<u8>, input: Vec<u8>, endowment: u64) -> (AccountId, Outcome) {
        let salt = self.block().encode();
        let result = self
            .sandbox
            .deploy_contract(wasm, endowment, input, salt, DEPLOYER.into(), GAS, None);
        match result.result {
            Ok(instantiated) => {
                let returned = instantiated.result;
                let outcome = if returned.did_revert() {
                    Outcome::Reverted(returned.data)
                } else {
                    Outcome::Returned(returned.data)
                };
                (instantiated.account_id.into(), outcome)
            }
            Err(error) => ([0; 32], Outcome::Trapped(format!("{error:?}"))),
        }
    }

    /// `who` is about to call the market.
    pub fn by(&mut self, who: AccountId) -> Caller<'_> {
        Caller {
            world: self,
            who,
            value: 0,
            deadline: u32::MAX,
        }
    }

    /// Runs any contract, like the extrinsic: what fails leaves nothing behind.
    pub fn run(&mut self, who: AccountId, contract: AccountId, value: u64, input: Vec<u8>) -> Outcome {
        let result = self.sandbox.execute_with(|| {
            with_transaction(|| {
                let result = Contracts::bare_call(
                    who.into(),
                    contract.into(),
                    value,
                    GAS,
                    None,
                    input,
                    DebugInfo::Skip,
                    CollectEvents::Skip,
                    Determinism::Enforced,
                );
                let kept = matches!(&result.result, Ok(returned) if !returned.did_revert());
                // The layer's error type only has to be one that a dispatch error converts into.
                let result = Ok::<_, DispatchError>(result);
                if kept {
                    TransactionOutcome::Commit(result)
                } else {
                    TransactionOutcome::Rollback(result)
                }
            })
        });
        let result = result.expect("transactions are not nested too deep");
        match result.result {
            Ok(returned) if returned.did_revert() => Outcome::Reverted(returned.data),
            Ok(returned) => {
                let paid = match result.storage_deposit {
                    StorageDeposit::Charge(rao) => i128::from(rao),
                    StorageDeposit::Refund(rao) => -i128::from(rao),
                };
                *self.deposits.entry(who).or_default() += paid;
                Outcome::Returned(returned.data)
            }
            Err(error) => Outcome::Trapped(format!("{error:?}")),
        }
    }

    /// Runs a message of the market for `who`, then checks everything.
    fn execute<T: Decode>(
        &mut self,
        who: AccountId,
        value: u64,
        label: &'static str,
        arguments: Vec<u8>,
    ) -> Result<T, MarketError> {
        self.users.insert(who);
        let input = [bundle::market().selector(label).to_vec(), arguments].concat();
        let outcome = self.run(who, self.market, value, input);
        let result = match outcome {
            Outcome::Returned(bytes) => {
                let result = decode::<Result<T, MarketError>>(label, &bytes);
                assert!(result.is_ok(), "{label}: refused without taking its changes back");
                result
            }
            Outcome::Reverted(bytes) => {
                let result = decode::<Result<T, MarketError>>(label, &bytes);
                assert!(result.is_err(), "{label}: taken back without a refusal");
                result
            }
            Outcome::Trapped(reason) => panic!("{label}: {reason}"),
        };
        self.check(if result.is_ok() { label } else { "a refusal" });
        result
    }

    /// Asks a view that can be refused.
    pub fn view<T: Decode>(&mut self, label: &str, arguments: impl Encode) -> Result<T, MarketError> {
        self.view_as(OBSERVER, label, arguments)
    }

    /// Asks a view.
    pub fn read<T: Decode>(&mut self, label: &str, arguments: impl Encode) -> T {
        self.view_as(OBSERVER, label, arguments)
    }

    /// Asks a view as a certain account.
    pub fn view_as<T: Decode>(&mut self, who: AccountId, label: &str, arguments: impl Encode) -> T {
        let input = [bundle::market().selector(label).to_vec(), arguments.encode()].concat();
        match self.run(who, self.market, 0, input) {
            Outcome::Returned(bytes) | Outcome::Reverted(bytes) => decode(label, &bytes),
            Outcome::Trapped(reason) => panic!("{label}: {reason}"),
        }
    }

    fn check(&mut self, step: &'static str) {
        let mut checks = std::mem::take(&mut self.checks);
        checks.run(self, step);
        self.checks = checks;
    }

    /// Accounts that ever called the market or were paid by it.
    pub fn users(&self) -> Vec<AccountId> {
        self.users.iter().copied().collect()
    }

    /// Counts `who` among the market's users although it did not call by itself.
    pub fn note_user(&mut self, who: AccountId) {
        self.users.insert(who);
    }

    // ---- time

    /// The current block.
    pub fn block(&mut self) -> u32 {
        self.sandbox.execute_with(System::block_number)
    }

    /// Lets blocks pass.
    pub fn blocks(&mut self, count: u32) {
        for _ in 0..count {
            self.sandbox.next_block();
            let mut checks = std::mem::take(&mut self.checks);
            checks.block(self);
            self.checks = checks;
        }
    }

    /// Lets a long time pass in which nothing happens, dividends included.
    pub fn jump(&mut self, blocks: u32) {
        self.sandbox.execute_with(|| {
            let now = System::block_number();
            System::set_block_number(now + blocks);
        });
    }

    // ---- the chain

    /// Pulls levers of the chain. What they create or destroy is not the market's doing.
    pub fn control<T>(&mut self, pull: impl FnOnce(&mut Staking<State, FreeBalances>) -> Result<T, ControlError>) -> T {
        let result = self.chain(pull);
        let mut checks = std::mem::take(&mut self.checks);
        checks.chain_changed(self);
        self.checks = checks;
        result.unwrap_or_else(|error| panic!("the chain: {error}"))
    }

    /// Reads the chain, or acts on it as an account does.
    pub fn chain<T>(&mut self, read: impl FnOnce(&mut Staking<State, FreeBalances>) -> T) -> T {
        self.sandbox.execute_with(|| read(&mut chain()))
    }

    /// Runs a function of the chain for an account, as its own extrinsic would.
    pub fn extrinsic(&mut self, who: AccountId, function: Function, arguments: impl Encode) -> Result<(), Code> {
        let reply = self.chain(|chain| chain.dispatch(function.id(), &who, &who, &arguments.encode()));
        let mut checks = std::mem::take(&mut self.checks);
        checks.chain_changed(self);
        self.checks = checks;
        match reply.expect("the arguments are the function's").code {
            Code::Success => Ok(()),
            code => Err(code),
        }
    }

    /// Dispatches a call of the runtime for an account, as its own extrinsic would, but for the fee.
    pub fn dispatch(&mut self, who: AccountId, call: impl Into<RuntimeCall>) -> Result<(), DispatchError> {
        let origin = Some(AccountId32::from(who)).into();
        let call: RuntimeCall = call.into();
        let result = self.sandbox.execute_with(|| call.dispatch(origin));
        let mut checks = std::mem::take(&mut self.checks);
        checks.chain_changed(self);
        self.checks = checks;
        result.map(|_| ()).map_err(|failed| failed.error)
    }

    /// Makes `delegate` a proxy of `who`, who pays the deposit.
    pub fn add_proxy(&mut self, who: AccountId, delegate: AccountId, kind: ProxyType) {
        let add = pallet_proxy::Call::<Runtime>::add_proxy {
            delegate: AccountId32::from(delegate).into(),
            proxy_type: kind,
            delay: 0,
        };
        self.dispatch(who, add).expect("the account can pay the deposit");
    }

    /// What came of the calls that proxies made in this block: `Proxy::proxy` itself succeeds all the same.
    pub fn proxied(&mut self) -> Vec<Result<(), DispatchError>> {
        let events = self.sandbox.execute_with(System::events);
        let executed = |event| match event {
            RuntimeEvent::Proxy(pallet_proxy::Event::ProxyExecuted { result }) => Some(result),
            _ => None,
        };
        events.into_iter().filter_map(|record| executed(record.event)).collect()
    }

    /// What the owner of a subnet has set, by the index of the call that sets it.
    pub fn hyperparameter(&mut self, netuid: u16, index: u8) -> Option<u64> {
        self.sandbox
            .execute_with(|| Hyperparameters::<Runtime>::get(netuid, index))
    }

    /// Sets the price of the chain's own pool, in rao per alpha.
    pub fn set_chain_price(&mut self, price_e9: u64) {
        self.control(|chain| chain.set_price(NETUID, price_e9));
    }

    /// Sets what validators pay each tempo.
    pub fn set_dividend(&mut self, hotkey: AccountId, alpha: u64) {
        self.control(|chain| chain.set_dividend(NETUID, hotkey, Dividend::Amount(alpha)));
    }

    /// Stake of `who` on the subnet, over all hotkeys.
    pub fn stake(&mut self, who: AccountId) -> u64 {
        self.chain(|chain| chain.total_stake(&who, NETUID))
    }

    /// Free TAO of `who`, the existential deposit included.
    pub fn tao(&mut self, who: AccountId) -> u64 {
        self.sandbox.execute_with(|| Balances::balance(&who.into()))
    }

    /// Free TAO of the market beyond the existential deposit.
    pub fn market_tao(&mut self) -> u64 {
        let market = self.market;
        self.tao(market).saturating_sub(EXISTENTIAL_DEPOSIT)
    }

    /// All TAO there is, free, in deposits and in the chain's pools.
    pub fn all_tao(&mut self) -> u64 {
        self.sandbox
            .execute_with(|| Balances::total_issuance() + chain().total_tao())
    }

    /// All alpha there is, staked or in the chain's pool.
    pub fn all_alpha(&mut self) -> u64 {
        self.chain(|chain| chain.subnet(NETUID).map_or(0, |s| s.alpha_out + s.pool.alpha))
    }

    /// Creates TAO.
    pub fn mint(&mut self, who: AccountId, rao: u64) {
        self.sandbox.execute_with(|| {
            Balances::mint_into(&AccountId32::from(who), rao).expect("the account can hold it");
        });
        let mut checks = std::mem::take(&mut self.checks);
        checks.chain_changed(self);
        self.checks = checks;
    }

    /// Sends free TAO, as a transfer of the chain.
    pub fn transfer(&mut self, from: AccountId, to: AccountId, rao: u64) {
        self.sandbox.execute_with(|| {
            <Balances as Mutate<_>>::transfer(
                &from.into(),
                &to.into(),
                rao,
                frame_support::traits::tokens::Preservation::Expendable,
            )
            .expect("the sender has it");
        });
        let mut checks = std::mem::take(&mut self.checks);
        checks.chain_changed(self);
        self.checks = checks;
    }

    /// Creates alpha as stake.
    pub fn give_stake(&mut self, who: AccountId, hotkey: AccountId, alpha: u64) {
        self.control(|chain| chain.credit_stake(NETUID, hotkey, who, alpha));
    }

    /// Storage deposits that `who` has paid less those it got back: a loan to the chain, not a loss.
    pub fn deposits(&self, who: AccountId) -> i128 {
        self.deposits.get(&who).copied().unwrap_or_default()
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl Caller<'_> {
    /// TAO to attach, rao.
    pub fn value(self, value: u64) -> Self {
        Self { value, ..self }
    }

    /// The last block in which the call may be included.
    pub fn until(self, deadline: u32) -> Self {
        Self { deadline, ..self }
    }

    pub(crate) fn call<T: Decode>(self, label: &'static str, arguments: impl Encode) -> Result<T, MarketError> {
        self.world.execute(self.who, self.value, label, arguments.encode())
    }
}

/// What every subnet of these tests starts with.
pub fn subnet() -> NewSubnet {
    NewSubnet {
        owner: OWNER,
        owner_hotkey: HOTKEY,
        tempo: TEMPO,
        tao: 100_000 * COIN,
        alpha: 100_000 * COIN,
        fee_rate: 33,
    }
}

/// Decodes what a message returns, all of it; the outer result is ink's, which is an error only for unknown messages.
fn decode<T: Decode>(label: &str, bytes: &[u8]) -> T {
    match bytes.split_first() {
        Some((0, answer)) => {
            T::decode_all(&mut &*answer).unwrap_or_else(|error| panic!("{label}: {error} in {bytes:?}"))
        }
        _ => panic!("{label}: not a message of the contract, or arguments that do not decode: {bytes:?}"),
    }
}
