//! A pass over all stations: rules and identifiers become contents and versions, and those become wishes.

use super::{
    KEY, LIST_MAX, Rule,
    content::{self, Asked, Content},
    rule_of,
};
use crate::{
    app::App,
    command::ListEntry,
    desired::Kind,
    store::{
        StoreError, Tx,
        desired::{self, DesiredRow, NewRow},
        lists::{self, LimitRow, RuleRow, VersionRow},
        row::StationRow,
        stations,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use ocpp::Version;
use std::{
    collections::{HashMap, hash_map::Entry},
    time::Duration,
};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

const PAGE: i64 = 200;
/// Who wants it, in the rows of wishes.
const BY: &str = "rule";
/// Where there is no room for all, a list that is true is left alone so long.
const REST: TimeDelta = TimeDelta::hours(1);
/// Entries of a message where a station does not say (as `command::limits` has it).
const AT_ONCE: usize = 20;
/// Bytes of a message beside the entries.
const FRAME: usize = 256;

/// What the pass has read already.
type Contents = HashMap<Asked, Content>;

/// Rules and identifiers are looked at this often.
const EVERY: Duration = Duration::from_secs(10);

/// Looks at all stations now and then, until `stop` is cancelled.
pub async fn run(app: App, stop: CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let work = async {
        loop {
            ticks.tick().await;
            if let Err(error) = pass(&app).await {
                metrics::counter!("csms_job_failures_total", "job" => "lists").increment(1);
                tracing::warn!(job = "lists", %error, "a job failed; it is tried again in its next turn");
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

/// Looks at all stations.
///
/// # Errors
/// The database fails; what was done stays done.
pub async fn pass(app: &App) -> Result<(), StoreError> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let rules = lists::rules(&mut tx).await?;
    // Most have nothing to do with lists.
    if rules.is_empty() && !lists::wished(&mut tx).await? {
        return Ok(());
    }
    drop(tx);
    let mut contents = Contents::new();
    let (filter, mut after, mut changed) = (stations::Filter::default(), None::<String>, false);
    loop {
        let mut tx = app.db.read().await?;
        let page = stations::list(&mut tx, &filter, after.as_deref(), PAGE).await?;
        let (Some(first), Some(last)) = (page.first(), page.last()) else { break };
        let wishes = desired::lists_between(&mut tx, &first.id, &last.id).await?;
        after = Some(last.id.clone());
        if rules.is_empty() && wishes.is_empty() {
            continue;
        }
        let limits = lists::limits(&mut tx, &first.id, &last.id).await?;
        let versions = lists::versions(&mut tx, &first.id, &last.id).await?;
        let mut turns = Vec::new();
        for station in &page {
            // The row follows a moment later.
            let link = app.hub.info(&station.id.as_str().into());
            let protocol =
                link.map_or(station.protocol.clone(), |link| link.protocol.subprotocol().to_owned());
            let station = &StationRow { protocol, ..station.clone() };
            let wish = wishes.iter().find(|wish| wish.station_id == station.id);
            let known = Known { limits: &limits, versions: &versions, wish, rules: &rules };
            if let Some(turn) = known.turn(&mut tx, station, &mut contents, now).await? {
                turns.push((station.id.clone(), wish.map(|wish| wish.revision), turn));
            }
        }
        drop(tx);
        for (station, revision, turn) in turns {
            let mut tx = app.db.write().await?;
            if !turn.keep(&mut tx, &station, revision, now).await? {
                continue;
            }
            tx.commit().await?;
            changed = true;
            app.desires.changed(&station.as_str().into());
        }
    }
    if changed {
        let mut tx = app.db.write().await?;
        lists::sweep(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// What is known of a station.
struct Known<'a> {
    rules: &'a [RuleRow],
    limits: &'a [LimitRow],
    versions: &'a [VersionRow],
    wish: Option<&'a DesiredRow>,
}

/// What changes for a station.
enum Turn {
    /// Nobody says any more who is to be listed; the station keeps what it has.
    Drop,
    Put {
        version: VersionRow,
        text: String,
        acknowledged: Option<i64>,
    },
}

impl Known<'_> {
    async fn turn(
        &self,
        tx: &mut Tx,
        station: &StationRow,
        contents: &mut Contents,
        now: DateTime<Utc>,
    ) -> Result<Option<Turn>, StoreError> {
        let Some((_, rule)) = rule_of(self.rules, &station.id, station.site_id) else {
            return Ok(self.wish.map(|_| Turn::Drop));
        };
        // What it can take is known when it has been here.
        if station.protocol.is_empty() {
            return Ok(None);
        }
        let asked = self.asked(station, rule);
        let content = match contents.entry(asked) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(content::read(tx, asked, now).await?),
        };
        let number = |text: Option<&str>| text.and_then(|text| text.parse::<i64>().ok());
        let wanted = self.wish.and_then(|wish| number(Some(&wish.value)));
        let current =
            self.versions.iter().find(|row| row.station_id == station.id && Some(row.version) == wanted);
        if let Some(current) = current {
            if current.hash == content.hash && current.left_out == left_out(content) {
                return Ok(None);
            }
            if content.left_out > 0
                && now - current.made_at < REST
                && rests(tx, current, asked, content).await?
            {
                return Ok(None);
            }
        }
        let known = |wish: &DesiredRow| {
            let reported = number(wish.reported.as_deref()).unwrap_or(0);
            reported.max(number(wish.acknowledged.as_deref()).unwrap_or(0))
        };
        let of_station = self.versions.iter().filter(|row| row.station_id == station.id);
        let newest = of_station.map(|row| row.version).max().unwrap_or(0);
        let newest = newest.max(self.wish.map_or(0, known)).max(0);
        // Each part has a version of its own.
        let parts = i64::try_from(self.parts(station, content)).unwrap_or(1);
        let version = if content.entries.is_empty() { 0 } else { newest + 1 + parts * 2 };
        // After trouble nobody knows what the station has.
        let acknowledged =
            self.wish.filter(|wish| wish.tries == 0).and_then(|wish| number(wish.acknowledged.as_deref()));
        let version = VersionRow {
            station_id: station.id.clone(),
            version,
            hash: content.hash.clone(),
            listed: i64::try_from(content.entries.len()).unwrap_or(i64::MAX),
            left_out: left_out(content),
            made_at: now,
        };
        Ok(Some(Turn::Put { version, text: content.text.clone(), acknowledged }))
    }

    fn asked(&self, station: &StationRow, rule: Rule) -> Asked {
        let version = Version::ALL.into_iter().find(|version| version.subprotocol() == station.protocol);
        let version = version.unwrap_or(Version::NEWEST);
        let (kinds, letters) = (version.tells_kinds(), version.identifier_max());
        let most =
            if kinds { self.entries_max(station) } else { self.said(station, "LocalAuthListMaxLength") };
        Asked { rule, kinds, letters, most: most.unwrap_or(LIST_MAX).min(LIST_MAX) }
    }

    fn said(&self, station: &StationRow, name: &str) -> Option<usize> {
        let row = self.limits.iter().find(|row| row.station_id == station.id && row.name == name)?;
        row.value.as_deref()?.trim().parse().ok()
    }

    /// The most that `Entries` can be, which a 2.x station tells with it.
    fn entries_max(&self, station: &StationRow) -> Option<usize> {
        let row = self.limits.iter().find(|row| row.station_id == station.id && row.name == "Entries")?;
        let told: serde_json::Value = serde_json::from_str(&row.characteristics).ok()?;
        // A number in the schema; a list has whole entries.
        told.get("maxLimit")?.to_string().split('.').next()?.parse().ok()
    }

    /// In how many messages the whole list goes at most.
    fn parts(&self, station: &StationRow, content: &Content) -> usize {
        let items = self.said(station, "ItemsPerMessage");
        let items = items.or_else(|| self.said(station, "SendLocalListMaxLength")).unwrap_or(AT_ONCE);
        let by_items = content.entries.len().div_ceil(items.clamp(1, AT_ONCE));
        // On the wire an entry is longer than here, and a message has more than its entries.
        let bytes = self.said(station, "BytesPerMessage").map(|bytes| bytes.saturating_sub(FRAME).max(1));
        let by_bytes = bytes.map_or(0, |bytes| (content.text.len() * 3).div_ceil(bytes));
        by_items.max(by_bytes).min(content.entries.len())
    }
}

fn left_out(content: &Content) -> i64 {
    i64::try_from(content.left_out).unwrap_or(i64::MAX)
}

/// Is the list that the station is to have still true, and as long as it may be?
async fn rests(
    tx: &mut Tx,
    current: &VersionRow,
    asked: Asked,
    content: &Content,
) -> Result<bool, StoreError> {
    if usize::try_from(current.listed).is_ok_and(|listed| listed != asked.most) {
        return Ok(false);
    }
    let Some(text) = lists::content_of(tx, &current.hash).await? else { return Ok(false) };
    let old: Vec<ListEntry> = serde_json::from_str(&text).unwrap_or_default();
    Ok(content.allows(&old))
}

impl Turn {
    /// False, and nothing is done: another process was faster, and a version must not have two contents. What is still to be done is
    /// found by the next pass.
    async fn keep(
        self,
        tx: &mut Tx,
        station: &str,
        revision: Option<i64>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        stations::lock(tx, station).await?;
        let wish = desired::find(tx, station, Kind::List.word(), KEY).await?;
        if wish.map(|wish| wish.revision) != revision {
            return Ok(false);
        }
        match self {
            Turn::Drop => {
                desired::remove(tx, station, Kind::List.word(), KEY).await?;
                lists::forget(tx, station).await?;
            }
            Turn::Put { version, text, acknowledged } => {
                lists::keep(tx, &version, &text, acknowledged).await?;
                let value = version.version.to_string();
                desired::put(
                    tx,
                    &NewRow {
                        station_id: station,
                        kind: Kind::List.word(),
                        key: KEY,
                        value: &value,
                        body: "",
                        sealed: "",
                        template: "",
                        wanted_by: BY,
                        wanted_at: now,
                    },
                )
                .await?;
            }
        }
        Ok(true)
    }
}
