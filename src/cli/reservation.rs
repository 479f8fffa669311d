//! `csms reservation`: outlets that are kept for somebody. The server asks the stations; it must use the same database.

use super::{
    out,
    registry::{NODE, PAGE, instant, shown, unusable},
    settings::{Flags, Settings},
    trouble::Trouble,
};
use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    app::App,
    clock::Clock,
    reservation::{self, Wish},
    store::reservations::{self, Filter, ReservationRow},
};

/// Who acts, in rows.
const BY: &str = "command line";

/// `csms reservation`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms reservation add HALL-7 04A1B2C3 --evse 2 --minutes 30
  csms reservation add HALL-7 04A1B2C3 --connector-type cCCS2 --from 2026-12-24T18:00:00Z --until 2026-12-24T18:30:00Z
  csms reservation list --open
  csms reservation cancel 4711

The server asks the stations, within a few seconds; it must use the same database.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List reservations, the newest first
    List {
        /// Only at this station
        #[arg(long)]
        station: Option<String>,
        /// Only in this state, e.g. held or no-show
        #[arg(long)]
        state: Option<String>,
        /// Only for this identifier
        #[arg(long)]
        token: Option<String>,
        /// Only those that are not over
        #[arg(long)]
        open: bool,
    },
    /// Keep an outlet for an identifier of ours and its group
    Add {
        station: String,
        /// The identifier (csms token list)
        token: String,
        /// Of which kind it is, where several have the same text
        #[arg(long)]
        token_kind: Option<String>,
        /// Members of this group may use it [default: those of the identifier's own group]
        #[arg(long)]
        group: Option<String>,
        /// The outlet [default: any of the station, if it can keep that]
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
        evse: Option<u32>,
        /// Any outlet with such a connector (OCPP 2.x), e.g. cCCS2
        #[arg(long, conflicts_with = "evse")]
        connector_type: Option<String>,
        /// When it begins [default: now]
        #[arg(long, value_parser = instant)]
        from: Option<DateTime<Utc>>,
        /// When it ends
        #[arg(long, value_parser = instant, conflicts_with = "minutes")]
        until: Option<DateTime<Utc>>,
        /// How long it lasts
        #[arg(long, default_value_t = 30)]
        minutes: u32,
    },
    /// Give a reservation up; a station that holds it is told
    Cancel { id: i64 },
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let mut config = Settings::load(flags, &[])?.config;
    config.database.node = NODE;
    let app = App::open(config, Clock::System).await.map_err(unusable)?;
    let done = act(&app, args.command).await;
    app.close().await;
    done
}

async fn act(app: &App, command: Command) -> anyhow::Result<()> {
    match command {
        Command::List { station, state, token, open } => {
            list(app, &Filter { station, state, token, open }).await
        }
        Command::Add { station, token, token_kind, group, evse, connector_type, from, until, minutes } => {
            let begins = from.unwrap_or_else(|| app.clock.now());
            let expires_at = until.unwrap_or(begins + TimeDelta::minutes(i64::from(minutes)));
            let station = station.as_str().into();
            let wish = Wish { station, evse, connector_type, token, token_kind, group, from, expires_at };
            let row = reservation::make(app, wish, BY, None).await;
            let row = row.map_err(|error| Trouble::new("The reservation was not made.").why(error))?;
            let until = shown(Some(row.expires_at));
            out::print(&format!(
                "Reservation {} is wished until {until}; csms reservation list says what the station answers.\n",
                row.id
            ))
        }
        Command::Cancel { id } => {
            if reservation::cancel(app, id, BY).await? {
                return out::print("It is given up as soon as the station is told.\n");
            }
            let row = reservations::find(&mut app.db.read().await?, id).await?;
            let why = row.map_or_else(
                || format!("There is no reservation {id}."),
                |row| format!("Reservation {id} is over: {}.", row.state),
            );
            Err(Trouble::new(why).mend("csms reservation list --open").into())
        }
    }
}

async fn list(app: &App, filter: &Filter) -> anyhow::Result<()> {
    let rows = reservations::list(&mut app.db.read().await?, filter, None, PAGE).await?;
    if rows.is_empty() {
        return out::print("No reservation fits; csms reservation add makes one.\n");
    }
    let line = |row: ReservationRow| {
        let place = match (row.evse, row.connector_type.as_str()) {
            (0, "") => "any".to_owned(),
            (0, kind) => kind.to_owned(),
            (evse, _) => evse.to_string(),
        };
        let price = format!("{} {}", row.total_incl, row.currency);
        let (from, until) = (shown(Some(row.from_at)), shown(Some(row.expires_at)));
        vec![
            row.id.to_string(),
            row.station_id,
            place,
            row.token_uid,
            from,
            until,
            row.state,
            price.trim().to_owned(),
            row.reason,
        ]
    };
    let head = ["ID", "STATION", "EVSE", "TOKEN", "FROM", "UNTIL", "STATE", "PRICE", "WHY"];
    out::print(&out::table(&head, &rows.into_iter().map(line).collect::<Vec<_>>()))
}
