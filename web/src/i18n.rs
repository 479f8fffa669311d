//! Texts in English and Chinese: two flat catalogues of keys, with `{name}` for what is filled in.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, LazyLock},
};

use serde::Serialize;

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    #[default]
    En,
    Zh,
}

impl Lang {
    /// All languages, in the order of the switch.
    pub const ALL: [Lang; 2] = [Lang::En, Lang::Zh];

    /// As in cookies and in the account.
    pub fn key(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh",
        }
    }

    /// For the `lang` attribute (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh-Hans",
        }
    }

    /// The language's own name.
    pub fn own_name(self) -> &'static str {
        match self {
            Lang::En => "English",
            Lang::Zh => "中文",
        }
    }

    /// The language in which tariffs and bills tell of themselves.
    pub fn of_tariffs(self) -> tariffs::Language {
        match self {
            Lang::En => tariffs::Language::English,
            Lang::Zh => tariffs::Language::Chinese,
        }
    }

    /// Reads a key such as `zh`; `None` if it is not ours.
    pub fn parse(text: &str) -> Option<Lang> {
        Lang::ALL.into_iter().find(|lang| lang.key() == text)
    }

    /// The best of ours for an `Accept-Language` header (RFC 9110 §12.5.4): the highest weight wins, then the order.
    pub fn negotiate(header: &str) -> Lang {
        let mut best = (0, Lang::En);
        for item in header.split(',').take(20) {
            let mut parts = item.split(';');
            let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let lang = match tag.split('-').next() {
                Some("en") => Lang::En,
                Some("zh") => Lang::Zh,
                _ => continue,
            };
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(1000, |q| q.parse::<f32>().map_or(0, |q| (q.clamp(0.0, 1.0) * 1000.0) as u32));
            if weight > best.0 {
                best = (weight, lang);
            }
        }
        best.1
    }

    /// The texts of this language.
    pub fn catalog(self) -> &'static Catalog {
        match self {
            Lang::En => &EN,
            Lang::Zh => &ZH,
        }
    }
}

static EN: LazyLock<Catalog> = LazyLock::new(|| Catalog::load(include_str!("../locales/en.toml")));
static ZH: LazyLock<Catalog> = LazyLock::new(|| Catalog::load(include_str!("../locales/zh.toml")));

/// The texts of one language, by dotted key.
#[derive(Debug, Clone)]
pub struct Catalog(Arc<BTreeMap<String, String>>);

/// A key that no catalogue has: a mistake of ours, found by the tests.
#[derive(Debug, thiserror::Error)]
#[error("there is no text {0:?}")]
pub struct NoSuchText(pub String);

impl Catalog {
    /// The catalogues are part of the program and read by a test; one that cannot be read is empty.
    fn load(source: &str) -> Catalog {
        let mut texts = BTreeMap::new();
        if let Ok(table) = source.parse::<toml::Table>() {
            flatten("", &table, &mut texts);
        }
        Catalog(Arc::new(texts))
    }

    /// The text with its placeholders filled in.
    ///
    /// # Errors
    /// [`NoSuchText`] when the key is unknown.
    pub fn text(&self, key: &str, values: &[(&str, &dyn fmt::Display)]) -> Result<String, NoSuchText> {
        let mut text = self.0.get(key).cloned().ok_or_else(|| NoSuchText(key.to_owned()))?;
        for (name, value) in values {
            text = text.replace(&format!("{{{name}}}"), &value.to_string());
        }
        Ok(text)
    }

    /// The text of `family.word`, or the word itself: for words that come from outside.
    pub fn word(&self, family: &str, word: &str) -> String {
        self.0.get(&format!("{family}.{word}")).cloned().unwrap_or_else(|| word.to_owned())
    }

    /// Is there such a text?
    #[cfg(test)]
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }
}

