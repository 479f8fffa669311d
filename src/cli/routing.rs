//! `csms routing`: by which rule merchant accounts are chosen, and what operators want of single ones.

use super::{
    out,
    registry::{Registry, instant, shown},
    settings::Flags,
    trouble::Trouble,
};
use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    routing as choice,
    store::routing::{self, OverrideRow},
};
use payments::routing::Rule;
use serde_json::json;
use std::{io::Read, path::PathBuf};

/// A rule is a few lines.
const FILE_BYTES_MAX: u64 = 1 << 16;

/// `csms routing`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms routing show                              the rule, what is wanted of accounts, how they have done
  csms routing try rule.toml --days 7            what it would have chosen last week
  csms routing set rule.toml --note 'cheaper'    the rule counts from now on
  csms routing prefer wx-main --method in_wallet --until 2026-12-01T00:00:00Z
  csms routing off stripe-uk                     no payment goes there any more
  csms routing clear stripe-uk                   the rule alone decides again

The driver chooses the wallet; only the merchant account behind it is chosen here. A rule has these keys, all optional:
  fee_below_percent = \"0.6\"        success_above_percent = \"99\"   window_hours = 24
  prior_payments = 50              prior_success_percent = \"99.5\"  fallback = \"best_available\" or \"refuse\"
Every order shows how its account was chosen.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// The rule that counts, what is wanted of accounts, and how their payments have gone
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Let a rule count from now on
    Set {
        /// A TOML file; - for standard input
        file: PathBuf,
        /// Why
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Say what a rule would have chosen among the accounts as they were
    Try {
        /// A TOML file; - for standard input
        file: PathBuf,
        /// Payments of so many days back
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=90))]
        days: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take an account wherever it can be taken
    Prefer(Wish),
    /// Take an account nowhere
    Off(Wish),
    /// Let the rule alone decide about an account
    Clear {
        /// The account's name in the settings
        account: String,
        /// Only what was wanted for this method
        #[arg(long, default_value = "")]
        method: String,
    },
}

#[derive(Debug, clap::Args)]
struct Wish {
    /// The account's name in the settings
    account: String,
    /// Only for this method: in_wallet, phone_browser, code, score, hosted, terminal, on_file [default: all]
    #[arg(long, default_value = "")]
    method: String,
    /// It ends by itself at this instant, e.g. 2026-12-01T00:00:00Z
    #[arg(long, value_parser = instant)]
    until: Option<DateTime<Utc>>,
    /// Why
    #[arg(long, default_value = "")]
    note: String,
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    match args.command {
        Command::Show { json } => show(&registry, json).await,
        Command::Set { file, note } => set(&registry, &file, &note).await,
        Command::Try { file, days, json } => dry_run(&registry, &file, days, json).await,
        Command::Prefer(wish) => want(&registry, wish, "preferred").await,
        Command::Off(wish) => want(&registry, wish, "off").await,
        Command::Clear { account, method } => clear(&registry, &account, &method).await,
    }
}

async fn show(registry: &Registry, as_json: bool) -> anyhow::Result<()> {
    let now = registry.now();
    let mut tx = registry.read().await?;
    let row = routing::rule(&mut tx).await?;
    let rule = match &row {
        Some(row) => Rule { version: row.version, ..serde_json::from_str(&row.body)? },
        None => Rule::default(),
    };
    let overrides = routing::overrides(&mut tx, now).await?;
    let since = now - TimeDelta::hours(i64::from(rule.window_hours));
    let outcomes = routing::outcomes(&mut tx, since).await?;
    if as_json {
        let wants: Vec<_> = overrides.iter().map(|row| {
            json!({"account": row.account, "method": row.method, "wish": row.wish, "until": row.until, "note": row.note,
                   "by": row.created_by})
        }).collect();
        let done: Vec<_> = outcomes
            .iter()
            .map(|row| json!({"account": row.account, "succeeded": row.succeeded, "failed": row.failed}))
            .collect();
        return out::json(&json!({"version": rule.version, "rule": rule, "wanted": wants, "outcomes": done}));
    }
    let title = match &row {
        Some(row) => format!(
            "Rule {}, by {} at {}. {}\n",
            row.version,
            row.created_by,
            shown(Some(row.created_at)),
            row.note
        ),
        None => "The built-in rule; none was set.\n".to_owned(),
    };
    out::print(&format!("{title}{}\n", toml::to_string(&rule)?))?;
    let rows: Vec<Vec<String>> = overrides
        .iter()
        .map(|row| {
            let method = if row.method.is_empty() { "all" } else { &row.method };
            vec![row.account.clone(), method.to_owned(), row.wish.clone(), shown(row.until), row.note.clone()]
        })
        .collect();
    if !rows.is_empty() {
        out::print(&(out::table(&["ACCOUNT", "METHOD", "WANTED", "UNTIL", "WHY"], &rows) + "\n"))?;
    }
    let rows: Vec<Vec<String>> = outcomes
        .iter()
        .map(|row| {
            let tried = u64::try_from(row.succeeded + row.failed).unwrap_or(0);
            let rate = rule.success_percent(tried, u64::try_from(row.succeeded).unwrap_or(0)).round_dp(2);
            vec![row.account.clone(), row.succeeded.to_string(), row.failed.to_string(), format!("{rate} %")]
        })
        .collect();
    if rows.is_empty() {
        return out::print(&format!("No payment within the last {} h.\n", rule.window_hours));
    }
    out::print(&out::table(&["ACCOUNT", "SUCCEEDED", "FAILED", "SUCCESS, WITH THE PRIOR"], &rows))
}

