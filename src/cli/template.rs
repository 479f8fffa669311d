//! `csms template`: configuration that groups of stations shall have.

use super::{
    out,
    registry::{PAGE, Registry, confirm, missing, shown},
    settings::Flags,
    site,
    trouble::Trouble,
};
use csms::{
    desired::{
        WishError,
        template::{self, Choice, PREVIEW_MAX, Template},
    },
    store::templates,
};
use serde_json::json;
use std::collections::BTreeMap;

/// Who changes templates, in rows.
const BY: &str = "command line";

/// `csms template`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms template set quiet OCPPCommCtrlr.HeartbeatInterval=3600 --vendor Hafenwerk --preview
  csms template set quiet OCPPCommCtrlr.HeartbeatInterval=3600 --vendor Hafenwerk
  csms template set hall ConnectionTimeOut=90 MeterValueSampleInterval=30 --site Harbour --priority 5
  csms template show hall
  csms template remove quiet

A setting of a station alone (csms desired set) wins over every template.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List templates
    List,
    /// Show a template
    Show {
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a template, or put another in its place; stations of its group want its settings from then on
    Set(Set),
    /// Drop a template; its stations keep what they have
    Remove {
        id: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Set {
    /// Its name: letters, digits, - _ and .
    id: String,
    /// KEY=VALUE: a variable (Component.Variable), or a key of 1.6
    #[arg(required = true)]
    settings: Vec<String>,
    /// Of two templates that want a key of one station, the higher has it
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    priority: i64,
    /// Only stations of this site (number or name)
    #[arg(long)]
    site: Option<String>,
    /// Only stations of this vendor, as they tell it
    #[arg(long, default_value = "")]
    vendor: String,
    /// Only stations of this model
    #[arg(long, default_value = "")]
    model: String,
    /// Only stations whose firmware begins so
    #[arg(long, default_value = "")]
    firmware: String,
    /// Only stations that speak this
    #[arg(long, default_value = "", value_parser = ["", "ocpp1.6", "ocpp2.0.1", "ocpp2.1"])]
    protocol: String,
    /// Only these stations
    #[arg(long, value_delimiter = ',')]
    stations: Vec<String>,
    /// Keep nothing: show what would change
    #[arg(long)]
    preview: bool,
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    match args.command {
        Command::List => list(&registry).await,
        Command::Show { id, json } => show(&registry, &id, json).await,
        Command::Set(set) => change(&registry, set).await,
        Command::Remove { id, yes } => {
            if !confirm(yes, &format!("Drop template {id}?"))? {
                return Ok(());
            }
            if !template::remove(&registry.db, &id).await? {
                return Err(missing("template", &id).into());
            }
            out::print("It is dropped; its stations keep what they have.\n")
        }
    }
}

async fn change(registry: &Registry, set: Set) -> anyhow::Result<()> {
    let site = match &set.site {
        Some(site) => Some(site::find(&mut registry.read().await?, site).await?.id),
        None => None,
    };
    let mut settings = BTreeMap::new();
    for setting in &set.settings {
        let Some((key, value)) = setting.split_once('=') else {
            return Err(Trouble::new(format!("{setting:?} cannot be wished."))
                .mend("write KEY=VALUE")
                .into());
        };
        settings.insert(key.to_owned(), value.to_owned());
    }
    let choice = Choice {
        site,
        vendor: set.vendor,
        model: set.model,
        firmware: set.firmware,
        protocol: set.protocol,
        stations: set.stations,
    };
    let wanted = Template::new(&set.id, set.priority, choice, &settings).map_err(unfit)?;
    if set.preview {
        return preview(registry, &wanted).await;
    }
    template::put(&registry.db, &wanted, BY, registry.now()).await.map_err(unfit)?;
    out::print("It is kept. A running server brings it to its stations within seconds.\n")
}

fn unfit(error: WishError) -> anyhow::Error {
    match error {
        WishError::Store(error) => error.into(),
        other => Trouble::new("The template was not kept.").why(other).into(),
    }
}

async fn preview(registry: &Registry, wanted: &Template) -> anyhow::Result<()> {
    let (changes, stations, first) = template::preview(&registry.db, &wanted.id, Some(wanted)).await?;
    out::print(&format!("{changes} changes at {stations} stations\n"))?;
    let none = || "-".to_owned();
    let lines: Vec<Vec<String>> = first
        .into_iter()
        .map(|change| {
            let (to, by) = change.to.unzip();
            let (from, to) = (change.from.unwrap_or_else(none), to.unwrap_or_else(none));
            vec![change.station, change.key, from, to, by.unwrap_or_else(none)]
        })
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    out::print(&out::table(&["STATION", "KEY", "NOW", "THEN", "TEMPLATE"], &lines))?;
    if changes > PREVIEW_MAX { out::print(&format!("the first {PREVIEW_MAX} of them\n")) } else { Ok(()) }
}

/// The group in words.
fn group(choice: &Choice) -> String {
    let mut words = Vec::new();
    words.extend(choice.site.map(|site| format!("site {site}")));
    for (name, value) in [
        ("vendor", &choice.vendor),
        ("model", &choice.model),
        ("firmware", &choice.firmware),
        ("speaks", &choice.protocol),
    ] {
        if !value.is_empty() {
            words.push(format!("{name} {value}"));
        }
    }
    if !choice.stations.is_empty() {
        words.push(format!("{} by name", choice.stations.len()));
    }
    if words.is_empty() { "all".to_owned() } else { words.join(", ") }
}

async fn list(registry: &Registry) -> anyhow::Result<()> {
    let rows = templates::list(&mut registry.read().await?, None, PAGE).await?;
    if rows.is_empty() {
        return out::print("There is no template; csms template set makes one.\n");
    }
    let lines: Vec<Vec<String>> = rows
        .into_iter()
        .map(Template::of)
        .map(|template| {
            vec![
                template.id,
                template.priority.to_string(),
                group(&template.choice),
                template.settings.len().to_string(),
                template.changed_by,
                shown(Some(template.changed_at)),
            ]
        })
        .collect();
    out::print(&out::table(&["ID", "PRIORITY", "STATIONS", "SETTINGS", "BY", "CHANGED"], &lines))
}

async fn show(registry: &Registry, id: &str, json: bool) -> anyhow::Result<()> {
    let row =
        templates::find(&mut registry.read().await?, id).await?.ok_or_else(|| missing("template", id))?;
    let template = Template::of(row);
    if json {
        return out::json(&json!({
            "id": template.id, "priority": template.priority, "choice": template.choice,
            "settings": template.settings, "changed_by": template.changed_by, "changed_at": template.changed_at,
        }));
    }
    let head =
        format!("{}: priority {}, stations: {}\n", template.id, template.priority, group(&template.choice));
    out::print(&head)?;
    let lines: Vec<Vec<String>> =
        template.settings.into_iter().map(|(key, value)| vec![key, value]).collect();
    out::print(&out::table(&["KEY", "VALUE"], &lines))
}
