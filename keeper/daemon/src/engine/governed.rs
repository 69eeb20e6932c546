//! One DAO that is kept, with the handover that obeys it: what is known of them, and what has to be read again.

use std::collections::BTreeSet;

use keeper_chain::governance::{
    ballots, life, News, ObjectionView, OperationPage, OperationView, ReferendumPage, OPERATIONS_PAGE, REFERENDA_PAGE,
};
use keeper_chain::suite::FinalityReport;
use keeper_chain::{BlockId, ChainError, Connection, Contract};
use keeper_core::governance::{Book, Hash, Numbers, Powers};
use keeper_core::Home;
use kernel::handover::{Calendar, Proposer, Record, Status};
use kernel::AccountId;

/// A DAO that is kept, and the handover that obeys it.
pub struct Governed {
    /// For people.
    pub name: String,
    /// The DAO.
    pub dao: Contract,
    /// The handover, unless the DAO governs nothing.
    pub handover: Option<Contract>,
    /// What is open.
    pub book: Book,
    /// Whether the last reading succeeded.
    pub readable: bool,
    referenda: Numbers,
    operations: Numbers,
    /// Operations whose objections have to be read.
    objections: BTreeSet<Hash>,
    /// Accounts whose ballots have to be read.
    voters: BTreeSet<AccountId>,
    /// Whether the calendar has to be read.
    powers: bool,
    /// Whether it has to be read if the DAO is alive.
    life: bool,
    /// Block of the last reading of everything that is open.
    read_at: Option<u32>,
    finalized: u32,
}

impl Governed {
    /// Nothing is known yet. `enrolled` are accounts that were seen to enrol.
    pub fn new(dao: Contract, handover: Option<Contract>, enrolled: Vec<AccountId>) -> Self {
        Self {
            name: keeper_chain::contracts::address(&dao.address),
            dao,
            handover,
            book: Book::new(),
            readable: true,
            referenda: Numbers::new(),
            operations: Numbers::new(),
            objections: BTreeSet::new(),
            voters: enrolled.into_iter().collect(),
            powers: true,
            life: true,
            read_at: None,
            finalized: 0,
        }
    }

    /// The contract that does what concerns `home`.
    pub fn at_home(&self, home: Home) -> Option<&Contract> {
        match home {
            Home::Dao => Some(&self.dao),
            Home::Handover => self.handover.as_ref(),
            Home::Market | Home::Emission => None,
        }
    }

    /// The contract at an address, if it is one of these.
    pub fn contract(&self, address: &[u8; 32]) -> Option<&Contract> {
        [Some(&self.dao), self.handover.as_ref()]
            .into_iter()
            .flatten()
            .find(|contract| contract.address == *address)
    }

    /// Something happened: notes what has to be read again.
    pub fn learn(&mut self, news: &News) {
        match news {
            News::Referendum(id) => self.referenda.touch(*id),
            News::Ballot { referendum, account } => {
                self.referenda.touch(*referendum);
                if self.book.is_voter(account) {
                    self.voters.insert(*account);
                }
            }
            News::Enrolled(account) => {
                self.voters.insert(*account);
            }
            News::Reconciled => {
                // Whose ballots in what were lowered is read again, for all that are open.
                for id in self.book.referenda() {
                    self.referenda.touch(id);
                }
                self.voters.extend(self.book.voters());
            }
            News::Objection(operation) => {
                self.objections.insert(*operation);
            }
            News::Operation(id) => match self.book.operation(id) {
                Some(record) => self.operations.touch(record.number),
                None => self.operations.grow(),
            },
            News::Powers => self.powers = true,
            News::Life => self.life = true,
            News::Market { .. } | News::Listing | News::Emission => {}
        }
    }

    /// Everything that is open has to be read again.
    pub fn touch(&mut self) {
        for id in self.book.referenda() {
            self.referenda.touch(id);
        }
        for record in self.book.operations() {
            self.operations.touch(record.number);
            if is_objectionable(record) {
                self.objections.insert(record.id);
            }
        }
        self.referenda.grow();
        self.operations.grow();
        self.powers = true;
        self.life = true;
    }

    /// Blocks that are not final were taken back.
    pub fn take_back(&mut self) {
        self.touch();
        self.voters.extend(self.book.voters().copied());
        self.referenda.take_back();
        self.operations.take_back();
    }

    /// Blocks up to `finalized` stay.
    pub fn settle(&mut self, finalized: u32) {
        self.finalized = self.finalized.max(finalized);
        self.referenda.settle(finalized);
        self.operations.settle(finalized);
    }

