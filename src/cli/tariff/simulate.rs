//! `csms tariff simulate`: what past sessions would cost under another tariff.

use super::files;
use crate::cli::{
    audit::{begin, progress},
    out,
    registry::{Registry, instant},
    settings::Flags,
    site,
    trouble::Trouble,
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use csms::whatif::{
    self, Ask,
    files::{self as sessions, FileAsk},
    period::{Month, Period},
    tally::{Bar, Distribution, Extreme, Outcome, PartChange, Share},
};
use rust_decimal::Decimal;
use std::{
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};
use tariffs::{Charge, Plan, Policy};

/// A file of sessions is read whole.
const SESSIONS_BYTES_MAX: u64 = 512 << 20;
/// The longest bar of the histogram, in characters.
const BAR: u64 = 40;

/// `csms tariff simulate`
#[derive(Debug, clap::Args)]
#[command(after_help = r#"Examples:
  csms tariff simulate --tariff new.json                          last month's sessions
  csms tariff simulate --tariff new.json --month 2026-10 --site Harbour
  csms tariff simulate --tariff new.json --from 2026-07-01 --to 2026-09-30 --present day-night --json
  csms tariff simulate --tariff new.json --sessions cdrs.json --time-zone Europe/Berlin
  csms tariff simulate --tariff new.json --sessions readings.csv --present old.json

Sessions are priced again from their stored readings, and compared with their bills. Nothing is changed.

--sessions needs no database. The file holds one of these:
  - CDRs of OCPI 2.2.1, as a JSON array or one after another (JSON lines). They are compared with the total_cost that
    they state.
  - readings as CSV with a line of names, or as JSON objects with these names:
      session,at,register_kwh,activity,power_kw
      s1,2026-10-05T10:00:00Z,100.5,charging,11
      s1,2026-10-05T11:00:00Z,110.5,parking,
    register_kwh is the standing of the meter; activity (charging or parking) and power_kw hold from then on. What is
    empty is as before; the last two columns may be left out. The rows may be in any order. --present names the file of
    the tariff that they are compared with."#)]
pub struct SimulateArgs {
    /// The file of the other tariff
    #[arg(long, value_name = "FILE")]
    tariff: PathBuf,
    /// Sessions that started in this month, by the clock of their site [default: the last month]
    #[arg(long, conflicts_with_all = ["from", "to", "sessions"])]
    month: Option<Month>,
    /// Sessions that started at this instant or later, e.g. 2026-10-01 or 2026-10-01T12:00:00Z
    #[arg(long, value_parser = begin, requires = "to", conflicts_with = "sessions")]
    from: Option<DateTime<Utc>>,
    /// Sessions that started before this instant; a day lasts until its end
    #[arg(long, value_parser = instant, requires = "from", conflicts_with = "sessions")]
    to: Option<DateTime<Utc>>,
    /// Only sessions of this site: its number or name
    #[arg(long, conflicts_with = "sessions")]
    site: Option<String>,
    /// Only sessions of this station
    #[arg(long, conflicts_with = "sessions")]
    station: Option<String>,
    /// Only sessions that were priced under the tariff of this id; with readings: the file of the present tariff
    #[arg(long, value_name = "ID|FILE")]
    present: Option<String>,
    /// Sessions of this file instead of the database; - for standard input
    #[arg(long, value_name = "FILE")]
    sessions: Option<PathBuf>,
    /// The time zone of the sessions in the file
    #[arg(long, default_value = "UTC", requires = "sessions")]
    time_zone: Tz,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub async fn run(flags: &Flags, args: SimulateArgs) -> anyhow::Result<()> {
    let plan = plan(&args.tariff)?;
    let (which, outcome) = match &args.sessions {
        Some(file) => (format!("the sessions of {}", file.display()), of_file(file, plan, &args)?),
        None => of_database(flags, plan, &args).await?,
    };
    if args.json {
        return out::json(&outcome);
    }
    out::print(&report(&which, &outcome))
}

fn of_file(file: &Path, plan: Arc<Plan>, args: &SimulateArgs) -> anyhow::Result<Outcome> {
    let present = args.present.as_deref().map(|file| self::plan(Path::new(file))).transpose()?;
    let text = text(file, SESSIONS_BYTES_MAX, "sessions")?;
    let ask = FileAsk { plan, zone: args.time_zone, present };
    sessions::replay(&text, &ask).map_err(|error| cannot(error).into())
}

async fn of_database(
    flags: &Flags,
    plan: Arc<Plan>,
    args: &SimulateArgs,
) -> anyhow::Result<(String, Outcome)> {
    let registry = Registry::open(flags).await?;
    let site = match &args.site {
        Some(wanted) => Some(site::find(&mut registry.read().await?, wanted).await?),
        None => None,
    };
    let zone = site.as_ref().and_then(|site| site.time_zone.parse().ok()).unwrap_or(Tz::UTC);
    let (which, period) = match (args.from, args.to) {
        (Some(from), Some(to)) => (format!("the sessions from {from} to {to}"), Period::Between { from, to }),
        _ => {
            let month = args.month.unwrap_or_else(|| Month::before(registry.now(), zone));
            (format!("the sessions of {month}"), Period::Month(month))
        }
    };
    let ask = Ask {
        plan,
        period,
        site: site.map(|site| site.id),
        station: args.station.clone(),
        tariff: args.present.clone(),
        most: None,
    };
    let told = |seen| progress(&format!("{seen} sessions looked at"));
    let outcome = whatif::replay(&registry.db, &ask, told).await;
    progress("");
    Ok((which, outcome.map_err(cannot)?))
}

fn cannot(error: whatif::WhatIfError) -> Trouble {
    Trouble::new("The sessions cannot be priced again.").why(error)
}

/// What is simulated need not be fit to be published.
fn plan(file: &Path) -> anyhow::Result<Arc<Plan>> {
    let tariff = files::load(file, None, None)?.tariff;
    let plan = Plan::with_policy(Arc::new(tariff), Policy::default());
    Ok(Arc::new(plan.map_err(|invalid| files::refused(file, &invalid))?))
}

fn text(file: &Path, most: u64, what: &str) -> Result<String, Trouble> {
    let refused =
        |why: String| Trouble::new(format!("The {what} in {} cannot be read.", file.display())).why(why);
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(most + 1).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(most + 1).read_to_string(&mut text))
    };
    read.map_err(|error| refused(error.to_string()))?;
    if text.len() as u64 > most {
        return Err(refused(format!("it is longer than {} MiB", most >> 20)));
    }
    Ok(text)
}

