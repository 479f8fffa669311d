//! The worker: makes deliveries of events, and has them posted until they are taken or given up.

use super::{delivery, post, switch};
use crate::{
    app::App,
    event::{self, Wish, list::WebhookOff},
    store::{
        StoreError, events,
        query::PAGE_MAX,
        webhooks::{self, DeliveryRow, WebhookRow},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use rand::Rng;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

/// What is due is looked for this often, beside when something happens.
const EVERY: Duration = Duration::from_secs(1);
/// Posts at one time, to all.
const IN_ALL: usize = 64;
/// A post is taken for lost after its own time-out and this.
const LEASE: TimeDelta = TimeDelta::minutes(2);
/// Posts that are under way when the server ends may take so long.
const LAST: Duration = Duration::from_secs(5);
/// After these seconds a delivery is tried again; then it is given up. Three days in all.
const LADDER: [i64; 11] = [5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 86_400];
/// A webhook that fails is tried by one delivery at a time, and not sooner than after 2, 4, 8 … seconds, up to this.
const REST_MAX: u64 = 300;
/// What waits is counted this often.
const COUNT_EVERY: Duration = Duration::from_secs(10);
/// Events looked at in vain before that is written down.
const UNWANTED_MAX: i64 = 1_000;

/// What is known of webhooks in memory.
#[derive(Debug)]
pub struct Hooks {
    pub(super) client: post::Client,
    resting: Mutex<HashMap<i64, Instant>>,
    changed: Notify,
}

impl Hooks {
    pub fn new(client: post::Client) -> Hooks {
        Hooks { client, resting: Mutex::default(), changed: Notify::new() }
    }

    /// Somebody wants something of it: what is due is tried at once.
    pub fn look(&self, id: i64) {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        self.changed.notify_one();
    }

    fn rest(&self, id: i64, failures: i64) {
        let seconds = 1_u64.checked_shl(u32::try_from(failures).unwrap_or(u32::MAX)).unwrap_or(REST_MAX);
        let until = Instant::now() + Duration::from_secs(seconds.clamp(1, REST_MAX));
        self.resting.lock().unwrap_or_else(PoisonError::into_inner).insert(id, until);
    }

    fn rests(&self, id: i64) -> bool {
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        resting.retain(|_, until| Instant::now() < *until);
        resting.contains_key(&id)
    }
}

/// What the worker knows from one turn to the next.
#[derive(Default)]
struct Work {
    /// Posts under way, by webhook.
    sending: HashMap<i64, usize>,
    /// Events that a webhook was found not to want, after its position.
    seen: HashMap<i64, i64>,
    posts: JoinSet<(i64, Result<(), StoreError>)>,
    /// When what waits was counted last.
    counted: Option<Instant>,
}

/// Runs until `stop` is cancelled.
pub async fn run(app: App, stop: CancellationToken) {
    let mut head = app.feed.watch();
    let mut work = Work::default();
    let mut released = false;
    loop {
        let turn = async {
            if !released {
                let mut tx = app.db.write().await?;
                webhooks::release(&mut tx, node(&app), app.clock.now()).await?;
                tx.commit().await?;
                released = true;
            }
            work.turn(&app).await
        };
        if let Err(error) = turn.await {
            metrics::counter!("csms_job_failures_total", "job" => "webhooks").increment(1);
            tracing::warn!(job = "webhooks", %error, "a job failed; it is tried again in its next turn");
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(done) = work.posts.join_next(), if !work.posts.is_empty() => work.over(done),
            () = app.hooks.changed.notified() => {}
            changed = head.changed() => if changed.is_err() { break },
            () = tokio::time::sleep(EVERY) => {}
        }
    }
    let _ = timeout(LAST, async { while work.posts.join_next().await.is_some() {} }).await;
}

fn node(app: &App) -> i64 {
    app.config.database.node.into()
}

impl Work {
    fn over(&mut self, done: Result<(i64, Result<(), StoreError>), tokio::task::JoinError>) {
        match done {
            Ok((hook, outcome)) => {
                if let Some(many) = self.sending.get_mut(&hook) {
                    *many = many.saturating_sub(1);
                }
                if let Err(error) = outcome {
                    tracing::warn!(webhook = hook, %error, "how a delivery went could not be kept; it is made again");
                }
            }
            Err(error) => {
                tracing::error!(%error, "a delivery broke off");
                if self.posts.is_empty() {
                    self.sending.clear();
                }
            }
        }
    }

    async fn turn(&mut self, app: &App) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            // What comes later is held against what its webhook wishes then.
            let head = app.feed.head();
            let hooks = webhooks::active(&mut app.db.read().await?, after).await?;
            let Some(last) = hooks.last() else { break };
            after = last.id;
            for hook in hooks {
                self.spread(app, &hook, head).await?;
                self.send(app, hook).await?;
            }
        }
        self.sending.retain(|_, many| *many > 0);
        if self.counted.is_none_or(|counted| counted.elapsed() >= COUNT_EVERY) {
            self.counted = Some(Instant::now());
            let waiting = webhooks::waiting_in_all(&mut app.db.read().await?).await?;
            metrics::gauge!("csms_webhook_deliveries_waiting").set(waiting as f64);
        }
        Ok(())
    }

    /// Makes deliveries of new events up to `head`, and of those that are to be told again.
    async fn spread(&mut self, app: &App, hook: &WebhookRow, head: i64) -> Result<(), StoreError> {
        let Ok(mut wish) = Wish::new(&hook.kinds, hook.station_id.clone(), hook.money == 1) else {
            return Ok(()); // an event that this version does not know
        };
        wish.station = hook.station_id.clone();
        let seen = self.seen.get(&hook.id).copied().unwrap_or(0).max(hook.position);
        if hook.replay_next > 0 && hook.replay_next <= hook.replay_last {
            let from = hook.replay_next - 1;
            let last = hook.replay_last;
            let page = events::numbered(&mut app.db.read().await?, from, last, PAGE_MAX).await?;
            let to = page.last().filter(|_| page.len() as i64 == PAGE_MAX).map_or(last, |row| row.seq);
            let wanted: Vec<(i64, &str)> = page
                .iter()
                .filter(|row| wish.wants(&row.event))
                .map(|row| (row.seq, &*row.event.kind))
                .collect();
            let mut tx = app.db.write().await?;
            if webhooks::waiting(&mut tx, hook.id).await? < room(app)
                && webhooks::replayed(&mut tx, hook.id, hook.replay_next, to + 1).await?
            {
                keep(app, &mut tx, hook.id, &wanted, true).await?;
                tx.commit().await?;
            }
        }
        let mut page = app.feed.after(&app.db, seen).await?;
        page.retain(|row| row.seq <= head);
        let Some(last) = page.last() else { return Ok(()) };
        let wanted: Vec<(i64, &str)> =
            page.iter().filter(|row| wish.wants(&row.event)).map(|row| (row.seq, &*row.event.kind)).collect();
        if wanted.is_empty() && last.seq - hook.position < UNWANTED_MAX {
            self.seen.insert(hook.id, last.seq);
            return Ok(());
        }
        let mut tx = app.db.write().await?;
        if webhooks::waiting(&mut tx, hook.id).await? < room(app)
            && webhooks::advance(&mut tx, hook.id, hook.position, last.seq).await?
        {
            keep(app, &mut tx, hook.id, &wanted, false).await?;
            tx.commit().await?;
            self.seen.remove(&hook.id);
        }
        Ok(())
    }

    /// Has posted what is due, so much as may be at one time.
    async fn send(&mut self, app: &App, hook: WebhookRow) -> Result<(), StoreError> {
        let sending = self.sending.get(&hook.id).copied().unwrap_or(0);
        let most = if hook.failures > 0 { 1 } else { app.config.webhooks.at_once.max(1) as usize };
        let room = most.saturating_sub(sending).min(IN_ALL.saturating_sub(self.posts.len()));
        if room == 0 || app.hooks.rests(hook.id) {
            return Ok(());
        }
        let now = app.clock.now();
        if !webhooks::is_due(&mut app.db.read().await?, hook.id, now).await? {
            return Ok(());
        }
        let span = (now, now + LEASE + TimeDelta::seconds(app.config.webhooks.timeout_s.cast_signed()));
        let mut tx = app.db.write().await?;
        let mut due = webhooks::lease(&mut tx, hook.id, span, node(app), room as i64).await?;
        // As it is now: its secret may have been rotated since it was read.
        let hook = webhooks::find(&mut tx, hook.id).await?.unwrap_or(hook);
        tx.commit().await?;
        due.sort_unstable_by_key(|row| (row.seq, row.id));
        for row in due {
            *self.sending.entry(hook.id).or_default() += 1;
            let (app, hook) = (app.clone(), hook.clone());
            self.posts.spawn(async move { (hook.id, one(&app, &hook, row).await) });
        }
        Ok(())
    }
}

