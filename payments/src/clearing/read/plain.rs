//! CSV files with columns in words of ours: a provider's payments as `wattline`, a bank's statement by settings.

use super::cells::{Head, Row, agree, decimal, records};
use super::{Fault, File};
use crate::Amount;
use crate::clearing::line::TEXT_MAX;
use crate::clearing::{Kind, Line, Standing};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tariffs::Currency;

/// These a file must have. It may have `number`, `refund` (of a refund, where `number` is its payment's), `reference`,
/// `fee`, `net` and `status`.
const WATTLINE: [&str; 4] = ["kind", "amount", "currency", "at"];

/// Does a file begin so?
pub(super) fn is_head(first: &str) -> bool {
    let names: Vec<String> = first.split(',').map(super::cells::plain).collect();
    WATTLINE.iter().all(|column| names.iter().any(|name| name == column))
}

/// Payments in our words. A comment `#total,LINES,PAYMENTS,REFUNDS,FEES` at the end is held against the lines.
pub(super) fn wattline(file: &File<'_>) -> Result<Vec<Line>, Fault> {
    let text = file.text()?;
    let mut head: Option<Head> = None;
    let mut lines = Vec::new();
    records(file, text, b',', |row, cells| {
        let Some(head) = &head else {
            let names = Head::new(file, &cells, row)?;
            names.demand(file, &WATTLINE, row)?;
            head = Some(names);
            return Ok(());
        };
        let row = Row { file, head, cells: &cells, row }.checked()?;
        file.more(&mut lines, wattline_line(&row)?)
    })?;
    if head.is_none() {
        return Err(file.fault("an empty file", format!("a line {}", WATTLINE.join(","))));
    }
    totals(file, text, &lines)?;
    Ok(lines)
}

fn wattline_line(row: &Row<'_>) -> Result<Line, Fault> {
    let kind = match row.text("kind") {
        "taken" => Kind::Payment,
        "returned" => Kind::Refund,
        // What a dispute takes away is no movement that we asked for: nothing of ours is held against it.
        "disputed" => Kind::Other,
        word => Kind::of(word).ok_or_else(|| row.fault("kind", "payment, refund, fee, payout or other"))?,
    };
    let currency = row.currency("currency")?;
    let told = row.amount("amount", currency)?;
    if told.minor < 0 && !matches!(kind, Kind::Other | Kind::Refund) {
        return Err(row.fault("amount", "an amount that is not negative"));
    }
    // What goes back to the payer may be written as negative.
    let amount =
        if kind == Kind::Refund { Amount { minor: told.minor.saturating_abs(), ..told } } else { told };
    let standing = match row.text("status") {
        "" => Standing::Done,
        word => Standing::of(word).ok_or_else(|| row.fault("status", "done, open or failed"))?,
    };
    let at: DateTime<Utc> = DateTime::parse_from_rfc3339(row.text("at"))
        .map_err(|_| row.fault("at", "an instant, e.g. 2026-10-01T12:34:56Z"))?
        .to_utc();
    let fee = match row.text("fee") {
        "" => None,
        _ => Some(row.amount("fee", currency)?),
    };
    let kept = fee.map_or(0, |fee| fee.minor);
    if !row.text("net").is_empty() && told.minor.checked_sub(kept) != Some(row.amount("net", currency)?.minor)
    {
        return Err(row.fault("net", "amount − fee"));
    }
    let number = match row.text("refund") {
        refund if kind == Kind::Refund && !refund.is_empty() => refund,
        _ => row.text("number"),
    };
    Ok(Line {
        kind,
        number: number.to_owned(),
        reference: row.text("reference").to_owned(),
        amount,
        fee,
        at: Some(at),
        day: at.with_timezone(&row.file.zone).date_naive(),
        standing,
        text: String::new(),
        row: row.row,
    })
}

