//! `csms tariff explain`: what a tariff says, for people.

use super::read::Source;
use crate::cli::out;
use chrono::NaiveDate;
use chrono_tz::Tz;
use tariffs::{EvseKind, Language, PriceGroup, PriceRow, Tariff, Week, WeekDay};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "The list of prices is in the order of Regulation (EU) 2023/1804 (AFIR): per kWh, per minute, per \
session, other."
)]
pub struct Explain {
    #[command(flatten)]
    source: Source,
    /// The language
    #[arg(long, value_enum, default_value = "en")]
    language: Words,
    /// The time zone of the site, e.g. Europe/Amsterdam
    #[arg(long, value_name = "ZONE", value_parser = super::price::zone, default_value = "UTC")]
    time_zone: Tz,
    /// The week that this day is in [default: this week]
    #[arg(long, value_name = "DATE")]
    week: Option<NaiveDate>,
    /// Prices at this kind of EVSE
    #[arg(long, value_enum)]
    evse: Option<Kind>,
    /// Print JSON: sentences, prices and the week
    #[arg(long)]
    json: bool,
}

/// The languages that tariffs and bills are told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Words {
    /// English
    En,
    /// Chinese
    Zh,
}

impl Words {
    /// As the pricing engine has it.
    pub fn language(self) -> Language {
        match self {
            Words::En => Language::English,
            Words::Zh => Language::Chinese,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    Ac,
    Dc,
}

/// Runs it.
pub fn run(wish: &Explain) -> anyhow::Result<()> {
    let tariff = wish.source.load()?.tariff;
    let language = wish.language.language();
    let evse = wish.evse.map(|kind| if kind == Kind::Ac { EvseKind::Ac } else { EvseKind::Dc });
    let today = || chrono::Utc::now().with_timezone(&wish.time_zone).date_naive();
    let week = tariff.week(wish.week.unwrap_or_else(today), wish.time_zone, evse, language);
    let (sentences, prices) = (tariff.sentences(language), tariff.price_list(language));
    if wish.json {
        return out::json(&serde_json::json!({ "sentences": sentences, "prices": prices, "week": week }));
    }
    let mut text = heading(&tariff);
    for sentence in sentences {
        text += &format!("  {sentence}\n");
    }
    text += &format!("\n{}\n{}", table(&prices, &tariff), hours(&week));
    for note in &week.notes {
        text += &format!("  {note}\n");
    }
    out::print(&text)
}

fn heading(tariff: &Tariff) -> String {
    let name = if tariff.name.is_empty() { String::new() } else { format!(" ({})", tariff.name) };
    format!("{}{name}, in {}:\n", tariff.id, tariff.currency)
}

fn table(prices: &[PriceRow], tariff: &Tariff) -> String {
    let group = |group: PriceGroup| match group {
        PriceGroup::PerKwh => "per kWh",
        PriceGroup::PerMinute => "per minute",
        PriceGroup::PerSession => "per session",
        PriceGroup::Other => "other",
    };
    let rows: Vec<Vec<String>> = prices
        .iter()
        .map(|row| {
            let cells = [group(row.group), &row.what, &row.gross.to_string(), &row.unit, &row.when];
            cells.map(str::to_owned).to_vec()
        })
        .collect();
    out::table(&["GROUP", "WHAT", &format!("{} WITH TAX", tariff.currency), "UNIT", "WHEN"], &rows)
}

/// The week as shades, two characters an hour; dearer is darker.
fn hours(week: &Week) -> String {
    if week.measure.is_none() {
        return String::new();
    }
    if week.least == week.most {
        return format!("Week of {}, {}: {} at all times\n", week.monday, week.time_zone, week.least);
    }
    let mut text =
        format!("Week of {}, {}: from {} to {}\n", week.monday, week.time_zone, week.least, week.most);
    text += "            0     3     6     9     12    15    18    21\n";
    for day in &week.days {
        text += &format!("{} {}\n", day.date.format("%a %d.%m."), shades(day));
    }
    text
}

fn shades(day: &WeekDay) -> String {
    const SHADES: [char; 5] = ['·', '░', '▒', '▓', '█'];
    let shade = |half_hour: u16| {
        let minute = half_hour * 30;
        let now =
            day.segments.iter().find(|segment| segment.from_minute <= minute && minute < segment.to_minute);
        now.map_or(' ', |segment| SHADES[usize::from(segment.level.min(4))])
    };
    (0..48).map(shade).collect()
}