/// Deliveries that may wait for one webhook.
fn room(app: &App) -> i64 {
    i64::from(app.config.webhooks.waiting_max.max(1))
}

async fn keep(
    app: &App,
    tx: &mut crate::store::Tx,
    hook: i64,
    wanted: &[(i64, &str)],
    again: bool,
) -> Result<(), StoreError> {
    let now = app.clock.now();
    for event in wanted {
        webhooks::add(tx, &delivery(&app.ids, hook, *event, again, now)).await?;
    }
    Ok(())
}

/// One try, and what follows from it.
async fn one(app: &App, hook: &WebhookRow, mut row: DeliveryRow) -> Result<(), StoreError> {
    let begun = Instant::now();
    let went = post::post(app, hook, &row).await?;
    let now = app.clock.now();
    let taken = went.trouble.is_empty();
    let next = again(row.tries, went.put_off_s).filter(|_| !taken && !went.nothing && !went.gone);
    (row.state, row.due_at) = match next {
        _ if taken => ("done".to_owned(), now),
        Some(pause) => ("waiting".to_owned(), now + pause),
        None => ("given_up".to_owned(), now),
    };
    row.status = went.status.into();
    (row.answer, row.trouble) = (went.answer, went.trouble);
    row.took_ms = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
    row.tried_at = Some(now);
    let mut tx = app.db.write().await?;
    webhooks::tried(&mut tx, &row).await?;
    let mut failures = 0;
    if taken {
        webhooks::succeeded(&mut tx, hook.id).await?;
    } else if !went.nothing
        && let Some(hook) = webhooks::failed(&mut tx, hook.id, now).await?
    {
        failures = hook.failures;
        if let Some(why) = why_off(app, &hook, went.gone, now) {
            off(app, &mut tx, hook, &why, now).await?;
        }
    }
    tx.commit().await?;
    if failures > 0 {
        app.hooks.rest(hook.id, failures);
        tracing::warn!(
            webhook = hook.id,
            name = hook.name,
            event = row.seq,
            tries = row.tries,
            state = row.state,
            trouble = row.trouble,
            "a delivery was not taken"
        );
    }
    let outcome = match (taken, next) {
        (true, _) => "taken",
        (false, Some(_)) => "failed",
        (false, None) => "given_up",
    };
    metrics::counter!("csms_webhook_deliveries_total", "outcome" => outcome).increment(1);
    Ok(())
}

