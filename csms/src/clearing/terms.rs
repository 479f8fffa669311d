//! What is agreed about a merchant account or a bank, as it is worked with.

use super::{Clearing, ClearingError, day};
use crate::store::{
    Tx,
    clearing::{
        fees::{self, FeeRow},
        terms::{self, TermsRow},
    },
    events,
    row::EventRow,
};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use payments::clearing::{Contract, Contracts, Rate, days, read::Columns};
use serde_json::json;

/// What is agreed.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Whose days its statements are of.
    pub zone: Tz,
    /// Statements are there from then on, the day after.
    pub fetch_at: NaiveTime,
    /// Without one, fees are taken as they are.
    pub contracts: Contracts,
    /// Where it pays out to.
    pub bank: String,
    /// What its credits say there.
    pub bank_text: String,
    pub currency: Option<tariffs::Currency>,
    pub columns: Columns,
}

/// A bank is an account too, under this prefix.
pub const BANK: &str = "bank:";

/// WeChat's and Alipay's days; what holds where nothing is known.
const USUAL_ZONE: Tz = chrono_tz::Asia::Shanghai;

impl Clearing<'_> {
    /// What is agreed about an account, or what is usual.
    pub async fn terms(&self, tx: &mut Tx, account: &str) -> Result<Terms, ClearingError> {
        let usual_time = self.config.fetch_at.parse().unwrap_or(NaiveTime::MIN);
        let agreed = contracts(&fees::of_account(tx, account).await?)?;
        match terms::find(tx, account).await? {
            Some(row) => Ok(Terms { contracts: agreed, ..Terms::of(&row)? }),
            None => Ok(Terms {
                zone: USUAL_ZONE,
                fetch_at: usual_time,
                contracts: agreed,
                bank: String::new(),
                bank_text: String::new(),
                currency: None,
                columns: Columns::default(),
            }),
        }
    }
}

