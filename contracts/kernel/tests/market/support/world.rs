//! What a contract's shell and the chain would hold around the kernel's `Market`, and nothing of its rules: wallets, stake,
//! free TAO, accounts and positions. Money moves here exactly as the kernel's return values say.

use std::collections::BTreeMap;

use kernel::market::{Closed, Harvested, Liquidated, Opened, SettledShort};
use kernel::{Account, AccountId, Asset, LiquidityChange, Market, Position, Result, Swapped};

/// Users of the market; the protocol's sink is one more.
pub const ACTORS: usize = 8;
/// Index of the sink among the wallets.
pub const SINK: usize = ACTORS;

/// Money outside the market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wallet {
    /// rao.
    pub tao: u64,
    /// Alpha as the owner's own stake.
    pub alpha: u64,
}

/// The market and everything around it.
#[derive(Clone, Debug)]
pub struct World {
    pub market: Market,
    pub accounts: Vec<Account>,
    pub positions: BTreeMap<u32, Position>,
    pub wallets: Vec<Wallet>,
    /// The market's stake on the chain.
    pub stake: u64,
    /// The market's free TAO, existential deposit aside.
    pub free_tao: u64,
    /// Ghost: stake that nobody booked yet.
    pub unbooked: u64,
    /// Ghost: TAO sent to the contract that no message accounts for.
    pub stray_tao: u64,
    /// Ghost: all TAO there is, in wallets and in the market.
    pub all_tao: u128,
    /// Ghost: all alpha there is.
    pub all_alpha: u128,
    /// Ghost: how often something was rounded (an upper bound).
    pub roundings: u64,
    pub now: u32,
    /// The chain's price as a share of the market's short TWAP, bps,
    pub chain_bps: u64,
    /// unless it stands still, `price_e12`.
    pub chain_price: Option<u64>,
}

/// The actor's account as the contract would know it.
pub fn account_id(actor: usize) -> AccountId {
    let mut id = [0; 32];
    id[0] = u8::try_from(actor).expect("few actors");
    id
}

/// The actor behind an account.
pub fn actor_of(id: &AccountId) -> usize {
    id[0].into()
}

impl World {
    /// An empty market; every actor has `each` of TAO and of alpha.
    pub fn new(each: u64, now: u32) -> Self {
        let mut wallets = vec![Wallet { tao: each, alpha: each }; ACTORS];
        wallets.push(Wallet::default());
        let all = u128::from(each) * ACTORS as u128;
        Self {
            market: Market::new(now),
            accounts: vec![Account::default(); ACTORS],
            positions: BTreeMap::new(),
            wallets,
            stake: 0,
            free_tao: 0,
            unbooked: 0,
            stray_tao: 0,
            all_tao: all,
            all_alpha: all,
            roundings: 0,
            now,
            chain_bps: 10_000,
            chain_price: None,
        }
    }

    /// The chain's spot as function 15 would return it.
    pub fn chain_price_e9(&self) -> u64 {
        if let Some(price) = self.chain_price {
            return price / 1_000;
        }
        let mut probe = self.market;
        let _ = probe.touch(self.now);
        let twap = probe.prices().twap_short;
        twap / 1_000 * self.chain_bps / 10_000
    }

    /// TAO from an actor to the market.
    pub fn pay_in(&mut self, actor: usize, rao: u64) {
        let wallet = &mut self.wallets[actor].tao;
        *wallet = wallet.checked_sub(rao).expect("operations are sized to the wallet");
        self.free_tao += rao;
    }

    /// TAO from the market to an actor.
    pub fn pay_out(&mut self, actor: usize, rao: u64) {
        self.free_tao = self
            .free_tao
            .checked_sub(rao)
            .expect("the market pays only what it holds");
        self.wallets[actor].tao += rao;
    }

    /// Alpha from an actor's stake to the market's.
    pub fn stake_in(&mut self, actor: usize, alpha: u64) {
        let wallet = &mut self.wallets[actor].alpha;
        *wallet = wallet.checked_sub(alpha).expect("operations are sized to the wallet");
        self.stake += alpha;
    }

    /// Alpha from the market's stake to an actor's.
    pub fn stake_out(&mut self, actor: usize, alpha: u64) {
        self.stake = self
            .stake
            .checked_sub(alpha)
            .expect("the market sends only stake it holds");
        self.wallets[actor].alpha += alpha;
    }

    /// New money from outside, for one actor.
    pub fn mint(&mut self, actor: usize, tao: u64, alpha: u64) {
        self.wallets[actor].tao += tao;
        self.wallets[actor].alpha += alpha;
        self.all_tao += u128::from(tao);
        self.all_alpha += u128::from(alpha);
    }

    pub fn deposit(&mut self, actor: usize, alpha: u64) -> Result<()> {
        self.stake_in(actor, alpha);
        self.market.deposit(&mut self.accounts[actor], alpha)
    }

