//! `csms reader`: card terminals that are driven through their provider, and the outlets that they take money for.

use super::{
    out,
    registry::{NODE, PAGE, confirm, missing, shown, taken, unusable},
    settings::{Flags, Settings},
    site,
    trouble::Trouble,
};
use csms::{
    app::App,
    clock::Clock,
    pay::{PayError, kiosk},
    store::{
        readers::{self, ReaderRow},
        sites, stations,
    },
};

/// `csms reader`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms reader add cards tmr_FDOt2wlRZEdpd7 --site Harbour      drivers choose among all outlets of the site
  csms reader add cards tmr_FDOt2wlRZEdpd7 --station HALL-7 --evse 2
  csms reader list                                             with the address of each reader's page

The account (pay.accounts) must take the method terminal. The page is shown on the kiosk, beside the reader.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Let a reader take money for an outlet, a station or a site
    Add(Add),
    /// List readers, with the addresses of their pages
    List,
    /// Let a reader take no money any more
    Remove {
        /// The provider's name of it
        reader: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Add {
    /// The account of pay.accounts whose provider drives it
    account: String,
    /// The provider's name of it, e.g. tmr_… of Stripe
    reader: String,
    /// What people call it [default: the provider's name]
    #[arg(long, default_value = "")]
    name: String,
    /// The station that it takes money for
    #[arg(long, conflicts_with = "site", required_unless_present = "site")]
    station: Option<String>,
    /// Only this EVSE of the station
    #[arg(long, requires = "station", value_parser = clap::value_parser!(i64).range(1..=1000))]
    evse: Option<i64>,
    /// The site, by number or name, that it takes money for
    #[arg(long)]
    site: Option<String>,
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let mut config = Settings::load(flags, &[])?.config;
    config.database.node = NODE;
    let app = App::open(config, Clock::System).await.map_err(unusable)?;
    let done = command(&app, args.command).await;
    app.close().await;
    done
}

async fn command(app: &App, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add(reader) => add(app, reader).await,
        Command::List => list(app).await,
        Command::Remove { reader, yes } => {
            if !confirm(yes, &format!("Let reader {reader} take no money any more?"))? {
                return Ok(());
            }
            let mut tx = app.db.write().await?;
            if !readers::delete(&mut tx, &reader).await? {
                return Err(missing("reader", &reader).into());
            }
            tx.commit().await?;
            out::print(&format!("Reader {reader} takes no money any more.\n"))
        }
    }
}

async fn add(app: &App, reader: Add) -> anyhow::Result<()> {
    let mut tx = app.db.read().await?;
    if let Some(station) = &reader.station
        && stations::find(&mut tx, station).await?.is_none()
    {
        return Err(missing("station", station).into());
    }
    let site_id = match &reader.site {
        Some(site) => Some(site::find(&mut tx, site).await?.id),
        None => None,
    };
    drop(tx);
    let name = if reader.name.is_empty() { reader.reader.clone() } else { reader.name };
    let row = ReaderRow {
        id: 0,
        account: reader.account.clone(),
        reader: reader.reader.clone(),
        name,
        code: String::new(),
        station_id: reader.station,
        evse: reader.evse.unwrap_or(0),
        site_id,
        created_at: app.clock.now(),
    };
    let row = kiosk::assign(app, row).await.map_err(|error| match error {
        PayError::Store(error) => taken(error, "reader", &reader.reader),
        PayError::NoWay => Trouble::new(format!("Account {} drives no terminals.", reader.account))
            .mend("add \"terminal\" to its methods in pay.accounts")
            .into(),
        error => Trouble::new(format!("Reader {} was not added: {error}.", reader.reader)).into(),
    })?;
    out::print(&format!("Reader {} takes money now. Its page: {}\n", row.reader, page(app, &row)))
}

fn page(app: &App, row: &ReaderRow) -> String {
    format!("{}/k/{}", app.config.web.public_url.trim_end_matches('/'), row.code)
}

async fn list(app: &App) -> anyhow::Result<()> {
    let mut tx = app.db.read().await?;
    let (mut rows, mut after) = (Vec::new(), 0);
    loop {
        let found = readers::list(&mut tx, after, PAGE).await?;
        let (count, last) = (found.len() as i64, found.last().map_or(0, |row| row.id));
        for row in found {
            let place = match (&row.station_id, row.site_id) {
                (Some(station), _) if row.evse > 0 => format!("{station} / {}", row.evse),
                (Some(station), _) => station.clone(),
                (None, Some(site)) => {
                    sites::find(&mut tx, site).await?.map(|site| site.name).unwrap_or_default()
                }
                (None, None) => String::new(),
            };
            let page = page(app, &row);
            rows.push(vec![row.reader, row.account, row.name, place, page, shown(Some(row.created_at))]);
        }
        if count < PAGE {
            break;
        }
        after = last;
    }
    if rows.is_empty() {
        return out::print("No reader takes money yet (csms reader add).\n");
    }
    out::print(&out::table(&["READER", "ACCOUNT", "NAME", "FOR", "PAGE", "ADDED"], &rows))
}