    /// Reads what has changed, and everything that is open if the last time is `oldest` blocks ago.
    ///
    /// # Errors
    /// As [`Contract::view`]. What was read before stays read.
    pub async fn refresh(&mut self, connection: &Connection, at: &BlockId, oldest: u32) -> Result<(), ChainError> {
        if self.read_at.is_none_or(|read_at| at.number.abs_diff(read_at) >= oldest) {
            self.touch();
            self.book.prune(self.finalized);
            self.read_at = Some(at.number);
        }
        self.readable = false;
        self.read_life(connection, at).await?;
        self.read_powers(connection, at).await?;
        self.read_referenda(connection, at).await?;
        self.read_operations(connection, at).await?;
        self.read_objections(connection, at).await?;
        self.read_voters(connection, at).await?;
        self.readable = true;
        Ok(())
    }

    async fn read_life(&mut self, connection: &Connection, at: &BlockId) -> Result<(), ChainError> {
        if !self.life {
            return Ok(());
        }
        let life = life(&self.dao, connection, at).await?;
        self.name = format!("{}/{}", life.netuid, life.generation);
        self.book.set_alive(life.alive);
        self.life = false;
        Ok(())
    }

    async fn read_powers(&mut self, connection: &Connection, at: &BlockId) -> Result<(), ChainError> {
        let Some(handover) = self.handover.as_ref().filter(|_| self.powers) else {
            return Ok(());
        };
        let report: FinalityReport = handover.view(connection, "finality_report", (), at).await?;
        let calendar: Calendar = handover.view(connection, "calendar", (), at).await?;
        self.book.set_powers(Powers {
            calendar,
            guardian: report.guardian,
            wired: report.deployer.is_none() && report.dao == self.dao.address,
            certified: report.certificate.is_some(),
        });
        self.powers = false;
        Ok(())
    }

    async fn read_referenda(&mut self, connection: &Connection, at: &BlockId) -> Result<(), ChainError> {
        while let Some(range) = self.referenda.wanted(REFERENDA_PAGE) {
            let arguments = (range.start, range.end.saturating_sub(range.start));
            let page: ReferendumPage = self.dao.view(connection, "referenda", arguments, at).await?;
            let last = page.referenda.last().map(|view| view.id.saturating_add(1));
            let gone: Vec<u32> = self
                .book
                .referenda()
                .filter(|id| range.contains(id) && page.referenda.iter().all(|view| view.id != *id))
                .collect();
            for id in gone {
                self.book.set_referendum(id, None, at.number);
            }
            for view in page.referenda {
                self.book.set_referendum(view.id, Some(view.referendum), at.number);
            }
            let end = page.next.is_none().then(|| last.unwrap_or(range.start));
            self.referenda.read(&range, end, at.number);
        }
        Ok(())
    }

    async fn read_operations(&mut self, connection: &Connection, at: &BlockId) -> Result<(), ChainError> {
        let Some(handover) = &self.handover else { return Ok(()) };
        while let Some(range) = self.operations.wanted(OPERATIONS_PAGE) {
            let arguments = (range.start, range.end.saturating_sub(range.start));
            let page: OperationPage = handover.view(connection, "operations", arguments, at).await?;
            let last = page.operations.last().map(|view| view.record.number.saturating_add(1));
            let gone: Vec<Hash> = self
                .book
                .operations()
                .filter(|known| range.contains(&known.number))
                .map(|known| known.id)
                .filter(|id| page.operations.iter().all(|view| view.record.id != *id))
                .collect();
            for id in gone {
                self.book.remove_operation(&id);
            }
            for OperationView { record, .. } in page.operations {
                if self.book.operation(&record.id).is_none() && is_objectionable(&record) {
                    self.objections.insert(record.id);
                }
                self.book.set_operation(record, at.number);
            }
            let end = page.next.is_none().then(|| last.unwrap_or(range.start));
            self.operations.read(&range, end, at.number);
        }
        Ok(())
    }

    async fn read_objections(&mut self, connection: &Connection, at: &BlockId) -> Result<(), ChainError> {
        while let Some(id) = self.objections.first().copied() {
            if self.book.operation(&id).is_some_and(is_objectionable) {
                let objection: ObjectionView = self.dao.view(connection, "objection", id, at).await?;
                self.book.set_vetoed(&id, objection.vetoed);
            }
            self.objections.remove(&id);
        }
        Ok(())
    }

    async fn read_voters(&mut self, connection: &Connection, at: &BlockId) -> Result<(), ChainError> {
        while let Some(account) = self.voters.first().copied() {
            let ballots = ballots(&self.dao, connection, &account, at).await?;
            self.book.set_voter(account, ballots.unwrap_or_default());
            self.voters.remove(&account);
        }
        Ok(())
    }
}

/// Only what the core team wants can be vetoed by objections.
fn is_objectionable(record: &Record) -> bool {
    record.operation.proposer == Proposer::Core && record.status == Status::Scheduled
}