fn totals(file: &File<'_>, text: &str, lines: &[Line]) -> Result<(), Fault> {
    let Some((at, told)) =
        text.lines().enumerate().find_map(|(at, line)| Some((at, line.strip_prefix("#total,")?)))
    else {
        return Ok(());
    };
    let row = at as u64 + 1;
    let sum = |kind: Kind| -> Decimal {
        lines.iter().filter(|line| line.kind == kind).map(|line| line.amount.decimal()).sum()
    };
    let fees: Decimal = lines.iter().filter_map(|line| line.fee).map(Amount::decimal).sum();
    let sums = [lines.len().into(), sum(Kind::Payment), sum(Kind::Refund), fees];
    let told: Vec<&str> = told.split(',').collect();
    for (at, (name, sum)) in ["lines", "payments", "refunds", "fees"].into_iter().zip(sums).enumerate() {
        let wrong = || file.fault(told.join(","), "#total,LINES,PAYMENTS,REFUNDS,FEES").at(row).column(name);
        let told = told.get(at).and_then(|cell| decimal(cell)).ok_or_else(wrong)?;
        agree(file, row, name, told.normalize(), sum.normalize())?;
    }
    Ok(())
}

/// What the columns of a bank's CSV are called, and how it writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Columns {
    pub day: String,
    /// Credits positive, debits negative.
    pub amount: String,
    /// Empty: the account's currency.
    pub currency: String,
    /// The bank's own number of the movement; empty = none.
    pub reference: String,
    /// Columns whose texts are put together.
    pub text: Vec<String>,
    /// One character.
    pub delimiter: String,
    /// Of `day`, as strftime writes it.
    pub date_format: String,
    /// 1.234,56 instead of 1,234.56
    pub decimal_comma: bool,
}

impl Default for Columns {
    fn default() -> Self {
        Columns {
            day: "day".into(),
            amount: "amount".into(),
            currency: String::new(),
            reference: String::new(),
            text: vec!["text".into()],
            delimiter: ",".into(),
            date_format: "%Y-%m-%d".into(),
            decimal_comma: false,
        }
    }
}

/// A bank's CSV.
pub(super) fn bank(file: &File<'_>) -> Result<Vec<Line>, Fault> {
    let usual = Columns::default();
    let columns = file.columns.unwrap_or(&usual);
    let &[delimiter] = columns.delimiter.as_bytes() else {
        return Err(file
            .fault(&columns.delimiter, "one character that separates columns")
            .column("delimiter"));
    };
    let mut head: Option<Head> = None;
    let mut lines = Vec::new();
    records(file, file.text()?, delimiter, |row, cells| {
        let Some(head) = &head else {
            let names = Head::new(file, &cells, row)?;
            names.demand(file, &[&columns.day, &columns.amount], row)?;
            for column in [&columns.currency, &columns.reference].into_iter().chain(&columns.text) {
                if !column.is_empty() {
                    names.demand(file, &[column], row)?;
                }
            }
            head = Some(names);
            return Ok(());
        };
        let row = Row { file, head, cells: &cells, row }.checked()?;
        file.more(&mut lines, bank_line(&row, columns)?)
    })?;
    match head {
        Some(_) => Ok(lines),
        None => Err(file.fault("an empty file", "a line with the columns")),
    }
}

fn bank_line(row: &Row<'_>, columns: &Columns) -> Result<Line, Fault> {
    let currency: Currency = match (columns.currency.is_empty(), row.file.currency) {
        (false, _) => row.currency(&columns.currency)?,
        (true, Some(currency)) => currency,
        (true, None) => return Err(row.fault(&columns.amount, "a currency in the account's settings")),
    };
    let day = NaiveDate::parse_from_str(row.text(&columns.day), &columns.date_format)
        .map_err(|_| row.fault(&columns.day, format!("a day as {}", columns.date_format)))?;
    let told = row.text(&columns.amount);
    let told = if columns.decimal_comma { told.replace('.', "").replace(',', ".") } else { told.to_owned() };
    let amount = decimal(&told)
        .and_then(|amount| Amount::exact(amount, currency).ok())
        .ok_or_else(|| row.fault(&columns.amount, format!("an amount of {currency}")))?;
    let text: Vec<&str> = columns.text.iter().map(|column| row.text(column)).collect();
    Ok(movement(amount, day, row.text(&columns.reference), &text.join(" "), row.row))
}

/// A line of a bank's statement: a credit is a payout of somebody, anything else is kept.
pub(super) fn movement(amount: Amount, day: NaiveDate, reference: &str, text: &str, row: u64) -> Line {
    Line {
        kind: if amount.minor > 0 { Kind::Payout } else { Kind::Other },
        number: String::new(),
        reference: reference.to_owned(),
        amount,
        fee: None,
        at: None,
        day,
        standing: Standing::Done,
        text: text.trim().chars().take(TEXT_MAX).collect(),
        row,
    }
}
