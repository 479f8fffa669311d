//! `csms tariff price`: what a charge detail record, or a session of meter readings, costs.

use super::read;
use crate::cli::{out, trouble::Trouble};
use chrono_tz::Tz;
use csms::{
    tariff_text::{Format, guess_version},
    whatif::files,
};
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tariffs::{
    Bill, Invalid, Language, Plan, Policy,
    ocpi::{self, Cdr, Priced, Totals, Version, cdr::Tolerance},
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "The charging periods are priced as they are given, each by the prices that hold at its start. \
Without --json a bill is printed, rounded to the currency's smallest unit, and every total that the record states \
otherwise. Corners of the standard that engines read differently are decided by --policy; docs/tariffs.md lists them."
)]
pub struct Price {
    /// The charge detail record of OCPI; - for standard input
    #[arg(long, value_name = "FILE", required_unless_present = "readings")]
    cdr: Option<PathBuf>,
    /// Instead: meter readings of sessions, session,at,register_kwh[,activity][,power_kw] as CSV or JSON; activity is
    /// charging or parking
    #[arg(long, value_name = "FILE", conflicts_with = "cdr", requires = "tariff")]
    readings: Option<PathBuf>,
    /// The tariff, in any format [default: the one in the record]
    #[arg(long, value_name = "FILE")]
    tariff: Option<PathBuf>,
    /// The time zone of the location, e.g. Europe/Amsterdam
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    time_zone: Tz,
    /// The version of OCPI, 2.2.1 or 2.3.0 [default: told by the fields of each file]
    #[arg(long, value_name = "VERSION", value_parser = read::version)]
    version: Option<Version>,
    /// Decide a corner otherwise, e.g. step-basis=used; may be given several times
    #[arg(long, value_name = "CORNER=CHOICE")]
    policy: Vec<String>,
    /// Print OCPI's totals as JSON, exact to the last digit; of readings the bills
    #[arg(long)]
    json: bool,
    /// Round the costs of --json to so many decimals, a half away from zero [default: exact]
    #[arg(long, value_name = "N", requires = "json", value_parser = clap::value_parser!(u32).range(..=20))]
    decimals: Option<u32>,
    /// The language of the bill
    #[arg(long, value_enum, default_value = "en")]
    language: super::explain::Words,
}

/// Runs it.
pub fn run(wish: &Price) -> anyhow::Result<()> {
    let policy = policy(&wish.policy)?;
    match (&wish.cdr, &wish.readings) {
        (Some(cdr), _) => record(wish, cdr, policy),
        (None, Some(readings)) => sessions(wish, readings, policy),
        (None, None) => Ok(()),
    }
}

fn record(wish: &Price, file: &Path, policy: Policy) -> anyhow::Result<()> {
    let text = read::text(file)?;
    let version = wish.version.unwrap_or_else(|| guess_version(&text));
    let cdr = ocpi::read_cdr(&text, version).map_err(|invalid| read::refused(file, &invalid))?;
    let priced = priced(wish, file, &cdr, policy)?;
    let totals = priced.totals();
    if wish.json {
        return out::json(&wish.decimals.map_or(totals, |decimals| totals.rounded(decimals)));
    }
    out::print(&report(&cdr, &priced.bill(), &totals, wish.language.language()))
}

/// Prices sessions of readings, each from its first to its last.
fn sessions(wish: &Price, file: &Path, policy: Policy) -> anyhow::Result<()> {
    let Some(tariff) = &wish.tariff else { return Ok(()) };
    let plan = plan(wish, tariff, policy)?;
    let cannot = |why| Trouble::new(format!("The readings in {} cannot be used.", file.display())).why(why);
    let sessions = files::sessions(&read::text(file)?).map_err(cannot)?;
    let bills = sessions.iter().map(|(name, readings)| (name, files::bill(&plan, wish.time_zone, readings)));
    if wish.json {
        let rows = bills.map(|(name, bill)| serde_json::json!({ "session": name, "bill": bill }));
        return out::json(&rows.collect::<Vec<_>>());
    }
    let told = bills.map(|(name, bill)| format!("{name}\n{}", told(&bill, wish.language.language())));
    out::print(&told.collect::<String>())
}

