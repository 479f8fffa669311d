//! `csms discount`: what is taken off the tariff of some sessions. Memberships, vouchers, promotions.

use super::{
    audience::{Audience, During},
    out,
    registry::{PAGE, Registry, shown},
    settings::Flags,
    site, tariff,
    trouble::Trouble,
};
use csms::{
    discount,
    store::{
        Tx,
        benefits::{self, BenefitRow},
        sites,
    },
};
use serde_json::json;
use std::{io::Read, path::PathBuf};
use tariffs::{Dimension, Discount};

/// A discount is a line of text.
const FILE_BYTES_MAX: u64 = 1 << 16;

/// `csms discount`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms discount add --name Member --percent 10 --group GOLD
  csms discount add --name 'Opening week' --free-kwh 10 --site Harbour --from 2027-03-01 --to 2027-03-07
  csms discount add --name 'Voucher 7F3K' --amount 5 --currency EUR --token 04A1B2C3D4E5F6 --to 2027-12-31
  csms discount add --name 'Night owl' --percent 20 --dimensions energy,time --group NIGHT

A discount is taken off every session that starts while it counts. Several are taken off in the order of their numbers,
after those that the tariff has itself. A session keeps those that it started with.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Add a discount
    Add(Box<Add>),
    /// List discounts
    List {
        /// Those that have ended, too
        #[arg(long)]
        all: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// End a discount; sessions that have it keep it
    Remove {
        /// Its number (csms discount list)
        number: i64,
    },
}

#[derive(Debug, clap::Args)]
struct Add {
    /// A JSON file with what the next flags say ({"name": "Member", "percent": "10"}); - for standard input
    #[arg(conflicts_with_all = ["name", "percent", "amount", "free_kwh", "free_minutes", "dimensions"])]
    file: Option<PathBuf>,
    /// What the bill calls it
    #[arg(long, required_unless_present = "file")]
    name: Option<String>,
    /// So many percent off
    #[arg(long, group = "what")]
    percent: Option<String>,
    /// So much off, before or after tax like the tariff's prices
    #[arg(long, group = "what", requires = "currency")]
    amount: Option<String>,
    /// The first kWh are free
    #[arg(long, group = "what")]
    free_kwh: Option<String>,
    /// The first minutes of charging are free
    #[arg(long, group = "what")]
    free_minutes: Option<u32>,
    /// What the percentage is taken off: energy, service, time, parking_time, flat [default: all]
    #[arg(long, value_delimiter = ',', requires = "percent")]
    dimensions: Vec<String>,
    /// Only off tariffs in this currency; needed with an amount
    #[arg(long)]
    currency: Option<String>,
    /// Only at this site, by its number or name
    #[arg(long)]
    site: Option<String>,
    #[command(flatten)]
    audience: Audience,
    #[command(flatten)]
    during: During,
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    match args.command {
        Command::Add(wish) => add(&registry, *wish).await,
        Command::List { all, json } => list(&registry, all, json).await,
        Command::Remove { number } => remove(&registry, number).await,
    }
}

async fn add(registry: &Registry, wish: Add) -> anyhow::Result<()> {
    let discount = wish.discount()?;
    let currency = discount::currency(&discount, wish.currency.as_deref())
        .map_err(|why| refused().why(why).mend("give --currency with a code of ISO 4217, e.g. EUR"))?;
    let mut tx = registry.write().await?;
    let site_id = match &wish.site {
        Some(site) => Some(site::find(&mut tx, site).await?.id),
        None => None,
    };
    let people = wish.audience.find(&mut tx).await?;
    let (from, to) = wish.during.bounds(registry.now())?;
    let row = BenefitRow {
        id: 0,
        body: serde_json::to_string(&discount)?,
        currency: currency.to_owned(),
        site_id,
        group_uid: people.group,
        token_uid: people.token,
        token_kind: people.token_kind,
        valid_from: Some(from),
        valid_to: to,
        created_at: registry.now(),
    };
    let number = benefits::add(&mut tx, &row, &tariff::hand(registry).change()).await?;
    let told =
        format!("Discount {number}, {}: {} {}.\n", discount.name, what(&row)?, scope(&mut tx, &row).await?);
    tx.commit().await?;
    out::print(&format!("{told}{}", people.note))
}

impl Add {
    /// What is taken off, checked.
    fn discount(&self) -> anyhow::Result<Discount> {
        let value = match &self.file {
            Some(file) => {
                let text =
                    read(file).map_err(|error| refused().why(format!("{}: {error}", file.display())))?;
                serde_json::from_str(&text).map_err(|error| refused().why(error))?
            }
            None => json!({
                "name": self.name.as_deref().unwrap_or_default(),
                "percent": self.percent,
                "amount": self.amount,
                "free_kwh": self.free_kwh,
                "free_seconds": self.free_minutes.map(|minutes| minutes.saturating_mul(60)),
                "dimensions": self.dimensions,
            }),
        };
        let discount: Discount = serde_json::from_value(value).map_err(|error| refused().why(error))?;
        let told = |problems: Vec<String>| problems.iter().fold(refused(), |trouble, why| trouble.why(why));
        discount::checked(discount).map_err(|problems| told(problems).into())
    }
}

fn refused() -> Trouble {
    Trouble::new("The discount cannot be used.")
}

fn read(file: &std::path::Path) -> std::io::Result<String> {
    let mut text = String::new();
    if file.as_os_str() == "-" {
        std::io::stdin().lock().take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    } else {
        std::fs::File::open(file)?.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    }
    Ok(text)
}