/// What a person reads.
fn report(which: &str, outcome: &Outcome) -> String {
    let Outcome { tariff, currency, sessions, left_out, before, after, .. } = outcome;
    let mut text = format!("Tariff {tariff} for {which}: {sessions} compared, all amounts in {currency}.\n");
    for (count, why) in [
        (left_out.without_bill, "had no tariff"),
        (left_out.unreadable, "cannot be read (csms audit tells more)"),
        (left_out.too_long, "have too many readings"),
    ] {
        if count > 0 {
            text += &format!("Left out: {count} that {why}.\n");
        }
    }
    let Some(distribution) = &outcome.distribution else { return text };
    let row = |what: &str, before: Decimal, after: Decimal| {
        vec![what.to_owned(), plain(before), plain(after), signed(after - before)]
    };
    let mut rows = vec![
        row("net", before.net, after.net),
        row("gross", before.gross, after.gross),
        row("energy, kWh", before.energy_kwh.normalize(), after.energy_kwh.normalize()),
    ];
    text += &format!("\n{}", table(&["TOTAL", "BEFORE", "AFTER", "CHANGE"], &rows));
    rows = outcome.parts.iter().map(|part| row(name(part), part.before.gross, part.after.gross)).collect();
    text += &format!("\n{}", table(&["GROSS OF", "BEFORE", "AFTER", "CHANGE"], &rows));
    let share = |what: &str, share: Share| {
        vec![what.to_owned(), share.sessions.to_string(), format!("{} %", share.percent)]
    };
    rows = vec![
        share("pay more", outcome.more),
        share("pay less", outcome.less),
        share("pay the same", outcome.same),
    ];
    text += &format!("\n{}", table(&["SESSIONS THAT", "", ""], &rows));
    text += &format!(
        "\nChange of the gross per session\n{}{}",
        spread(distribution),
        histogram(&outcome.histogram)
    );
    for (what, list) in [("LARGEST RISES", &outcome.rises), ("LARGEST FALLS", &outcome.falls)] {
        if !list.is_empty() {
            let of = |extreme: &Extreme| row(&extreme.session, extreme.before, extreme.after);
            rows = list.iter().map(of).collect();
            text += &format!("\n{}", table(&[what, "BEFORE", "AFTER", "CHANGE"], &rows));
        }
    }
    text
}

/// A table whose numbers stand below each other.
fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([head[column].len()]).max().unwrap_or(0)
    };
    let right = |column: usize, cell: &str| match column {
        0 => cell.to_owned(),
        _ => format!("{cell:>width$}", width = widest(column)),
    };
    let heads: Vec<String> = head.iter().enumerate().map(|(column, cell)| right(column, cell)).collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let cells =
        |row: &Vec<String>| row.iter().enumerate().map(|(column, cell)| right(column, cell)).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    out::table(&heads, &rows)
}

