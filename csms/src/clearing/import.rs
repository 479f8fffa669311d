//! Statements come in: read whole, checked against their own totals, kept as they came, and their lines beside them.

use super::{Clearing, ClearingError, terms::BANK};
use crate::store::clearing::{
    cases,
    lines::{self, LineRow},
    statements::{self, StatementRow},
};
use chrono::NaiveDate;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use payments::clearing::{
    Kind, Line, Standing,
    read::{FILE_BYTES_MAX, File, Format, read},
};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    io::{Read, Write},
};

/// Lines of one transaction.
const PAGE: usize = 1_000;

/// A file that came.
#[derive(Debug, Clone)]
pub struct Incoming<'a> {
    /// Of the settings, or `bank:NAME`.
    pub account: &'a str,
    /// What it is about.
    pub file: Which,
    /// Of the account's clock; `None` = that of most of its lines.
    pub day: Option<NaiveDate>,
    /// `None` = by its first bytes.
    pub format: Option<Format>,
    pub name: &'a str,
    pub bytes: &'a [u8],
    /// Who brought it; empty = it was fetched.
    pub by: &'a str,
}

/// What a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Which {
    /// Payments and refunds.
    Trades,
    /// The provider's account: payouts.
    Funds,
    /// A bank's account.
    Bank,
}

impl Which {
    /// The word in databases and file names.
    pub fn word(self) -> &'static str {
        match self {
            Which::Trades => "trades",
            Which::Funds => "funds",
            Which::Bank => "bank",
        }
    }

    /// What a word means.
    pub fn of(word: &str) -> Option<Which> {
        [Which::Trades, Which::Funds, Which::Bank].into_iter().find(|which| which.word() == word)
    }
}

/// How an import went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub statement: i64,
    pub day: NaiveDate,
    /// Lines of the file, and how many of them were not known.
    pub lines: u64,
    pub new: u64,
    /// The same file had been imported.
    pub known: bool,
}

