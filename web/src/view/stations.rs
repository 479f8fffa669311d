//! The list of stations, and the form for a new one.

use super::Page;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Stations with their live status.
#[derive(Debug, Clone, Serialize)]
pub struct StationsPage {
    pub summary: Summary,
    /// What was searched for.
    pub query: String,
    /// `all`, `online`, `offline`, `charging`, `faulted` or `quarantined`.
    pub filter: String,
    pub filters: [&'static str; 6],
    pub rows: Vec<StationLine>,
    pub pager: Pager,
}

impl StationsPage {
    /// The words of the filter, in the order of the page.
    pub const FILTERS: [&'static str; 6] = ["all", "online", "charging", "offline", "faulted", "quarantined"];
}

/// The fleet in four numbers.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    pub stations: i64,
    pub online: i64,
    pub charging: i64,
    pub power_w: i64,
}

/// One station in the list.
#[derive(Debug, Clone, Serialize)]
pub struct StationLine {
    pub id: String,
    /// Of the station's page.
    pub href: String,
    pub name: String,
    pub site: String,
    /// `online`, `offline` or `quarantined`.
    pub link: &'static str,
    pub protocol: String,
    pub vendor: String,
    pub model: String,
    pub chips: Vec<Chip>,
    pub sessions: Vec<LiveSession>,
    pub seen_at: Option<DateTime<Utc>>,
}

/// A connector and its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chip {
    /// `1`, or `2.1` where an EVSE has several connectors.
    pub label: String,
    /// As reported.
    pub status: String,
    /// Class of the colour.
    pub tone: &'static str,
    /// Error code and information, if the station told any.
    pub error: String,
}

impl Chip {
    /// A chip for a status as reported, in the words of 1.6 or 2.x.
    pub fn new(label: String, status: &str, error_code: &str, info: &str) -> Chip {
        let tone = match status {
            "Available" => "ok",
            "Charging" => "run",
            "Occupied" | "Preparing" | "Finishing" => "busy",
            "SuspendedEV" | "SuspendedEVSE" => "wait",
            "Reserved" => "held",
            "Faulted" => "bad",
            _ => "off",
        };
        let error = match (error_code, info) {
            ("" | "NoError", "") => String::new(),
            ("" | "NoError", info) => info.to_owned(),
            (code, "") => code.to_owned(),
            (code, info) => format!("{code}: {info}"),
        };
        Chip { label, status: status.to_owned(), tone, error }
    }
}

/// A session that runs.
#[derive(Debug, Clone, Serialize)]
pub struct LiveSession {
    pub id: i64,
    pub place: String,
    pub power_w: Option<i64>,
    pub energy_mwh: i64,
    pub soc_percent: Option<i64>,
    /// Empty where there is no tariff.
    pub cost: String,
    pub currency: String,
    pub started_at: DateTime<Utc>,
    pub seconds: i64,
}

/// Where a list goes on.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Pager {
    /// Link to the beginning, unless this is it.
    pub first: Option<String>,
    /// Link to the next rows, if there are any.
    pub next: Option<String>,
}

/// Register a station by hand.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewStationPage {
    pub id: String,
    pub name: String,
    /// `[value, label]`.
    pub sites: Vec<[String; 2]>,
    pub site: String,
    /// `generate` or `none`.
    pub password: String,
    /// Key of what was wrong with the last try, in the texts' family `notice`.
    pub error: Option<String>,
}

#[cfg(test)]
pub(super) fn sample_session() -> LiveSession {
    use super::shell::sample_ago;
    LiveSession {
        id: 42,
        place: "1".into(),
        power_w: Some(10_980),
        energy_mwh: 7_412_000,
        soc_percent: Some(63),
        cost: "3.21".into(),
        currency: "EUR".into(),
        started_at: sample_ago(2_460),
        seconds: 2_460,
    }
}

#[cfg(test)]
pub(super) fn sample_chips() -> Vec<Chip> {
    vec![Chip::new("1".into(), "Charging", "NoError", ""), Chip::new("2".into(), "Available", "NoError", "")]
}

