//! `csms risk rules` and `csms risk dry-run`.

use super::BY;
use crate::cli::{
    out,
    registry::{Registry, shown},
    settings::Flags,
    trouble::Trouble,
};
use chrono::TimeDelta;
use csms::{
    risk::{self, dry_run::Tried},
    store::risk::{decisions, rules as rows},
};
use payments::risk::rules::RuleSet;
use serde_json::json;
use std::{io::Read, path::Path, path::PathBuf};

/// A document of rules is a few kilobytes; segments may have many members.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// `csms risk rules`
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the versions
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print rules as TOML: those that count, or a version
    Show {
        /// The version; 0 = those of a new installation
        version: Option<i64>,
    },
    /// Check a file and keep it as a new version
    Add {
        /// TOML, or JSON if it is called .json; - for TOML from standard input
        file: PathBuf,
        /// Let it count at once
        #[arg(long)]
        activate: bool,
    },
    /// Let a version count from now on; an older one goes back
    Activate {
        /// The version; 0 = those of a new installation
        version: i64,
    },
    /// Say how often each rule hit
    Hits {
        /// In so many days
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=3_650))]
        days: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `csms risk dry-run`
#[derive(Debug, clap::Args)]
pub struct DryRun {
    /// TOML, or JSON if it is called .json; - for TOML from standard input
    file: PathBuf,
    /// Try them on so many days
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=365))]
    days: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    match args.command {
        Command::List { json } => list(&registry, json).await,
        Command::Show { version } => show(&registry, version).await,
        Command::Add { file, activate } => add(&registry, &file, activate).await,
        Command::Activate { version } => {
            let mut tx = registry.write().await?;
            if !risk::activate_rules(&mut tx, &registry.ids, version, BY, registry.now()).await? {
                return Err(missing(version).into());
            }
            tx.commit().await?;
            out::print(&format!("The rules of version {version} count from now on.\n"))
        }
        Command::Hits { days, json } => hits(&registry, days, json).await,
    }
}

fn missing(version: i64) -> Trouble {
    Trouble::new(format!("There is no version {version} of the rules."))
        .mend("csms risk rules list shows what there is")
}

async fn list(registry: &Registry, json: bool) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    let active = risk::active_rules(&mut tx).await?;
    let rows = rows::list(&mut tx).await?;
    if json {
        let of = |row: &rows::RulesRow| json!({"version": row.version, "by": row.by_whom, "created_at": row.created_at});
        return out::json(&json!({"active": active, "versions": rows.iter().map(of).collect::<Vec<_>>()}));
    }
    let mark = |version: i64| if version == active { "counts" } else { "" };
    let mut table: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.version.to_string(),
                mark(row.version).to_owned(),
                shown(Some(row.created_at)),
                row.by_whom.clone(),
            ]
        })
        .collect();
    table.push(vec!["0".into(), mark(0).into(), String::new(), "of a new installation".into()]);
    out::print(&out::table(&["VERSION", "", "MADE", "BY"], &table))
}

async fn show(registry: &Registry, version: Option<i64>) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    let version = match version {
        Some(version) => version,
        None => risk::active_rules(&mut tx).await?,
    };
    let set = if version == 0 {
        RuleSet::defaults()
    } else {
        let row = rows::find(&mut tx, version).await?.ok_or_else(|| missing(version))?;
        serde_json::from_str(&row.body)?
    };
    out::print(&format!(
        "# Rules of version {version}; docs/risk.md explains them.\n{}",
        toml::to_string(&set)?
    ))
}

async fn add(registry: &Registry, file: &Path, activate: bool) -> anyhow::Result<()> {
    let set = read(file)?;
    let mut tx = registry.write().await?;
    let version = risk::add_rules(&mut tx, &set, BY, registry.now()).await?;
    if activate {
        risk::activate_rules(&mut tx, &registry.ids, version, BY, registry.now()).await?;
    }
    tx.commit().await?;
    let then = if activate {
        "they count from now on".to_owned()
    } else {
        format!("csms risk rules activate {version} lets them count")
    };
    out::print(&format!("{} rules kept as version {version}; {then}.\n", set.rules.len()))
}