impl Clearing<'_> {
    /// Takes a statement, whole or not at all. The same file again, or its lines in another one, change nothing. What
    /// it says is held against nothing yet.
    ///
    /// # Errors
    /// [`ClearingError::Statement`] says where in the file what is wrong.
    pub async fn import(&self, incoming: &Incoming<'_>) -> Result<Imported, ClearingError> {
        let outcome = self.take(incoming).await;
        let word = match &outcome {
            Ok(imported) if imported.known => "known",
            Ok(_) => "taken",
            Err(ClearingError::Statement(_) | ClearingError::Refused(_)) => "refused",
            Err(_) => "failed",
        };
        metrics::counter!("csms_clearing_statements_total", "outcome" => word).increment(1);
        if let Err(error) = &outcome {
            tracing::warn!(account = incoming.account, file = incoming.name, %error, "a statement was not taken");
        }
        outcome
    }

    async fn take(&self, incoming: &Incoming<'_>) -> Result<Imported, ClearingError> {
        let mut tx = self.db.read().await?;
        let terms = self.terms(&mut tx, incoming.account).await?;
        if let Some(day) = incoming.day {
            let (file, sha256) = (incoming.file.word(), hex::encode(Sha256::digest(incoming.bytes)));
            let kept = statements::same(&mut tx, incoming.account, file, &day.to_string(), &sha256).await?;
            if let Some(kept) = kept.filter(|kept| kept.whole) {
                let lines = u64::try_from(kept.lines).unwrap_or_default();
                return Ok(Imported { statement: kept.id, day, lines, new: 0, known: true });
            }
        }
        drop(tx);
        let lines = match incoming.bytes {
            [] => Vec::new(),
            bytes => {
                let bytes = inflated(incoming.name, bytes)?;
                let format = incoming
                    .format
                    .or_else(|| Format::guess(&bytes))
                    .or_else(|| (incoming.file == Which::Bank).then_some(Format::BankCsv));
                let Some(format) = format else {
                    return Err(ClearingError::refused(format!(
                        "{} looks like no statement that is known: name its format",
                        incoming.name
                    )));
                };
                if format.is_bank() != incoming.account.starts_with(BANK) {
                    return Err(ClearingError::refused(format!(
                        "{} is a file of {}, and {} is {}",
                        incoming.name,
                        if format.is_bank() { "a bank" } else { "a provider" },
                        incoming.account,
                        if format.is_bank() { "no bank: name it bank:NAME" } else { "a bank" }
                    )));
                }
                read(&File {
                    name: incoming.name,
                    bytes: &bytes,
                    format,
                    zone: terms.zone,
                    currency: terms.currency,
                    columns: Some(&terms.columns),
                })?
            }
        };
        let day = incoming
            .day
            .or_else(|| usual_day(&lines))
            .ok_or_else(|| ClearingError::refused(format!("{} has no lines: name its day", incoming.name)))?;
        self.keep(incoming, day, &lines).await
    }

    async fn keep(
        &self,
        incoming: &Incoming<'_>,
        day: NaiveDate,
        lines: &[Line],
    ) -> Result<Imported, ClearingError> {
        let sum = |kind: Kind| -> i64 {
            lines.iter().filter(|line| line.kind == kind).map(|line| line.amount.minor).sum()
        };
        let row = StatementRow {
            id: self.ids.next(),
            account: incoming.account.to_owned(),
            file: incoming.file.word().to_owned(),
            day: day.to_string(),
            format: incoming
                .format
                .or_else(|| Format::guess(incoming.bytes))
                .map_or("", Format::word)
                .to_owned(),
            name: incoming.name.chars().take(200).collect(),
            sha256: hex::encode(Sha256::digest(incoming.bytes)),
            bytes: i64::try_from(incoming.bytes.len()).unwrap_or(i64::MAX),
            lines: i64::try_from(lines.len()).unwrap_or(i64::MAX),
            paid_minor: sum(Kind::Payment),
            returned_minor: sum(Kind::Refund),
            fee_minor: lines.iter().filter_map(|line| line.fee).map(|fee| fee.minor).sum(),
            whole: false,
            by_whom: incoming.by.to_owned(),
            created_at: self.clock.now(),
        };
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        let packed = packed.write_all(incoming.bytes).and_then(|()| packed.finish());
        let packed = packed.map_err(|error| ClearingError::refused(error.to_string()))?;
        let mut tx = self.db.write().await?;
        statements::add(&mut tx, &row, packed).await?;
        tx.commit().await?;
        let mut tx = self.db.read().await?;
        let kept = statements::same(&mut tx, &row.account, &row.file, &row.day, &row.sha256).await?;
        drop(tx);
        let kept = kept.ok_or_else(|| ClearingError::Unreadable("the statement".into()))?;
        let told = lines.len() as u64;
        if kept.whole {
            return Ok(Imported { statement: kept.id, day, lines: told, new: 0, known: true });
        }
        // Cut off before, it goes on: a line that is there is passed over.
        let new = self.add_lines(incoming, kept.id, lines).await?;
        let mut tx = self.db.write().await?;
        statements::whole(&mut tx, kept.id).await?;
        let late = super::late::key(&row.account, &row.file, &row.day);
        if cases::come(&mut tx, &late, "the statement has come", self.clock.now()).await? {
            tracing::info!(
                account = row.account,
                file = row.file,
                day = row.day,
                "a late statement has come"
            );
        }
        crate::store::clearing::analyze(&mut tx).await?;
        tx.commit().await?;
        Ok(Imported { statement: kept.id, day, lines: told, new, known: false })
    }

    async fn add_lines(
        &self,
        incoming: &Incoming<'_>,
        statement: i64,
        lines: &[Line],
    ) -> Result<u64, ClearingError> {
        let mut copies: HashMap<[u8; 16], i64> = HashMap::new();
        let mut new = 0;
        for page in lines.chunks(PAGE) {
            let mut rows = Vec::with_capacity(page.len());
            for line in page {
                let mut digest = [0; 16];
                digest.copy_from_slice(&Sha256::digest(line.content())[..16]);
                let copies = copies.entry(digest).or_default();
                rows.push(self.row(incoming, statement, line, (hex::encode(digest), *copies)));
                *copies += 1;
            }
            let mut tx = self.db.write().await?;
            new += lines::add(&mut tx, &rows).await?;
            tx.commit().await?;
        }
        Ok(new)
    }

    fn row(
        &self,
        incoming: &Incoming<'_>,
        statement: i64,
        line: &Line,
        (digest, copy): (String, i64),
    ) -> LineRow {
        let state = match (incoming.file, line.kind, line.standing) {
            (Which::Trades, Kind::Payment | Kind::Refund, _) => "open",
            (Which::Trades, Kind::Fee | Kind::Payout, Standing::Done) => "open",
            // Of the account's movements the payouts are held against the bank's; fees are in the file of trades.
            (Which::Funds | Which::Bank, Kind::Payout, Standing::Done) => "open",
            _ => "kept",
        };
        LineRow {
            id: self.ids.next(),
            statement_id: statement,
            account: incoming.account.to_owned(),
            digest,
            copy,
            kind: line.kind.word().to_owned(),
            number: line.number.clone(),
            reference: line.reference.clone(),
            currency: line.amount.currency.code().to_owned(),
            amount_minor: line.amount.minor,
            fee_minor: line.fee.map(|fee| fee.minor),
            at: line.at,
            day: line.day.to_string(),
            since: line.day.to_string(),
            standing: line.standing.word().to_owned(),
            text: line.text.clone(),
            row: i64::try_from(line.row).unwrap_or(i64::MAX),
            state: state.to_owned(),
            fee_entered: false,
        }
    }
}

/// A file that was sent compressed. What it says about its size is not believed.
fn inflated<'b>(name: &str, bytes: &'b [u8]) -> Result<std::borrow::Cow<'b, [u8]>, ClearingError> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes.into());
    }
    let mut out = Vec::new();
    let read = GzDecoder::new(bytes).take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut out);
    read.map_err(|error| ClearingError::refused(format!("{name} cannot be unpacked: {error}")))?;
    if out.len() > FILE_BYTES_MAX {
        return Err(ClearingError::refused(format!(
            "{name} has more than {FILE_BYTES_MAX} bytes when unpacked"
        )));
    }
    Ok(out.into())
}

/// The day of most lines; of several the last.
fn usual_day(lines: &[Line]) -> Option<NaiveDate> {
    let mut days: HashMap<NaiveDate, u64> = HashMap::new();
    for line in lines {
        *days.entry(line.day).or_default() += 1;
    }
    days.into_iter().max_by_key(|(day, lines)| (*lines, *day)).map(|(day, _)| day)
}
