//! The files of a day: what moved, and what is paid out for it.

use super::{Fault, Sandbox};
use crate::store::sandbox as rows;
use chrono::{DateTime, NaiveDate, Utc};
use payments::{
    Amount,
    clearing::days,
    provider::sandbox::{Settings, wire::Code},
};
use rust_decimal::Decimal;
use std::fmt::Write;

/// Lines read at once, and lines of a file at most.
const PAGE: i64 = 1_000;
const LINES_MAX: usize = 500_000;

/// The file of a day as CSV. Amounts are decimals; what goes to the payer is negative.
pub async fn write(sandbox: &Sandbox, account: &Settings, day: &str, kind: &str) -> Result<Vec<u8>, Fault> {
    let no_day = |_| Fault::no(Code::Malformed, "a day is written like 2026-05-31");
    let day: NaiveDate = day.parse().map_err(no_day)?;
    let (zone, from) = (account.time_zone, account.statements_at);
    if day > days::due(zone, sandbox.clock.now(), from) {
        let why = format!("the files of a day are there from {from} {zone} the day after");
        return Err(Fault::no(Code::NotReady, why));
    }
    match kind {
        "trades" => trades(sandbox, account, days::bounds(zone, day)).await,
        "funds" => funds(sandbox, account, day).await,
        _ => Err(Fault::no(Code::Malformed, "there are files of trades and of funds")),
    }
}

/// One line for each movement, and their sums in the last: lines, payments, refunds and fees.
async fn trades(
    sandbox: &Sandbox,
    account: &Settings,
    span: (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<u8>, Fault> {
    let mut file = "at,kind,number,reference,refund,method,currency,amount,fee,net\n".to_owned();
    let (mut after, mut lines) = (0, 0);
    let mut sums = [Decimal::ZERO; 3];
    loop {
        let page = rows::moves(&mut sandbox.db.read().await?, &account.merchant, span, after, PAGE).await?;
        for row in &page {
            let [amount, fee, net] = [row.amount_minor, row.fee_minor, row.amount_minor - row.fee_minor]
                .map(|m| decimal(m, &row.currency));
            match row.kind.as_str() {
                "taken" => sums[0] += amount,
                "returned" => sums[1] += amount.abs(),
                _ => {}
            }
            sums[2] += fee;
            let at = row.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            let _ = writeln!(
                file,
                "{at},{},{},{},{},{},{},{amount},{fee},{net}",
                row.kind, row.number, row.reference, row.refund, row.method, row.currency,
            );
        }
        lines += page.len();
        match page.last() {
            Some(last) if lines < LINES_MAX => after = last.id,
            Some(_) => {
                return Err(Fault::no(Code::TooMuch, format!("the day has more than {LINES_MAX} lines")));
            }
            None if lines == 0 => return Err(Fault::no(Code::NothingThen, "nothing moved on that day")),
            None => {
                let [taken, returned, fees] = sums;
                let _ = writeln!(file, "#total,{lines},{taken},{returned},{fees}");
                return Ok(file.into_bytes());
            }
        }
    }
}

/// What is paid out on a day: the net of the day before, one line for each currency.
async fn funds(sandbox: &Sandbox, account: &Settings, day: NaiveDate) -> Result<Vec<u8>, Fault> {
    let before = days::previous(day);
    let moved = days::bounds(account.time_zone, before);
    let sums = rows::sums(&mut sandbox.db.read().await?, &account.merchant, moved).await?;
    let mut file = "at,kind,reference,of_day,currency,amount\n".to_owned();
    let mut any = false;
    for sum in sums {
        let net = sum.taken_minor - sum.returned_minor - sum.fee_minor;
        if net <= 0 {
            continue;
        }
        any = true;
        let at = moved.1.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let amount = decimal(net, &sum.currency);
        let currency = &sum.currency;
        let _ = writeln!(
            file,
            "{at},payout,po-{}-{day}-{currency},{before},{currency},{amount}",
            account.merchant
        );
    }
    if any {
        Ok(file.into_bytes())
    } else {
        Err(Fault::no(Code::NothingThen, "nothing was paid out on that day"))
    }
}

fn decimal(minor: i64, currency: &str) -> Decimal {
    match currency.parse() {
        Ok(currency) => Amount::new(minor, currency).decimal(),
        Err(_) => minor.into(),
    }
}