    pub fn withdraw(&mut self, actor: usize, alpha: u64) -> Result<()> {
        self.market.withdraw(&mut self.accounts[actor], alpha)?;
        self.stake_out(actor, alpha);
        Ok(())
    }

    pub fn add_liquidity(&mut self, actor: usize, tao: u64, alpha: u64) -> Result<LiquidityChange> {
        let change = self
            .market
            .add_liquidity(&mut self.accounts[actor], tao, alpha, 0, self.now)?;
        assert!(change.tao <= tao && change.alpha <= alpha, "never more than offered");
        self.pay_in(actor, change.tao);
        Ok(change)
    }

    pub fn remove_liquidity(&mut self, actor: usize, shares: u128) -> Result<LiquidityChange> {
        let change = self
            .market
            .remove_liquidity(&mut self.accounts[actor], shares, 0, 0, self.now)?;
        self.pay_out(actor, change.tao);
        Ok(change)
    }

    /// Swaps on the ledger: alpha comes from and goes to the actor's internal balance.
    pub fn swap_in(&mut self, actor: usize, input: Asset, amount: u64) -> Result<Swapped> {
        if input == Asset::Alpha {
            self.market.withdraw(&mut self.accounts[actor], amount)?;
        }
        let swap = self.market.swap_exact_in(input, amount, 0, self.now)?;
        assert_eq!(swap.amount_in, amount);
        self.settle_swap(actor, input, &swap)?;
        Ok(swap)
    }

    pub fn swap_out(&mut self, actor: usize, output: Asset, amount: u64, max_in: u64) -> Result<Swapped> {
        let swap = self.market.swap_exact_out(output, amount, max_in, self.now)?;
        assert_eq!(swap.amount_out, amount);
        assert!(swap.amount_in <= max_in);
        let input = match output {
            Asset::Tao => Asset::Alpha,
            Asset::Alpha => Asset::Tao,
        };
        if input == Asset::Alpha {
            self.market.withdraw(&mut self.accounts[actor], swap.amount_in)?;
        }
        self.settle_swap(actor, input, &swap)?;
        Ok(swap)
    }

    fn settle_swap(&mut self, actor: usize, input: Asset, swap: &Swapped) -> Result<()> {
        match input {
            Asset::Tao => {
                self.pay_in(actor, swap.amount_in);
                self.market.deposit(&mut self.accounts[actor], swap.amount_out)
            }
            Asset::Alpha => {
                self.pay_out(actor, swap.amount_out);
                Ok(())
            }
        }
    }

    pub fn lend(&mut self, actor: usize, alpha: u64) -> Result<u128> {
        self.market.lend(&mut self.accounts[actor], alpha, self.now)
    }

    pub fn unlend(&mut self, actor: usize, shares: u128) -> Result<u64> {
        self.market.unlend(&mut self.accounts[actor], shares, self.now)
    }

    pub fn open(&mut self, actor: usize, margin: u64, alpha: u64) -> Result<Opened> {
        let chain = self.chain_price_e9();
        let (position, opened) = self
            .market
            .open_short(account_id(actor), margin, alpha, 0, chain, self.now)?;
        self.pay_in(actor, margin);
        assert!(
            self.positions.insert(opened.id, position).is_none(),
            "ids are used once"
        );
        Ok(opened)
    }

    /// Pauses opening for so many blocks.
    pub fn pause(&mut self, blocks: u32) -> Result<()> {
        self.market.pause_opening(self.now + blocks, self.now)
    }

    pub fn add_margin(&mut self, actor: usize, id: u32, rao: u64) -> Result<()> {
        let position = self.positions.get_mut(&id).expect("exists");
        self.market.add_margin(position, rao, self.now)?;
        self.pay_in(actor, rao);
        Ok(())
    }

    pub fn withdraw_margin(&mut self, id: u32, rao: u64) -> Result<()> {
        let chain = self.chain_price_e9();
        let position = self.positions.get_mut(&id).expect("exists");
        self.market.withdraw_margin(position, rao, chain, self.now)?;
        let owner = actor_of(&position.owner);
        self.pay_out(owner, rao);
        Ok(())
    }

    pub fn close(&mut self, id: u32, alpha: u64, attached: u64) -> Result<Closed> {
        let position = self.positions.get_mut(&id).expect("exists");
        let owner = actor_of(&position.owner);
        let closed = self.market.close_short(position, alpha, u64::MAX, attached, self.now)?;
        self.pay_in(owner, attached);
        self.after_close(id, &closed);
        Ok(closed)
    }

    pub fn repay_with_alpha(&mut self, actor: usize, id: u32, alpha: u64) -> Result<Closed> {
        let position = self.positions.get_mut(&id).expect("exists");
        let closed = self
            .market
            .repay_with_alpha(&mut self.accounts[actor], position, alpha, self.now)?;
        self.after_close(id, &closed);
        Ok(closed)
    }

