//! Tariffs from files, in whichever of the formats they are.

use crate::cli::trouble::Trouble;
use std::{
    io::Read,
    path::{Path, PathBuf},
};
use tariffs::{
    Invalid, Problem, Tariff, ocpi,
    ocpi::{Publisher, Version},
};

/// A tariff is some pages of text, a charge detail record of a long session a few hundred.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// How a tariff is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Wattline's own, see docs/tariffs.md
    Own,
    /// A Tariff object of OCPI
    Ocpi,
    /// A TariffType of OCPP 2.1
    Ocpp,
}

/// A tariff that was read.
pub struct Loaded {
    pub tariff: Tariff,
    pub format: Format,
    /// Whose it is, if the file says so.
    pub publisher: Option<Publisher>,
    /// What was left out or understood leniently.
    pub notes: Vec<Problem>,
}

/// Reads a tariff. Without a `format` the file's own fields tell which it is; without a `version` they tell OCPI's.
pub fn load(file: &Path, format: Option<Format>, version: Option<Version>) -> anyhow::Result<Loaded> {
    let text = text(file)?;
    parse(&text, format, version).map_err(|invalid| refused(file, &invalid).into())
}

/// Reads a tariff from its text.
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
            let read = tariffs::ocpp::read_tariff(text)?;
            Loaded { tariff: read.tariff, format, publisher: None, notes: read.notes }
        }
    })
}

/// What the file is by the fields that only one format has.
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

/// A file's text; `-` is standard input.
pub fn text(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(FILE_BYTES_MAX + 1).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|open| open.take(FILE_BYTES_MAX + 1).read_to_string(&mut text))
    };
    let trouble = || Trouble::new(format!("{} cannot be read.", file.display()));
    read.map_err(|error| trouble().why(error).mend("name a file, or - for standard input"))?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(trouble().why("it is longer than 16 MiB").into());
    }
    Ok(text)
}

/// What is wrong with a file, field by field.
pub fn refused(file: &Path, invalid: &Invalid) -> Trouble {
    let trouble = Trouble::new(format!("{} cannot be used.", file.display()));
    let mend = "docs/tariffs.md and csms tariff --help have examples";
    invalid.problems.iter().fold(trouble, |trouble, problem| trouble.why(problem)).mend(mend)
}

/// `2.2.1` or `2.3.0`.
pub fn version(text: &str) -> Result<Version, String> {
    text.parse().map_err(|unknown: ocpi::UnknownVersion| unknown.to_string())
}

/// The file and how it is written: what most commands take.
#[derive(Debug, clap::Args)]
pub struct Source {
    /// The file; - for standard input
    pub file: PathBuf,
    /// How it is written [default: told by its fields]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// The version of OCPI, 2.2.1 or 2.3.0 [default: told by its fields]
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub version: Option<Version>,
}

impl Source {
    /// Reads the tariff.
    pub fn load(&self) -> anyhow::Result<Loaded> {
        load(&self.file, self.format, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_tells_what_it_is() {
        assert_eq!(guess_format(r#"{"elements":[{"components":[]}]}"#), Format::Own);
        assert_eq!(guess_format(r#"{"elements":[{"price_components":[]}]}"#), Format::Ocpi);
        assert_eq!(guess_format(r#"{"tariffId":"x"}"#), Format::Ocpp);
        assert_eq!(guess_version(r#"{"tax_included":"NO"}"#), Version::V2_3_0);
        assert_eq!(guess_version("{}"), Version::V2_2_1);
    }
}
