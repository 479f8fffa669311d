//! One round with one station: asked what it holds, brought to what it shall hold, and what it said is kept.
//!
//! Calls go out one after the other, and never while a database transaction is open.

use super::{
    capability::{self, COMPONENT, Counts, VARIABLE},
    plan::{Plan, plan},
    tariff_at,
    trouble::{SETTLED, Trouble, lacks, unreadable, wait},
    wish::{self, Place, Site, Wanted, Wish},
};
use crate::{
    app::App,
    link::hub::AskError,
    model::StationId,
    store::{
        row::{EventRow, Write},
        station_tariffs::{self, StationTariffRow},
        stations, variables,
    },
};
use chrono::{DateTime, Utc};
use ocpp::Version;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};
use tariffs::ocpp::messages::{self, Outcome};

/// How it stands with a station after a round.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub site: Site,
    /// Empty: the station does not count costs itself.
    pub wanted: Wanted,
    /// When something is to be tried again.
    pub again: Option<DateTime<Utc>>,
}

/// Does the round. `known`: nobody is asked if the catalog wants this still. `None`: the station is not accepted.
pub(super) async fn round(
    app: &App,
    station: &StationId,
    known: Option<&Wanted>,
) -> Result<Option<Standing>, Trouble> {
    let Some(row) = app.loads.station(station).await? else { return Ok(None) };
    if row.registration != "accepted" || row.boot_answer != "accepted" {
        return Ok(None);
    }
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let told = variables::named(&mut tx, station, COMPONENT, VARIABLE).await?;
    let old = station_tariffs::of_station(&mut tx, station).await?;
    let mut evses: BTreeSet<i64> = stations::evses(&mut tx, station).await?.iter().map(|e| e.evse).collect();
    let modelled = variables::named(&mut tx, station, "EVSE", "AvailabilityState").await?;
    drop(tx);
    evses.extend(modelled.iter().map(|variable| variable.evse));
    evses.extend(app.loads.connectors(station).await?.iter().map(|connector| connector.evse));
    let evses: Vec<i64> = evses.into_iter().filter(|evse| *evse > 0).collect();
    let site = Site { station: row, evses };
    let visit = Visit { app, station, site, now, old };
    if let Some(until) = visit.unsupported_until() {
        return Ok(Some(visit.apart(Some(until))));
    }
    let counts = match capability::told(&told) {
        Counts::Unknown => match capability::ask(app, station).await {
            // Whatever its reason, a station that does not say that it counts is not asked again and again.
            Err(AskError::Refused(fault)) => {
                let code = fault.code.spelling(Version::NEWEST);
                return visit.give_up(code, fault.description.clone(), Some(now + SETTLED)).await.map(Some);
            }
            asked => asked.map_err(|error| Trouble::Call { action: "GetVariables", error })?,
        },
        counts => counts,
    };
    match counts {
        Counts::Yes => visit.reconcile(known).await.map(Some),
        // What it has told it will tell again when it changes; what it was asked for is asked again some day.
        Counts::No(why) => {
            let until = (capability::told(&told) == Counts::Unknown).then_some(now + SETTLED);
            visit.give_up("", why, until).await.map(Some)
        }
        Counts::Unknown => {
            visit.give_up("", "its answer has no value".to_owned(), Some(now + SETTLED)).await.map(Some)
        }
    }
}

struct Visit<'a> {
    app: &'a App,
    station: &'a StationId,
    site: Site,
    now: DateTime<Utc>,
    old: Vec<StationTariffRow>,
}

