//! What every page has around its content.

use crate::{assets, i18n::Lang};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Light, dark, or as the device says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    /// Reads a key such as `dark`; anything else is the device's choice.
    pub fn parse(text: &str) -> Theme {
        match text {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::Auto,
        }
    }
}

/// Who is logged in.
#[derive(Debug, Clone, Serialize)]
pub struct Who {
    pub name: String,
    pub role: String,
    /// May change things.
    pub operator: bool,
}

/// A message above the content, e.g. after a form was sent.
#[derive(Debug, Clone, Serialize)]
pub struct Notice {
    /// `ok` or `bad`.
    pub tone: &'static str,
    /// A word of the texts' family `notice`.
    pub word: String,
}

/// The frame of a page: header, navigation, switches.
#[derive(Debug, Clone, Serialize)]
pub struct Shell {
    pub lang: Lang,
    pub lang_tag: &'static str,
    /// `[key, own name]` of every language.
    pub languages: Vec<[&'static str; 2]>,
    pub theme: Theme,
    /// IANA name of the time zone in which instants are shown.
    pub zone: String,
    pub now: DateTime<Utc>,
    /// `None` on the login page.
    pub who: Option<Who>,
    /// Goes into every form; empty without a login.
    pub csrf: String,
    /// Path and query of this page, to come back to it.
    pub here: String,
    pub notice: Option<Notice>,
    /// Only the content block is wanted.
    pub fragment: bool,
    pub css: &'static str,
    pub js: &'static str,
    /// Of drivers' pages.
    pub drive_css: &'static str,
    pub drive_js: &'static str,
    pub icon: &'static str,
    pub version: &'static str,
}

impl Shell {
    /// A frame without a login.
    pub fn new(lang: Lang, now: DateTime<Utc>) -> Shell {
        Shell {
            lang,
            lang_tag: lang.tag(),
            languages: Lang::ALL.map(|lang| [lang.key(), lang.own_name()]).to_vec(),
            theme: Theme::Auto,
            zone: "UTC".into(),
            now,
            who: None,
            csrf: String::new(),
            here: "/".into(),
            notice: None,
            fragment: false,
            css: &assets::CSS.path,
            js: &assets::JS.path,
            drive_css: &assets::DRIVE_CSS.path,
            drive_js: &assets::DRIVE_JS.path,
            icon: &assets::ICON.path,
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// The same frame in another language, if one is wanted.
    pub fn in_language(self, lang: Option<Lang>) -> Shell {
        match lang {
            Some(lang) => Shell { lang, lang_tag: lang.tag(), ..self },
            None => self,
        }
    }

    /// A frame as an operator sees it, for tests and pictures.
    #[cfg(test)]
    pub fn sample(lang: Lang) -> Shell {
        Shell {
            zone: "Europe/Berlin".into(),
            who: Some(Who { name: "ada".into(), role: "admin".into(), operator: true }),
            csrf: "sample".into(),
            here: "/stations?filter=online".into(),
            notice: Some(Notice { tone: "ok", word: "lifted".into() }),
            ..Shell::new(lang, sample_now())
        }
    }
}

/// The instant at which all samples play.
#[cfg(test)]
pub(super) fn sample_now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap_or_default()
}

/// So many seconds before [`sample_now`].
#[cfg(test)]
pub(super) fn sample_ago(seconds: i64) -> DateTime<Utc> {
    sample_now() - chrono::TimeDelta::seconds(seconds)
}
