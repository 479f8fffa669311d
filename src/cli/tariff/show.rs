//! `csms tariff list`, `show`: tariffs in words.

use super::publish::counts;
use crate::cli::{
    out,
    registry::{PAGE, Registry, missing, shown, since},
    trouble::Trouble,
};
use chrono::{DateTime, Utc};
use csms::store::{
    tariffs::{self as rows, TariffRow},
    versions::{self, VersionRow},
};
use tariffs::{Component, Dimension, Restrictions, Tariff, TaxIncluded};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List tariffs
    List {
        /// Print JSON: what each says now
        #[arg(long)]
        json: bool,
    },
    /// Explain a tariff in words
    Show(Show),
}

#[derive(Debug, clap::Args)]
pub struct Show {
    /// Its id
    id: String,
    /// What this version says [default: the one that is active]
    #[arg(long, conflicts_with = "at")]
    version: Option<i64>,
    /// What it says for sessions that start then
    #[arg(long, value_name = "INSTANT", value_parser = since)]
    at: Option<DateTime<Utc>>,
    /// Print the JSON that `add` takes
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub async fn run(registry: &Registry, command: Command) -> anyhow::Result<()> {
    match command {
        Command::List { json } => list(registry, json).await,
        Command::Show(wish) => show(registry, &wish).await,
    }
}

async fn list(registry: &Registry, json: bool) -> anyhow::Result<()> {
    let mut found: Vec<(TariffRow, Option<VersionRow>)> = Vec::new();
    let mut tx = registry.read().await?;
    loop {
        let after = found.last().map(|(row, _)| row.id.clone());
        let page = rows::list(&mut tx, after.as_deref(), PAGE).await?;
        let last = (page.len() as i64) < PAGE;
        for row in page {
            let active = versions::active(&mut tx, &row.id, registry.now()).await?;
            found.push((row, active));
        }
        if last {
            break;
        }
    }
    if json {
        let active = found.iter().filter_map(|(_, version)| version.as_ref());
        let bodies: Result<Vec<serde_json::Value>, _> =
            active.map(|version| serde_json::from_str(&version.body)).collect();
        return out::json(&bodies?);
    }
    if found.is_empty() {
        return out::print(
            "There is no tariff yet: csms tariff add FILE. Until then sessions have no price.\n",
        );
    }
    let everywhere = super::at_place(&mut tx, None, None, registry.now()).await?;
    let rows: Vec<Vec<String>> = found
        .into_iter()
        .map(|(row, active)| {
            let default = if everywhere.as_deref() == Some(&*row.id) { "default" } else { "" };
            let version = active.map_or("none active".to_owned(), |version| version.version.to_string());
            vec![row.id, row.name, row.currency, version, default.to_owned()]
        })
        .collect();
    out::print(&out::table(&["TARIFF", "NAME", "CURRENCY", "VERSION", ""], &rows))
}

async fn show(registry: &Registry, wish: &Show) -> anyhow::Result<()> {
    let id = &wish.id;
    let mut tx = registry.read().await?;
    let row = rows::find(&mut tx, id).await?.ok_or_else(|| missing("tariff", id))?;
    let at = wish.at.unwrap_or_else(|| registry.now());
    let found = match wish.version {
        Some(number) => versions::find(&mut tx, id, number).await?,
        None => versions::active(&mut tx, id, at).await?,
    };
    let version = found.ok_or_else(|| {
        let wanted = match wish.version {
            Some(number) => format!("no version {number}"),
            None => format!("no version for sessions that start at {} UTC", shown(Some(at))),
        };
        let see = format!("csms tariff versions {id} shows what there is");
        Trouble::new(format!("The tariff {id} has {wanted}.")).mend(see)
    })?;
    if wish.json {
        return out::json(&serde_json::from_str::<serde_json::Value>(&version.body)?);
    }
    let tariff = Tariff::from_json(&version.body)?;
    out::print(&format!("{}\n{}", heading(&row, &tariff, &version, registry.now()), words(&tariff)))
}

fn heading(row: &TariffRow, tariff: &Tariff, version: &VersionRow, now: DateTime<Utc>) -> String {
    let name = if tariff.name.is_empty() { String::new() } else { format!(" ({})", tariff.name) };
    let counts = match version.withdrawn_at {
        Some(at) => format!("withdrawn at {} UTC", shown(Some(at))),
        None if version.active_from <= now && version.active_from != versions::BEGINNING => {
            format!("from {} UTC", shown(Some(version.active_from)))
        }
        None => counts(version, now),
    };
    format!("Tariff {}{name} in {}, version {} {counts}:\n", row.id, row.currency, version.version)
}

/// One row for each price: which element, what, how much, when.
pub fn words(tariff: &Tariff) -> String {
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
                taxes(part, tax),
                when(&element.restrictions),
            ]);
        }
    }
    out::table(&["ELEMENT", "WHAT", "PRICE", "TAX", "WHEN"], &rows)
}

/// The rate of the VAT, or all taxes by their names.
fn taxes(part: &Component, vat_of: &str) -> String {
    let named = part.taxes.iter().map(|tax| format!("{} {}%", tax.name, tax.percent));
    part.vat.map(|vat| format!("{vat}{vat_of}")).into_iter().chain(named).collect::<Vec<_>>().join(", ")
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
