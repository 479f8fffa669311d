use super::*;
use std::collections::BTreeSet;

fn flags(set: &[&str]) -> Flags {
    Flags { set: set.iter().map(ToString::to_string).collect(), ..Flags::default() }
}

fn with_file(text: &str) -> Result<Settings, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("site.toml");
    std::fs::write(&path, text).unwrap();
    let flags = Flags { config: Some(path), ..Flags::default() };
    let name = dir.path().display().to_string() + "/";
    Settings::load(&flags, &[]).map_err(|trouble| trouble.to_string().replace(&name, ""))
}

fn leaves(parent: &str, value: &toml::Value, found: &mut BTreeSet<String>) {
    match value {
        toml::Value::Table(table) => {
            for (name, value) in table {
                let key = if parent.is_empty() { name.clone() } else { format!("{parent}.{name}") };
                leaves(&key, value, found);
            }
        }
        _ => {
            found.insert(parent.to_owned());
        }
    }
}

#[test]
fn every_setting_is_explained_and_nothing_else() {
    let mut real = BTreeSet::new();
    leaves("", &toml::Value::try_from(Config::default()).unwrap(), &mut real);
    let told: BTreeSet<String> = keys::KEYS.iter().map(|key| key.name.to_owned()).collect();
    assert_eq!(real, told, "config.rs (left) and keys.rs (right) differ");
    assert_eq!(told.len(), keys::KEYS.len(), "a key is listed twice");
    for name in &told {
        let section = name.rsplit_once('.').unwrap().0;
        assert!(keys::SECTIONS.iter().any(|known| known.name == section), "no section {section}");
    }
}

#[test]
fn the_defaults_have_no_problem() {
    assert_eq!(check::problems(&Config::default()), vec![]);
}

#[test]
fn what_is_printed_can_be_read_again() {
    let settings = Settings::load(&flags(&["ocpp.heartbeat_interval_s=77", "log.format=json"]), &[]).unwrap();
    let text = settings.print(true);
    assert!(text.contains("seconds (from command line)\nheartbeat_interval_s = 77\n"), "{text}");
    let again = with_file(&text).unwrap();
    assert_eq!(
        toml::to_string(&again.config).unwrap(),
        toml::to_string(&settings.config).unwrap(),
        "reading what was printed gives the same settings"
    );
}

#[test]
fn a_later_source_goes_over_an_earlier_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.toml");
    std::fs::write(&path, "[ocpp]\nheartbeat_interval_s = 60\nlisten = \"127.0.0.1:9001\"\n").unwrap();
    let flags = Flags {
        config: Some(path),
        set: vec!["ocpp.heartbeat_interval_s=61".into(), "web.login_hours=3".into()],
        ..Flags::default()
    };
    let config = Settings::load(&flags, &[("web.listen", "127.0.0.1:0".into())]).unwrap().config;
    assert_eq!(config.ocpp.heartbeat_interval_s, 61);
    assert_eq!(config.ocpp.listen.port(), 9001);
    assert_eq!(config.web.login_hours, 3);
    assert_eq!(config.web.listen.port(), 0);
}

#[test]
fn all_unknown_keys_are_named_at_once_with_their_neighbours() {
    let told = with_file("[ocpp]\nhartbeat_interval_s = 60\n[oicp]\nlisten = 3\n[ocpp.limits]\nzzz = 1")
        .unwrap_err();
    assert_eq!(
        told,
        "The configuration cannot be used.\n\
         \x20 why: site.toml: ocpp.hartbeat_interval_s: unknown key, did you mean ocpp.heartbeat_interval_s?\n\
         \x20 why: site.toml: ocpp.limits.zzz: unknown key, nothing is called like that\n\
         \x20 why: site.toml: oicp.listen: unknown key, did you mean ocpp.listen?\n\
         \x20  do: csms config prints every key with its meaning and its value"
    );
}

#[test]
fn wrong_types_and_values_are_explained() {
    let told = with_file("[ocpp]\nheartbeat_interval_s = \"soon\"").unwrap_err();
    assert!(
        told.contains("site.toml: ocpp.heartbeat_interval_s: found string")
            || told.contains("string \"soon\" stands where u32"),
        "{told}"
    );
    assert!(told.contains("ocpp.heartbeat_interval_s is: told to stations at boot"), "{told}");
    let told = with_file("[log]\nformat = \"xml\"").unwrap_err();
    assert!(told.contains("log.format: `xml` is none of text, json"), "{told}");
    let told = with_file("[ocpp\n").unwrap_err();
    assert!(told.contains("site.toml") && told.contains("line 1"), "{told}");
    let told = with_file("[ocpp]\nping_interval_s = 60\nidle_timeout_s = 30").unwrap_err();
    assert!(told.contains("site.toml: ocpp.idle_timeout_s: it must be longer"), "{told}");
    let told = with_file("ocpp = 3").unwrap_err();
    assert!(told.contains("ocpp"), "{told}");
}

#[test]
fn a_named_file_must_be_there() {
    let flags = Flags { config: Some("/nowhere/csms.toml".into()), ..Flags::default() };
    let told = Settings::load(&flags, &[]).unwrap_err().to_string();
    assert!(told.contains("there is no file /nowhere/csms.toml"), "{told}");
}

#[test]
fn a_set_flag_needs_an_equals_sign_and_a_known_key() {
    assert!(
        Settings::load(&flags(&["ocpp.listen"]), &[]).unwrap_err().to_string().contains("--set KEY=VALUE")
    );
    let told = Settings::load(&flags(&["ocpp.lisen=1"]), &[]).unwrap_err().to_string();
    assert!(told.contains("command line: ocpp.lisen: unknown key, did you mean ocpp.listen?"), "{told}");
}
