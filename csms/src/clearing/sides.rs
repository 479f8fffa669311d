//! The two sides of an account, read page by page in the order of the matcher.

use super::{ClearingError, currency, day};
use crate::store::{
    Db,
    clearing::{
        items::{self, ItemRow},
        lines::{self, LineRow},
    },
};
use chrono_tz::Tz;
use payments::{
    Amount,
    clearing::{
        Kind, Line, Standing, days,
        matching::{Ours, Theirs},
    },
};
use std::collections::VecDeque;

/// Rows read at once, and rows of one transaction.
pub const PAGE: i64 = 1_000;

/// Rows that are read page by page.
struct Pages {
    rows: VecDeque<ItemRow>,
    after: (String, String),
    ended: bool,
}

impl Pages {
    fn new() -> Pages {
        Pages { rows: VecDeque::new(), after: (String::new(), String::new()), ended: false }
    }

    /// It is known what its next row is, or that there is none.
    fn is_ready(&self) -> bool {
        self.ended || !self.rows.is_empty()
    }

    fn take(&mut self, page: Vec<ItemRow>) {
        self.ended = (page.len() as i64) < PAGE;
        if let Some(last) = page.last() {
            self.after = (last.kind.clone(), last.number.clone());
        }
        self.rows.extend(page);
    }
}

/// What is open of an account.
pub struct Sides<'a> {
    db: &'a Db,
    account: &'a str,
    /// Whose days its statements are of.
    zone: Tz,
    items: Pages,
    /// Attempts and refunds that lines speak of and that are not done in our books.
    late: Pages,
    /// The kind, number and id of the line that was read last.
    lines: (String, String, i64),
}

impl<'a> Sides<'a> {
    /// From their beginning.
    pub fn new(db: &'a Db, account: &'a str, zone: Tz) -> Sides<'a> {
        let lines = (String::new(), String::new(), 0);
        Sides { db, account, zone, items: Pages::new(), late: Pages::new(), lines }
    }

    /// The next of ours: items, and between them what is not done.
    pub async fn ours(&mut self) -> Result<(Vec<Ours>, bool), ClearingError> {
        let db = self.db;
        if !self.items.is_ready() {
            let (kind, number) = (&*self.items.after.0, &*self.items.after.1);
            let page = items::open(&mut db.read().await?, self.account, (kind, number), PAGE).await?;
            self.items.take(page);
        }
        while !self.late.is_ready() {
            let mut tx = db.read().await?;
            let number = &*self.late.after.1;
            if self.late.after.0 == "refund" {
                let page = items::refunds_not_done(&mut tx, self.account, number, PAGE).await?;
                self.late.take(page);
            } else {
                let page = items::attempts_not_done(&mut tx, self.account, number, PAGE).await?;
                let ended = (page.len() as i64) < PAGE;
                self.late.take(page);
                self.late.ended = false;
                if ended && self.late.rows.is_empty() {
                    self.late.after = ("refund".to_owned(), String::new());
                }
            }
        }
        let mut page = Vec::new();
        while self.items.is_ready() && self.late.is_ready() {
            let key = |row: &ItemRow| (row.kind.clone(), row.number.clone());
            let first_late = match (self.items.rows.front(), self.late.rows.front()) {
                (None, None) => return Ok((page, true)),
                (Some(item), Some(late)) => key(late) < key(item),
                (None, Some(_)) => true,
                (Some(_), None) => false,
            };
            let side = if first_late { &mut self.late } else { &mut self.items };
            if let Some(row) = side.rows.pop_front() {
                let standing = match (first_late, row.state.as_str()) {
                    (false, _) => Standing::Done,
                    (true, "failed" | "closed" | "released") => Standing::Failed,
                    (true, _) => Standing::Open,
                };
                page.push(self.of_item(&row, standing)?);
            }
        }
        Ok((page, false))
    }

    fn of_item(&self, row: &ItemRow, standing: Standing) -> Result<Ours, ClearingError> {
        Ok(Ours {
            id: row.ref_id,
            kind: Kind::of(&row.kind)
                .ok_or_else(|| ClearingError::Unreadable(format!("the kind {}", row.kind)))?,
            number: row.number.clone(),
            amount: Amount::new(row.amount_minor, currency(&row.currency)?),
            day: days::day(self.zone, row.at),
            standing,
        })
    }

    pub async fn theirs(&mut self) -> Result<(Vec<Theirs>, bool), ClearingError> {
        let (kind, number, id) = &self.lines;
        let mut tx = self.db.read().await?;
        let page = lines::open(&mut tx, self.account, (kind, number, *id), PAGE).await?;
        let ended = (page.len() as i64) < PAGE;
        if let Some(last) = page.last() {
            self.lines = (last.kind.clone(), last.number.clone(), last.id);
        }
        Ok((page.into_iter().map(theirs).collect::<Result<_, _>>()?, ended))
    }
}

fn theirs(row: LineRow) -> Result<Theirs, ClearingError> {
    let unreadable = |what: &str| ClearingError::Unreadable(format!("the {what} of line {}", row.id));
    let currency = currency(&row.currency)?;
    let line = Line {
        kind: Kind::of(&row.kind).ok_or_else(|| unreadable("kind"))?,
        amount: Amount::new(row.amount_minor, currency),
        fee: row.fee_minor.map(|minor| Amount::new(minor, currency)),
        at: row.at,
        day: day(&row.day)?,
        standing: Standing::of(&row.standing).ok_or_else(|| unreadable("standing"))?,
        row: u64::try_from(row.row).unwrap_or_default(),
        number: row.number,
        reference: row.reference,
        text: row.text,
    };
    Ok(Theirs { id: row.id, line, since: day(&row.since)? })
}
