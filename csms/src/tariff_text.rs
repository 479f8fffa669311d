//! Tariffs as texts of others and for others: which format a text is in, what is wrong or unwise about it, and how a tariff is
//! written for those who read another format. Command line, console and API do it through this.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Map, Value};
use tariffs::{
    Advice, Context, Invalid, Problem, Profile, Tariff,
    ocpi::{self, Publisher, Version},
    ocpp::{self, california},
};

/// How a tariff is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Wattline's own, see docs/tariffs.md.
    Own,
    /// A Tariff object of OCPI.
    Ocpi,
    /// A TariffType of OCPP 2.1.
    Ocpp,
}

impl Format {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Format::Own => "own",
            Format::Ocpi => "ocpi",
            Format::Ocpp => "ocpp",
        }
    }
}

/// A tariff that was read.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub tariff: Tariff,
    pub format: Format,
    /// Whose it is, if the text says so.
    pub publisher: Option<Publisher>,
    /// What was left out or understood leniently.
    pub notes: Vec<Problem>,
}

/// Reads a tariff from its text. Without a `format` its own fields tell which it is; without a `version` they tell OCPI's.
///
/// # Errors
/// All that is wrong with it, field by field.
pub fn parse(text: &str, format: Option<Format>, version: Option<Version>) -> Result<Loaded, Invalid> {
    let format = format.unwrap_or_else(|| guess_format(text));
    Ok(match format {
        Format::Own => {
            Loaded { tariff: Tariff::from_json(text)?, format, publisher: None, notes: Vec::new() }
        }
        Format::Ocpi => {
            let version = version.unwrap_or_else(|| guess_version(text));
            let read = ocpi::read_tariff_to_price(text, version)?;
            Loaded { tariff: read.tariff, format, publisher: read.publisher, notes: read.notes }
        }
        Format::Ocpp => {
            let read = ocpp::read_tariff(text)?;
            Loaded { tariff: read.tariff, format, publisher: None, notes: read.notes }
        }
    })
}

/// What the text is by the fields that only one format has.
fn guess_format(text: &str) -> Format {
    if text.contains("\"price_components\"") {
        Format::Ocpi
    } else if text.contains("\"tariffId\"") {
        Format::Ocpp
    } else {
        Format::Own
    }
}

/// OCPI 2.3.0 is told by the fields that it added.
pub fn guess_version(text: &str) -> Version {
    let new = text.contains("\"tax_included\"") || text.contains("\"before_taxes\"");
    if new { Version::V2_3_0 } else { Version::V2_2_1 }
}

/// Where a tariff is offered to the public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Market {
    /// The European Union: Regulation (EU) 2023/1804 (AFIR).
    Eu,
    /// Germany: Preisangabenverordnung.
    De,
    /// China: electricity fee and service fee apart.
    Cn,
}

/// What a tariff is to be held to.
#[derive(Debug, Clone)]
pub struct Rules {
    pub markets: Vec<Market>,
    /// The most that an EVSE delivers, for the rules of the European Union.
    pub power_kw: Decimal,
    /// Tells what the changes of the clocks there do to the tariff.
    pub time_zone: Option<Tz>,
    pub now: DateTime<Utc>,
}

impl Rules {
    fn profiles(&self, tariff: &Tariff) -> Vec<Profile> {
        let market = |market: &Market| match market {
            Market::Eu => Profile::Afir { max_power_kw: self.power_kw },
            Market::De => Profile::Pangv,
            Market::Cn => Profile::China,
        };
        let mut profiles: Vec<Profile> = self.markets.iter().map(market).collect();
        profiles.extend(self.time_zone.map(|time_zone| {
            let from = tariff.valid_from.unwrap_or(self.now);
            Profile::Site { time_zone, from: from.with_timezone(&time_zone).date_naive() }
        }));
        profiles
    }
}

/// What was found about a text.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Examined {
    /// Why it cannot be used.
    pub problems: Vec<Problem>,
    /// What was left out or understood leniently.
    pub notes: Vec<Problem>,
    pub advice: Vec<Advice>,
}

/// Looks for what is wrong with a tariff, and for what is unwise. It comes back with the tariff, as far as it could be read.
pub fn examine(
    text: &str,
    format: Option<Format>,
    version: Option<Version>,
    rules: &Rules,
) -> (Examined, Option<Loaded>) {
    match parse(text, format, version) {
        Ok(loaded) => {
            // What came from elsewhere may be sound there and yet not be ours to publish.
            let problems = loaded.tariff.check();
            let sound = problems.is_empty();
            let advice = if sound { loaded.tariff.lint(&rules.profiles(&loaded.tariff)) } else { Vec::new() };
            (Examined { problems, notes: loaded.notes.clone(), advice }, Some(loaded))
        }
        Err(invalid) => (Examined { problems: invalid.problems, ..Examined::default() }, None),
    }
}

