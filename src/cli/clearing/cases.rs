//! `csms clearing cases` and `resolve`.

use super::{Desk, bulk, days::money, refused};
use crate::cli::{out, registry::PAGE};
use csms::{
    clearing::resolve::{Resolution, Resolved},
    store::clearing::cases::{self, CaseRow, Filter},
};
use serde_json::json;
use std::process::ExitCode;

/// Cases that are listed at most.
const LISTED_MAX: usize = 1_000;

/// `csms clearing cases`
#[derive(Debug, clap::Args)]
pub struct List {
    /// Only of this account
    #[arg(long)]
    account: Option<String>,
    /// Only of this reason, e.g. missing_there
    #[arg(long)]
    reason: Option<String>,
    /// Only of this day
    #[arg(long)]
    day: Option<chrono::NaiveDate>,
    /// Those that are settled as well
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `csms clearing resolve`
#[derive(Debug, clap::Args)]
pub struct Resolve {
    /// The case's number; left out: all that are chosen by what follows
    #[arg(required_unless_present = "way")]
    case: Option<i64>,
    /// How: query, post_fee, refund_orphan, accept or write_off [default: as suggested]
    #[arg(value_parser = resolution)]
    how: Option<Resolution>,
    /// Why
    #[arg(long, default_value = "")]
    note: String,
    /// Who decides; a large amount needs two people
    #[arg(long)]
    by: String,
    #[command(flatten)]
    many: bulk::Many,
}

pub(super) fn resolution(text: &str) -> Result<Resolution, String> {
    let known: Vec<_> = Resolution::ALL.into_iter().map(Resolution::word).collect();
    Resolution::of(text).ok_or_else(|| format!("write one of {}", known.join(", ")))
}

/// Lists.
pub async fn list(desk: &Desk, args: List) -> anyhow::Result<ExitCode> {
    let day = args.day.map(|day| day.to_string());
    let filter = Filter {
        account: args.account.as_deref(),
        reason: args.reason.as_deref(),
        from_day: day.as_deref(),
        to_day: day.as_deref(),
        ..Filter::default()
    };
    let mut found: Vec<CaseRow> = Vec::new();
    let (mut before, mut open) = (None, false);
    loop {
        let page = cases::list(&mut desk.registry.read().await?, &filter, before, PAGE).await?;
        before = page.last().map(|case| case.id);
        let last = (page.len() as i64) < PAGE;
        open |= page.iter().any(|case| case.state != "resolved");
        found.extend(page.into_iter().filter(|case| args.all || case.state != "resolved"));
        if last || found.len() >= LISTED_MAX {
            break;
        }
    }
    let code = if open { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    if args.json {
        let of = |case: &CaseRow| {
            json!({"case": case.id, "day": case.day, "account": case.account, "reason": case.reason,
                   "kind": case.kind, "number": case.number, "reference": case.reference, "currency": case.currency,
                   "ours_minor": case.ours_minor, "theirs_minor": case.theirs_minor, "gain_minor": case.gain_minor,
                   "suggestion": case.suggestion, "state": case.state, "resolution": case.resolution,
                   "note": case.note, "asked_by": case.asked_by, "resolved_by": case.resolved_by,
                   "found_at": case.found_at, "resolved_at": case.resolved_at})
        };
        out::json(&found.iter().map(of).collect::<Vec<_>>())?;
        return Ok(code);
    }
    if found.is_empty() {
        out::print("There is no open case.\n")?;
        return Ok(code);
    }
    let now = desk.registry.now();
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|case| {
            let of = |minor: Option<i64>| minor.map(|minor| money(minor, &case.currency)).unwrap_or_default();
            let age = (now - case.found_at).num_days().to_string();
            let number = if case.number.is_empty() { &case.reference } else { &case.number };
            let state = if case.state == "open" { &case.suggestion } else { &case.state };
            vec![
                case.id.to_string(),
                case.day.clone(),
                case.account.clone(),
                case.reason.clone(),
                case.kind.clone(),
                number.clone(),
                of(case.ours_minor),
                of(case.theirs_minor),
                case.currency.clone(),
                age,
                state.clone(),
            ]
        })
        .collect();
    let head =
        ["CASE", "DAY", "ACCOUNT", "REASON", "KIND", "NUMBER", "OURS", "THEIRS", "CURRENCY", "AGE", "NEXT"];
    out::print(&out::table(&head, &rows))?;
    Ok(code)
}

/// Settles one, or many.
pub async fn resolve(desk: &Desk, args: Resolve) -> anyhow::Result<ExitCode> {
    let Some(number) = args.case else { return bulk::resolve(desk, args.many, &args.note, &args.by).await };
    let how = match args.how {
        Some(how) => how,
        None => {
            let case = cases::find(&mut desk.registry.read().await?, number).await?;
            case.and_then(|case| Resolution::of(&case.suggestion)).unwrap_or(Resolution::Accept)
        }
    };
    let told = match desk.clearing().resolve(number, how, &args.note, &args.by).await.map_err(refused)? {
        Resolved::Done => format!("Case {number} is settled by {}.\n", how.word()),
        Resolved::Asked => {
            let limit = desk.registry.config.clearing.write_off_limit;
            format!("{} has agreed. More than {limit} needs a second person to say the same.\n", args.by)
        }
        Resolved::Before => format!("Case {number} was settled before; nothing was changed.\n"),
    };
    out::print(&told)?;
    Ok(ExitCode::SUCCESS)
}
