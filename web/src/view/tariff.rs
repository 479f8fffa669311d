//! One tariff: what it says, its week, its versions, where it counts, and its files for others.

use super::{Heat, NextVersion, Page, Pager, PlaceView, TariffWords};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// One tariff, as of one of its versions.
#[derive(Debug, Clone, Serialize)]
pub struct TariffPage {
    pub id: String,
    pub href: String,
    pub name: String,
    pub currency: String,
    /// Word of the texts' family `kind`; empty = for all.
    pub kind: String,
    /// The number of the version that is active now.
    pub active: Option<i64>,
    pub next: Option<NextVersion>,
    /// The version that the page tells of.
    pub shown: ShownVersion,
    /// `None`: the version cannot be read.
    pub content: Option<TariffContent>,
    pub versions: Vec<VersionLine>,
    pub versions_pager: Pager,
    pub assignments: Vec<AssignmentLine>,
    pub assignments_pager: Pager,
}

/// The version that the page tells of.
#[derive(Debug, Clone, Serialize)]
pub struct ShownVersion {
    pub version: i64,
    /// Word of the texts' family `state`: `active`, `coming`, `past` or `withdrawn`.
    pub state: &'static str,
}

/// What a version says.
#[derive(Debug, Clone, Serialize)]
pub struct TariffContent {
    pub words: TariffWords,
    pub week: WeekView,
    pub advice: Vec<AdviceLine>,
    pub files: Vec<FileView>,
}

/// A week, and the way to others.
#[derive(Debug, Clone, Serialize)]
pub struct WeekView {
    /// First and last day, e.g. `2026-03-23`.
    pub monday: String,
    pub sunday: String,
    /// `None`: the tariff has no price that depends on the time of day.
    pub heat: Option<Heat>,
    /// In this week, or before it, the next version takes the place of the one shown.
    pub superseded: Option<NextVersion>,
    /// Links to the week before and the one after, where there is one.
    pub before: Option<String>,
    pub after: Option<String>,
    /// Link to the present week, if this is another.
    pub present: Option<String>,
    pub sites: Vec<SiteChoice>,
    /// IANA name.
    pub zone: String,
    /// The version, to be kept when another site is chosen; `None` = the one that is active.
    pub version: Option<i64>,
}

/// A site that the week can be shown for.
#[derive(Debug, Clone, Serialize)]
pub struct SiteChoice {
    pub id: String,
    pub name: String,
    pub chosen: bool,
}

/// A piece of advice; in English, as all that names fields.
#[derive(Debug, Clone, Serialize)]
pub struct AdviceLine {
    /// It is likely a mistake, or against the rules of a market.
    pub warning: bool,
    /// Of the field; empty: the tariff as a whole.
    pub path: String,
    pub message: String,
}

/// The tariff in one of the languages of machines.
#[derive(Debug, Clone, Serialize)]
pub struct FileView {
    /// Word of the texts' family `file`.
    pub word: &'static str,
    pub href: String,
    /// Whose tariff it is must be said.
    pub party: bool,
    /// Why it cannot be said like this; empty: it can.
    pub refused: Vec<Finding>,
    /// What is left out or said in another way.
    pub notes: Vec<Finding>,
}

/// Something about a field.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// Empty: the tariff as a whole.
    pub path: String,
    pub message: String,
}

/// A version in the history.
#[derive(Debug, Clone, Serialize)]
pub struct VersionLine {
    pub version: i64,
    pub href: String,
    /// Word of the texts' family `state`.
    pub state: &'static str,
    /// `None`: from the beginning.
    pub from: Option<DateTime<Utc>>,
    pub note: String,
    pub by: String,
    pub created_at: DateTime<Utc>,
    /// What changes from the version before.
    pub change: ChangeView,
}

/// What a version changes.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ChangeView {
    /// It is the first, or it never became active: nothing is compared.
    pub none: bool,
    /// It, or the one before, cannot be read.
    pub unknown: bool,
    /// The new name, if it has another.
    pub name: Option<String>,
    /// Sentences that are no longer true, and new ones.
    pub gone: Vec<String>,
    pub new: Vec<String>,
}

/// An assignment.
#[derive(Debug, Clone, Serialize)]
pub struct AssignmentLine {
    pub id: i64,
    pub place: PlaceView,
    pub priority: i64,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    /// It has begun.
    pub counts: bool,
}