fn spread(distribution: &Distribution) -> String {
    let Distribution { min, p5, p25, median, p75, p95, max, .. } = distribution;
    let named = [
        ("least", min),
        ("5 %", p5),
        ("25 %", p25),
        ("median", median),
        ("75 %", p75),
        ("95 %", p95),
        ("most", max),
    ];
    let told: Vec<String> =
        named.iter().map(|(name, change)| format!("{name} {}", signed(**change))).collect();
    format!("  {}\n", told.join(" · "))
}

fn histogram(bars: &[Bar]) -> String {
    let most = bars.iter().map(|bar| bar.sessions).max().unwrap_or(0);
    let label = |bar: &Bar| match bar.from == bar.to {
        true => "no change".to_owned(),
        false => format!("{} … {}", signed(bar.from), signed(bar.to)),
    };
    let width = bars.iter().map(|bar| label(bar).chars().count()).max().unwrap_or(0);
    let line = |bar: &Bar| {
        // What is there is seen, however little it is.
        let length = usize::try_from((bar.sessions * BAR).div_ceil(most.max(1))).unwrap_or(0);
        format!("  {:>width$}  {} {}\n", label(bar), "█".repeat(length), bar.sessions)
    };
    bars.iter().map(line).collect()
}

fn name(part: &PartChange) -> &'static str {
    match part.charge {
        Some(Charge::Energy) => "energy",
        Some(Charge::Service) => "service fee",
        Some(Charge::Time) => "charging time",
        Some(Charge::ParkingTime) => "parking time",
        Some(Charge::ReservationTime) => "reservation",
        Some(Charge::Flat) => "flat fee",
        Some(Charge::ReservationFlat) => "flat fee of reservations",
        None => "limits, discounts, rounding",
    }
}

fn plain(amount: Decimal) -> String {
    amount.to_string()
}

fn signed(amount: Decimal) -> String {
    if amount > Decimal::ZERO { format!("+{amount}") } else { amount.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(dir: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn tariff(price: &str) -> String {
        format!(
            r#"{{"id":"p{price}","currency":"EUR","elements":[{{"components":[{{"dimension":"energy","price":"{price}"}}]}}]}}"#
        )
    }

    #[test]
    fn a_report_is_read_from_the_top() {
        let dir = tempfile::tempdir().unwrap();
        let mut rows = "session,at,register_kwh\n".to_owned();
        for n in 0..20 {
            rows += &format!("s{n},2026-10-05T10:00:00Z,0\ns{n},2026-10-05T11:00:00Z,{n}\n");
        }
        let sessions = file(&dir, "readings.csv", &rows);
        let args = SimulateArgs {
            tariff: file(&dir, "new.json", &tariff("0.50")),
            month: None,
            from: None,
            to: None,
            site: None,
            station: None,
            present: Some(file(&dir, "old.json", &tariff("0.40")).display().to_string()),
            sessions: Some(sessions.clone()),
            time_zone: Tz::UTC,
            json: false,
        };
        let outcome = of_file(&sessions, plan(&args.tariff).unwrap(), &args).unwrap();
        let report = report("the sessions of readings.csv", &outcome);
        assert_eq!(
            report.lines().take(7).collect::<Vec<_>>(),
            [
                "Tariff p0.50 for the sessions of readings.csv: 20 compared, all amounts in EUR.",
                "",
                "TOTAL        BEFORE  AFTER  CHANGE",
                "net           76.00  95.00  +19.00",
                "gross         76.00  95.00  +19.00",
                "energy, kWh     190    190       0",
                "",
            ],
            "{report}"
        );
        for words in ["pay more       19  95.0 %", "median +0.90", "no change  ", "+1.80 … +2.00  ", "s19"]
        {
            assert!(report.contains(words), "{words:?} is missing:\n{report}");
        }
        let json = serde_json::to_value(&outcome).unwrap();
        assert_eq!(json["distribution"]["max"], "1.90");
        assert_eq!(json["parts"][0]["charge"], "energy");
        assert_eq!(json["currency"], "EUR");
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let error = plan(&dir.path().join("none.json")).unwrap_err().to_string();
        assert!(error.contains("none.json") && error.contains("why"), "{error}");
        let error = plan(&file(&dir, "bad.json", "{}")).unwrap_err().to_string();
        assert!(error.contains("bad.json cannot be used"), "{error}");
    }
}
