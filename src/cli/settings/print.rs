//! The settings in force as a TOML file that can be edited and used.

use super::keys::{KEYS, Key, SECTIONS};
use csms::config::Config;
use std::fmt::Write;

/// Every setting with its meaning, its value, and where the value came from. Reading the text gives the same settings
/// (a masked password excepted).
pub fn toml(config: &Config, origin: impl Fn(&str) -> Option<String>, secrets: bool) -> String {
    let root = toml::Value::try_from(config).unwrap_or_else(|_| toml::Value::Table(toml::Table::new()));
    let mut text = String::from(
        "# Settings of csms. Flags go over CSMS_* variables (CSMS_OCPP__LISTEN is ocpp.listen),\n\
         # variables over this file, this file over the defaults.\n",
    );
    for section in SECTIONS {
        let _ = write!(text, "\n# {}\n[{}]\n", section.about, section.name);
        for key in KEYS.iter().filter(|key| in_section(key, section.name)) {
            let Some(value) = find(&root, key.name) else { continue };
            let value = match (key.name, value.as_str()) {
                ("database.url", Some(url)) if !secrets => toml::Value::from(masked(url)),
                _ => value.clone(),
            };
            let name = key.name.rsplit('.').next().unwrap_or(key.name);
            let _ = write!(text, "# {}", key.about);
            if let Some(from) = origin(key.name) {
                let _ = write!(text, " (from {from})");
            }
            let _ = writeln!(text, "\n{name} = {value}");
        }
    }
    text
}

/// A database URL without its password.
pub fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((user, host)) = rest.rsplit_once('@') else { return url.to_owned() };
    match user.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:***@{host}"),
        None => url.to_owned(),
    }
}

fn in_section(key: &Key, section: &str) -> bool {
    key.name.rsplit_once('.').is_some_and(|(parent, _)| parent == section)
}

fn find<'a>(root: &'a toml::Value, dotted: &str) -> Option<&'a toml::Value> {
    dotted.split('.').try_fold(root, |value, name| value.get(name))
}
