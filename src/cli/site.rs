//! `csms site`: where stations stand. A site has the time zone in which its sessions are priced.

use super::{
    out,
    registry::{BY, PAGE, Registry, confirm, missing},
    settings::Flags,
    tariff,
    trouble::Trouble,
};
use csms::{
    event::list::{SiteCreated, SiteRemoved},
    store::{Tx, sites, sites::SiteRow},
};
use serde_json::json;

/// `csms site`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms site add Harbour --city Hamburg --country DEU --time-zone Europe/Berlin --tariff day-night
  csms station add HALL-7 --site Harbour")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Add a site
    Add(Add),
    /// List sites
    List {
        /// Only those with this text in name or city
        text: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Set the tariff that counts for anyone at a site from now on, or none (csms tariff assign can say more)
    Tariff {
        /// The site's number or name
        site: String,
        /// The tariff (csms tariff list) [default: none of its own]
        tariff: Option<String>,
    },
    /// Remove a site where no station stands
    Remove {
        /// The site's number or name
        site: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Add {
    /// What people call it
    name: String,
    /// Street and number
    #[arg(long, default_value = "")]
    address: String,
    /// City
    #[arg(long, default_value = "")]
    city: String,
    /// Country, three letters (ISO 3166-1 alpha-3), e.g. DEU
    #[arg(long, default_value = "")]
    country: String,
    /// Time zone of its clock, e.g. Europe/Berlin
    #[arg(long, default_value = "UTC")]
    time_zone: String,
    /// The tariff of its stations (csms tariff list) [default: the default tariff]
    #[arg(long)]
    tariff: Option<String>,
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    match args.command {
        Command::Add(site) => add(&registry, site).await,
        Command::List { text, json } => list(&registry, &text.unwrap_or_default(), json).await,
        Command::Tariff { site, tariff } => assign(&registry, &site, tariff).await,
        Command::Remove { site, yes } => remove(&registry, &site, yes).await,
    }
}

/// The site of this number or name.
pub async fn find(tx: &mut Tx, wanted: &str) -> anyhow::Result<SiteRow> {
    if let Ok(id) = wanted.parse()
        && let Some(site) = sites::find(tx, id).await?
    {
        return Ok(site);
    }
    let named = sites::list(tx, wanted, None, PAGE).await?;
    let mut named = named.into_iter().filter(|site| site.name.to_lowercase() == wanted.to_lowercase());
    match (named.next(), named.next()) {
        (Some(site), None) => Ok(site),
        (Some(_), Some(_)) => Err(Trouble::new(format!("Several sites are called {wanted}."))
            .mend("name it by its number (csms site list)")
            .into()),
        _ => Err(missing("site", wanted).into()),
    }
}

async fn add(registry: &Registry, site: Add) -> anyhow::Result<()> {
    if site.time_zone.parse::<chrono_tz::Tz>().is_err() {
        return Err(Trouble::new(format!("{} is no time zone.", site.time_zone))
            .mend("use a name of the IANA database, e.g. Europe/Berlin or Asia/Shanghai")
            .into());
    }
    let mut tx = registry.write().await?;
    let row = SiteRow {
        id: registry.ids.next(),
        name: site.name,
        address: site.address,
        city: site.city,
        country: site.country.to_uppercase(),
        latitude: None,
        longitude: None,
        time_zone: site.time_zone,
        created_at: registry.now(),
    };
    sites::create(&mut tx, &row).await?;
    registry.tell(&mut tx, &SiteCreated { site_id: row.id.to_string(), by: BY.to_owned() }).await?;
    if let Some(tariff) = &site.tariff {
        tariff::put_at(&tariff::hand(registry), &mut tx, (Some(row.id), None), Some(tariff), true).await?;
    }
    tx.commit().await?;
    out::print(&format!("Site {} has the number {}.\n", row.name, row.id))
}

async fn list(registry: &Registry, text: &str, json: bool) -> anyhow::Result<()> {
    let mut found: Vec<SiteRow> = Vec::new();
    let mut tx = registry.read().await?;
    loop {
        let page = sites::list(&mut tx, text, found.last().map(|site| site.id), PAGE).await?;
        let last = (page.len() as i64) < PAGE;
        found.extend(page);
        if last {
            break;
        }
    }
    let mut with_tariffs = Vec::with_capacity(found.len());
    for site in found {
        let tariff = tariff::at_place(&mut tx, Some(site.id), None, registry.now()).await?;
        with_tariffs.push((site, tariff));
    }
    let found = with_tariffs;
    if json {
        let as_json = |(site, tariff): &(SiteRow, Option<String>)| {
            json!({
                "id": site.id, "name": site.name, "address": site.address, "city": site.city, "country": site.country,
                "time_zone": site.time_zone, "tariff": tariff,
            })
        };
        return out::json(&found.iter().map(as_json).collect::<Vec<_>>());
    }
    if found.is_empty() {
        return out::print("There is no site yet: csms site add NAME\n");
    }
    let rows: Vec<Vec<String>> = found
        .into_iter()
        .map(|(site, tariff)| {
            vec![site.id.to_string(), site.name, site.city, site.time_zone, tariff.unwrap_or_default()]
        })
        .collect();
    out::print(&out::table(&["NUMBER", "NAME", "CITY", "TIME ZONE", "TARIFF"], &rows))
}

async fn assign(registry: &Registry, site: &str, tariff: Option<String>) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    let site = find(&mut tx, site).await?;
    let told = match &tariff {
        Some(tariff) => format!("Sessions that start at {} have the tariff {tariff}.\n", site.name),
        None => format!("{} has no tariff of its own; the default one counts.\n", site.name),
    };
    tariff::put_at(&tariff::hand(registry), &mut tx, (Some(site.id), None), tariff.as_deref(), false).await?;
    tx.commit().await?;
    out::print(&told)
}

async fn remove(registry: &Registry, site: &str, yes: bool) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    let site = find(&mut tx, site).await?;
    drop(tx);
    if !confirm(yes, &format!("Remove the site {}?", site.name))? {
        return out::print("Nothing was changed.\n");
    }
    let mut tx = registry.write().await?;
    sites::delete(&mut tx, site.id).await.map_err(|error| match error.is_reference() {
        true => Trouble::new(format!("{} cannot be removed: stations stand there.", site.name)).into(),
        false => anyhow::Error::from(error),
    })?;
    registry.tell(&mut tx, &SiteRemoved { site_id: site.id.to_string(), by: BY.to_owned() }).await?;
    tx.commit().await?;
    out::print(&format!("Site {} is removed.\n", site.name))
}
