//! `csms tariff render`: a tariff as other systems read it.

use super::read::Source;
use crate::cli::{out, trouble::Trouble};
use chrono::Utc;
use chrono_tz::Tz;
use csms::tariff_text;
use tariffs::{
    Invalid, Tariff,
    ocpi::{Publisher, Version},
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

impl From<Reader> for tariff_text::Reader {
    fn from(reader: Reader) -> tariff_text::Reader {
        match reader {
            Reader::Own => tariff_text::Reader::Own,
            Reader::Ocpi221 => tariff_text::Reader::Ocpi(Version::V2_2_1),
            Reader::Ocpi230 => tariff_text::Reader::Ocpi(Version::V2_3_0),
            Reader::Ocpp21 => tariff_text::Reader::Ocpp21,
            Reader::California => tariff_text::Reader::California,
        }
    }
}

/// Runs it.
pub fn run(wish: &Render) -> anyhow::Result<()> {
    let loaded = wish.source.load()?;
    let now = Utc::now();
    let reader = wish.reader.into();
    let needed = matches!(reader, tariff_text::Reader::Ocpi(_));
    let code = |given: &Option<String>, read: fn(&Publisher) -> &String, what: &str| {
        let own = loaded.publisher.as_ref().map(read);
        let known = given.as_ref().or(own).cloned().or((!needed).then(String::new));
        known.ok_or_else(|| {
            Trouble::new(format!("The {what} of the publisher is not known."))
                .why("OCPI's tariffs belong to a party, and the file does not name one")
                .mend(format!("give --{what}"))
        })
    };
    let publisher = Publisher {
        country_code: code(&wish.country, |publisher| &publisher.country_code, "country")?,
        party_id: code(&wish.party, |publisher| &publisher.party_id, "party")?,
        last_updated: loaded.publisher.as_ref().map_or(now, |publisher| publisher.last_updated),
    };
    let place = tariff_text::Place { publisher: &publisher, time_zone: wish.time_zone, now };
    let written = tariff_text::write(&loaded.tariff, reader, &place);
    let (json, notes) = written.map_err(|invalid| unsayable(&loaded.tariff, &invalid))?;
    for note in loaded.notes.iter().chain(&notes) {
        eprintln!("note: {note}");
    }
    out::json(&json)
}

fn unsayable(tariff: &Tariff, invalid: &Invalid) -> Trouble {
    let trouble = Trouble::new(format!("{} cannot be written without changing what it costs.", tariff.id));
    invalid.problems.iter().fold(trouble, |trouble, problem| trouble.why(problem))
}
