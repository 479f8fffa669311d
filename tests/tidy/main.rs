//! The house rules as a test: what ARCHITECTURE.md says about who knows what is true because this runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod sources;

use sources::{Source, root, rust_files};
use std::collections::{BTreeMap, BTreeSet};

/// Who may know whom, in shipped code. The root package composes them all.
const ARROWS: [(&str, &[&str]); 8] = [
    ("ocpp", &[]),
    ("tariffs", &[]),
    ("payments", &["tariffs"]),
    ("energy", &[]),
    ("conformance", &["ocpp"]),
    ("csms", &["energy", "ocpp", "payments", "tariffs"]),
    ("web", &["csms", "ocpp", "payments", "tariffs"]),
    ("roaming", &["csms", "tariffs"]),
];
/// And in tests, beside that.
const TEST_ARROWS: [(&str, &[&str]); 2] = [("csms", &["conformance"]), ("web", &["conformance"])];

const FILE_LINES_MAX: usize = 500;
const ARCHITECTURE_LINES_MAX: usize = 250;

/// Fails with every place that breaks a rule, and with the rule.
fn demand(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}\n  {}", broken.join("\n  "));
}

/// Every line of code (not of comments) of the files chosen where `bad` sees something.
fn scan(chosen: impl Fn(&str) -> bool, bad: impl Fn(&str) -> bool) -> Vec<String> {
    let files = rust_files();
    let files = files.iter().filter(|file| chosen(&file.path));
    files
        .flat_map(|file| file.code().filter(|(_, line)| bad(line)).map(|(at, line)| file.at(at, line)))
        .collect()
}

/// Does the word stand in the line, not as a part of a longer one?
fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(part)
            && !line[at + word.len()..].chars().next().is_some_and(part)
    })
}

#[test]
fn crates_know_only_what_they_stand_on() {
    let names: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    let mut broken = Vec::new();
    for (name, allowed) in ARROWS {
        let manifest = toml_file(&format!("{name}/Cargo.toml"));
        let in_tests = TEST_ARROWS.iter().find(|(of, _)| *of == name).map_or(&[][..], |(_, to)| to);
        for (table, also) in
            [("dependencies", &[][..]), ("build-dependencies", &[][..]), ("dev-dependencies", in_tests)]
        {
            let Some(table) = manifest.get(table).and_then(toml::Value::as_table) else { continue };
            for other in table.keys().filter(|other| names.contains(other.as_str())) {
                if !allowed.contains(&other.as_str()) && !also.contains(&other.as_str()) {
                    broken.push(format!("{name} -> {other}"));
                }
            }
        }
    }
    let members = toml_file("Cargo.toml")["workspace"]["members"].clone();
    let members: BTreeSet<String> = members
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect();
    assert_eq!(members, names.iter().map(ToString::to_string).collect(), "a crate without arrows");
    demand("an arrow that ARCHITECTURE.md does not have:", &broken);
}

#[test]
fn only_the_store_speaks_sql() {
    let statements =
        ["SELECT ", "INSERT INTO ", "DELETE FROM ", "CREATE TABLE ", "ON CONFLICT", "sqlx::query"];
    let broken = scan(
        |path| {
            !path.starts_with("csms/src/store/")
                && !path.starts_with("csms/tests/store")
                && !path.starts_with("csms/tests/ledger/")
                && !path.starts_with("csms/tests/clearing/")
                && !path.starts_with("tests/")
        },
        |line| {
            let update = line.contains("\"UPDATE ") || line.contains("UPDATE ") && line.contains(" SET ");
            update || statements.iter().any(|statement| line.contains(statement))
        },
    );
    demand("SQL stands in csms/src/store and nowhere else:", &broken);
}