async fn set(registry: &Registry, file: &PathBuf, note: &str) -> anyhow::Result<()> {
    let rule = read(file)?;
    let mut tx = registry.write().await?;
    let row = choice::set_rule(&mut tx, &registry.ids, &rule, note, "csms routing", registry.now()).await?;
    tx.commit().await?;
    out::print(&format!("Rule {} counts from now on; running servers see it within seconds.\n", row.version))
}

/// The rule in a file, checked.
fn read(file: &PathBuf) -> anyhow::Result<Rule> {
    let wrong = |why: String| Trouble::new(format!("{} holds no routing rule.", file.display())).why(why);
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(FILE_BYTES_MAX).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|open| open.take(FILE_BYTES_MAX).read_to_string(&mut text))
    };
    read.map_err(|error| wrong(error.to_string()))?;
    let rule: Rule = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    rule.check().map_err(|error| wrong(error.to_string()).mend("csms routing --help shows the keys"))?;
    Ok(rule)
}

async fn dry_run(registry: &Registry, file: &PathBuf, days: u32, as_json: bool) -> anyhow::Result<()> {
    let rule = read(file)?;
    let since = registry.now() - TimeDelta::days(i64::from(days));
    let choice::Trial { payments: looked, unreadable, moves } =
        choice::try_rule(&registry.db, &rule, since).await?;
    if as_json {
        let moves: Vec<_> = moves
            .iter()
            .map(|((was, would), count)| json!({"was": was, "would": would, "count": count}))
            .collect();
        return out::json(
            &json!({"days": days, "payments": looked, "unreadable": unreadable, "moves": moves}),
        );
    }
    if looked == 0 {
        return out::print(&format!("No payment within the last {days} days to try it on.\n"));
    }
    let rows: Vec<Vec<String>> = moves
        .iter()
        .map(|((was, would), count)| {
            vec![
                was.clone(),
                would.clone(),
                count.to_string(),
                if was == would { "same" } else { "other" }.to_owned(),
            ]
        })
        .collect();
    out::print(&out::table(&["WAS", "WOULD BE", "PAYMENTS", ""], &rows))
}

async fn want(registry: &Registry, wish: Wish, word: &str) -> anyhow::Result<()> {
    if !registry.config.pay.accounts.iter().any(|account| account.name == wish.account) {
        let known: Vec<&str> = registry.config.pay.accounts.iter().map(|account| &*account.name).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(Trouble::new(format!("There is no account {}.", wish.account))
            .why(format!("the settings (pay.accounts) have: {known}"))
            .into());
    }
    let row = OverrideRow {
        account: wish.account,
        method: wish.method,
        wish: word.to_owned(),
        note: wish.note,
        until: wish.until,
        created_by: "csms routing".to_owned(),
        created_at: registry.now(),
    };
    let mut tx = registry.write().await?;
    choice::want(&mut tx, &registry.ids, &row).await?;
    tx.commit().await?;
    out::print(&format!("{} is {word} from now on; running servers see it within seconds.\n", row.account))
}

async fn clear(registry: &Registry, account: &str, method: &str) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    let removed =
        choice::clear(&mut tx, &registry.ids, account, method, "csms routing", registry.now()).await?;
    tx.commit().await?;
    if !removed {
        return Err(Trouble::new(format!("Nothing was wanted of {account}."))
            .mend("csms routing show")
            .into());
    }
    out::print(&format!("The rule alone decides about {account} again.\n"))
}
