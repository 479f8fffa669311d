//! `csms clearing shares`: who gets which part of a site's revenue.

use super::{Desk, refused};
use crate::cli::{out, site, trouble::Trouble};
use chrono::NaiveDate;
use csms::{
    clearing::shares::Share,
    store::clearing::shares::{self, RuleRow},
};
use payments::{Amount, clearing::Rate};
use serde_json::json;
use std::process::ExitCode;

/// `csms clearing shares`
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Add a rule: a host gets a part of a site's revenue
    Add(Add),
    /// Say which day is a rule's last
    End {
        /// The rule's number
        rule: i64,
        /// Its last day
        day: NaiveDate,
    },
    /// Enter that a host was paid from a bank what it is owed
    Pay(Pay),
    /// List the rules
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Add {
    /// The site's number or name
    site: String,
    /// Who gets it
    host: String,
    /// Which part, e.g. 30%
    rate: Rate,
    /// Of what: all, or some of energy, service, time, idle, flat, reservation, other, by commas
    #[arg(long, default_value = "all", value_delimiter = ',')]
    of: Vec<String>,
    /// The first day [default: today, UTC]
    #[arg(long)]
    from: Option<NaiveDate>,
    /// The last day [default: none]
    #[arg(long)]
    to: Option<NaiveDate>,
}

#[derive(Debug, clap::Args)]
struct Pay {
    /// The site's number or name
    site: String,
    /// In whole units of the currency, e.g. 63.20
    amount: rust_decimal::Decimal,
    /// Its currency
    currency: tariffs::Currency,
    /// From which bank: NAME of bank:NAME
    #[arg(long)]
    bank: String,
    /// The transfer's reference: the same one is entered once
    #[arg(long)]
    reference: String,
    /// Who says so
    #[arg(long)]
    by: String,
}

/// Runs it.
pub async fn run(desk: &Desk, args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Add(rule) => add(desk, rule).await?,
        Command::End { rule, day } => {
            if !desk.clearing().end_share(rule, day).await.map_err(refused)? {
                return Err(Trouble::new(format!("There is no rule {rule}."))
                    .mend("csms clearing shares list shows what there is")
                    .into());
            }
            out::print(&format!("The last day of rule {rule} is {day}.\n"))?;
        }
        Command::Pay(paid) => pay(desk, paid).await?,
        Command::List { json } => list(desk, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn pay(desk: &Desk, paid: Pay) -> anyhow::Result<()> {
    let site = site::find(&mut desk.registry.read().await?, &paid.site).await?;
    let amount = Amount::exact(paid.amount, paid.currency)?;
    let clearing = desk.clearing();
    let new =
        clearing.pay_host(site.id, amount, &paid.bank, &paid.reference, &paid.by).await.map_err(refused)?;
    out::print(&match new {
        true => format!("{amount} went to the host of {}.\n", site.name),
        false => format!("The transfer {} was entered before; nothing was changed.\n", paid.reference),
    })
}

async fn add(desk: &Desk, rule: Add) -> anyhow::Result<()> {
    let site = site::find(&mut desk.registry.read().await?, &rule.site).await?;
    let new = Share {
        site: site.id,
        host: &rule.host,
        rate: rule.rate,
        of: &rule.of,
        from: rule.from,
        to: rule.to,
    };
    let row = desk.clearing().add_share(&new).await.map_err(refused)?;
    out::print(&format!(
        "Rule {}: {} gets {} of {} at {}.\n",
        row.id, row.host, rule.rate, row.revenue, site.name
    ))
}

async fn list(desk: &Desk, json: bool) -> anyhow::Result<()> {
    let rules = shares::list(&mut desk.registry.read().await?, None).await?;
    let rate = |rule: &RuleRow| {
        Rate::millionths(u32::try_from(rule.rate_millionths).unwrap_or_default()).to_string()
    };
    if json {
        let of = |rule: &RuleRow| {
            json!({"rule": rule.id, "site": rule.site_id, "host": rule.host, "rate": rate(rule), "of": rule.revenue,
                   "from": rule.from_day, "to": rule.to_day})
        };
        return out::json(&rules.iter().map(of).collect::<Vec<_>>());
    }
    if rules.is_empty() {
        return out::print(
            "Nobody gets a part of any site's revenue: csms clearing shares add SITE HOST RATE\n",
        );
    }
    let rows: Vec<Vec<String>> = rules
        .iter()
        .map(|rule| {
            let to = rule.to_day.clone().unwrap_or_default();
            let (id, site, of) = (rule.id.to_string(), rule.site_id.to_string(), rule.revenue.clone());
            vec![id, site, rule.host.clone(), rate(rule), of, rule.from_day.clone(), to]
        })
        .collect();
    out::print(&out::table(&["RULE", "SITE", "HOST", "PART", "OF", "FROM", "TO"], &rows))
}
