//! `csms tariff price`: what a charge detail record costs.

use super::read::{self, Format};
use crate::cli::{out, trouble::Trouble};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use std::{path::PathBuf, sync::Arc};
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
    #[arg(long, value_name = "FILE")]
    cdr: PathBuf,
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
    /// Print OCPI's totals as JSON, exact to the last digit
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
    let text = read::text(&wish.cdr)?;
    let version = wish.version.unwrap_or_else(|| read::guess_version(&text));
    let cdr = ocpi::read_cdr(&text, version).map_err(|invalid| read::refused(&wish.cdr, &invalid))?;
    let priced = priced(wish, &cdr, policy)?;
    let totals = priced.totals();
    if wish.json {
        return out::json(&wish.decimals.map_or(totals, |decimals| totals.rounded(decimals)));
    }
    out::print(&report(&cdr, &priced.bill(), &totals, wish.language.language()))
}

fn priced(wish: &Price, cdr: &Cdr, policy: Policy) -> anyhow::Result<Priced> {
    let Some(file) = &wish.tariff else {
        let refused = |invalid: Invalid| read::refused(&wish.cdr, &invalid);
        return Ok(ocpi::price_by_own(cdr, wish.time_zone, policy).map_err(refused)?);
    };
    let loaded = read::load(file, None, wish.version)?;
    // Our own tariffs are held to what may be published; what came from elsewhere need only be possible to price.
    let plan = match loaded.format {
        Format::Own if policy == Policy::default() => Plan::new(Arc::new(loaded.tariff)),
        _ => Plan::with_policy(Arc::new(loaded.tariff), policy),
    };
    let plan = plan.map_err(|invalid| read::refused(file, &invalid))?;
    let priced = ocpi::price(cdr, &Arc::new(plan), wish.time_zone);
    priced.map_err(|wrong| {
        let what = format!("{} cannot be priced by {}.", wish.cdr.display(), file.display());
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
    let mut text = String::new();
    for sentence in bill.explain(language) {
        text += &format!("  {sentence}\n");
    }
    let currency = bill.currency;
    text += &format!("Before tax {} {currency}, after tax {} {currency}", bill.total_excl, bill.total_incl);
    text += &format!(" for {}.\n", bill.energy);
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