#[test]
fn only_the_wire_knows_protocol_versions() {
    let at_home = [
        "ocpp/",
        "csms/src/link/",
        "csms/tests/",
        "csms/benches/",
        "conformance/",
        "web/tests/files/",
        "src/cli/bench",
        "src/cli/conformance/words/tests.rs",
        "src/cli/demo",
        "tests/",
    ];
    let names = ["V16", "V201", "V21", "V2", "v16", "v2", "v201", "v21"];
    let broken = scan(
        |path| !at_home.iter().any(|home| path.starts_with(home)),
        |line| names.iter().any(|name| has_word(line, name)),
    );
    demand("versions of OCPP are named in ocpp, csms/src/link and the stations' side only:", &broken);
}

#[test]
fn money_and_energy_are_never_floats() {
    let broken = scan(
        |path| {
            let homes = [
                "tariffs/",
                "payments/",
                "energy/",
                "csms/src/store/",
                "csms/src/session/",
                "csms/src/desk/",
                "csms/src/m",
                "csms/src/pay/",
                "csms/src/ledger/",
                "csms/src/clearing/",
                "csms/src/receipts/",
            ];
            // A decimal that arrives as a float is refused there, which needs the word; a model of behaviour is
            // statistics, and places on a page of PDF are floats.
            homes.iter().any(|home| path.starts_with(home) && (path.contains("/src/")))
                && path != "tariffs/src/model/exact.rs"
                && !path.starts_with("payments/src/risk/behaviour/")
                && path != "payments/src/receipt/pdf.rs"
        },
        |line| has_word(line, "f32") || has_word(line, "f64"),
    );
    demand("no floats where money and energy are:", &broken);
}

#[test]
fn the_clock_is_read_in_one_place() {
    let broken = scan(
        |path| {
            ["csms/src/", "web/src/", "tariffs/src/", "payments/src/", "energy/src/", "ocpp/src/"]
                .iter()
                .any(|home| path.starts_with(home))
                && path != "csms/src/clock.rs"
        },
        |line| ["Utc::now", "Local::now", "SystemTime::now"].iter().any(|now| line.contains(now)),
    );
    demand("the time of day comes from csms::clock, so that tests can move it:", &broken);
}

#[test]
fn nothing_waits_in_an_unbounded_queue() {
    let broken = scan(
        |_| true,
        |line| {
            ["unbounded_channel", "UnboundedSender", "mpsc::unbounded"]
                .iter()
                .any(|queue| line.contains(queue))
        },
    );
    let broken: Vec<String> = broken.into_iter().filter(|place| !place.starts_with("tests/tidy/")).collect();
    demand("every queue has an end:", &broken);
}

#[test]
fn nothing_is_left_for_later() {
    let marks = ["todo!", "unimplemented!", "dbg!("].map(str::to_owned);
    let notes = ["TO", "FIX"].into_iter().zip(["DO", "ME"]).map(|(a, b)| format!("{a}{b}"));
    let marks: Vec<String> = marks.into_iter().chain(notes).collect();
    let mut broken = Vec::new();
    for file in rust_files().iter().filter(|file| !file.path.starts_with("tests/tidy/")) {
        for (at, line) in file.lines() {
            if marks.iter().any(|mark| line.contains(mark.as_str())) {
                broken.push(file.at(at, line));
            }
        }
    }
    demand("finish it, or file it where work is planned:", &broken);
}

#[test]
fn files_are_short_enough_to_read() {
    let long = |file: &&Source| !file.generated() && file.lines().count() > FILE_LINES_MAX;
    let files = rust_files();
    let broken: Vec<String> =
        files.iter().filter(long).map(|file| format!("{}: {}", file.path, file.lines().count())).collect();
    demand("a file has one purpose and at most 500 lines:", &broken);
    let architecture = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(architecture.lines().count() <= ARCHITECTURE_LINES_MAX, "ARCHITECTURE.md is too long to be read");
}