/// The tariff, ready. Our own are held to what may be published; what came from elsewhere need only be possible to price.
fn plan(wish: &Price, file: &Path, policy: Policy) -> anyhow::Result<Arc<Plan>> {
    let loaded = read::load(file, None, wish.version)?;
    let plan = match loaded.format {
        Format::Own if policy == Policy::default() => Plan::new(Arc::new(loaded.tariff)),
        _ => Plan::with_policy(Arc::new(loaded.tariff), policy),
    };
    Ok(Arc::new(plan.map_err(|invalid| read::refused(file, &invalid))?))
}

fn priced(wish: &Price, file: &Path, cdr: &Cdr, policy: Policy) -> anyhow::Result<Priced> {
    let Some(tariff) = &wish.tariff else {
        let refused = |invalid: Invalid| read::refused(file, &invalid);
        return Ok(ocpi::price_by_own(cdr, wish.time_zone, policy).map_err(refused)?);
    };
    let priced = ocpi::price(cdr, &plan(wish, tariff, policy)?, wish.time_zone);
    priced.map_err(|wrong| {
        let what = format!("{} cannot be priced by {}.", file.display(), tariff.display());
        Trouble::new(what).why(wrong).mend("give the tariff that the session was under").into()
    })
}

/// The corners that are decided otherwise, from `corner=choice`.
fn policy(given: &[String]) -> anyhow::Result<Policy> {
    let mut map = Map::new();
    for one in given {
        let trouble = || Trouble::new(format!("--policy {one} is not understood."));
        let (corner, choice) = one
            .split_once('=')
            .ok_or_else(|| trouble().mend("write CORNER=CHOICE, e.g. --policy step-basis=used"))?;
        map.insert(corner.to_owned(), Value::String(choice.to_owned()));
        let alone = Value::Object(Map::from_iter([(corner.to_owned(), Value::String(choice.to_owned()))]));
        serde_json::from_value::<Policy>(alone).map_err(|error| trouble().why(error))?;
    }
    Ok(serde_json::from_value(Value::Object(map))?)
}

fn report(cdr: &Cdr, bill: &Bill, totals: &Totals, language: Language) -> String {
    let mut text = told(bill, language);
    let currency = bill.currency;
    if cdr.credit {
        text += "It is a credit: its total has the other sign.\n";
    }
    for note in &cdr.notes {
        text += &format!("Note: {note}\n");
    }
    let tolerance = Tolerance { money: Decimal::new(1, currency.digits()), ..Tolerance::default() };
    let differences = cdr.differences(totals, &tolerance);
    if differences.is_empty() && cdr.stated != ocpi::cdr::Stated::default() {
        text += "What the record states is what it costs.\n";
    }
    for difference in differences {
        text += &format!("Differs: {difference}\n");
    }
    text
}

/// The lines of a bill and its totals.
fn told(bill: &Bill, language: Language) -> String {
    let mut text = String::new();
    for sentence in bill.explain(language) {
        text += &format!("  {sentence}\n");
    }
    let currency = bill.currency;
    text += &format!("Before tax {} {currency}, after tax {} {currency}", bill.total_excl, bill.total_incl);
    text + &format!(" for {}.\n", bill.energy)
}

/// An IANA name.
pub fn zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| format!("{text} is not a time zone like Europe/Amsterdam or Asia/Shanghai"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tariffs::{StepBasis, UnknownPower};

    #[test]
    fn corners_are_given_by_name() {
        let given = ["step-basis=used".to_owned(), "unknown-power=met".to_owned()];
        let read = policy(&given).unwrap();
        assert_eq!((read.step_basis, read.unknown_power), (StepBasis::Used, UnknownPower::Met));
        assert_eq!(policy(&[]).unwrap(), Policy::default());
        for (wrong, told) in
            [("x=y", "unknown field `x`"), ("credit=never", "unknown variant"), ("credit", "CORNER=CHOICE")]
        {
            let error = policy(&[wrong.to_owned()]).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
