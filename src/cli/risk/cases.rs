//! `csms risk cases`.

use super::BY;
use crate::cli::{
    out,
    registry::{PAGE, Registry, instant, shown},
    settings::Flags,
    trouble::Trouble,
};
use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    risk::{
        Decision,
        cases::{Resolution, Verdict, resolve},
    },
    store::risk::{cases as rows, decisions},
};
use payments::risk::rules::{Language, Subject};
use serde_json::json;

/// What is blocked without an end is blocked for so long: a card changes hands, a phone number too.
const BLOCK: TimeDelta = TimeDelta::days(180);

/// `csms risk cases`
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the newest open cases with the reason
    List {
        /// Those that are resolved, too
        #[arg(long)]
        all: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Resolve a case
    Resolve {
        /// Its number (csms risk cases list)
        number: i64,
        /// What it was; the model learns nothing from fraud
        verdict: Word,
        /// Why, for whoever asks later
        #[arg(long, default_value = "")]
        note: String,
        /// Refuse later payments of the same: driver, device, card, address, phone, wallet
        #[arg(long, value_delimiter = ',')]
        block: Vec<Blockable>,
        /// Until then, e.g. 2027-12-31 [default: 180 days]
        #[arg(long, value_parser = instant, requires = "block")]
        until: Option<DateTime<Utc>>,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Word {
    Honest,
    Fraud,
    Unclear,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Blockable {
    Driver,
    Device,
    Card,
    Address,
    Phone,
    Wallet,
}

impl From<Blockable> for Subject {
    fn from(one: Blockable) -> Subject {
        match one {
            Blockable::Driver => Subject::Driver,
            Blockable::Device => Subject::Device,
            Blockable::Card => Subject::Card,
            Blockable::Address => Subject::Address,
            Blockable::Phone => Subject::Phone,
            Blockable::Wallet => Subject::Wallet,
        }
    }
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    match args.command {
        Command::List { all, json } => list(&registry, all, json).await,
        Command::Resolve { number, verdict, note, block, until } => {
            let block: Vec<Subject> = block.into_iter().map(Subject::from).collect();
            let now = registry.now();
            let resolution = Resolution {
                verdict: match verdict {
                    Word::Honest => Verdict::Honest,
                    Word::Fraud => Verdict::Fraud,
                    Word::Unclear => Verdict::Unclear,
                },
                note: &note,
                block: &block,
                block_until: until.unwrap_or(now + BLOCK),
                by: BY,
            };
            let mut tx = registry.write().await?;
            let Some(blocked) = resolve(&mut tx, &registry.ids, number, &resolution, now).await? else {
                let trouble = Trouble::new(format!("There is no open case {number}."));
                return Err(trouble.mend("csms risk cases list shows what there is").into());
            };
            tx.commit().await?;
            let words: Vec<&str> = blocked.iter().map(|subject| subject.word()).collect();
            let then =
                if words.is_empty() { String::new() } else { format!(" Blocked: {}.", words.join(", ")) };
            out::print(&format!("Case {number} is resolved.{then}\n"))
        }
    }
}

async fn list(registry: &Registry, all: bool, json: bool) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    let mut listed = Vec::new();
    for case in rows::list(&mut tx, all, None, PAGE).await? {
        let row = decisions::find(&mut tx, case.decision_id).await?;
        let decision = row.and_then(|row| serde_json::from_str::<Decision>(&row.body).ok());
        let words = decision.map(|one| one.words(Language::English)).unwrap_or_default();
        listed.push((case, words));
    }
    if json {
        let of = |(case, words): &(rows::CaseRow, Vec<String>)| {
            json!({"case": case.id, "order": case.order_id, "opened_at": case.opened_at, "why": words,
                   "verdict": case.verdict, "note": case.note, "by": case.resolved_by, "resolved_at": case.resolved_at})
        };
        return out::json(&listed.iter().map(of).collect::<Vec<_>>());
    }
    let cells = |(case, words): &(rows::CaseRow, Vec<String>)| {
        vec![
            case.id.to_string(),
            shown(Some(case.opened_at)),
            case.order_id.to_string(),
            case.verdict.clone(),
            words.join("; "),
        ]
    };
    let rows: Vec<Vec<String>> = listed.iter().map(cells).collect();
    out::print(&out::table(&["CASE", "OPENED", "ORDER", "VERDICT", "WHY"], &rows))
}
