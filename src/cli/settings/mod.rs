//! Where settings come from: the defaults, one TOML file, `CSMS_*` variables, flags; each over the one before.

mod check;
mod print;

pub use csms::config::shown::masked;

use super::trouble::Trouble;
use csms::config::{Config, keys};
use figment::{
    Error, Figment, Metadata, Profile, Provider,
    error::Kind,
    providers::{Env, Format, Serialized, Toml},
    value::{Dict, Map, Value},
};
use std::path::{Path, PathBuf};

/// The file that is read when none is named, if it is there.
const FILE: &str = "csms.toml";
/// Variables that begin like ours and are no settings.
const NO_SETTINGS: [&str; 2] = ["config", "test_"];

/// Flags that every command has.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Settings")]
pub struct Flags {
    /// Configuration file [default: csms.toml if it is there]
    #[arg(long, short, global = true, value_name = "FILE", env = "CSMS_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,

    /// Database: sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE (setting database.url)
    #[arg(long, global = true, value_name = "URL")]
    pub database: Option<String>,

    /// Any other setting, e.g. --set ocpp.open_registration=true; may be repeated
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub set: Vec<String>,

    /// How much is logged: error, warn, info, debug, trace, or directives (setting log.level)
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log_level: Option<String>,

    /// How it is logged: text or json (setting log.format)
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<String>,
}

/// The settings in force and where they came from.
#[derive(Debug)]
pub struct Settings {
    pub config: Config,
    figment: Figment,
}

impl Settings {
    /// Reads everything and refuses what it does not know.
    ///
    /// `own` are the settings that the command's own flags stand for, over all others.
    ///
    /// # Errors
    /// A [`Trouble`] that names file (or variable, or flag), key, and the nearest key that exists.
    pub fn load(flags: &Flags, own: &[(&str, String)]) -> Result<Settings, Trouble> {
        let mut figment = Figment::from(Serialized::defaults(Config::default()));
        if let Some(path) = file(flags)? {
            figment = figment.merge(Toml::file_exact(path));
        }
        let env = Env::prefixed("CSMS_")
            .filter(|key| !NO_SETTINGS.iter().any(|no| key.starts_with(no)))
            .split("__")
            .lowercase(true);
        figment = figment.merge(env).merge(CommandLine::new(flags, own)?);
        let config = read(&figment)?;
        let problems = check::problems(&config);
        if problems.is_empty() {
            return Ok(Settings { config, figment });
        }
        Err(problems.into_iter().fold(refused(), |trouble, (key, why)| {
            trouble.why(format!("{}: {why}", place(figment.find_metadata(key), key)))
        }))
    }

    /// The settings in force as a TOML file with a comment on each, passwords masked unless `secrets`.
    pub fn print(&self, secrets: bool) -> String {
        print::toml(&self.config, |key| self.origin(key), secrets)
    }

    /// Has nobody set this?
    pub fn is_default(&self, key: &str) -> bool {
        self.origin(key).is_none()
    }

    /// Where a setting's value came from, if not from the defaults.
    fn origin(&self, key: &str) -> Option<String> {
        let metadata = self.figment.find_metadata(key)?;
        let default = metadata.name.contains("Config");
        (!default).then(|| source(metadata, key))
    }
}

fn refused() -> Trouble {
    Trouble::new("The configuration cannot be used.")
}

fn file(flags: &Flags) -> Result<Option<&Path>, Trouble> {
    match &flags.config {
        Some(path) if path.is_file() => Ok(Some(path)),
        Some(path) => Err(refused()
            .why(format!("there is no file {}", path.display()))
            .mend("check --config and CSMS_CONFIG")
            .mend(format!("or write one: csms config > {}", path.display()))),
        None => Ok(Some(Path::new(FILE)).filter(|path| path.is_file())),
    }
}

fn read(figment: &Figment) -> Result<Config, Trouble> {
    let values: Dict = figment.extract().map_err(told)?;
    let mut unknown = Vec::new();
    find_unknown("", &values, &mut unknown);
    if unknown.is_empty() {
        return figment.extract().map_err(told);
    }
    let mut trouble = refused();
    for key in &unknown {
        let metadata = figment.find_metadata(key);
        let hint = match keys::nearest(key) {
            Some(near) => format!("did you mean {}?", named(metadata, near)),
            None => "nothing is called like that".to_owned(),
        };
        trouble = trouble.why(format!("{}: unknown key, {hint}", place(metadata, key)));
    }
    Err(trouble.mend("csms config prints every key with its meaning and its value"))
}

