//! An account is held against its statements by one process at a time: of two at once one would read one side before the
//! other's commit and the other side after it, and find differences that are none.

use super::{Clearing, ClearingError, against::Compared};
use crate::store::{Tx, clearing::compares};
use chrono::TimeDelta;

/// Whoever was cut off is waited for so long. Each transaction of a comparison takes the time anew.
const LEASE: TimeDelta = TimeDelta::minutes(10);
/// What did not work out is tried again so much later.
const AGAIN: TimeDelta = TimeDelta::minutes(10);
/// Accounts of one turn.
const ACCOUNTS_MAX: i64 = 1_000;

/// The right to compare an account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn<'a> {
    account: &'a str,
    number: i64,
}

impl Clearing<'_> {
    /// Holds what is open of an account against each other. Done again without new statements it changes nothing. Where
    /// another process is at it, it is done once more after that ([`Compared::under_way`]).
    pub async fn compare(&self, account: &str) -> Result<Compared, ClearingError> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let number = compares::lease(&mut tx, account, now, now + LEASE).await?;
        tx.commit().await?;
        let Some(number) = number else { return Ok(Compared { under_way: true, ..Compared::default() }) };
        let outcome = self.compare_now(account, Turn { account, number }).await;
        let mut tx = self.db.write().await?;
        match &outcome {
            Ok(_) => compares::done(&mut tx, account, number).await?,
            Err(error) => {
                let (trouble, now) = (error.to_string(), self.clock.now());
                compares::failed(&mut tx, account, number, &trouble, now).await?;
            }
        }
        tx.commit().await?;
        outcome
    }

    /// In the transaction of what is found: nobody else has the account by now, and nobody gets it before the commit.
    ///
    /// # Errors
    /// [`ClearingError::Busy`]: it took too long, and somebody else has it.
    pub(super) async fn go_on(&self, tx: &mut Tx, turn: Turn<'_>) -> Result<(), ClearingError> {
        if compares::renew(tx, turn.account, turn.number, self.clock.now() + LEASE).await? {
            return Ok(());
        }
        Err(ClearingError::Busy(format!("The comparison of {}", turn.account)))
    }

    /// Both sides of a case go back, and no comparison may see only one of them: none is under way, and none begins before
    /// the commit.
    ///
    /// # Errors
    /// [`ClearingError::Busy`]
    pub(super) async fn hold_still(&self, tx: &mut Tx, account: &str) -> Result<(), ClearingError> {
        if compares::hold(tx, account, self.clock.now()).await? {
            return Ok(());
        }
        Err(ClearingError::Busy(format!("The comparison of {account}")))
    }

    /// Accounts whose comparison was wanted while another one was under way, was cut off, or did not work out some time
    /// ago.
    pub(super) async fn wanted_again(&self) -> Result<Vec<String>, ClearingError> {
        let now = self.clock.now();
        Ok(compares::wanted(&mut self.db.read().await?, now, now - AGAIN, ACCOUNTS_MAX).await?)
    }
}
