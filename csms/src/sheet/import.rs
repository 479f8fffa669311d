//! Reading a sheet: every row is looked at, every fault is told with its line, and all of it is kept or, if anything is wrong,
//! nothing. The same sheet brought again changes nothing.

use super::{
    cells::{self, Format},
    records::{Sheet, StationRecord, TariffRecord, TokenRecord},
};
use crate::{
    id::Ids,
    store::{Db, StoreError, Tx},
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

mod rows;

/// Rows of one sheet: they are written in one transaction, and others wait for it.
pub const ROWS_MAX: usize = 20_000;
/// Faults that are told; the rest is counted.
const FAULTS_MAX: usize = 100;

/// Who brings a sheet, and where to.
#[derive(Debug, Clone, Copy)]
pub struct Hand<'a> {
    pub db: &'a Db,
    pub ids: &'a Ids,
    pub now: DateTime<Utc>,
    pub by: &'a str,
}

/// How it is brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Only say what would be.
    pub dry_run: bool,
    /// Keep the good rows where others are wrong.
    pub partial: bool,
}

/// What is wrong in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ImportFault")]
pub struct Fault {
    /// Of CSV: the line, the head being the first; of JSON: the row, the first being 1.
    pub line: u64,
    /// Empty: the whole row.
    pub column: String,
    pub why: String,
}

/// What became of a sheet, or would.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ImportReport")]
pub struct Report {
    pub rows: u64,
    pub created: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub wrong: u64,
    /// The first hundred.
    pub faults: Vec<Fault>,
    /// It was kept. If not, the numbers are what would have been.
    pub kept: bool,
    /// Rows of JSON are not of the form that they must have: nothing is kept then, partial or not.
    #[serde(skip)]
    pub misfit: bool,
}

/// A sheet cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{0}")]
    Unreadable(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn unreadable<T>(why: impl Into<String>) -> Result<T, ImportError> {
    Err(ImportError::Unreadable(why.into()))
}

/// What a row has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Did {
    Created,
    Changed,
    Nothing,
}

/// Why a row cannot be kept.
enum Wrong {
    Row(String, String),
    /// It is no row of this sheet at all.
    Form(String, String),
    Store(StoreError),
}

impl From<StoreError> for Wrong {
    fn from(error: StoreError) -> Wrong {
        Wrong::Store(error)
    }
}

/// Brings a sheet.
///
/// # Errors
/// It cannot be read, or the database fails; nothing was changed then. What is wrong in rows is in the report.
pub async fn import(
    hand: Hand<'_>,
    sheet: Sheet,
    format: Format,
    bytes: &[u8],
    options: Options,
) -> Result<Report, ImportError> {
    let Ok(text) = std::str::from_utf8(bytes) else { return unreadable("it is not UTF-8") };
    // What is written before the text by some spreadsheets.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\0') || text.contains("\\u0000") {
        return unreadable("it has the character U+0000, which cannot be kept");
    }
    let (head, rows) = match format {
        Format::Csv => of_csv(sheet, text)?,
        Format::Json => (None, of_json(text)?),
    };
    if rows.len() > ROWS_MAX {
        return unreadable(format!("it has {} rows; bring {ROWS_MAX} at most at one time", rows.len()));
    }
    let mut report = Report { rows: rows.len() as u64, ..Report::default() };
    let mut tx = hand.db.write().await?;
    for (line, row) in rows {
        let outcome = match row {
            Err((column, why)) => Err(Wrong::Row(column, why)),
            Ok(value) => one(&mut tx, hand, sheet, value, head.as_deref()).await,
        };
        match outcome {
            Ok(Did::Created) => report.created += 1,
            Ok(Did::Changed) => report.changed += 1,
            Ok(Did::Nothing) => report.unchanged += 1,
            Err(Wrong::Store(error)) => return Err(error.into()),
            Err(wrong @ (Wrong::Row(..) | Wrong::Form(..))) => {
                report.misfit |= format == Format::Json && matches!(wrong, Wrong::Form(..));
                let (Wrong::Row(column, why) | Wrong::Form(column, why)) = wrong else { continue };
                report.wrong += 1;
                if report.faults.len() < FAULTS_MAX {
                    report.faults.push(Fault { line, column, why });
                }
            }
        }
    }
    report.kept = !options.dry_run && !report.misfit && (options.partial || report.wrong == 0);
    if report.kept {
        tx.commit().await?;
        let outcome = if report.wrong == 0 { "whole" } else { "partly" };
        metrics::counter!("csms_imports_total", "sheet" => sheet.word(), "outcome" => outcome).increment(1);
        tracing::info!(sheet = sheet.word(), by = hand.by, ?report, "a sheet was imported");
    } else if report.wrong > 0 {
        metrics::counter!("csms_imports_total", "sheet" => sheet.word(), "outcome" => "refused").increment(1);
        tracing::info!(sheet = sheet.word(), by = hand.by, wrong = report.wrong, "a sheet has wrong rows");
    }
    Ok(report)
}

