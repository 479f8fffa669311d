//! Cells of a table, found by the names in its head, never by their place.

use super::{Fault, File};
use crate::Amount;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use rust_decimal::Decimal;
use std::str::FromStr;
use tariffs::Currency;

/// Columns at most.
const COLUMNS_MAX: usize = 200;

/// The head of a table.
pub(super) struct Head {
    names: Vec<String>,
}

/// One row of a table.
pub(super) struct Row<'a> {
    pub file: &'a File<'a>,
    pub head: &'a Head,
    pub cells: &'a [String],
    /// In the file, counted from 1.
    pub row: u64,
}

/// A column's name as it is compared: without spaces around it, without the unit behind it.
pub(super) fn plain(name: &str) -> String {
    let name = name.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '`');
    let name = name.replace('（', "(").replace('）', ")");
    let name = ["(元)", "(+元)", "(-元)"].iter().find_map(|unit| name.strip_suffix(unit)).unwrap_or(&name);
    name.to_lowercase()
}

impl Head {
    pub fn new(file: &File<'_>, cells: &[String], row: u64) -> Result<Head, Fault> {
        if cells.len() > COLUMNS_MAX {
            let found = format!("{} columns", cells.len());
            return Err(file.fault(found, format!("at most {COLUMNS_MAX}")).at(row));
        }
        Ok(Head { names: cells.iter().map(|cell| plain(cell)).collect() })
    }

    /// Every one of these columns must be there.
    pub fn demand(&self, file: &File<'_>, columns: &[&str], row: u64) -> Result<(), Fault> {
        match columns.iter().find(|column| self.place(column).is_none()) {
            Some(missing) => {
                let found = self.names.join(", ");
                Err(file.fault(found, format!("a column {missing}")).at(row).column(missing))
            }
            None => Ok(()),
        }
    }

    pub fn has(&self, column: &str) -> bool {
        self.place(column).is_some()
    }

    /// The first of these columns that is there.
    pub fn first<'c>(&self, columns: &[&'c str]) -> Option<&'c str> {
        columns.iter().copied().find(|column| self.has(column))
    }

    fn place(&self, column: &str) -> Option<usize> {
        let column = plain(column);
        self.names.iter().position(|name| *name == column)
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }
}

impl Row<'_> {
    /// As many cells as the head has; one empty one more is a comma at the end.
    pub fn checked(self) -> Result<Self, Fault> {
        let (cells, columns) = (self.cells.len(), self.head.len());
        let tail = cells == columns + 1 && self.cells.last().is_some_and(|cell| cell.is_empty());
        if cells == columns || tail {
            return Ok(self);
        }
        Err(self.file.fault(format!("{cells} cells"), format!("{columns}, as the head has")).at(self.row))
    }

    /// A cell; empty if there is no such column.
    pub fn text(&self, column: &str) -> &str {
        self.head.place(column).and_then(|at| self.cells.get(at)).map_or("", String::as_str)
    }

    pub fn fault(&self, column: &str, expected: impl std::fmt::Display) -> Fault {
        self.file.fault(self.text(column), expected).at(self.row).column(column)
    }

    pub fn decimal(&self, column: &str) -> Result<Decimal, Fault> {
        decimal(self.text(column)).ok_or_else(|| self.fault(column, "a decimal number, e.g. 12.34"))
    }

    /// A decimal amount in whole units of the currency.
    pub fn amount(&self, column: &str, currency: Currency) -> Result<Amount, Fault> {
        Amount::exact(self.decimal(column)?, currency)
            .map_err(|error| self.fault(column, format!("an amount of {currency} ({error})")))
    }

    pub fn currency(&self, column: &str) -> Result<Currency, Fault> {
        Currency::from_str(&self.text(column).to_uppercase())
            .map_err(|_| self.fault(column, "a currency, e.g. CNY"))
    }

    /// A time on the clock of the file's zone: `2026-10-01 12:34:56`.
    pub fn local(&self, column: &str) -> Result<(DateTime<Utc>, NaiveDate), Fault> {
        let text = self.text(column);
        let local = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
            .ok_or_else(|| self.fault(column, "a time, e.g. 2026-10-01 12:34:56"))?;
        Ok((super::super::days::instant(self.file.zone, local), local.date()))
    }
}

/// A decimal without exponent; thousands may be set apart by commas.
pub(super) fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim().trim_start_matches('¥').replace(',', "");
    let text = text.strip_prefix('+').unwrap_or(&text);
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-')) {
        return None;
    }
    text.parse().ok()
}

/// A total of the file itself, held against the sum of its lines.
pub(super) fn agree<T: PartialEq + std::fmt::Display>(
    file: &File<'_>,
    row: u64,
    column: &str,
    told: T,
    summed: T,
) -> Result<(), Fault> {
    if told == summed {
        return Ok(());
    }
    let expected = format!("{summed}, the sum of the lines: the file is not whole, or was changed");
    Err(file.fault(told, expected).at(row).column(column))
}

/// The rows of a CSV with their places, comments (`#`) left out.
pub(super) fn records(
    file: &File<'_>,
    text: &str,
    delimiter: u8,
    mut each: impl FnMut(u64, Vec<String>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    loop {
        let more = reader.read_record(&mut record).map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            file.fault(&error, "a line of CSV").at(line)
        })?;
        if !more {
            return Ok(());
        }
        let row = record.position().map_or(0, csv::Position::line);
        if record.len() > COLUMNS_MAX {
            return Err(file
                .fault(format!("{} cells", record.len()), format!("at most {COLUMNS_MAX}"))
                .at(row));
        }
        each(row, record.iter().map(str::to_owned).collect())?;
    }
}