/// What is taken off, in words.
fn what(row: &BenefitRow) -> anyhow::Result<String> {
    let discount: Discount = serde_json::from_str(&row.body)?;
    let of = match discount.dimensions.as_slice() {
        [] => String::new(),
        named => format!(" of {}", named.iter().map(|one| word(*one)).collect::<Vec<_>>().join(", ")),
    };
    let free_minutes =
        discount.free_seconds.map(|seconds| format!("the first {} min of charging", seconds / 60));
    Ok(discount
        .percent
        .map(|percent| format!("{percent} %{of} off"))
        .or(discount.amount.map(|amount| format!("{amount} {} off", row.currency)))
        .or(discount.free_kwh.map(|kwh| format!("the first {kwh} kWh free")))
        .or(free_minutes.map(|minutes| format!("{minutes} free")))
        .unwrap_or_default())
}

fn word(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Energy => "energy",
        Dimension::Service => "service",
        Dimension::Time => "charging time",
        Dimension::ParkingTime => "parking time",
        Dimension::Flat => "flat fees",
    }
}

/// Where, for whom and when, as the end of a sentence.
async fn scope(tx: &mut Tx, row: &BenefitRow) -> anyhow::Result<String> {
    let from = row.valid_from.map(|at| format!(" from {} UTC", shown(Some(at)))).unwrap_or_default();
    let to = row.valid_to.map(|at| format!(" until {} UTC", shown(Some(at)))).unwrap_or_default();
    Ok(format!("{} for {}{from}{to}", place(tx, row).await?, people(row)))
}

async fn place(tx: &mut Tx, row: &BenefitRow) -> anyhow::Result<String> {
    let Some(site) = row.site_id else { return Ok("everywhere".to_owned()) };
    let name = sites::find(tx, site).await?.map(|site| site.name);
    Ok(format!("at {}", name.unwrap_or_else(|| site.to_string())))
}

fn people(row: &BenefitRow) -> String {
    match (&row.token_uid, &row.group_uid) {
        // What is typed at a pad is a secret.
        (Some(_), _) if row.token_kind == "KeyCode" => "a key code".to_owned(),
        (Some(uid), _) => uid.clone(),
        (None, Some(group)) => format!("the group {group}"),
        (None, None) => "anyone".to_owned(),
    }
}

async fn list(registry: &Registry, all: bool, json: bool) -> anyhow::Result<()> {
    let mut found: Vec<BenefitRow> = Vec::new();
    let mut tx = registry.read().await?;
    let until = (!all).then(|| registry.now());
    loop {
        let page = benefits::list(&mut tx, until, found.last().map(|row| row.id), PAGE).await?;
        let last = (page.len() as i64) < PAGE;
        found.extend(page);
        if last {
            break;
        }
    }
    if json {
        let as_json = |row: &BenefitRow| -> anyhow::Result<serde_json::Value> {
            Ok(json!({
                "id": row.id, "discount": serde_json::from_str::<serde_json::Value>(&row.body)?,
                "currency": row.currency, "site_id": row.site_id, "group": row.group_uid, "token": row.token_uid,
                "token_kind": row.token_kind, "valid_from": row.valid_from, "valid_to": row.valid_to,
                "created_at": row.created_at,
            }))
        };
        return out::json(&found.iter().map(as_json).collect::<anyhow::Result<Vec<_>>>()?);
    }
    if found.is_empty() {
        return out::print(
            "There is no discount: csms discount add --name NAME --percent 10 --group GROUP\n",
        );
    }
    let mut rows = Vec::new();
    for row in &found {
        let discount: Discount = serde_json::from_str(&row.body)?;
        rows.push(vec![
            row.id.to_string(),
            discount.name,
            what(row)?,
            place(&mut tx, row).await?,
            people(row),
            shown(row.valid_from),
            shown(row.valid_to),
        ]);
    }
    out::print(&out::table(&["NUMBER", "NAME", "WHAT", "WHERE", "FOR", "FROM (UTC)", "TO (UTC)"], &rows))
}

async fn remove(registry: &Registry, number: i64) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    if benefits::end(&mut tx, number, &tariff::hand(registry).change()).await?.is_none() {
        return Err(Trouble::new(format!("There is no discount {number} to end."))
            .mend("csms discount list shows those that count, or will")
            .into());
    }
    tx.commit().await?;
    out::print(&format!("Discount {number} is ended; sessions that have it keep it.\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(flags: &[&str]) -> Add {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            add: Add,
        }
        let line = ["add", "--name", "Member"].iter().chain(flags);
        <Line as clap::Parser>::parse_from(line).add
    }

    #[test]
    fn flags_say_what_is_taken_off() {
        let discount = wish(&["--percent", "12.5", "--dimensions", "energy,service"]).discount().unwrap();
        assert_eq!(discount.percent.unwrap().to_string(), "12.5");
        assert_eq!(discount.dimensions, [Dimension::Energy, Dimension::Service]);
        assert_eq!(wish(&["--free-minutes", "30"]).discount().unwrap().free_seconds, Some(1_800));
        let row = BenefitRow { body: serde_json::to_string(&discount).unwrap(), ..BenefitRow::default() };
        assert_eq!(what(&row).unwrap(), "12.5 % of energy, service off");
    }

    #[test]
    fn nonsense_is_refused_by_the_name_of_its_field() {
        for (flags, why) in [
            (&["--percent", "101"][..], "percent"),
            (&["--percent", "ten"], "decimal"),
            (&[], "exactly one of percent"),
            (&["--percent", "10", "--dimensions", "kwh"], "kwh"),
        ] {
            let error = wish(flags).discount().unwrap_err();
            let told = super::super::trouble::explain(&error);
            assert!(told.contains(why), "{told}");
        }
    }
}