/// Collects the keys that are no settings, dotted.
fn find_unknown(parent: &str, values: &Dict, unknown: &mut Vec<String>) {
    for (name, value) in values {
        let key = if parent.is_empty() { name.clone() } else { format!("{parent}.{name}") };
        let section = keys::SECTIONS.iter().any(|section| section.name == key);
        match value {
            Value::Dict(_, inner) if section => find_unknown(&key, inner, unknown),
            Value::Dict(_, inner)
                if !inner.is_empty() && !keys::KEYS.iter().any(|known| known.name == key) =>
            {
                find_unknown(&key, inner, unknown);
            }
            _ if section || keys::KEYS.iter().any(|known| known.name == key) => {}
            _ => unknown.push(key),
        }
    }
}

/// What serde or the TOML parser had to say.
fn told(errors: Error) -> Trouble {
    errors.into_iter().fold(refused(), |trouble, error| {
        let key = error.path.join(".");
        let why = match &error.kind {
            Kind::InvalidType(actual, expected) => format!("{actual} stands where {expected} is needed"),
            Kind::InvalidValue(actual, expected) => format!("{actual} does not do, it takes {expected}"),
            Kind::UnknownVariant(given, known) => format!("`{given}` is none of {}", known.join(", ")),
            kind => kind.to_string(),
        };
        let place = place(error.metadata.as_ref(), &key);
        match keys::KEYS.iter().find(|known| known.name == key) {
            Some(known) => trouble.why(format!("{place}: {why}")).mend(format!("{key} is: {}", known.about)),
            None => trouble.why(format!("{place}: {why}")),
        }
    })
}

/// `csms.toml: ocpp.listen`, `CSMS_OCPP__LISTEN`, `command line: ocpp.listen`.
fn place(metadata: Option<&Metadata>, key: &str) -> String {
    match metadata {
        Some(metadata) if is_env(metadata) => variable(key),
        Some(metadata) if key.is_empty() => source(metadata, key),
        Some(metadata) => format!("{}: {key}", source(metadata, key)),
        None => key.to_owned(),
    }
}

fn source(metadata: &Metadata, key: &str) -> String {
    match metadata.source.as_ref().and_then(|source| source.file_path()) {
        Some(path) => path.display().to_string(),
        None if is_env(metadata) => variable(key),
        None => metadata.name.to_string(),
    }
}

fn named(metadata: Option<&Metadata>, key: &str) -> String {
    match metadata {
        Some(metadata) if is_env(metadata) => variable(key),
        _ => key.to_owned(),
    }
}

fn is_env(metadata: &Metadata) -> bool {
    metadata.name.contains("environment variable")
}

fn variable(key: &str) -> String {
    format!("CSMS_{}", key.replace('.', "__").to_uppercase())
}

/// The settings that flags stand for.
struct CommandLine {
    values: Vec<(String, Value)>,
}

impl CommandLine {
    fn new(flags: &Flags, own: &[(&str, String)]) -> Result<CommandLine, Trouble> {
        let mut values = Vec::new();
        for pair in &flags.set {
            let (key, text) = pair.split_once('=').ok_or_else(|| {
                Trouble::new(format!("--set {pair} cannot be understood."))
                    .mend("write --set KEY=VALUE, e.g. --set ocpp.open_registration=true")
            })?;
            values.push((key.trim().to_owned(), scalar(text.trim())));
        }
        let named = [
            ("database.url", &flags.database),
            ("log.level", &flags.log_level),
            ("log.format", &flags.log_format),
        ];
        for (key, value) in named {
            values.extend(value.as_ref().map(|value| (key.to_owned(), Value::from(value.clone()))));
        }
        values.extend(own.iter().map(|(key, value)| ((*key).to_owned(), Value::from(value.clone()))));
        Ok(CommandLine { values })
    }
}

/// A number or a truth value if it reads like one, else text.
fn scalar(text: &str) -> Value {
    match (text.parse::<bool>(), text.parse::<i64>()) {
        (Ok(truth), _) => Value::from(truth),
        (_, Ok(number)) => Value::from(number),
        _ => Value::from(text),
    }
}

impl Provider for CommandLine {
    fn metadata(&self) -> Metadata {
        Metadata::named("command line")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let mut root = Dict::new();
        for (key, value) in &self.values {
            insert(&mut root, key, value.clone());
        }
        Ok(Profile::Default.collect(root))
    }
}

fn insert(dict: &mut Dict, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            dict.insert(key.to_owned(), value);
        }
        Some((section, rest)) => {
            let inner = dict.entry(section.to_owned()).or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
