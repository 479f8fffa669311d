//! Stripe's balance transactions: a CSV of its dashboard or reports, or the API's list. UTC; amounts of the CSV in whole
//! units of the currency, those of the API in its smallest unit.

use super::cells::{Head, Row, records};
use super::{Fault, File};
use crate::Amount;
use crate::clearing::{Kind, Line, Standing};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;
use tariffs::Currency;

/// Names of a column in the dashboard's export and in the reports.
const ID: [&str; 3] = ["id", "balance_transaction_id", "balance_transaction"];
const TYPE: [&str; 2] = ["type", "reporting_category"];
const AMOUNT: [&str; 2] = ["amount", "gross"];
const CREATED: [&str; 4] = ["created (utc)", "created_utc", "created", "effective_at_utc"];
const SOURCE: [&str; 3] = ["source", "source_id", "payout_id"];
const INTENT: [&str; 2] = ["payment_intent_id", "payment intent"];
/// Where our number is put at Stripe.
const NUMBER: [&str; 2] = ["attempt (metadata)", "payment_metadata[attempt]"];
const REFUND_NUMBER: [&str; 2] = ["refund (metadata)", "refund_metadata[refund]"];

/// Does a file begin so?
pub(super) fn is_head(first: &str) -> bool {
    let first = first.to_lowercase();
    (first.starts_with("id,") || first.contains("balance_transaction"))
        && first.contains("fee")
        && first.contains("net")
}

fn kind(word: &str) -> Kind {
    match word {
        "charge" | "payment" => Kind::Payment,
        "refund" | "payment_refund" => Kind::Refund,
        "stripe_fee" | "application_fee" | "fee" | "tax_fee" => Kind::Fee,
        "payout" => Kind::Payout,
        _ => Kind::Other,
    }
}

/// Stripe writes what leaves the balance as negative; we write what is usual for the kind as positive.
fn turned(kind: Kind, amount: Amount) -> Amount {
    match kind {
        Kind::Payment | Kind::Other => amount,
        Kind::Refund | Kind::Fee | Kind::Payout => Amount { minor: amount.minor.saturating_neg(), ..amount },
    }
}

/// The CSV.
pub(super) fn csv(file: &File<'_>) -> Result<Vec<Line>, Fault> {
    let mut head: Option<(Head, [&str; 5])> = None;
    let mut lines = Vec::new();
    records(file, file.text()?, b',', |row, cells| {
        let Some((head, [id, of_type, of_amount, created, source])) = &head else {
            let names = Head::new(file, &cells, row)?;
            names.demand(file, &["fee", "net", "currency"], row)?;
            let find = |columns: &[&'static str]| {
                names.first(columns).ok_or_else(|| {
                    file.fault(cells.join(", "), format!("a column {}", columns.join(" or "))).at(row)
                })
            };
            let found = [find(&ID)?, find(&TYPE)?, find(&AMOUNT)?, find(&CREATED)?, find(&SOURCE)?];
            head = Some((names, found));
            return Ok(());
        };
        let row = Row { file, head, cells: &cells, row }.checked()?;
        let currency = row.currency("currency")?;
        let kind = kind(row.text(of_type));
        let amount = row.amount(of_amount, currency)?;
        let fee = row.amount("fee", currency)?;
        if amount.minor.checked_sub(fee.minor) != Some(row.amount("net", currency)?.minor) {
            return Err(row.fault("net", format!("{of_amount} − fee")));
        }
        let (at, _) = Row { file: &File { zone: chrono_tz::UTC, ..*file }, ..row_of(&row) }.local(created)?;
        let first = |columns: &[&str]| {
            columns.iter().map(|column| row.text(column)).find(|text| !text.is_empty()).unwrap_or_default()
        };
        let reference = match kind {
            Kind::Payment if !first(&INTENT).is_empty() => first(&INTENT),
            _ if !row.text(source).is_empty() => row.text(source),
            _ => row.text(id),
        };
        let line = Line {
            kind,
            // Where the file does not have it, it is found by the reference.
            number: match kind {
                Kind::Payment => first(&NUMBER).to_owned(),
                Kind::Refund => first(&REFUND_NUMBER).to_owned(),
                _ => String::new(),
            },
            reference: reference.to_owned(),
            amount: turned(kind, amount),
            fee: Some(fee),
            at: Some(at),
            day: at.with_timezone(&file.zone).date_naive(),
            standing: Standing::Done,
            text: String::new(),
            row: row.row,
        };
        file.more(&mut lines, line)
    })?;
    match head {
        Some(_) => Ok(lines),
        None => Err(file.fault("an empty file", "a line with the columns")),
    }
}