impl Clearing<'_> {
    /// Keeps whose days an account's statements are of, where nothing is agreed about it yet: they would be asked for,
    /// and be late, at another hour than they are made.
    pub async fn know_zone(&self, account: &str, zone: Tz) -> Result<(), ClearingError> {
        if zone == USUAL_ZONE || terms::find(&mut self.db.read().await?, account).await?.is_some() {
            return Ok(());
        }
        let row = TermsRow {
            account: account.to_owned(),
            zone: zone.name().to_owned(),
            fetch_at: self.config.fetch_at.clone(),
            bank: String::new(),
            bank_text: String::new(),
            currency: String::new(),
            columns: String::new(),
            changed_at: self.clock.now(),
        };
        let mut tx = self.db.write().await?;
        if terms::find(&mut tx, account).await?.is_none() {
            put(&mut tx, &row, row.changed_at).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// What is agreed about fees, to be kept.
#[derive(Debug, Clone)]
pub struct Agreement<'a> {
    pub account: &'a str,
    /// The first day it counts; `None`: ever since, where nothing was agreed before, else today.
    pub from: Option<NaiveDate>,
    /// `None`: fees are taken as they are.
    pub contract: Option<Contract>,
    pub note: &'a str,
    /// Who says so.
    pub by: &'a str,
}

/// Where nothing was agreed before.
const EVER: &str = "0001-01-01";
/// Smallest units that a payment costs, or that a fee may differ by, at most: beyond, somebody has mistyped.
const UNITS_MAX: i64 = 100_000;
/// Characters of a note at most.
const NOTE_MAX: usize = 1_000;

impl Clearing<'_> {
    /// Keeps what is agreed about an account's fees. What was agreed before is kept beside it: a day's payments are
    /// held against what counted on that day. Saying the same twice is saying it once: then it is false.
    ///
    /// # Errors
    /// [`ClearingError::Refused`]: nobody says so, or a number is out of bounds.
    pub async fn agree(&self, agreed: &Agreement<'_>) -> Result<bool, ClearingError> {
        if agreed.by.trim().is_empty() {
            return Err(ClearingError::refused("Somebody agrees to fees: say who."));
        }
        if agreed.note.chars().count() > NOTE_MAX {
            return Err(ClearingError::refused(format!("A note has at most {NOTE_MAX} characters.")));
        }
        if let Some(contract) = &agreed.contract
            && ![contract.fixed, contract.tolerance].iter().all(|units| (0..=UNITS_MAX).contains(units))
        {
            let text = format!("The fixed part and the tolerance are 0 to {UNITS_MAX} smallest units each.");
            return Err(ClearingError::refused(text));
        }
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let from = match agreed.from {
            Some(day) => day.to_string(),
            None if fees::of_account(&mut tx, agreed.account).await?.is_empty() => EVER.to_owned(),
            None => days::day(self.terms(&mut tx, agreed.account).await?.zone, now).to_string(),
        };
        let row = FeeRow {
            account: agreed.account.to_owned(),
            from_day: from,
            generation: 0,
            rate_millionths: agreed.contract.map(|contract| i64::from(contract.rate.as_millionths())),
            fixed_minor: agreed.contract.map_or(0, |contract| contract.fixed),
            returns_fees: agreed.contract.is_some_and(|contract| contract.returns),
            tolerance_minor: agreed.contract.map_or(0, |contract| contract.tolerance),
            note: agreed.note.trim().to_owned(),
            by_whom: agreed.by.to_owned(),
            created_at: now,
        };
        let counting = fees::on(&mut tx, &row.account, &row.from_day).await?;
        if counting
            .is_some_and(|old| old.from_day == row.from_day && contract(&old).ok() == contract(&row).ok())
        {
            return Ok(false);
        }
        fees::add(&mut tx, &row).await?;
        let rate = agreed.contract.map(|contract| contract.rate.to_string());
        let body = json!({"account": row.account, "from": row.from_day, "rate": rate,
                          "fixed_minor": row.fixed_minor, "returns_fees": row.returns_fees,
                          "tolerance_minor": row.tolerance_minor, "note": row.note, "by": row.by_whom});
        let event = EventRow {
            id: self.ids.next(),
            at: now,
            station_id: None,
            session_id: None,
            kind: "clearing.fees".to_owned(),
            body: body.to_string(),
        };
        events::add(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// What a row says; `None`: fees are taken as they are.
///
/// # Errors
/// Its rate is none.
pub fn contract(row: &FeeRow) -> Result<Option<Contract>, ClearingError> {
    let rate = row.rate_millionths.map(|n| u32::try_from(n).map(Rate::millionths)).transpose();
    let rate = rate.map_err(|_| ClearingError::Unreadable(format!("the rate of {}", row.account)))?;
    Ok(rate.map(|rate| Contract {
        rate,
        fixed: row.fixed_minor,
        returns: row.returns_fees,
        tolerance: row.tolerance_minor,
    }))
}

/// All of an account's, the newest generation of a day before the older ones.
fn contracts(rows: &[FeeRow]) -> Result<Contracts, ClearingError> {
    let all: Result<Vec<_>, ClearingError> =
        rows.iter().rev().map(|row| Ok((day(&row.from_day)?, contract(row)?))).collect();
    Ok(Contracts::of(all?))
}

impl Terms {
    /// Of a row, without what is agreed about fees.
    ///
    /// # Errors
    /// Something in it is no zone, time, currency or list of columns.
    pub fn of(row: &TermsRow) -> Result<Terms, ClearingError> {
        let wrong = |what: &str| ClearingError::Unreadable(format!("{what} of the terms of {}", row.account));
        Ok(Terms {
            zone: row.zone.parse().map_err(|_| wrong("the time zone"))?,
            fetch_at: time(&row.fetch_at).ok_or_else(|| wrong("the time"))?,
            contracts: Contracts::default(),
            bank: row.bank.clone(),
            bank_text: row.bank_text.clone(),
            currency: match row.currency.as_str() {
                "" => None,
                code => Some(code.parse().map_err(|_| wrong("the currency"))?),
            },
            columns: match row.columns.as_str() {
                "" => Columns::default(),
                text => serde_json::from_str(text).map_err(|_| wrong("the columns"))?,
            },
        })
    }
}

/// `10:30`
pub fn time(text: &str) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(text, "%H:%M").ok()
}

/// Keeps what is agreed, after looking whether it can be worked with.
///
/// # Errors
/// As [`Terms::of`].
pub async fn put(tx: &mut Tx, row: &TermsRow, now: DateTime<Utc>) -> Result<(), ClearingError> {
    Terms::of(row)?;
    Ok(terms::put(tx, &TermsRow { changed_at: now, ..row.clone() }).await?)
}