#[test]
fn every_metric_is_explained_to_operators() {
    let told = std::fs::read_to_string(root().join("docs/operations.md")).unwrap();
    let mut known = 0;
    let mut broken = Vec::new();
    for file in rust_files().iter().filter(|file| file.path.starts_with("csms/src/")) {
        for (at, line) in file.code().filter(|(_, line)| {
            ["counter!(\"", "gauge!(\"", "histogram!(\""].iter().any(|m| line.contains(m))
        }) {
            let name = line.split('"').nth(1).unwrap_or_default();
            known += 1;
            if !told.contains(&format!("`{name}`")) {
                broken.push(file.at(at, line));
            }
        }
    }
    assert!(known >= 10, "the metrics are found");
    demand("docs/operations.md does not tell of:", &broken);
}

/// `cargo-deny` knows more, and is not on every machine: the rules of deny.toml that matter most, always checked.
#[test]
fn the_executable_is_made_of_what_deny_toml_allows() {
    let rules = toml_file("deny.toml");
    let list = |value: &toml::Value, key: &str| -> Vec<String> {
        let entries = value[key].as_array().into_iter().flatten();
        entries
            .filter_map(|entry| entry.as_str().or_else(|| entry["crate"].as_str()).map(str::to_owned))
            .collect()
    };
    let (licences, banned) = (list(&rules["licenses"], "allow"), list(&rules["bans"], "deny"));
    let output = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform=x86_64-unknown-linux-gnu"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 50, "all dependencies are looked at");
    let mut broken = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or("none named");
        if !permits(&licences, licence) {
            broken.push(format!("{name}: licence {licence}"));
        }
        if banned.iter().any(|banned| banned == name) {
            broken.push(format!("{name}: banned"));
        }
        let source = package["source"].as_str();
        if source.is_some_and(|source| !source.starts_with("registry+")) {
            broken.push(format!("{name}: from {source:?}"));
        }
    }
    demand("deny.toml forbids:", &broken);
}

/// Evaluates a licence expression (SPDX, and the older `A/B` for `A OR B`) against those allowed.
fn permits(allowed: &[String], expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let bare = expression.trim();
    if let Some(inner) =
        bare.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).filter(|i| !i.contains('('))
    {
        return permits(allowed, inner);
    }
    for (word, all) in [(" AND ", true), (" OR ", false)] {
        let parts = split_outside(bare, word);
        if parts.len() > 1 {
            let mut parts = parts.into_iter().map(|part| permits(allowed, part));
            return if all { parts.all(|good| good) } else { parts.any(|good| good) };
        }
    }
    allowed.iter().any(|licence| licence == bare)
}

/// Splits where `word` stands outside parentheses.
fn split_outside<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth == 0 && at >= from && text[at..].starts_with(word) {
            parts.push(&text[from..at]);
            from = at + word.len();
        }
    }
    parts.push(&text[from..]);
    parts
}

#[test]
fn licence_expressions_are_understood() {
    let allowed = ["MIT".to_owned(), "Apache-2.0".to_owned()];
    for good in ["MIT", "GPL-3.0 OR MIT", "MIT/GPL-3.0", "(MIT OR GPL-3.0) AND Apache-2.0", "(MIT)"] {
        assert!(permits(&allowed, good), "{good}");
    }
    for bad in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR Apache-2.0) AND GPL-3.0", "none named"] {
        assert!(!permits(&allowed, bad), "{bad}");
    }
}

#[test]
fn words_are_not_parts_of_words() {
    assert!(has_word("let x: f64 = 1;", "f64") && has_word("V16", "V16") && has_word("Version::V16,", "V16"));
    assert!(!has_word("of64", "f64") && !has_word("V16_CASES", "V16") && !has_word("", "V16"));
}

fn toml_file(path: &str) -> toml::Value {
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    toml::Value::Table(text.parse::<toml::Table>().unwrap())
}

/// Used by the arrows' test to show that the map is whole.
#[test]
fn arrows_make_no_circle() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    fn reaches(arrows: &BTreeMap<&str, &[&str]>, from: &str, to: &str) -> bool {
        arrows[from].iter().any(|next| *next == to || reaches(arrows, next, to))
    }
    for name in arrows.keys() {
        assert!(!reaches(&arrows, name, name), "{name} stands on itself");
    }
}
