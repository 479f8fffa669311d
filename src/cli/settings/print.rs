//! The settings in force as a TOML file that can be edited and used.

use csms::config::{
    Config,
    keys::SECTIONS,
    shown::{Setting, in_force},
};
use serde_json::Value;
use std::fmt::Write;

/// Every setting with its meaning, its value, and where the value came from. Reading the text gives the same settings
/// (a masked password excepted).
pub fn toml(config: &Config, origin: impl Fn(&str) -> Option<String>, secrets: bool) -> String {
    let settings = in_force(config, secrets);
    let mut text = String::from(
        "# Settings of csms. Flags go over CSMS_* variables (CSMS_OCPP__LISTEN is ocpp.listen),\n\
         # variables over this file, this file over the defaults.\n",
    );
    for section in SECTIONS {
        let _ = write!(text, "\n# {}\n[{}]\n", section.about, section.name);
        for setting in settings.iter().filter(|setting| in_section(setting, section.name)) {
            let Ok(value) = toml::Value::try_from(without_nothing(&setting.value)) else { continue };
            let _ = write!(text, "# {}", setting.about);
            if let Some(from) = origin(setting.name) {
                let _ = write!(text, " (from {from})");
            }
            let name = setting.name.rsplit('.').next().unwrap_or(setting.name);
            let _ = writeln!(text, "\n{name} = {value}");
        }
    }
    text
}

/// TOML says nothing of what is not there.
fn without_nothing(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let there = fields.iter().filter(|(_, value)| !value.is_null());
            there.map(|(name, value)| (name.clone(), without_nothing(value))).collect()
        }
        Value::Array(items) => items.iter().map(without_nothing).collect(),
        other => other.clone(),
    }
}

fn in_section(setting: &Setting, section: &str) -> bool {
    setting.name.rsplit_once('.').is_some_and(|(parent, _)| parent == section)
}
