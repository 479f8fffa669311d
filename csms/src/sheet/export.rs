//! Writing a sheet, a page of rows at a time.

mod outgoing;

pub use outgoing::Outgoing;

use super::{
    Wanted,
    cells::{self, Format},
    records::{SessionRecord, StationRecord, TariffRecord, TokenRecord},
};
use crate::store::{
    Db, StoreError, Tx, query::PAGE_MAX, sessions, sites, stations, tariffs, tokens, versions,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::HashMap;

/// An export that is under way. It holds a page at most.
#[derive(Debug)]
pub struct Export {
    wanted: Wanted,
    format: Format,
    now: DateTime<Utc>,
    /// Where the next page begins; `None` and not begun: at the beginning.
    after: Option<String>,
    begun: bool,
    ended: bool,
    /// Rows so far.
    rows: u64,
    sites: HashMap<i64, String>,
}

impl Export {
    pub fn new(wanted: Wanted, format: Format, now: DateTime<Utc>) -> Export {
        Export {
            wanted,
            format,
            now,
            after: None,
            begun: false,
            ended: false,
            rows: 0,
            sites: HashMap::new(),
        }
    }

    /// The next bytes; `None`: that was all.
    ///
    /// # Errors
    /// The database fails; what was given so far is not whole.
    pub async fn next(&mut self, db: &Db) -> Result<Option<Vec<u8>>, StoreError> {
        if self.ended {
            return Ok(None);
        }
        let mut out = Vec::new();
        if !self.begun {
            self.begun = true;
            match self.format {
                Format::Csv => {
                    let head = self.wanted.sheet().columns().iter().map(|(name, _)| *name);
                    out.extend(line(head));
                }
                Format::Json => out.push(b'['),
            }
        }
        let mut tx = db.read().await?;
        let more = self.page(&mut tx, &mut out).await?;
        if !more {
            self.ended = true;
            if self.format == Format::Json {
                out.extend(if self.rows > 0 { &b"\n]\n"[..] } else { &b"]\n"[..] });
            }
        }
        Ok(Some(out))
    }

    /// Writes a page. False: it was the last.
    async fn page(&mut self, tx: &mut Tx, out: &mut Vec<u8>) -> Result<bool, StoreError> {
        let number = self.after.as_deref().and_then(|after| after.parse().ok());
        let found = match self.wanted.clone() {
            Wanted::Stations(filter) => {
                let page = stations::list(tx, &filter, self.after.as_deref(), PAGE_MAX).await?;
                let found = page.len();
                for row in page {
                    self.after = Some(row.id.clone());
                    let site = self.site(tx, row.site_id).await?;
                    self.write(out, &StationRecord::of(row, site));
                }
                found
            }
            Wanted::Tokens(filter) => {
                let page = tokens::list(tx, &filter, number, PAGE_MAX).await?;
                let found = page.len();
                for row in page {
                    self.after = Some(row.id.to_string());
                    // A code is a secret; what was made for one paid session ends with it.
                    if !matches!(row.kind.as_str(), "KeyCode" | "Central") {
                        self.write(out, &TokenRecord::of(row));
                    }
                }
                found
            }
            Wanted::Tariffs => {
                let page = tariffs::list(tx, self.after.as_deref(), PAGE_MAX).await?;
                let found = page.len();
                for row in page {
                    self.after = Some(row.id.clone());
                    let mut standing = versions::standing(tx, &row.id).await?;
                    standing.sort_by_key(|version| version.active_from);
                    let counts = standing.iter().rposition(|version| version.active_from <= self.now);
                    for version in standing.into_iter().skip(counts.unwrap_or(0)) {
                        let record = TariffRecord {
                            id: row.id.clone(),
                            active_from: Some(version.active_from),
                            note: version.note,
                            tariff: serde_json::from_str(&version.body).unwrap_or_default(),
                        };
                        self.write(out, &record);
                    }
                }
                found
            }
            Wanted::Sessions(filter) => {
                let page = sessions::list(tx, &filter, number, PAGE_MAX).await?;
                let found = page.len();
                for row in page {
                    self.after = Some(row.id.to_string());
                    self.write(out, &SessionRecord::of(row));
                }
                found
            }
            Wanted::Out(wanted) => self.outgoing(tx, out, wanted).await?,
        };
        Ok(found as i64 == PAGE_MAX)
    }

    fn write(&mut self, out: &mut Vec<u8>, record: &impl Serialize) {
        match self.format {
            Format::Csv => {
                let cells = cells::cells(self.wanted.sheet(), record);
                out.extend(line(cells.iter().map(String::as_str)));
            }
            Format::Json => {
                out.extend(if self.rows > 0 { &b",\n"[..] } else { &b"\n"[..] });
                out.extend(serde_json::to_vec(record).unwrap_or_default());
            }
        }
        self.rows += 1;
    }

    async fn site(&mut self, tx: &mut Tx, id: Option<i64>) -> Result<String, StoreError> {
        let Some(id) = id else { return Ok(String::new()) };
        if let Some(name) = self.sites.get(&id) {
            return Ok(name.clone());
        }
        let name = sites::find(tx, id).await?.map(|site| site.name).unwrap_or_default();
        self.sites.insert(id, name.clone());
        Ok(name)
    }
}

/// A line of CSV (RFC 4180, lines end with LF).
fn line<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Into memory: this does not fail.
    let _ = writer.write_record(cells);
    writer.into_inner().unwrap_or_default()
}