    fn after_close(&mut self, id: u32, closed: &Closed) {
        if closed.debt_scaled == 0 {
            let position = self.positions.remove(&id).expect("exists");
            assert_eq!(position.escrow, 0, "a closed position holds nothing");
            self.pay_out(actor_of(&position.owner), closed.returned);
        } else {
            assert_eq!(closed.returned, 0);
        }
    }

    pub fn liquidate(&mut self, actor: usize, id: u32) -> Result<Liquidated> {
        let chain = self.chain_price_e9();
        self.market.touch_debt(self.now)?;
        let position = self.positions.get_mut(&id).expect("exists");
        let done = self.market.liquidate(id, position, chain)?;
        self.after_liquidation(actor, &done)?;
        Ok(done)
    }

    pub fn liquidate_with_alpha(&mut self, actor: usize, id: u32, max_alpha: u64) -> Result<Liquidated> {
        let chain = self.chain_price_e9();
        self.market.touch_debt(self.now)?;
        let position = self.positions.get_mut(&id).expect("exists");
        let done = self
            .market
            .liquidate_with_alpha(&mut self.accounts[actor], id, position, max_alpha, 0, chain)?;
        self.after_liquidation(actor, &done)?;
        Ok(done)
    }

    fn after_liquidation(&mut self, actor: usize, done: &Liquidated) -> Result<()> {
        self.pay_out(actor, done.bounty);
        if done.debt_scaled == 0 {
            let position = self.positions.remove(&done.id).expect("exists");
            assert_eq!(position.escrow, 0);
            // The owner did not ask for it, so it waits as a claim.
            let owner = actor_of(&position.owner);
            self.market.credit_tao(&mut self.accounts[owner], done.surplus)?;
        }
        Ok(())
    }

    pub fn harvest(&mut self, actor: usize, paid: u64) -> Result<Harvested> {
        let done = self.market.harvest(self.stake, paid, self.now)?;
        assert!(done.booked <= paid && done.booked <= self.unbooked);
        assert_eq!(done.booked, done.to_providers + done.to_lenders + done.to_protocol);
        self.unbooked -= done.booked;
        assert_eq!(done.unbooked, self.unbooked);
        self.pay_out(actor, done.reward);
        Ok(done)
    }

    pub fn fund_incentives(&mut self, actor: usize, rao: u64) -> Result<()> {
        self.market.fund_incentives(rao, self.now)?;
        self.pay_in(actor, rao);
        Ok(())
    }

    /// Credits what the actor earned and pays all their TAO.
    pub fn claim_rewards(&mut self, actor: usize) -> Result<()> {
        self.market.touch(self.now)?;
        self.market.settle_account(&mut self.accounts[actor], self.now)?;
        let rao = self.market.take_tao(&mut self.accounts[actor])?;
        self.pay_out(actor, rao);
        Ok(())
    }

    pub fn take_protocol(&mut self) -> Result<()> {
        let (tao, alpha) = self.market.take_protocol(self.now)?;
        self.pay_out(SINK, tao);
        self.stake_out(SINK, alpha);
        Ok(())
    }

    /// The chain pays the market's stake dividends, or somebody donates: the same to the market.
    pub fn stake_grows(&mut self, alpha: u64) {
        self.stake += alpha;
        self.unbooked += alpha;
        self.all_alpha += u128::from(alpha);
    }

    /// Somebody sends TAO to the contract without a message.
    pub fn stray_tao(&mut self, actor: usize, rao: u64) {
        self.pay_in(actor, rao);
        self.stray_tao += rao;
    }

    /// The subnet ends: the chain turns the market's stake into `proceeds`.
    pub fn freeze(&mut self, proceeds: u64) -> Result<()> {
        self.market.freeze(proceeds, self.now)?;
        self.all_alpha -= u128::from(self.stake);
        self.all_tao += u128::from(proceeds);
        self.stake = 0;
        self.unbooked = 0;
        self.free_tao += proceeds;
        Ok(())
    }

    pub fn settle_short(&mut self, id: u32) -> Result<SettledShort> {
        let position = *self.positions.get(&id).expect("exists");
        let settled = self.market.settle_short(id, &position)?;
        self.positions.remove(&id);
        self.pay_out(actor_of(&position.owner), settled.returned);
        Ok(settled)
    }

    pub fn claim(&mut self, actor: usize) -> Result<u64> {
        let rao = self.market.claim(&mut self.accounts[actor], self.now)?;
        self.pay_out(actor, rao);
        Ok(rao)
    }

    pub fn take_protocol_terminal(&mut self) -> Result<u64> {
        let rao = self.market.take_protocol_terminal()?;
        self.pay_out(SINK, rao);
        Ok(rao)
    }
}

impl World {
    /// Insurance as earlier liquidations would have left it.
    pub fn fund_insurance(&mut self, rao: u64) {
        self.free_tao += rao;
        self.all_tao += u128::from(rao);
        self.market.insurance += rao;
    }
}