fn row_of<'a>(row: &Row<'a>) -> Row<'a> {
    Row { file: row.file, head: row.head, cells: row.cells, row: row.row }
}

/// A page of the API's list, or several of them one after another in an array.
#[derive(Deserialize)]
#[serde(untagged)]
enum Pages {
    One(Page),
    Many(Vec<Page>),
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Transaction>,
    #[serde(default)]
    has_more: bool,
}

#[derive(Deserialize)]
struct Transaction {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    amount: i64,
    fee: i64,
    net: i64,
    currency: String,
    created: i64,
    #[serde(default)]
    source: Option<Source>,
}

/// The charge, refund or payout: its id, or all of it where the list was asked for with `expand`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Source {
    Id(String),
    Whole {
        id: String,
        #[serde(default)]
        payment_intent: Option<String>,
        #[serde(default)]
        metadata: BTreeMap<String, String>,
    },
}

/// The API's list. Lines are counted as transactions.
pub(super) fn json(file: &File<'_>) -> Result<Vec<Line>, Fault> {
    let wrong = |error: serde_json::Error| {
        let at = error.line() as u64;
        file.fault(error, "a list of balance transactions, or an array of such lists").at(at)
    };
    let pages = match serde_json::from_str(file.text()?).map_err(wrong)? {
        Pages::One(page) => vec![page],
        Pages::Many(pages) => pages,
    };
    if pages.last().is_some_and(|page| page.has_more) {
        return Err(file.fault("has_more: true", "the list's last page too").column("has_more"));
    }
    let mut lines = Vec::new();
    for (at, transaction) in pages.into_iter().flat_map(|page| page.data).enumerate() {
        let line = transaction.line(file, at as u64 + 1)?;
        file.more(&mut lines, line)?;
    }
    Ok(lines)
}

impl Transaction {
    fn line(self, file: &File<'_>, row: u64) -> Result<Line, Fault> {
        let currency: Currency = self
            .currency
            .to_uppercase()
            .parse()
            .map_err(|_| file.fault(&self.currency, "a currency, e.g. eur").at(row).column("currency"))?;
        if self.amount.checked_sub(self.fee) != Some(self.net) {
            return Err(file.fault(self.net, "amount − fee").at(row).column("net"));
        }
        let at: DateTime<Utc> = DateTime::from_timestamp(self.created, 0)
            .ok_or_else(|| file.fault(self.created, "seconds since 1970").at(row).column("created"))?;
        let kind = kind(&self.kind);
        let (reference, number) = match self.source {
            None => (self.id, String::new()),
            Some(Source::Id(id)) => (id, String::new()),
            Some(Source::Whole { id, payment_intent, mut metadata }) => {
                let ours = if kind == Kind::Refund { "refund" } else { "attempt" };
                let number = metadata.remove(ours).unwrap_or_default();
                let own = if kind == Kind::Payment { payment_intent.unwrap_or(id) } else { id };
                (own, number)
            }
        };
        Ok(Line {
            kind,
            number,
            reference,
            amount: turned(kind, Amount::new(self.amount, currency)),
            fee: Some(Amount::new(self.fee, currency)),
            at: Some(at),
            day: at.with_timezone(&file.zone).date_naive(),
            standing: Standing::Done,
            text: String::new(),
            row,
        })
    }
}
