//! `csms tariff`: what charging costs.

use super::{
    out,
    registry::{PAGE, Registry, confirm, missing},
    settings::Flags,
    tariff_simulate::{self, SimulateArgs},
    trouble::Trouble,
};
use csms::store::{tariffs as rows, tariffs::TariffRow};
use std::{io::Read, path::PathBuf};
use tariffs::{Dimension, Restrictions, Tariff, TaxIncluded};

/// A tariff is a page of text.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// `csms tariff`
#[derive(Debug, clap::Args)]
#[command(after_help = r#"Examples:
  csms tariff add tariff.json --default
  csms tariff show day-night

A tariff file, 0.49 a kWh and 1.00 a session with 19 % VAT on top:
  { "id": "simple", "name": "Simple", "currency": "EUR",
    "elements": [ { "components": [
      { "dimension": "energy", "price": "0.49", "vat": "19" },
      { "dimension": "flat",   "price": "1.00", "vat": "19" } ] } ] }

docs/tariffs.md explains the rest: times of day, parking time, steps, limits."#)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Add a tariff from a JSON file, or change the one with the same id
    Add {
        /// The file; - for standard input
        file: PathBuf,
        /// It counts where no other is assigned
        #[arg(long)]
        default: bool,
    },
    /// List tariffs
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Explain a tariff in words
    Show {
        /// Its id
        id: String,
        /// Print the JSON that `add` takes
        #[arg(long)]
        json: bool,
    },
    /// Make a tariff the default, or none
    Default {
        /// Its id [default: none]
        id: Option<String>,
    },
    /// Remove a tariff that is assigned nowhere; sessions keep the one they started with
    Remove {
        /// Its id
        id: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// What past sessions would cost under another tariff
    Simulate(SimulateArgs),
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    // Opened by the commands that need it: what is simulated on files needs no database.
    let registry = Registry::open(flags);
    match args.command {
        Command::Add { file, default } => add(&registry.await?, &file, default).await,
        Command::List { json } => list(&registry.await?, json).await,
        Command::Show { id, json } => show(&registry.await?, &id, json).await,
        Command::Default { id } => set_default(&registry.await?, id).await,
        Command::Remove { id, yes } => remove(&registry.await?, &id, yes).await,
        Command::Simulate(args) => tariff_simulate::run(flags, args).await,
    }
}

async fn add(registry: &Registry, file: &std::path::Path, default: bool) -> anyhow::Result<()> {
    let refused = || Trouble::new(format!("The tariff in {} cannot be used.", file.display()));
    let text = read(file).map_err(|error| refused().why(error))?;
    let tariff = Tariff::from_json(&text).map_err(|invalid| {
        let mend = "docs/tariffs.md and csms tariff --help have examples";
        invalid.problems.iter().fold(refused(), |trouble, problem| trouble.why(problem)).mend(mend)
    })?;
    let row = row(&tariff, default, registry.now())?;
    let mut tx = registry.write().await?;
    rows::put(&mut tx, &row).await?;
    tx.commit().await?;
    out::print(&format!("{}\n{}", heading(&row), words(&tariff)))
}

