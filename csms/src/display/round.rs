//! One round with one station: what shall stand on its displays is brought there, and what it said is kept.
//!
//! Calls go out one after the other, and never while a database transaction is open.

use super::{
    Displays,
    wish::{Plan, Wish, plan, wait},
};
use crate::{
    app::App,
    error::Error,
    id::Ids,
    link::display::{self, Ability, Answered, Message, Way},
    model::StationId,
    pay::{self, Readiness},
    store::{
        Tx,
        displays::{self, DisplayRow, MessageRow},
        pay::orders,
        row::StationRow,
        station_codes, stations,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use payments::code::Wanted;
use std::collections::BTreeSet;

/// A station without the function is asked again after this.
const SETTLED: TimeDelta = TimeDelta::hours(24);
/// Sessions of receipts have begun since then.
const SESSION_MAX: TimeDelta = TimeDelta::days(2);
/// Our own notes about a station say so much at most.
const DETAIL_MAX: usize = 300;

/// Does the round; gives when to look again at the latest. `None`: when something happens.
///
/// # Errors
/// The database.
pub async fn look(app: &App, station: &StationId) -> Result<Option<DateTime<Utc>>, Error> {
    let Some(link) = app.hub.info(station) else { return Ok(None) };
    let mut tx = app.db.read().await?;
    let row = stations::find(&mut tx, station).await?;
    let Some(row) = row.filter(|row| row.registration == "accepted" && row.boot_answer == "accepted") else {
        return Ok(None);
    };
    let known = displays::find(&mut tx, station).await?.unwrap_or_default();
    let shown = displays::messages(&mut tx, station).await?;
    let on = Displays::is_on(app, &known.wanted);
    let stands = shown.iter().any(|row| !row.stands.is_empty());
    if !on && !stands {
        return Ok(None);
    }
    let own = link.protocol.makes_codes()
        && station_codes::find(&mut tx, station).await?.is_some_and(|codes| codes.state == "set");
    let way = Way::of(app, link.protocol, &row.vendor, &row.model);
    let make = format!("{} {}", way.as_ref().map(Way::name).unwrap_or_default(), row.firmware);
    let shows_receipts = way.as_ref().is_some_and(Way::shows_receipts);
    let wishes = wishes(app, &mut tx, station, on && !own, shows_receipts).await?;
    drop(tx);
    let ability = serde_json::from_str(&known.ability).ok().filter(|_| known.make == make);
    let fresh = ability.is_none();
    let mut visit = Visit { app, station, row, known, make, fresh, now: app.clock.now() };
    if own && !stands {
        visit.settle("own_codes", "it makes its codes itself", None, None).await?;
        return Ok(None);
    }
    let Some(way) = way else {
        visit.settle("no_way", "no way of pay.display.ways fits its vendor and model", None, None).await?;
        return Ok(None);
    };
    // It lacked the function a short while ago.
    if let Some(again) = visit.known.next_at.filter(|again| !visit.fresh && *again > visit.now) {
        return Ok(Some(again));
    }
    let mut ability = match ability {
        Some(ability) => ability,
        None => display::ability(app, station, &way).await?,
    };
    let mut next = visit.bring(&way, &mut ability, &wishes, &shown).await?;
    if own {
        visit.settle("own_codes", "it makes its codes itself", Some(&ability), None).await?;
    }
    next.retain(|at| *at > visit.now);
    Ok(next.into_iter().min())
}

/// What shall stand where.
async fn wishes(
    app: &App,
    tx: &mut Tx,
    station: &StationId,
    on: bool,
    receipts: bool,
) -> Result<Vec<(i64, Wish)>, Error> {
    let connectors = stations::connectors(tx, station).await?;
    let mut evses: BTreeSet<i64> = connectors.iter().map(|known| known.evse).collect();
    evses.extend(stations::evses(tx, station).await?.iter().map(|known| known.evse));
    evses.retain(|evse| *evse > 0);
    let (now, base) = (app.clock.now(), app.shed.base(app));
    let life = TimeDelta::minutes(i64::from(app.config.pay.display.receipt_minutes));
    let mut wishes = Vec::with_capacity(evses.len());
    for evse in evses {
        let free = on && is_free(app, tx, station, evse).await?;
        let paid = match free && receipts && !life.is_zero() {
            true => {
                let floor = Ids::floor(now - SESSION_MAX);
                orders::settled(tx, station, evse, floor, now - life).await?
            }
            false => None,
        };
        let wish = match paid {
            _ if !free => Wish::Nothing,
            Some((number, settled_at)) => {
                Wish::Receipt { url: format!("{base}/o/{number}"), until: settled_at + life }
            }
            None => Wish::Code,
        };
        wishes.push((evse, wish));
    }
    Ok(wishes)
}

async fn is_free(app: &App, tx: &mut Tx, station: &StationId, evse: i64) -> Result<bool, Error> {
    match pay::readiness(app, tx, station, evse, 0).await {
        Ok(readiness) => Ok(matches!(readiness, Readiness::Ready { .. })),
        Err(pay::PayError::Store(error)) => Err(error.into()),
        // Whatever else: nothing is sold there.
        Err(_) => Ok(false),
    }
}

struct Visit<'a> {
    app: &'a App,
    station: &'a StationId,
    row: StationRow,
    known: DisplayRow,
    make: String,
    /// Nothing is known of this make yet.
    fresh: bool,
    now: DateTime<Utc>,
}

impl Visit<'_> {
    /// Brings the wishes to their places; gives when to look again.
    async fn bring(
        &mut self,
        way: &Way,
        ability: &mut Ability,
        wishes: &[(i64, Wish)],
        shown: &[MessageRow],
    ) -> Result<Vec<DateTime<Utc>>, Error> {
        let mut next = Vec::new();
        let hold_off = Displays::hold_off(self.app, self.station);
        let told_after = self.row.booted_at.map(|booted| booted + hold_off);
        for (evse, wish) in wishes {
            let old = shown.iter().find(|row| row.evse == *evse);
            let make_is_new = self.fresh && old.is_some_and(|row| row.answer != "Accepted");
            // What another firmware has refused is asked of this one at once.
            let counts = old.filter(|_| !make_is_new || *wish == Wish::Nothing);
            match plan(wish, counts, self.now, self.row.booted_at, told_after) {
                Plan::Wait(until) => next.extend(until),
                act => {
                    let (row, answered) = self.act(way, ability, *evse, wish, act, old).await?;
                    next.extend(row.renew_at.into_iter().chain(row.next_at));
                    let lacks = matches!(answered, Answered::Lacks(_));
                    self.judge(wish, ability, &answered).await?;
                    if lacks {
                        next.push(self.now + SETTLED);
                        break;
                    }
                }
            }
        }
        Ok(next)
    }

    /// Asks the station, and keeps what it said.
    async fn act(
        &self,
        way: &Way,
        ability: &mut Ability,
        evse: i64,
        wish: &Wish,
        act: Plan,
        old: Option<&MessageRow>,
    ) -> Result<(MessageRow, Answered), Error> {
        let (app, now) = (self.app, self.now);
        let mut row = MessageRow {
            station_id: self.station.to_string(),
            evse,
            asked: wish.call().to_owned(),
            asked_at: now,
            ..MessageRow::default()
        };
        let answered = if act == Plan::Clear {
            display::clear(app, self.station, way, evse).await
        } else {
            let (url, until, renew_at) = self.shown(evse, wish);
            let config = &app.config.pay.display;
            let receipt = matches!(wish, Wish::Receipt { .. });
            let text = if receipt { &config.receipt_text } else { &config.text };
            let text = text.replace("{url}", &url).replace("{evse}", &evse.to_string());
            let message = Message { evse, url: &url, text: &text, receipt, from: now, until };
            let answered = display::show(app, self.station, way, ability, &message).await;
            (row.url, row.until, row.renew_at) = (url, Some(until), Some(renew_at));
            answered
        };
        let call = if act == Plan::Clear { "clear" } else { "show" };
        metrics::counter!("csms_display_calls_total", "call" => call, "outcome" => answered.word())
            .increment(1);
        let before = || old.map(|old| (old.stands.clone(), old.url.clone(), old.until)).unwrap_or_default();
        let why = match &answered {
            Answered::Accepted => {
                row.stands = wish.word().to_owned();
                "Accepted"
            }
            Answered::Unknown(why) => {
                // Something may stand there now; a clear will tell.
                row.stands = if act == Plan::Clear { before().0 } else { wish.word().to_owned() };
                why
            }
            Answered::Refused(why) | Answered::Lacks(why) | Answered::Away(why) => {
                (row.stands, row.url, row.until) = before();
                why
            }
        };
        row.answer = why.chars().take(DETAIL_MAX).collect();
        if answered != Answered::Accepted {
            let same = old.filter(|old| old.asked == row.asked && old.answer != "Accepted");
            row.tries = same.map_or(0, |old| old.tries) + 1;
            row.renew_at = None;
            row.next_at = Some(now + wait(row.tries));
            tracing::info!(station = %self.station, evse, call, why = row.answer, tries = row.tries,
                "a display did not do what it was asked");
        }
        let mut tx = app.db.write().await?;
        displays::keep(&mut tx, &row).await?;
        tx.commit().await?;
        Ok((row, answered))
    }

    /// The address, until when it is good, and when the next one is due.
    fn shown(&self, evse: i64, wish: &Wish) -> (String, DateTime<Utc>, DateTime<Utc>) {
        let (app, now) = (self.app, self.now);
        if let Wish::Receipt { url, until } = wish {
            return (url.clone(), *until, *until);
        }
        let offer = TimeDelta::minutes(i64::from(app.config.pay.offer_minutes.max(1)));
        let stands = TimeDelta::minutes(i64::from(app.config.pay.display.renew_minutes.max(1)));
        let code = app.codes.sign(self.station, evse, Wanted::default(), now, stands + offer);
        // Displays that were told together are not renewed together for ever.
        let early = stands * Displays::share(self.station, evse, 20) / 100;
        (format!("{}/p/{code}", app.shed.base(app)), now + stands + offer, now + stands - early)
    }

    /// What an answer says of the display.
    async fn judge(&mut self, wish: &Wish, ability: &Ability, answered: &Answered) -> Result<(), Error> {
        let until = self.now + SETTLED;
        match answered {
            Answered::Lacks(why) => self.settle("unsupported", why, Some(ability), Some(until)).await,
            Answered::Refused(why) => self.settle("refused", why, Some(ability), None).await,
            Answered::Accepted if *wish != Wish::Nothing => {
                self.settle("shows", "", Some(ability), None).await
            }
            // Says nothing of the display.
            Answered::Accepted | Answered::Away(_) | Answered::Unknown(_) => Ok(()),
        }
    }

    /// Keeps what is known of the display, if that is new.
    async fn settle(
        &mut self,
        state: &str,
        detail: &str,
        ability: Option<&Ability>,
        next_at: Option<DateTime<Utc>>,
    ) -> Result<(), Error> {
        let row = DisplayRow {
            station_id: self.station.to_string(),
            wanted: self.known.wanted.clone(),
            state: state.to_owned(),
            detail: detail.chars().take(DETAIL_MAX).collect(),
            make: self.make.clone(),
            ability: ability.and_then(|known| serde_json::to_string(known).ok()).unwrap_or_default(),
            next_at,
            changed_at: self.known.changed_at,
        };
        if row == self.known {
            return Ok(());
        }
        let row = DisplayRow { changed_at: self.now, ..row };
        let mut tx = self.app.db.write().await?;
        displays::learn(&mut tx, &row).await?;
        tx.commit().await?;
        let told = (&self.known.state, &self.known.detail) != (&row.state, &row.detail);
        self.known = row;
        self.fresh = false;
        if told {
            tracing::info!(station = %self.station, state, detail, "the display of a station");
            // Pages look again.
            self.app.live.touch(self.station);
        }
        Ok(())
    }
}