impl Page for TariffPage {
    const TEMPLATE: &'static str = "tariff.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::shell::sample_ago;
        use super::{heat, tariffs::sample_places, words::sample_tariff};
        use crate::i18n::Lang;
        let finding = |path: &str, message: &str| Finding { path: path.into(), message: message.into() };
        let file = |word, party, refused| FileView {
            word,
            href: format!("/tariffs/city/file/{word}"),
            party,
            refused,
            notes: vec![finding("name", "is left out: there is no field for it")],
        };
        let week = WeekView {
            monday: "2026-03-23".into(),
            sunday: "2026-03-29".into(),
            heat: Some(heat::sample("city", "2026-03-29", "Europe/Berlin", Lang::En)),
            superseded: Some(NextVersion { version: 2, at: sample_ago(-900_000) }),
            before: Some("/tariffs/city?week=2026-03-16".into()),
            after: Some("/tariffs/city?week=2026-03-30".into()),
            present: Some("/tariffs/city".into()),
            sites: vec![
                SiteChoice { id: "1".into(), name: "Harbour <West>".into(), chosen: false },
                SiteChoice { id: "2".into(), name: "Market".into(), chosen: true },
            ],
            zone: "Europe/Berlin".into(),
            version: Some(2),
        };
        let version = VersionLine {
            version: 2,
            href: "/tariffs/city?version=2".into(),
            state: "coming",
            from: Some(sample_ago(-900_000)),
            note: "Winter <prices>".into(),
            by: "command line".into(),
            created_at: sample_ago(90_000),
            change: ChangeView {
                name: Some("City, winter".into()),
                gone: vec!["Energy: 0.39 EUR per kWh".into()],
                new: vec!["Energy: 0.41 EUR per kWh".into()],
                ..ChangeView::default()
            },
        };
        let first = VersionLine {
            version: 1,
            state: "active",
            from: None,
            note: String::new(),
            by: String::new(),
            change: ChangeView { none: true, ..ChangeView::default() },
            ..version.clone()
        };
        let unread = VersionLine {
            state: "past",
            change: ChangeView { unknown: true, ..ChangeView::default() },
            ..version.clone()
        };
        let same = VersionLine { state: "withdrawn", change: ChangeView::default(), ..version.clone() };
        let assignment = |(n, place)| AssignmentLine {
            id: n,
            place,
            priority: n * 10,
            from: Some(sample_ago(90_000)).filter(|_| n != 0),
            to: Some(sample_ago(-90_000)).filter(|_| n == 1),
            counts: n != 2,
        };
        let full = TariffPage {
            id: "city".into(),
            href: "/tariffs/city".into(),
            name: "City, day and night".into(),
            currency: "EUR".into(),
            kind: "ad_hoc_payment".into(),
            active: Some(1),
            next: Some(NextVersion { version: 2, at: sample_ago(-900_000) }),
            shown: ShownVersion { version: 2, state: "coming" },
            content: Some(TariffContent {
                words: TariffWords::of(&sample_tariff("city"), Lang::En),
                week,
                advice: vec![
                    AdviceLine {
                        warning: true,
                        path: "elements[1]".into(),
                        message: "can never hold".into(),
                    },
                    AdviceLine { warning: false, path: String::new(), message: "may be meant".into() },
                ],
                files: vec![
                    file("own", false, Vec::new()),
                    file("ocpi-2.2.1", true, Vec::new()),
                    file("ocpi-2.3.0", true, vec![finding("", "cannot be said")]),
                    file("ocpp-2.1", false, vec![finding("caps[0]", "there are no caps")]),
                ],
            }),
            versions: vec![version, same, unread, first],
            versions_pager: Pager { first: None, next: Some("/tariffs/city?before=1.1".into()) },
            assignments: (0..).zip(sample_places()).map(assignment).collect(),
            assignments_pager: Pager { first: None, next: Some("/tariffs/city?after=3".into()) },
        };
        let mut flat = full.clone();
        if let Some(content) = &mut flat.content {
            (content.advice, content.week.heat, content.week.present) = (Vec::new(), None, None);
            (content.week.before, content.week.after, content.week.superseded) = (None, None, None);
            content.week.sites = Vec::new();
            content.week.zone = "UTC".into();
        }
        let broken = TariffPage {
            content: None,
            name: String::new(),
            kind: String::new(),
            next: None,
            active: None,
            assignments: Vec::new(),
            ..full.clone()
        };
        vec![full, flat, broken]
    }
}
