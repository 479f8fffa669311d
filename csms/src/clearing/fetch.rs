//! Statements are asked for at the provider when they are due. Who asks is given from outside: this decides when, and
//! takes what is told.

use super::{
    Clearing, ClearingError, day,
    import::{Imported, Incoming, Which},
};
use crate::store::{
    Tx,
    clearing::{cases, items, runs, statements},
};
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use payments::{
    clearing::days,
    provider::{FileKind, Told},
};

/// A file that is not there yet is asked for again so much later.
const AGAIN: TimeDelta = TimeDelta::minutes(10);
/// Days that are caught up; of the older ones those that are late.
const BACK: i64 = 7;

/// A statement that is to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub account: String,
    pub day: NaiveDate,
    pub kind: FileKind,
}

/// What a provider's kind of file is here.
pub fn which(kind: FileKind) -> Which {
    match kind {
        FileKind::Trades => Which::Trades,
        FileKind::Funds => Which::Funds,
    }
}

impl Clearing<'_> {
    /// The statements of an account that are due and not there, and that nobody asks for just now. Whoever gets them
    /// here asks for them, and tells [`Clearing::told`].
    pub async fn wanted(&self, account: &str, kinds: &[FileKind]) -> Result<Vec<Wanted>, ClearingError> {
        let now = self.clock.now();
        let mut tx = self.db.read().await?;
        let begins = self.terms(&mut tx, account).await?.fetch_at;
        let wanted = self.missing(&mut tx, account, kinds, begins).await?;
        drop(tx);
        let mut taken = Vec::new();
        for one in wanted {
            let subject = format!("{account}:{}", which(one.kind).word());
            let mut tx = self.db.write().await?;
            let day = one.day.to_string();
            if runs::lease(&mut tx, "fetch", &subject, &day, now, now + AGAIN).await?.is_some() {
                tx.commit().await?;
                taken.push(one);
            }
        }
        Ok(taken)
    }

    /// The statements that are not there, of days whose statements are due at this time of the day after: those of the
    /// last days, and those that are late already.
    pub(super) async fn missing(
        &self,
        tx: &mut Tx,
        account: &str,
        kinds: &[FileKind],
        begins: NaiveTime,
    ) -> Result<Vec<Wanted>, ClearingError> {
        let zone = self.terms(tx, account).await?.zone;
        let Some(first) = items::first_effect(tx).await? else { return Ok(Vec::new()) };
        let last = days::due(zone, self.clock.now(), begins);
        let begin = (last - TimeDelta::days(BACK - 1)).max(days::day(zone, first));
        let mut missing = Vec::new();
        for kind in kinds {
            let file = which(*kind).word();
            let there = statements::days(tx, account, file, BACK * 2).await?;
            for late in cases::late(tx, account, file, &begin.to_string(), BACK * 2).await? {
                missing.push(Wanted { account: account.to_owned(), day: day(&late)?, kind: *kind });
            }
            let mut day = begin;
            while day <= last {
                if !there.contains(&day.to_string()) {
                    missing.push(Wanted { account: account.to_owned(), day, kind: *kind });
                }
                day = days::next(day);
            }
        }
        Ok(missing)
    }

    /// Takes what the provider told about a statement that was wanted. `None`: it is not there yet, or the provider
    /// could not be asked; it is wanted again in ten minutes.
    pub async fn told(
        &self,
        wanted: &Wanted,
        told: Result<&Told, &str>,
    ) -> Result<Option<Imported>, ClearingError> {
        let file = which(wanted.kind);
        let (subject, day) = (format!("{}:{}", wanted.account, file.word()), wanted.day.to_string());
        let bytes: &[u8] = match told {
            Ok(Told::File(bytes)) => bytes,
            Ok(Told::FileEmpty) => &[],
            Ok(Told::FileLater) => {
                return self.not_yet(&subject, &day, "the provider has not made it yet").await;
            }
            Ok(_) => return self.not_yet(&subject, &day, "the provider's answer is no file").await,
            Err(why) => return self.not_yet(&subject, &day, why).await,
        };
        let incoming = Incoming {
            account: &wanted.account,
            file,
            day: Some(wanted.day),
            format: None,
            name: &format!("{} {} of {day}", wanted.account, file.word()),
            bytes,
            by: "",
        };
        match self.import(&incoming).await {
            Ok(imported) => {
                let mut tx = self.db.write().await?;
                runs::done(&mut tx, "fetch", &subject, &day, imported.new > 0, self.clock.now()).await?;
                tx.commit().await?;
                Ok(Some(imported))
            }
            Err(error) => {
                self.not_yet(&subject, &day, &error.to_string()).await?;
                Err(error)
            }
        }
    }

    async fn not_yet(&self, subject: &str, day: &str, why: &str) -> Result<Option<Imported>, ClearingError> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        runs::failed(&mut tx, "fetch", subject, day, why, now + AGAIN).await?;
        tx.commit().await?;
        tracing::info!(subject, day, why, "a statement is not there yet");
        Ok(None)
    }
}
