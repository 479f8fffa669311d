//! `csms clearing resolve --way …`: many cases at once.

use super::{Desk, cases::resolution, days::money, refused};
use crate::cli::{out, trouble::Trouble};
use csms::{
    clearing::{
        bulk::{Outcome, Preview, TOGETHER_MAX},
        resolve::{Resolution, Resolved},
    },
    store::clearing::cases::Filter,
};
use payments::Amount;
use rust_decimal::Decimal;
use serde_json::json;
use std::process::ExitCode;
use tariffs::Currency;

/// Which cases, and how they are settled.
#[derive(Debug, clap::Args)]
pub struct Many {
    /// Settle all cases that are chosen by what follows, so; without --yes it is only told what that would do
    #[arg(long, value_parser = resolution, conflicts_with = "case")]
    way: Option<Resolution>,
    /// Only of this account
    #[arg(long, requires = "way")]
    account: Option<String>,
    /// Only of this reason, e.g. fee
    #[arg(long, requires = "way")]
    reason: Option<String>,
    /// Only of this kind: payment, refund, payout, fee
    #[arg(long, requires = "way")]
    kind: Option<String>,
    /// Only of this day and later ones
    #[arg(long, requires = "way")]
    from: Option<chrono::NaiveDate>,
    /// Only of this day and earlier ones
    #[arg(long, requires = "way")]
    to: Option<chrono::NaiveDate>,
    /// Only in this currency
    #[arg(long, requires = "way")]
    currency: Option<Currency>,
    /// Only those whose difference is at most this, e.g. 0.50
    #[arg(long, requires_all = ["way", "currency"])]
    at_most: Option<Decimal>,
    /// Only those of which one person has agreed
    #[arg(long, requires = "way")]
    asked: bool,
    /// Do it
    #[arg(long, requires = "way")]
    yes: bool,
    /// Print JSON
    #[arg(long, requires = "way")]
    json: bool,
}

/// Tells what would be done, or does it.
pub async fn resolve(desk: &Desk, many: Many, note: &str, by: &str) -> anyhow::Result<ExitCode> {
    let way = many.way.ok_or_else(|| Trouble::new("Name a case, or --way and which cases."))?;
    let at_most = match (many.at_most, many.currency) {
        (Some(bound), Some(currency)) => {
            let exact = Amount::exact(bound, currency);
            Some(exact.map_err(|error| Trouble::new("--at-most is no amount.").why(error))?.minor)
        }
        _ => None,
    };
    let (from, to) = (many.from.map(|day| day.to_string()), many.to.map(|day| day.to_string()));
    let filter = Filter {
        account: many.account.as_deref(),
        reason: many.reason.as_deref(),
        kind: many.kind.as_deref(),
        state: many.asked.then_some("asked"),
        currency: many.currency.as_ref().map(|currency| currency.code()),
        at_most_minor: at_most,
        from_day: from.as_deref(),
        to_day: to.as_deref(),
        ..Filter::default()
    };
    let clearing = desk.clearing();
    let preview = clearing.preview(&filter, way).await.map_err(refused)?;
    if !many.yes {
        if many.json {
            out::json(&told(&preview))?;
        } else {
            out::print(&text(&preview, way))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let outcomes = clearing.resolve_all(&preview.cases, way, note, by).await.map_err(refused)?;
    let failed = outcomes.iter().filter(|outcome| outcome.done.is_err()).count();
    if many.json {
        out::json(
            &outcomes.iter().map(|one| json!({"case": one.case, "outcome": word(one)})).collect::<Vec<_>>(),
        )?;
    } else {
        let rows: Vec<Vec<String>> =
            outcomes.iter().map(|one| vec![one.case.to_string(), word(one)]).collect();
        out::print(&out::table(&["CASE", "OUTCOME"], &rows))?;
        if preview.more {
            out::print(&format!("There are more than {TOGETHER_MAX}: run it again.\n"))?;
        }
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn word(outcome: &Outcome) -> String {
    match &outcome.done {
        Ok(Resolved::Done) => "settled".to_owned(),
        Ok(Resolved::Asked) => "a second person has to say the same".to_owned(),
        Ok(Resolved::Before) => "was settled before".to_owned(),
        Err(why) => format!("not settled: {why}"),
    }
}

fn told(preview: &Preview) -> serde_json::Value {
    let sums = preview.sums.iter().map(|sum| {
        json!({"currency": sum.currency, "cases": sum.cases, "long_minor": sum.long_minor,
               "short_minor": sum.short_minor})
    });
    json!({"cases": preview.cases, "sums": sums.collect::<Vec<_>>(), "unfit": preview.unfit,
           "need_two": preview.need_two, "more": preview.more})
}

fn text(preview: &Preview, way: Resolution) -> String {
    let mut text = format!("{} cases would be settled by {}.\n", preview.cases.len(), way.word());
    let rows: Vec<Vec<String>> = preview
        .sums
        .iter()
        .map(|sum| {
            let of =
                |minor| if sum.currency.is_empty() { String::new() } else { money(minor, &sum.currency) };
            vec![sum.currency.clone(), sum.cases.to_string(), of(sum.long_minor), of(sum.short_minor)]
        })
        .collect();
    if !rows.is_empty() {
        text += &out::table(&["CURRENCY", "CASES", "LONG", "SHORT"], &rows);
    }
    if preview.unfit > 0 {
        text += &format!("{} more are chosen that cannot be settled so; they stay.\n", preview.unfit);
    }
    if preview.need_two > 0 {
        text += &format!("{} of them need a second person.\n", preview.need_two);
    }
    if preview.more {
        text += &format!("There are more than {TOGETHER_MAX}, which is the most that is done at once.\n");
    }
    if !preview.cases.is_empty() {
        text += "Nothing was changed. With --yes it is done.\n";
    }
    text
}