/// Keeps a row. What the sheet does not name (CSV: in its head; JSON: in the row) stays as it is.
async fn one(
    tx: &mut Tx,
    hand: Hand<'_>,
    sheet: Sheet,
    mut value: Value,
    head: Option<&[String]>,
) -> Result<Did, Wrong> {
    if let Some(fields) = value.as_object_mut() {
        for (name, was) in rows::known(tx, sheet, fields).await? {
            let named = head.map_or_else(|| fields.contains_key(&name), |head| head.contains(&name));
            if !named {
                fields.insert(name, was);
            }
        }
    }
    match sheet {
        Sheet::Stations => rows::station(tx, hand, read::<StationRecord>(value)?).await,
        Sheet::Tokens => rows::token(tx, hand, read::<TokenRecord>(value)?).await,
        Sheet::Tariffs => rows::tariff(tx, hand, read::<TariffRecord>(value)?).await,
        other => Err(Wrong::Row(String::new(), format!("{} are not imported", other.word()))),
    }
}

fn read<R: DeserializeOwned>(value: Value) -> Result<R, Wrong> {
    serde_json::from_value(value).map_err(|error| {
        let why = error.to_string();
        let missing = why.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
        Wrong::Form(missing.unwrap_or_default().to_owned(), why)
    })
}

type Rows = Vec<(u64, Result<Value, (String, String)>)>;

fn of_csv(sheet: Sheet, text: &str) -> Result<(Option<Vec<String>>, Rows), ImportError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(true).from_reader(text.as_bytes());
    let head = match reader.headers() {
        Ok(head) => head.iter().map(|name| name.trim().to_owned()).collect::<Vec<_>>(),
        Err(error) => return unreadable(format!("the first line cannot be read: {error}")),
    };
    let known: Vec<&str> = sheet.columns().iter().map(|(name, _)| *name).collect();
    if head.iter().all(String::is_empty) {
        return unreadable(format!("the first line names the columns: {}", known.join(",")));
    }
    if let Some(other) = head.iter().find(|name| !known.contains(&name.as_str())) {
        return unreadable(format!("there is no column {other:?}; the columns are {}", known.join(",")));
    }
    if let Some(twice) = head.iter().enumerate().find(|(at, name)| head[..*at].contains(name)) {
        return unreadable(format!("the column {:?} is there twice", twice.1));
    }
    let mut rows = Vec::new();
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => return unreadable(format!("it is not CSV: {error}")),
        };
        let line = row.position().map_or(0, csv::Position::line);
        let fits = row.len() == head.len();
        rows.push((
            line,
            if fits {
                cells::record(sheet, &head, &row)
            } else {
                Err((String::new(), format!("it has {} cells, and the first line {}", row.len(), head.len())))
            },
        ));
        if rows.len() > ROWS_MAX {
            break;
        }
    }
    Ok((Some(head), rows))
}

fn of_json(text: &str) -> Result<Rows, ImportError> {
    match serde_json::from_str::<Vec<Value>>(text) {
        Ok(all) => Ok((1..).zip(all.into_iter().map(Ok)).collect()),
        Err(error) => unreadable(format!("it is no JSON array of rows: {error}")),
    }
}
