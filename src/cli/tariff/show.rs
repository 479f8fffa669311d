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
use tariffs::{Language, Tariff};

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

/// What it says, a sentence a line.
pub fn words(tariff: &Tariff) -> String {
    tariff.sentences(Language::English).iter().map(|sentence| format!("  {sentence}\n")).collect()
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
        assert!(shown.contains("0.39 EUR per kWh plus 19 % VAT"), "{shown}");
        assert!(shown.contains("22:00–06:00 (night)"), "{shown}");
        assert!(shown.contains("1.00 EUR"), "{shown}");
    }
}
