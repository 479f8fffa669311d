//! `csms clearing run` and `report`.

use super::{Desk, refused};
use crate::cli::out;
use chrono::NaiveDate;
use chrono_tz::Tz;
use csms::clearing::against::Compared;
use payments::Amount;
use serde_json::json;
use std::process::ExitCode;

/// `csms clearing run`
#[derive(Debug, clap::Args)]
pub struct Run {
    /// Settle this day, again if need be, and nothing else
    #[arg(long)]
    day: Option<NaiveDate>,
    /// The time zone whose day that is
    #[arg(long, requires = "day", default_value = "UTC")]
    time_zone: Tz,
}

/// `csms clearing report`
#[derive(Debug, clap::Args)]
pub struct Report {
    /// The first day
    #[arg(long)]
    from: NaiveDate,
    /// The last day [default: the first]
    #[arg(long)]
    to: Option<NaiveDate>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Settles.
pub async fn run(desk: &Desk, args: Run) -> anyhow::Result<ExitCode> {
    let clearing = desk.clearing();
    let Some(day) = args.day else {
        clearing.turn().await.map_err(refused)?;
        out::print("Everything that is due is done.\n")?;
        return Ok(ExitCode::SUCCESS);
    };
    let settled = clearing.settle(args.time_zone, day).await.map_err(refused)?;
    let told = if settled.changed { "is settled anew" } else { "was settled; nothing has changed" };
    out::print(&format!("{day} in {} {told}: {} lines.\n", args.time_zone, settled.rows.len()))?;
    Ok(ExitCode::SUCCESS)
}

/// What came of a comparison, for people.
pub fn compared(account: &str, done: &Compared) -> String {
    if done.under_way {
        return format!("{account} is being compared by another process; it is done once more after that.\n");
    }
    let cases: Vec<String> = done.cases.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
    let cases =
        if cases.is_empty() { "no new case".to_owned() } else { format!("new cases: {}", cases.join(", ")) };
    format!("{account}: {} agree, {} wait for their other side, {cases}.\n", done.matched, done.parked)
}

/// Reports.
pub async fn report(desk: &Desk, args: Report) -> anyhow::Result<ExitCode> {
    let report = desk.clearing().report(args.from, args.to.unwrap_or(args.from)).await.map_err(refused)?;
    let open: i64 = report.differences.iter().map(|row| row.open).sum();
    let code = if open == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if args.json {
        let settlements: Vec<_> = report
            .settlements
            .iter()
            .map(|row| {
                json!({"day": row.day, "time_zone": row.zone, "site": row.site_id, "account": row.account,
                       "currency": row.currency, "paid": row.paid, "paid_minor": row.paid_minor,
                       "returned": row.returned, "returned_minor": row.returned_minor, "fee_minor": row.fee_minor,
                       "learned_fee_minor": row.learned_minor, "net_minor": row.net_minor})
            })
            .collect();
        let differences: Vec<_> = report
            .differences
            .iter()
            .map(|row| {
                json!({"day": row.day, "account": row.account, "currency": row.currency, "reason": row.reason,
                       "cases": row.cases, "open": row.open, "long_minor": row.long_minor,
                       "short_minor": row.short_minor})
            })
            .collect();
        let shares: Vec<_> = report
            .shares
            .iter()
            .map(|row| {
                json!({"day": row.day, "rule": row.rule_id, "currency": row.currency, "base_minor": row.base_minor,
                       "share_minor": row.share_minor})
            })
            .collect();
        let rates: Vec<_> = report
            .learned
            .iter()
            .map(|(account, rate)| json!({"account": account, "rate": rate.map(|rate| rate.to_string())}))
            .collect();
        out::json(&json!({"settlements": settlements, "differences": differences, "shares": shares,
                          "effective_rates": rates}))?;
        return Ok(code);
    }
    let mut text = String::new();
    if report.settlements.is_empty() {
        text += "Nothing was settled on these days.\n";
    } else {
        let rows: Vec<Vec<String>> = report
            .settlements
            .iter()
            .map(|row| {
                let money = |minor| money(minor, &row.currency);
                let site = if row.site_id == 0 { String::new() } else { row.site_id.to_string() };
                let (paid, returned) = (money(row.paid_minor), money(row.returned_minor));
                let learned = row.learned_minor.map(money).unwrap_or_default();
                let (fee, net) = (money(row.fee_minor), money(row.net_minor));
                let (day, account, currency) = (row.day.clone(), row.account.clone(), row.currency.clone());
                vec![day, site, account, currency, row.paid.to_string(), paid, returned, fee, learned, net]
            })
            .collect();
        let head = [
            "DAY",
            "SITE",
            "ACCOUNT",
            "CURRENCY",
            "PAYMENTS",
            "PAID",
            "RETURNED",
            "FEE",
            "FEE OF LATE",
            "NET",
        ];
        text += &out::table(&head, &rows);
    }
    for row in &report.shares {
        let (share, base) = (money(row.share_minor, &row.currency), money(row.base_minor, &row.currency));
        text += &format!("{}: rule {} gives {share} of {base} {}\n", row.day, row.rule_id, row.currency);
    }
    for (account, rate) in &report.learned {
        if let Some(rate) = rate {
            text += &format!("{account} has really kept {rate} in the last thirty days\n");
        }
    }
    if report.differences.is_empty() {
        text += "Nothing differs.\n";
    } else {
        let rows: Vec<Vec<String>> = report
            .differences
            .iter()
            .map(|row| {
                let money = |minor| money(minor, &row.currency);
                let (day, account, reason) = (row.day.clone(), row.account.clone(), row.reason.clone());
                let (cases, open) = (row.cases.to_string(), row.open.to_string());
                let (long, short) = (money(row.long_minor), money(row.short_minor));
                vec![day, account, row.currency.clone(), reason, cases, open, long, short]
            })
            .collect();
        let head = ["DAY", "ACCOUNT", "CURRENCY", "REASON", "CASES", "OPEN", "LONG", "SHORT"];
        text += &out::table(&head, &rows);
    }
    out::print(&text)?;
    Ok(code)
}

/// An amount in whole units of its currency.
pub fn money(minor: i64, currency: &str) -> String {
    match currency.parse() {
        Ok(currency) => Amount::new(minor, currency).decimal().to_string(),
        Err(_) => minor.to_string(),
    }
}