fn flatten(prefix: &str, table: &toml::Table, into: &mut BTreeMap<String, String>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, into),
            toml::Value::String(text) => {
                into.insert(key, text.clone());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Keys that are put together from a family and a word that comes from outside.
    const FAMILIES: [&str; 98] = [
        "desired.purposes.",
        "local_lists.scopes.",
        "plan.methods.",
        "needs.answer.",
        "needs.plan.",
        "needs.switch.",
        "text_state.",
        "webhooks.delivery.",
        "webhooks.is.",
        "reservation_state.",
        "list_rule.",
        "monitor_kind.",
        "monitor_origin.",
        "monitor_event.",
        "severity.",
        "list_scope.",
        "drive.kiosk.",
        "desired.kinds.",
        "desired.state.",
        "scope.",
        "key_state.",
        "grid.mode.",
        "command.field.",
        "command.kind.",
        "command.stands.",
        "grid.standing.",
        "grid.why.",
        "grid.outcome.",
        "grid.source.",
        "files.campaign.",
        "files.member.",
        "files.progress.",
        "files.wish.",
        "display.asked.",
        "display.stands.",
        "display.state.",
        "drive.choice.",
        "refusal.",
        "drive.invoice.error.",
        "flag.",
        "cause.",
        "event.",
        "status.",
        "phase.",
        "role.",
        "notice.",
        "reason.",
        "trigger.",
        "state.",
        "finding.",
        "prices.",
        "rate.",
        "day.",
        "kind.",
        "file.",
        "drive.kind.",
        "drive.method.",
        "drive.state.",
        "drive.secure.",
        "drive.used.",
        "drive.unsupported.",
        "drive.phase.",
        "drive.again.",
        "drive.trouble.",
        "drive.refund.",
        "drive.error.",
        "drive.note.",
        "drive.help.",
        "desk.problem.",
        "desk.state.",
        "desk.end.",
        "desk.mode.",
        "desk.purpose.",
        "desk.method.",
        "desk.step.",
        "desk.asked_for.",
        "desk.refund_kind.",
        "desk.how.",
        "desk.verdict.",
        "desk.taken_as.",
        "desk.task.",
        "desk.story.",
        "desk.entry.",
        "desk.phase.",
        "desk.paper.",
        "desk.message.",
        "desk.fallback.",
        "desk.wish.",
        "desk.reason_word.",
        "desk.kind_word.",
        "desk.case.",
        "desk.resolution.",
        "desk.outcome.",
        "desk.rule_mode.",
        "desk.found.",
        "desk.subject.",
        "desk.measure.",
        "desk.filter.",
    ];

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
    }

    #[test]
    fn both_languages_have_the_same_keys_and_placeholders() {
        let (en, zh) = (&Lang::En.catalog().0, &Lang::Zh.catalog().0);
        assert!(en.len() > 100, "the catalogue was not read: {} keys", en.len());
        let keys = |c: &BTreeMap<String, String>| c.keys().cloned().collect::<BTreeSet<_>>();
        let (en_keys, zh_keys) = (keys(en), keys(zh));
        assert_eq!(en_keys.difference(&zh_keys).collect::<Vec<_>>(), Vec::<&String>::new(), "missing in zh");
        assert_eq!(zh_keys.difference(&en_keys).collect::<Vec<_>>(), Vec::<&String>::new(), "missing in en");
        for (key, text) in en.iter() {
            assert_eq!(placeholders(text), placeholders(&zh[key]), "{key}");
            assert!(!text.trim().is_empty() && !zh[key].trim().is_empty(), "{key} is empty");
        }
    }

    /// Every `t(key="…")` of a template and every `text("…"` of the code has its text, and no text lies idle.
    #[test]
    fn every_key_used_exists_and_every_key_is_used() {
        let (mut used, mut quoted) = (BTreeSet::new(), BTreeSet::new());
        let mut visit = vec![
            std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/templates")),
            std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src")),
        ];
        while let Some(dir) = visit.pop() {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    visit.push(path);
                    continue;
                }
                let source = std::fs::read_to_string(&path).unwrap();
                quoted.extend(source.split('"').map(str::to_owned));
                for opening in ["t(key=\"", ".text(\"", "fact(\""] {
                    for rest in source.split(opening).skip(1) {
                        let key = rest.split('"').next().unwrap_or_default();
                        if !key.ends_with('.') && key.contains('.') {
                            used.insert(key.to_owned());
                        }
                    }
                }
            }
        }
        let en = &Lang::En.catalog().0;
        let missing: Vec<_> = used.iter().filter(|key| !en.contains_key(*key)).collect();
        assert!(missing.is_empty(), "no text for {missing:?}");
        let idle: Vec<_> = en
            .keys()
            .filter(|key| !quoted.contains(*key) && !FAMILIES.iter().any(|family| key.starts_with(family)))
            .collect();
        assert!(idle.is_empty(), "never used: {idle:?}");
    }

    #[test]
    fn every_refusal_of_the_core_has_a_text_in_both_languages() {
        for lang in Lang::ALL {
            for word in csms::pay::PayError::WORDS {
                assert!(lang.catalog().has(&format!("refusal.{word}")), "{word} in {lang:?}");
            }
            let words = lang.catalog().0.keys().filter(|key| key.starts_with("refusal.")).count();
            assert_eq!(words, csms::pay::PayError::WORDS.len(), "a text of a refusal that there is not");
        }
    }

    #[test]
    fn everything_that_is_kept_for_people_has_its_words() {
        for lang in Lang::ALL {
            let missing = |family: &str, words: &mut dyn Iterator<Item = &str>| {
                let keys = words.map(|word| format!("{family}.{word}"));
                let missing: Vec<_> = keys.filter(|key| !lang.catalog().has(key)).collect();
                assert!(missing.is_empty(), "no text in {lang:?} for {missing:?}");
            };
            missing("event", &mut csms::event::list::all().map(|told| told.kind));
            missing("desk.story", &mut csms::pay::STORY_LINES.into_iter());
        }
    }

    #[test]
    fn the_language_follows_the_header() {
        for (header, lang) in [
            ("", Lang::En),
            ("zh-CN,zh;q=0.9,en;q=0.8", Lang::Zh),
            ("en-GB,zh;q=0.9", Lang::En),
            ("de-DE,zh;q=0.3,en;q=0.2", Lang::Zh),
            ("zh;q=0, en;q=0.1", Lang::En),
            ("zh;q=nonsense,en;q=0.5", Lang::En),
        ] {
            assert_eq!(Lang::negotiate(header), lang, "{header}");
        }
    }

    #[test]
    fn placeholders_are_filled_and_unknown_words_stay_as_they_are() {
        let catalog = Catalog::load("way = 'from {from} to {to}'\n");
        assert_eq!(catalog.text("way", &[("from", &1), ("to", &"x")]).unwrap(), "from 1 to x");
        assert!(catalog.text("other", &[]).is_err());
        assert_eq!(catalog.word("a", "c"), "c");
    }
}