impl Page for StationsPage {
    const TEMPLATE: &'static str = "stations.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::shell::sample_ago;
        let line = |id: &str, link, protocol: &str, vendor: &str, model: &str| StationLine {
            id: id.into(),
            href: format!("/stations/{id}"),
            name: String::new(),
            site: "Harbour car park".into(),
            link,
            protocol: protocol.into(),
            vendor: vendor.into(),
            model: model.into(),
            chips: Vec::new(),
            sessions: Vec::new(),
            seen_at: Some(sample_ago(14)),
        };
        let full = StationsPage {
            summary: Summary { stations: 128, online: 121, charging: 37, power_w: 842_300 },
            query: "har".into(),
            filter: "all".into(),
            filters: Self::FILTERS,
            rows: vec![
                StationLine {
                    name: "Gate A".into(),
                    chips: sample_chips(),
                    sessions: vec![sample_session()],
                    ..line("HARBOUR-001", "online", "ocpp1.6", "Alfen BV", "NG920-61031")
                },
                StationLine {
                    chips: vec![
                        Chip::new("1".into(), "Occupied", "", ""),
                        Chip::new("2".into(), "SuspendedEV", "", ""),
                    ],
                    sessions: vec![
                        LiveSession {
                            power_w: Some(148_200),
                            soc_percent: Some(38),
                            cost: "21.06".into(),
                            ..sample_session()
                        },
                        LiveSession {
                            id: 43,
                            place: "2".into(),
                            power_w: None,
                            soc_percent: None,
                            cost: String::new(),
                            ..sample_session()
                        },
                    ],
                    ..line("HARBOUR-HPC-02", "online", "ocpp2.0.1", "Kempower", "Satellite C")
                },
                StationLine {
                    chips: vec![Chip::new("1".into(), "Faulted", "GroundFailure", "RCD tripped")],
                    ..line("HARBOUR-003", "online", "ocpp2.1", "Wallbox", "Pulsar Pro")
                },
                StationLine {
                    chips: vec![
                        Chip::new("1".into(), "Unavailable", "", ""),
                        Chip::new("2".into(), "Reserved", "", ""),
                    ],
                    seen_at: Some(sample_ago(200_000)),
                    ..line("HARBOUR-004", "offline", "ocpp1.6", "ABB", "Terra AC")
                },
                StationLine {
                    seen_at: Some(sample_ago(400)),
                    ..line("HARBOUR-005", "quarantined", "ocpp1.6", "", "")
                },
                StationLine { seen_at: None, site: String::new(), ..line("NEW-006", "offline", "", "", "") },
            ],
            pager: Pager { first: Some("/stations".into()), next: Some("/stations?after=NEW-006".into()) },
        };
        let nothing_found = StationsPage { rows: Vec::new(), pager: Pager::default(), ..full.clone() };
        let empty = StationsPage {
            summary: Summary::default(),
            query: String::new(),
            rows: Vec::new(),
            pager: Pager::default(),
            ..full.clone()
        };
        vec![full, nothing_found, empty]
    }
}

impl Page for NewStationPage {
    const TEMPLATE: &'static str = "station_new.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let sites =
            vec![["1".to_owned(), "Harbour car park".to_owned()], ["2".to_owned(), "Depot".to_owned()]];
        let wrong = NewStationPage {
            id: "CP 1/2".into(),
            name: "Gate A".into(),
            sites,
            site: "2".into(),
            password: "generate".into(),
            error: Some("station-id-invalid".into()),
        };
        vec![NewStationPage::default(), wrong]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chips_tell_errors_and_never_mistake_an_unknown_status_for_a_good_one() {
        assert_eq!(Chip::new("1".into(), "Available", "NoError", "").error, "");
        assert_eq!(Chip::new("1".into(), "Faulted", "GroundFailure", "RCD").error, "GroundFailure: RCD");
        assert_eq!(Chip::new("1".into(), "available?", "", "").tone, "off");
    }
}
