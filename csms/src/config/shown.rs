//! The settings in force as they are shown to people and programs: each with its meaning, secrets masked.

use super::{Config, keys::KEYS};
use serde_json::Value;

/// A setting in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The dotted key.
    pub name: &'static str,
    /// What it does.
    pub about: &'static str,
    pub value: Value,
}

/// All settings in the order in which they are printed; `secrets` shows those too.
pub fn in_force(config: &Config, secrets: bool) -> Vec<Setting> {
    let root = serde_json::to_value(config).unwrap_or_default();
    let setting = |name: &'static str, about: &'static str| {
        let value = name.split('.').try_fold(&root, |value, part| value.get(part))?;
        let value = match (name, value.as_str()) {
            ("database.url" | "messages.smtp_url", Some(url)) if !secrets => Value::from(masked(url)),
            _ if !secrets => hidden(last(name), value),
            _ => value.clone(),
        };
        Some(Setting { name, about, value })
    };
    KEYS.iter().filter_map(|key| setting(key.name, key.about)).collect()
}

/// A URL without its password.
pub fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((user, host)) = rest.rsplit_once('@') else { return url.to_owned() };
    match user.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:***@{host}"),
        None => url.to_owned(),
    }
}

fn last(dotted: &str) -> &str {
    dotted.rsplit('.').next().unwrap_or(dotted)
}

/// The value with what is secret in it hidden: texts under names like `secret_key`, in tables and lists too. Names of
/// files say where a secret is, not what it is.
fn hidden(name: &str, value: &Value) -> Value {
    let secret =
        !name.ends_with("_file") && ["secret", "password", "key"].iter().any(|word| name.contains(word));
    match value {
        Value::String(text) if secret && !text.is_empty() => "***".into(),
        Value::Array(items) => items.iter().map(|item| hidden(name, item)).collect(),
        Value::Object(table) => {
            table.iter().map(|(name, value)| (name.clone(), hidden(name, value))).collect()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked() {
        assert_eq!(masked("postgres://u:p@ss@h:5/db"), "postgres://u:***@h:5/db");
        assert_eq!(masked("postgres://u@h/db"), "postgres://u@h/db");
        assert_eq!(masked("sqlite:data/a.db"), "sqlite:data/a.db");
        let mut config = Config::default();
        config.database.url = "postgres://u:hush@h/db".to_owned();
        let url = |secrets| {
            in_force(&config, secrets)
                .into_iter()
                .find(|setting| setting.name == "database.url")
                .unwrap()
                .value
        };
        assert_eq!(
            (url(false), url(true)),
            ("postgres://u:***@h/db".into(), "postgres://u:hush@h/db".into())
        );
    }
}