/// When a delivery that was tried so often is tried again; a fifth sooner or later, so that not all come at once.
fn again(tries: i64, put_off_s: Option<u64>) -> Option<TimeDelta> {
    let step = usize::try_from(tries.max(1) - 1).ok()?;
    let seconds = *LADDER.get(step)?;
    let spread = seconds * 1_000 / 5;
    let jitter = rand::rng().random_range(-spread..=spread);
    let pause = TimeDelta::milliseconds(seconds * 1_000 + jitter);
    Some(pause.max(TimeDelta::seconds(put_off_s.unwrap_or(0).cast_signed())))
}

fn why_off(app: &App, hook: &WebhookRow, gone: bool, now: DateTime<Utc>) -> Option<String> {
    if gone {
        return Some("its receiver has answered 410: it wants nothing more".to_owned());
    }
    let days = app.config.webhooks.off_after_days.max(1);
    let since = hook.failing_since.filter(|since| now - *since >= TimeDelta::days(i64::from(days)))?;
    Some(format!("nothing was taken since {}", since.format("%Y-%m-%d %H:%M UTC")))
}

async fn off(
    app: &App,
    tx: &mut crate::store::Tx,
    hook: WebhookRow,
    why: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tracing::error!(
        webhook = hook.id,
        name = hook.name,
        why,
        "a webhook was turned off; somebody has to look"
    );
    metrics::counter!("csms_webhooks_off_total").increment(1);
    let told =
        WebhookOff { webhook_id: hook.id.to_string(), name: hook.name.clone(), reason: why.to_owned() };
    events::add(tx, &event::row(&app.ids, now, None, None, &told)).await?;
    webhooks::update(tx, &switch(hook, false, why, now)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_tried_for_three_days() {
        let pauses: Vec<TimeDelta> = (1..).map_while(|tries| again(tries, None)).collect();
        assert_eq!(pauses.len(), LADDER.len());
        let all: TimeDelta = pauses.into_iter().sum();
        assert!(all > TimeDelta::hours(54) && all < TimeDelta::hours(85), "{all}");
        assert!(again(1, Some(60)).unwrap() >= TimeDelta::seconds(60));
    }
}