impl Visit<'_> {
    async fn reconcile(self, known: Option<&Wanted>) -> Result<Standing, Trouble> {
        let (app, now) = (self.app, self.now);
        let wanted = wish::wanted(&self.site.evses, |evse| tariff_at(app, &self.site.station, evse, now));
        if known.is_some_and(|known| wish::same(known, &wanted)) {
            return Ok(Standing { again: self.again(), site: self.site, wanted });
        }
        let wishes: Vec<(Place, Wish)> =
            wanted.iter().map(|(place, tariff)| (*place, Wish::of(*place, tariff.as_ref()))).collect();
        let ids: Vec<(Place, Option<&str>)> =
            wishes.iter().map(|(place, wish)| (*place, wish.id())).collect();
        let held = match self.ask("GetTariffs", messages::get_tariffs(0)).await {
            Ok(answer) => {
                messages::read_assignments(&answer).map_err(|why| unreadable("GetTariffs", &why))?.1
            }
            Err(AskError::Refused(fault)) if lacks(&fault.code) => {
                let why = fault.description.clone();
                return self.give_up(fault.code.spelling(Version::NEWEST), why, Some(now + SETTLED)).await;
            }
            Err(error) => return Err(Trouble::Call { action: "GetTariffs", error }),
        };
        let may_set = |place| self.may_set(place, &ids);
        let plan = plan(&ids, &held, &self.site.evses, may_set);
        if !plan.clear.is_empty() {
            self.clear(&plan.clear).await?;
        }
        let mut rows = Vec::new();
        let mut all_set = true;
        for (place, wish) in &wishes {
            let row = self.put(*place, wish, &plan).await?;
            all_set &= !plan.set.contains(place) || row.state == "held";
            rows.push(row);
        }
        if !all_set && !plan.replaced.is_empty() {
            // Better no price at the station than one that we do not bill.
            self.clear(&plan.replaced).await?;
        }
        self.keep(&rows, &plan.clear).await?;
        let again = rows.iter().filter_map(|row| row.next_at).min();
        Ok(Standing { site: self.site, wanted, again })
    }

    /// Brings the wish to its place, if that is to be done, and says how it stands there.
    async fn put(&self, place: Place, wish: &Wish, plan: &Plan) -> Result<StationTariffRow, Trouble> {
        let old =
            self.old.iter().find(|row| row.evse == place && row.wanted_id == wish.id().unwrap_or_default());
        let row = StationTariffRow {
            station_id: self.station.to_string(),
            evse: place,
            wanted_id: wish.id().unwrap_or_default().to_owned(),
            tried_at: old.and_then(|row| row.tried_at),
            ..StationTariffRow::default()
        };
        match wish {
            Wish::Nothing => Ok(StationTariffRow { state: "none".to_owned(), ..row }),
            Wish::Unsayable { why } => {
                Ok(StationTariffRow { state: "not_representable".to_owned(), detail: why.clone(), ..row })
            }
            Wish::Tariff { id, json } if plan.set.contains(&place) => {
                self.set(row, id, json, old.map_or(0, |row| row.tries)).await
            }
            Wish::Tariff { id, .. } if plan.there.contains(&place) => {
                let known = old.filter(|row| row.state == "held");
                Ok(known.cloned().unwrap_or(StationTariffRow {
                    state: "held".to_owned(),
                    held_id: id.clone(),
                    ..row
                }))
            }
            // Refused before, and its time has not come again.
            Wish::Tariff { .. } => Ok(old.cloned().unwrap_or(row)),
        }
    }

    async fn set(
        &self,
        row: StationTariffRow,
        id: &str,
        tariff: &Value,
        tries: i64,
    ) -> Result<StationTariffRow, Trouble> {
        let payload = messages::set_default_tariff(row.evse, tariff);
        let mut answer = self.send_tariff(&payload).await?;
        if answer.outcome == Outcome::DuplicateTariffId {
            // It is there, and the station has not told where.
            self.clear(&[id.to_owned()]).await?;
            answer = self.send_tariff(&payload).await?;
        }
        let word = word(&answer.outcome);
        metrics::counter!("csms_station_tariffs_total", "answer" => word).increment(1);
        let row = StationTariffRow { tried_at: Some(self.now), answer: told_word(&answer.outcome), ..row };
        if answer.outcome == Outcome::Accepted {
            return Ok(StationTariffRow { state: "held".to_owned(), held_id: id.to_owned(), ..row });
        }
        tracing::warn!(
            station = %self.station, evse = row.evse, tariff = id, answer = row.answer, why = answer.info,
            "the station does not take its tariff; the central cost holds"
        );
        let never = matches!(answer.outcome, Outcome::TooManyElements | Outcome::ConditionNotSupported);
        let tries = tries + 1;
        let next_at = self.now + if never { SETTLED } else { wait(tries) };
        let state = "refused".to_owned();
        Ok(StationTariffRow { state, detail: answer.info, tries, next_at: Some(next_at), ..row })
    }

    async fn send_tariff(&self, payload: &Value) -> Result<messages::Answer, Trouble> {
        let action = "SetDefaultTariff";
        match self.ask(action, payload.clone()).await {
            Ok(answer) => messages::read_answer(&answer).map_err(|why| unreadable(action, &why)),
            Err(AskError::Refused(fault)) => Ok(messages::Answer {
                outcome: Outcome::Other(fault.code.spelling(Version::NEWEST).to_owned()),
                info: fault.description.clone(),
            }),
            // Against the schema: our tariff is at fault, and nothing was sent.
            Err(AskError::Invalid(fault)) => Ok(messages::Answer {
                outcome: Outcome::Other("InvalidTariff".to_owned()),
                info: fault.description.clone(),
            }),
            Err(error) => Err(Trouble::Call { action, error }),
        }
    }

    async fn clear(&self, ids: &[String]) -> Result<(), Trouble> {
        let action = "ClearTariffs";
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let answer = self.ask(action, messages::clear_tariffs(&ids, None)).await;
        let answer = answer.map_err(|error| Trouble::Call { action, error })?;
        let cleared = messages::read_cleared(&answer).map_err(|why| unreadable(action, &why))?;
        for one in cleared.iter().filter(|one| one.answer.outcome == Outcome::Rejected) {
            let id = one.tariff_id.as_deref().unwrap_or_default();
            tracing::warn!(station = %self.station, tariff = id, why = one.answer.info, "the station keeps a tariff");
        }
        Ok(())
    }

    async fn ask(&self, action: &'static str, payload: Value) -> Result<Value, AskError> {
        let timeout = Duration::from_secs(self.app.config.ocpp.call_timeout_s);
        self.app.hub.ask(self.station, action, payload, timeout).await
    }

    /// May the wish of this place be sent, or was it refused a short while ago?
    fn may_set(&self, place: Place, ids: &[(Place, Option<&str>)]) -> bool {
        let id = ids.iter().find(|(at, _)| *at == place).and_then(|(_, id)| *id).unwrap_or_default();
        let old = self.old.iter().find(|row| row.evse == place && row.wanted_id == id);
        old.is_none_or(|row| row.next_at.is_none_or(|next| next <= self.now))
    }

    fn again(&self) -> Option<DateTime<Utc>> {
        self.old.iter().filter_map(|row| row.next_at).min()
    }

    fn unsupported_until(&self) -> Option<DateTime<Utc>> {
        let row = self.old.iter().find(|row| row.state == "unsupported")?;
        row.next_at.filter(|next| *next > self.now)
    }

    /// A station that does not count costs itself.
    fn apart(self, again: Option<DateTime<Utc>>) -> Standing {
        Standing { site: self.site, wanted: Wanted::new(), again }
    }

    async fn give_up(
        self,
        answer: &str,
        detail: String,
        until: Option<DateTime<Utc>>,
    ) -> Result<Standing, Trouble> {
        let row = StationTariffRow {
            station_id: self.station.to_string(),
            state: "unsupported".to_owned(),
            answer: answer.to_owned(),
            detail,
            next_at: until,
            ..StationTariffRow::default()
        };
        self.keep(&[row], &[]).await?;
        Ok(self.apart(until))
    }

    /// Keeps the rows, and tells of what is new.
    async fn keep(&self, rows: &[StationTariffRow], cleared: &[String]) -> Result<(), Trouble> {
        if rows == self.old && cleared.is_empty() {
            return Ok(());
        }
        let mut tx = self.app.db.write().await?;
        station_tariffs::replace(&mut tx, self.station, rows).await?;
        tx.commit().await?;
        let places: Vec<Value> = rows
            .iter()
            .map(|row| {
                json!({"evse": row.evse, "tariff": row.wanted_id, "state": row.state, "answer": row.answer,
                       "why": row.detail})
            })
            .collect();
        let event = EventRow {
            id: self.app.ids.next(),
            at: self.now,
            station_id: Some(self.station.to_string()),
            session_id: None,
            kind: "station.tariffs".to_owned(),
            body: json!({"places": places, "cleared": cleared}).to_string(),
        };
        self.app.writer.later(Write::Event(event));
        self.app.live.touch(self.station);
        Ok(())
    }
}

/// A word for counters: one of a few.
fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "Accepted",
        Outcome::Rejected => "Rejected",
        Outcome::NoTariff => "NoTariff",
        Outcome::TooManyElements => "TooManyElements",
        Outcome::ConditionNotSupported => "ConditionNotSupported",
        Outcome::DuplicateTariffId => "DuplicateTariffId",
        Outcome::TxNotFound => "TxNotFound",
        Outcome::NoCurrencyChange => "NoCurrencyChange",
        Outcome::Other(_) => "other",
    }
}

fn told_word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Other(word) => word.clone(),
        known => word(known).to_owned(),
    }
}
