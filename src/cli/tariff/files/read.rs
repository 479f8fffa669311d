//! Tariffs from files, in whichever of the formats they are.

use crate::cli::trouble::Trouble;
use csms::tariff_text::{self, Loaded, parse};
use std::{
    io::Read,
    path::{Path, PathBuf},
};
use tariffs::{
    Invalid,
    ocpi::{self, Version},
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

impl From<Format> for tariff_text::Format {
    fn from(format: Format) -> tariff_text::Format {
        match format {
            Format::Own => tariff_text::Format::Own,
            Format::Ocpi => tariff_text::Format::Ocpi,
            Format::Ocpp => tariff_text::Format::Ocpp,
        }
    }
}

/// Reads a tariff. Without a `format` the file's own fields tell which it is; without a `version` they tell OCPI's.
pub fn load(file: &Path, format: Option<Format>, version: Option<Version>) -> anyhow::Result<Loaded> {
    let text = text(file)?;
    parse(&text, format.map(Into::into), version).map_err(|invalid| refused(file, &invalid).into())
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