async fn hits(registry: &Registry, days: u32, json: bool) -> anyhow::Result<()> {
    let since = registry.now() - TimeDelta::days(i64::from(days));
    let (hits, decisions) = decisions::hits_since(&mut registry.read().await?, since).await?;
    if json {
        let of = |hit: &decisions::RuleHits| {
            json!({"rule": hit.rule, "live": hit.live, "hits": hit.hits, "orders": hit.orders,
                   "passed": hit.passed, "fraud": hit.fraud})
        };
        return out::json(&json!({"decisions": decisions, "rules": hits.iter().map(of).collect::<Vec<_>>()}));
    }
    let rows: Vec<Vec<String>> = hits
        .iter()
        .map(|hit| {
            let mode = if hit.live { "live" } else { "dry run" };
            let numbers = [hit.hits, hit.orders, hit.passed, hit.fraud].map(|number| number.to_string());
            [hit.rule.clone(), mode.to_owned()].into_iter().chain(numbers).collect()
        })
        .collect();
    let head = ["RULE", "MODE", "HITS", "ORDERS", "VERIFIED", "FRAUD"];
    out::print(&format!("{}{decisions} decisions in {days} days.\n", out::table(&head, &rows)))
}

/// Runs the dry run.
pub async fn dry_run(flags: &Flags, args: DryRun) -> anyhow::Result<()> {
    let set = read(&args.file)?;
    let registry = Registry::open(flags).await?;
    let from = registry.now() - TimeDelta::days(i64::from(args.days));
    let tried = risk::dry_run::run(&registry.db, &set, from).await?;
    if args.json { out::json(&tried) } else { out::print(&told(&tried)) }
}

fn told(tried: &Tried) -> String {
    let outcomes: Vec<String> =
        tried.outcomes.iter().map(|(outcome, count)| format!("{outcome} {count}")).collect();
    let mut text = format!("{} attempts to pay: {}.\n", tried.payments, outcomes.join(", "));
    let rows: Vec<Vec<String>> = tried
        .rules
        .iter()
        .map(|(rule, one)| {
            vec![rule.clone(), one.hits.to_string(), one.orders.to_string(), one.alone.to_string()]
        })
        .collect();
    if !rows.is_empty() {
        text += &out::table(&["RULE", "HITS", "ORDERS", "ALONE"], &rows);
    }
    for example in &tried.examples {
        let at = shown(Some(example.at));
        text += &format!(
            "{at}  {:8} order {}: {}\n",
            example.outcome.word(),
            example.order,
            example.words.join("; ")
        );
    }
    text
}

/// Reads a document of rules and checks it.
pub fn read(file: &Path) -> anyhow::Result<RuleSet> {
    let refused = || Trouble::new(format!("The rules in {} cannot be used.", file.display()));
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(FILE_BYTES_MAX + 1).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|open| open.take(FILE_BYTES_MAX + 1).read_to_string(&mut text))
    };
    read.map_err(|error| refused().why(error))?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(refused().why(format!("they are longer than {FILE_BYTES_MAX} bytes")).into());
    }
    let json = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let set = if json {
        serde_json::from_str(&text).map_err(|error| refused().why(error))?
    } else {
        toml::from_str::<RuleSet>(&text).map_err(|error| refused().why(error))?
    };
    let problems = set.check();
    if problems.is_empty() {
        return Ok(set);
    }
    Err(problems.iter().fold(refused(), Trouble::why).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("rules.toml");
        std::fs::write(&file, toml::to_string(&RuleSet::defaults()).unwrap()).unwrap();
        assert_eq!(read(&file).unwrap(), RuleSet::defaults());
        std::fs::write(
            &file,
            "[[rule]]\nid = \"a\"\nsubject = \"driver\"\ncount = \"charges\"\noutcome = \"deny\"",
        )
        .unwrap();
        let told = read(&file).unwrap_err().to_string();
        assert!(told.contains("rule[0] a: the limit of a count is above"), "{told}");
    }
}
