//! One round with one station: what shall stand on its display is brought there, and what shall not is taken away.

use super::{
    NAME, check,
    words::{Place, fill, message},
};
use crate::{
    app::App,
    command::{self, Ask, Call, Command, CommandError, ListDisplays, Until},
    local_tariffs,
    model::StationId,
    store::{
        StoreError, Tx, commands,
        row::StationRow,
        sites, stations,
        texts::{self, CheckRow, StationTextRow, TextRow},
        variables,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::time::Duration;

/// A station has so long to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// What has come to nothing is tried again after this, then after twice as long, up to a day.
const RETRY: TimeDelta = TimeDelta::minutes(1);
const RETRY_MAX: TimeDelta = TimeDelta::hours(24);
/// Texts that one station is given; the first by name.
const TEXTS_MAX: usize = 50;

/// Does the round. `all`: the texts that there are.
///
/// # Errors
/// The database, or commands that wait for the station already.
pub async fn look(app: &App, station: &StationId, all: &[TextRow]) -> Result<(), CommandError> {
    let mut tx = app.db.read().await?;
    let row = stations::find(&mut tx, station).await?;
    let Some(row) = row.filter(|row| row.registration == "accepted") else { return Ok(()) };
    let told = texts::told(&mut tx, station).await?;
    let wanted = wanted(app, &mut tx, &row, all).await?;
    let checked = texts::checked(&mut tx, station).await?;
    drop(tx);
    let now = app.clock.now();
    for (name, number, message) in &wanted {
        let before = told.iter().find(|known| known.number == *number);
        // Whoever does not answer is not waited for with the next one.
        if due(before, &message.to_string(), row.booted_at, now)
            && !tell(app, station, (name, *number), Some(message), before).await?
        {
            return Ok(());
        }
    }
    for before in told.iter().filter(|known| wanted.iter().all(|(_, number, _)| *number != known.number)) {
        let is_due = before.tries == 0 || before.at + wait(before.tries) <= now || !before.told.is_empty();
        if is_due && !tell(app, station, (&before.name, before.number), None, Some(before)).await? {
            return Ok(());
        }
    }
    if !wanted.is_empty() && check::due(checked.as_ref(), row.booted_at, now) {
        verify(app, station).await?;
    }
    Ok(())
}

/// Asks the display what it has, and tells anew what it should have. Messages that are not ours are nobody's business here.
async fn verify(app: &App, station: &StationId) -> Result<(), CommandError> {
    let list = Command::ListDisplays(ListDisplays::default());
    let row = command::issue(app, Ask::new(station, list, NAME)).await?;
    let row = command::wait(app, row.id, Until::Outcome, ANSWER_WITHIN).await?.unwrap_or(row);
    // It was not asked: that is no answer.
    if row.state == "queued" {
        command::cancel(app, row.id, NAME).await?;
    }
    if matches!(row.state.as_str(), "queued" | "offline") {
        return Ok(());
    }
    let mut tx = app.db.read().await?;
    let told = texts::told(&mut tx, station).await?;
    let parts = commands::parts(&mut tx, row.id).await?;
    drop(tx);
    let (answer, missing) = match check::listed(&row, &parts) {
        Ok(there) => ("Accepted".to_owned(), check::missing(&told, &there)),
        Err(why) => (why, Vec::new()),
    };
    for before in &missing {
        let Ok(message) = serde_json::from_str::<Value>(&before.told) else { continue };
        metrics::counter!("csms_display_texts_total", "outcome" => "missing").increment(1);
        tracing::info!(%station, text = before.name, "a text is not on the display any more; it is told anew");
        // One silent time-out is enough for a round; it is looked at again with the next.
        if !tell(app, station, (&before.name, before.number), Some(&message), Some(before)).await? {
            return Ok(());
        }
    }
    let mut tx = app.db.write().await?;
    let row = CheckRow {
        station_id: station.to_string(),
        at: app.clock.now(),
        answer,
        missing: i64::try_from(missing.len()).unwrap_or(i64::MAX),
    };
    texts::keep_check(&mut tx, &row).await?;
    Ok(tx.commit().await?)
}

/// Is it to be told? What was told and taken holds until the station boots.
fn due(
    before: Option<&StationTextRow>,
    message: &str,
    booted: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> bool {
    let Some(before) = before else { return true };
    let booted_since = booted.is_some_and(|booted| booted > before.at);
    if before.told != message || booted_since {
        return true;
    }
    before.tries > 0 && before.at + wait(before.tries) <= now
}

fn wait(tries: i64) -> TimeDelta {
    let doubled = u32::try_from((tries - 1).clamp(0, 12)).unwrap_or_default();
    (RETRY * 2_i32.pow(doubled)).min(RETRY_MAX)
}

/// The messages of a station: name, number, MessageInfo.
async fn wanted(
    app: &App,
    tx: &mut Tx,
    row: &StationRow,
    all: &[TextRow],
) -> Result<Vec<(String, i64, Value)>, StoreError> {
    let here = all.iter().filter(|text| {
        text.station_id.as_ref().is_none_or(|station| *station == row.id)
            && text.site_id.is_none_or(|site| row.site_id == Some(site))
    });
    let here: Vec<&TextRow> = here.take(TEXTS_MAX).collect();
    if here.is_empty() {
        return Ok(Vec::new());
    }
    let formats = says(tx, &row.id, "SupportedFormats").await?;
    let priorities = says(tx, &row.id, "SupportedPriorities").await?;
    let languages = says(tx, &row.id, "Language").await?;
    let site = match row.site_id {
        Some(site) => sites::find(tx, site).await?.map(|site| site.name).unwrap_or_default(),
        None => String::new(),
    };
    let asked = local_tariffs::usual(&row.id, row.site_id, 0, app.clock.now());
    let tariff = app.catalog.terms(&asked).tariff;
    let mut found = Vec::new();
    for text in
        here.into_iter().filter(|text| has(&priorities, &text.priority) && has(&languages, &text.language))
    {
        let price = tariff.as_ref();
        let price = price.map(|price| tariffs::ocpp::california::price_text(price.tariff(), &text.language));
        let place = Place {
            price: price.unwrap_or_default(),
            site: &site,
            phone: &app.config.displays.phone,
            station: &row.id,
        };
        if let Some(message) = message(text, &fill(&text.body, &place), &formats) {
            found.push((text.name.clone(), text.number, message));
        }
    }
    Ok(found)
}

/// Does a list of a station's have this word? Who says nothing takes all.
fn has(list: &str, word: &str) -> bool {
    list.trim().is_empty() || list.split(',').any(|known| known.trim().eq_ignore_ascii_case(word))
}

async fn says(tx: &mut Tx, station: &str, name: &str) -> Result<String, StoreError> {
    let rows = variables::named(tx, station, "DisplayMessageCtrlr", name).await?;
    let actual = rows.into_iter().find(|row| row.attribute == "Actual");
    Ok(actual.and_then(|row| row.value).unwrap_or_default())
}

/// Sets a message, or clears it, and keeps how the station took it. False: it does not answer.
async fn tell(
    app: &App,
    station: &StationId,
    (name, number): (&str, i64),
    message: Option<&Value>,
    before: Option<&StationTextRow>,
) -> Result<bool, CommandError> {
    let (action, payload) = match message {
        Some(message) => ("SetDisplayMessage", json!({"message": message})),
        None => ("ClearDisplayMessage", json!({"id": number})),
    };
    let call = Command::Call(Call { action: action.to_owned(), payload });
    let row = command::issue(app, Ask::new(station, call, NAME)).await?;
    let row = command::wait(app, row.id, Until::Answer, ANSWER_WITHIN).await?.unwrap_or(row);
    // It would be sent after all, and once more when it is tried again.
    if row.state == "queued" {
        command::cancel(app, row.id, NAME).await?;
    }
    let answers = row.state == "answered";
    let done = row.state == "answered" && row.verdict == "accepted"
        // It is not there: that is what was wanted.
        || message.is_none() && row.state == "answered" && row.reason.starts_with("Unknown");
    metrics::counter!("csms_display_texts_total", "outcome" => if done { "told" } else { "failed" })
        .increment(1);
    let mut tx = app.db.write().await?;
    if done && message.is_none() {
        texts::gone(&mut tx, station, number).await?;
    } else {
        let told = message.map(Value::to_string).unwrap_or_default();
        let same = before.filter(|before| before.told == told);
        let answer = if done { "Accepted".to_owned() } else { format!("{} {}", row.verdict, row.reason) };
        let row = StationTextRow {
            station_id: station.to_string(),
            number,
            name: name.to_owned(),
            told,
            answer: answer.trim().to_owned(),
            at: app.clock.now(),
            tries: if done { 0 } else { same.map_or(0, |before| before.tries) + 1 },
        };
        texts::keep(&mut tx, &row).await?;
    }
    tx.commit().await?;
    app.live.touch(station);
    Ok(answers)
}