/// A tariff as it is stored.
pub fn row(
    tariff: &Tariff,
    is_default: bool,
    now: chrono::DateTime<chrono::Utc>,
) -> anyhow::Result<TariffRow> {
    Ok(TariffRow {
        id: tariff.id.clone(),
        name: tariff.name.clone(),
        currency: tariff.currency.code().to_owned(),
        body: serde_json::to_string(tariff)?,
        is_default,
        created_at: now,
    })
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

fn heading(row: &TariffRow) -> String {
    let name = if row.name.is_empty() { String::new() } else { format!(" ({})", row.name) };
    let default = if row.is_default { ", the default" } else { "" };
    format!("Tariff {}{name} in {}{default}:", row.id, row.currency)
}

/// One row for each price: which element, what, how much, when.
fn words(tariff: &Tariff) -> String {
    let tax = match tariff.tax_included {
        TaxIncluded::Yes => "% VAT inside",
        TaxIncluded::No => "% VAT on top",
        TaxIncluded::NotApplicable => "% VAT (not due)",
    };
    let mut rows = Vec::new();
    for element in &tariff.elements {
        for part in &element.components {
            let (what, unit) = match part.dimension {
                Dimension::Energy => ("energy", " a kWh"),
                Dimension::Service => ("service fee", " a kWh"),
                Dimension::Time => ("charging time", " an hour"),
                Dimension::ParkingTime => ("parking time", " an hour"),
                Dimension::Flat => ("flat", " a session"),
            };
            rows.push(vec![
                element.name.clone(),
                what.to_owned(),
                format!("{} {}{unit}", part.price.0, tariff.currency.code()),
                part.vat.map(|vat| format!("{vat}{tax}")).unwrap_or_default(),
                when(&element.restrictions),
            ]);
        }
    }
    out::table(&["ELEMENT", "WHAT", "PRICE", "TAX", "WHEN"], &rows)
}

/// The restrictions as they are written in the file, in one line; `always` without any.
fn when(restrictions: &Restrictions) -> String {
    let named = match serde_json::to_value(restrictions) {
        Ok(serde_json::Value::Object(named)) if !named.is_empty() => named,
        _ => return "always".to_owned(),
    };
    let plain = |value: &serde_json::Value| value.to_string().replace('"', "");
    let parts: Vec<String> =
        named.iter().map(|(name, value)| format!("{} {}", name.replace('_', " "), plain(value))).collect();
    parts.join(", ")
}

async fn list(registry: &Registry, json: bool) -> anyhow::Result<()> {
    let mut found: Vec<TariffRow> = Vec::new();
    let mut tx = registry.read().await?;
    loop {
        let after = found.last().map(|row| row.id.clone());
        let page = rows::list(&mut tx, after.as_deref(), PAGE).await?;
        let last = (page.len() as i64) < PAGE;
        found.extend(page);
        if last {
            break;
        }
    }
    if json {
        let bodies: Result<Vec<serde_json::Value>, _> =
            found.iter().map(|row| serde_json::from_str(&row.body)).collect();
        return out::json(&bodies?);
    }
    if found.is_empty() {
        return out::print(
            "There is no tariff yet: csms tariff add FILE. Until then sessions have no price.\n",
        );
    }
    let rows: Vec<Vec<String>> = found
        .into_iter()
        .map(|row| {
            vec![row.id, row.name, row.currency, if row.is_default { "default" } else { "" }.to_owned()]
        })
        .collect();
    out::print(&out::table(&["TARIFF", "NAME", "CURRENCY", ""], &rows))
}

async fn show(registry: &Registry, id: &str, json: bool) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    let row = rows::find(&mut tx, id).await?.ok_or_else(|| missing("tariff", id))?;
    if json {
        return out::json(&serde_json::from_str::<serde_json::Value>(&row.body)?);
    }
    let tariff: Tariff = serde_json::from_str(&row.body)?;
    out::print(&format!("{}\n{}", heading(&row), words(&tariff)))
}

async fn set_default(registry: &Registry, id: Option<String>) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    if let Some(id) = &id {
        rows::find(&mut tx, id).await?.ok_or_else(|| missing("tariff", id))?;
    }
    rows::set_default(&mut tx, id.as_deref()).await?;
    tx.commit().await?;
    out::print(&match id {
        Some(id) => format!("{id} counts where no other tariff is assigned.\n"),
        None => "No tariff is the default: where none is assigned, sessions have no price.\n".to_owned(),
    })
}

async fn remove(registry: &Registry, id: &str, yes: bool) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    rows::find(&mut tx, id).await?.ok_or_else(|| missing("tariff", id))?;
    drop(tx);
    if !confirm(yes, &format!("Remove the tariff {id}?"))? {
        return out::print("Nothing was changed.\n");
    }
    let mut tx = registry.write().await?;
    if !rows::delete(&mut tx, id).await? {
        return Err(Trouble::new(format!("The tariff {id} cannot be removed."))
            .why("it is the default, or assigned to a site, a station or an EVSE")
            .mend("assign another one there first (csms site tariff, csms tariff default)")
            .into());
    }
    tx.commit().await?;
    out::print(&format!("The tariff {id} is removed; sessions keep the one they started with.\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tariff_is_shown_price_by_price() {
        let tariff = Tariff::from_json(
            r#"{ "id": "t", "currency": "EUR", "elements": [
                { "name": "night", "components": [{ "dimension": "energy", "price": "0.39", "vat": "19" }],
                  "restrictions": { "start_time": "22:00", "end_time": "06:00" } },
                { "components": [{ "dimension": "flat", "price": "1.00" }] } ] }"#,
        )
        .unwrap();
        let shown = words(&tariff);
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[1].starts_with("night    energy  0.39 EUR a kWh"), "{shown}");
        assert!(lines[1].contains("19% VAT on top") && lines[1].contains("start time 22:00"), "{shown}");
        assert!(lines[2].contains("1.00 EUR a session") && lines[2].ends_with("always"), "{shown}");
    }
}
