//! `csms tariff render`: a tariff as other systems read it.

use super::read::Source;
use crate::cli::{out, trouble::Trouble};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value};
use tariffs::{
    Context, Invalid, Problem, Tariff, ocpi,
    ocpi::{Publisher, Version},
    ocpp::california as keys,
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "What the other side cannot say exactly is refused with the path of the field; what has no place \
there and no influence on a price is noted on standard error. docs/tariff-renderings.md has the mappings."
)]
pub struct Render {
    #[command(flatten)]
    source: Source,
    /// For whom
    #[arg(long = "as", value_enum, value_name = "READER")]
    reader: Reader,
    /// The publisher's country for OCPI, e.g. DE [default: as in the file]
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// The publisher's party for OCPI, e.g. WAT [default: as in the file]
    #[arg(long, value_name = "CODE")]
    party: Option<String>,
    /// The time zone of the site, for `california`
    #[arg(long, value_name = "ZONE", value_parser = super::price::zone, default_value = "UTC")]
    time_zone: Tz,
}

/// Who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Reader {
    /// Wattline: its own format
    Own,
    /// A Tariff object of OCPI 2.2.1
    #[value(name = "ocpi-2.2.1")]
    Ocpi221,
    /// A Tariff object of OCPI 2.3.0
    #[value(name = "ocpi-2.3.0")]
    Ocpi230,
    /// A TariffType of OCPP 2.1, as in SetDefaultTariff
    #[value(name = "ocpp-2.1")]
    Ocpp21,
    /// The configuration keys of OCPP 1.6 stations with California pricing
    California,
}

/// Runs it.
pub fn run(wish: &Render) -> anyhow::Result<()> {
    let loaded = wish.source.load()?;
    let now = Utc::now();
    let code = |given: &Option<String>, read: fn(&Publisher) -> &String, what: &str| {
        let own = loaded.publisher.as_ref().map(read);
        given.as_ref().or(own).cloned().ok_or_else(|| {
            Trouble::new(format!("The {what} of the publisher is not known."))
                .why("OCPI's tariffs belong to a party, and the file does not name one")
                .mend(format!("give --{what}"))
        })
    };
    let as_ocpi = |version: Version| -> anyhow::Result<(Value, Vec<Problem>)> {
        let publisher = Publisher {
            country_code: code(&wish.country, |publisher| &publisher.country_code, "country")?,
            party_id: code(&wish.party, |publisher| &publisher.party_id, "party")?,
            last_updated: loaded.publisher.as_ref().map_or(now, |publisher| publisher.last_updated),
        };
        let written = ocpi::write_tariff(&loaded.tariff, &publisher, version);
        let written = written.map_err(|invalid| unsayable(&loaded.tariff, &invalid))?;
        Ok((written.json, written.notes))
    };
    let (json, notes) = match wish.reader {
        Reader::Own => (serde_json::from_str(&loaded.tariff.to_json())?, Vec::new()),
        Reader::Ocpi221 => as_ocpi(Version::V2_2_1)?,
        Reader::Ocpi230 => as_ocpi(Version::V2_3_0)?,
        Reader::Ocpp21 => {
            let written = tariffs::ocpp::write_tariff(&loaded.tariff);
            let written = written.map_err(|invalid| unsayable(&loaded.tariff, &invalid))?;
            (written.json, written.notes)
        }
        Reader::California => california(&loaded.tariff, wish.time_zone, now),
    };
    for note in loaded.notes.iter().chain(&notes) {
        eprintln!("note: {note}");
    }
    out::json(&json)
}

/// The configuration keys as one object, each value as ChangeConfiguration takes it.
fn california(tariff: &Tariff, tz: Tz, now: DateTime<Utc>) -> (Value, Vec<Problem>) {
    let default = keys::default_price(tariff, tz, now, &Context::default(), "en");
    let texts = keys::default_price_texts(tariff, "en, zh");
    let clock = keys::time_offset(tz, now).keys();
    let all = std::iter::once(default.key).chain(texts).chain(clock);
    (all.map(|key| (key.name, Value::String(key.value))).collect::<Map<_, _>>().into(), default.notes)
}

fn unsayable(tariff: &Tariff, invalid: &Invalid) -> Trouble {
    let trouble = Trouble::new(format!("{} cannot be written without changing what it costs.", tariff.id));
    invalid.problems.iter().fold(trouble, |trouble, problem| trouble.why(problem))
}