/// Who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Wattline: its own format.
    Own,
    /// A Tariff object of OCPI.
    Ocpi(Version),
    /// A TariffType of OCPP 2.1, as in SetDefaultTariff.
    Ocpp21,
    /// The configuration keys of OCPP 1.6 stations with California pricing.
    California,
}

impl Reader {
    /// All of them.
    pub const ALL: [Reader; 5] = [
        Reader::Own,
        Reader::Ocpi(Version::V2_2_1),
        Reader::Ocpi(Version::V2_3_0),
        Reader::Ocpp21,
        Reader::California,
    ];

    /// Its word, also in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Reader::Own => "own",
            Reader::Ocpi(Version::V2_2_1) => "ocpi-2.2.1",
            Reader::Ocpi(Version::V2_3_0) => "ocpi-2.3.0",
            Reader::Ocpp21 => "ocpp-2.1",
            Reader::California => "california",
        }
    }

    /// By its word.
    pub fn of(word: &str) -> Option<Reader> {
        Reader::ALL.into_iter().find(|reader| reader.word() == word)
    }
}

/// What a rendering needs beside the tariff.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    /// Whose it is, for OCPI.
    pub publisher: &'a Publisher,
    /// Of the site, for `california`.
    pub time_zone: Tz,
    pub now: DateTime<Utc>,
}

/// Writes a tariff for somebody, with notes about what has no place there and no influence on a price.
///
/// # Errors
/// What they cannot be told exactly, by the paths of the fields.
pub fn write(tariff: &Tariff, reader: Reader, place: &Place<'_>) -> Result<(Value, Vec<Problem>), Invalid> {
    match reader {
        Reader::Own => Ok((serde_json::from_str(&tariff.to_json()).unwrap_or_default(), Vec::new())),
        Reader::Ocpi(version) => {
            ocpi::write_tariff(tariff, place.publisher, version).map(|written| (written.json, written.notes))
        }
        Reader::Ocpp21 => ocpp::write_tariff(tariff).map(|written| (written.json, written.notes)),
        Reader::California => Ok(keys(tariff, place.time_zone, place.now)),
    }
}

/// The configuration keys as one object, each value as ChangeConfiguration takes it.
fn keys(tariff: &Tariff, tz: Tz, now: DateTime<Utc>) -> (Value, Vec<Problem>) {
    let default = california::default_price(tariff, tz, now, &Context::default(), "en");
    let texts = california::default_price_texts(tariff, "en, zh");
    let clock = california::time_offset(tz, now).keys();
    let all = std::iter::once(default.key).chain(texts).chain(clock);
    (all.map(|key| (key.name, Value::String(key.value))).collect::<Map<_, _>>().into(), default.notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_tells_what_it_is() {
        assert_eq!(guess_format(r#"{"elements":[{"components":[]}]}"#), Format::Own);
        assert_eq!(guess_format(r#"{"elements":[{"price_components":[]}]}"#), Format::Ocpi);
        assert_eq!(guess_format(r#"{"tariffId":"x"}"#), Format::Ocpp);
        assert_eq!(guess_version(r#"{"tax_included":"NO"}"#), Version::V2_3_0);
        assert_eq!(guess_version("{}"), Version::V2_2_1);
    }

    #[test]
    fn what_is_written_for_somebody_is_read_as_the_same_tariff() {
        let text = r#"{"id":"flat","currency":"EUR","elements":[{"components":[{"dimension":"energy","price":"0.49"}]}]}"#;
        let tariff = parse(text, None, None).unwrap().tariff;
        let publisher = Publisher {
            country_code: "DE".into(),
            party_id: "WAT".into(),
            last_updated: DateTime::UNIX_EPOCH,
        };
        let place = Place { publisher: &publisher, time_zone: Tz::UTC, now: DateTime::UNIX_EPOCH };
        for reader in Reader::ALL {
            assert_eq!(Reader::of(reader.word()), Some(reader));
            let (json, _) = write(&tariff, reader, &place).unwrap();
            if reader != Reader::California {
                let again = parse(&json.to_string(), None, None).unwrap();
                assert_eq!(again.tariff.elements, tariff.elements, "{}", reader.word());
            }
        }
    }
}
