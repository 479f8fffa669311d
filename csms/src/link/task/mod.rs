//! One task per socket. It alone touches the socket; at any moment at most one call of theirs is being handled and
//! one call of ours is on the wire.
//!
//! While a call of theirs is handled the socket is read on, so that answers to our calls arrive; further calls wait in
//! a short queue, and when that is full the socket is not read: a station that hurries is slowed down, it loses
//! nothing.

mod ours;
mod theirs;

use self::{
    ours::{Asked, MessageIds, Ours},
    theirs::{Call, Theirs, work},
};
use super::{
    deviations::Make,
    dialect::{self, Dialect, Validation},
    front::Front,
    guard::{Pace, Seat},
    hub::AskError,
    journal::{self, Direction},
    line::{Line, Stop},
    mask::mask,
    socket::{Broken, Ending, Received, Socket},
};
use crate::{desk::Desk, store::row::Write};
use chrono::{DateTime, Utc};
use ocpp::{ErrorCode, Fault, Frame};
use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::time::{Instant, Sleep};

/// Calls of theirs that wait behind the one being handled, before the socket is not read any more.
const WAITING_MAX: usize = 4;
/// The timer is set at least this far ahead when nothing else is due.
const FAR: Duration = Duration::from_secs(3600);

/// A link at work.
pub(super) struct Link {
    front: Arc<Front>,
    line: Arc<Line>,
    desk: Arc<Desk>,
    socket: Socket,
    dialect: &'static dyn Dialect,
    validation: Validation,
    make: Arc<Make>,
    pace: Pace,
    /// Calls of theirs not begun.
    waiting: VecDeque<Call>,
    /// The call of theirs being handled.
    theirs: Option<Theirs>,
    ours: Option<Ours>,
    ids: MessageIds,
    asked: Asked,
    heard_at: Instant,
    pinged: bool,
    /// The next message is already taken off the allowance.
    paid: bool,
    paused_until: Option<Instant>,
    journal_until: Option<Instant>,
    timer: Pin<Box<Sleep>>,
    /// The close frame is sent: nothing may follow it.
    ended: bool,
    /// Counts the connection until the link is gone.
    _seat: Seat,
}

/// Why a link ended.
#[derive(Debug)]
enum End {
    Closed,
    Silent,
    Stopped(Stop),
    Broken(Broken),
}

impl From<Broken> for End {
    fn from(broken: Broken) -> End {
        End::Broken(broken)
    }
}

impl Link {
    pub fn new(
        front: Arc<Front>,
        line: Arc<Line>,
        socket: Socket,
        validation: Validation,
        make: Make,
        seat: Seat,
    ) -> Link {
        Link {
            desk: front.app.desk(&line.station),
            dialect: dialect::of(line.protocol),
            pace: front.guard.pace(),
            front,
            line,
            socket,
            validation,
            make: Arc::new(make),
            waiting: VecDeque::new(),
            theirs: None,
            ours: None,
            ids: MessageIds::new(),
            asked: Asked::default(),
            heard_at: Instant::now(),
            pinged: false,
            paid: false,
            paused_until: None,
            journal_until: None,
            timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
            ended: false,
            _seat: seat,
        }
    }

    /// Serves the link until it ends, for whatever reason, and tidies up behind it.
    ///
    /// Boxed, because a future keeps what it is called with twice.
    pub async fn run(mut self: Box<Self>) {
        let Err(end) = self.serve().await;
        let offline = self.front.app.hub.leave(&self.line);
        // Whoever waits for an answer learns at once that there will be none.
        self.ours = None;
        if matches!(end, End::Stopped(Stop::Shutdown)) {
            self.drain().await;
        }
        match &end {
            End::Closed => self.socket.finish().await,
            End::Silent => self.socket.close(Ending::Away, "nothing was heard for too long").await,
            End::Stopped(why) => self.socket.close(Ending::Away, why.reason()).await,
            End::Broken(broken) => {
                if let Some(ending) = broken.ending() {
                    self.socket.close(ending, &broken.to_string()).await;
                }
            }
        }
        self.ended = true;
        // What was received is handled, even though nobody waits for the answer: it may be the end of a session.
        self.drain().await;
        self.flush_journal();
        super::listen::left(&self.front, &self.line, offline, &reason(&end));
    }

    async fn serve(&mut self) -> Result<Infallible, End> {
        loop {
            if let Some(why) = self.line.stopped() {
                return Err(End::Stopped(why));
            }
            self.begin().await?;
            while self.ours.is_none()
                && let Some(ask) = self.line.pop()
            {
                self.ask(ask).await?;
            }
            let may_read = self.waiting.len() < WAITING_MAX && self.may_read();
            let due = self.due();
            if due < self.timer.deadline() || self.timer.is_elapsed() {
                self.timer.as_mut().reset(due);
            }
            tokio::select! {
                biased;
                () = self.line.woken() => {}
                () = self.timer.as_mut() => self.on_time().await?,
                outcome = work(&mut self.theirs) => self.done(outcome).await?,
                received = self.socket.receive(), if may_read => {
                    self.paid = false;
                    self.heard_at = Instant::now();
                    self.pinged = false;
                    match received? {
                        Received::Text(text) => self.heard(&text).await?,
                        Received::Alive => {}
                        Received::Closed => return Err(End::Closed),
                    }
                }
            }
        }
    }

    /// Takes the next message off the allowance, or says when to ask again.
    fn may_read(&mut self) -> bool {
        if self.paid {
            return true;
        }
        if self.paused_until.is_some_and(|until| Instant::now() < until) {
            return false;
        }
        match self.front.guard.message(&self.pace) {
            Ok(()) => {
                self.paid = true;
                self.paused_until = None;
            }
            Err(wait) => {
                self.front.counters.throttled.increment(1);
                self.paused_until = Some(Instant::now() + wait);
            }
        }
        self.paid
    }

    /// When the timer has something to do next. Deadlines that have moved on meanwhile cost one idle turn each.
    fn due(&self) -> Instant {
        let settings = &self.front.app.config.ocpp;
        let after = |seconds: u64| (seconds > 0).then(|| self.heard_at + Duration::from_secs(seconds));
        let ping = if self.pinged { None } else { after(settings.ping_interval_s) };
        [
            ping,
            after(settings.idle_timeout_s),
            self.paused_until,
            self.journal_until,
            self.ours.as_ref().map(|ours| ours.until),
            self.theirs.as_ref().map(|theirs| theirs.until),
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or_else(|| Instant::now() + FAR)
    }

    async fn on_time(&mut self) -> Result<(), End> {
        let now = Instant::now();
        let settings = &self.front.app.config.ocpp;
        let silent_for = |seconds: u64| seconds > 0 && now >= self.heard_at + Duration::from_secs(seconds);
        // While we do not read, silence is ours.
        let reading = self.waiting.len() < WAITING_MAX && self.paused_until.is_none();
        if reading && silent_for(settings.idle_timeout_s) {
            return Err(End::Silent);
        }
        let ping = !self.pinged && silent_for(settings.ping_interval_s);
        if !reading && silent_for(settings.idle_timeout_s.max(1)) {
            self.heard_at = now;
        }
        if self.paused_until.is_some_and(|until| now >= until) {
            self.paused_until = None;
        }
        if self.journal_until.is_some_and(|until| now >= until) {
            self.flush_journal();
        }
        if let Some(ours) = self.ours.take_if(|ours| now >= ours.until) {
            tracing::warn!(station = %self.line.station, action = ours.action, "no answer to our call in time");
            // The asker may have gone.
            let _ = ours.answer.send(Err(AskError::Timeout));
        }
        if let Some(late) = self.theirs.take_if(|theirs| now >= theirs.until) {
            let fault = Fault::new(ErrorCode::InternalError, "not handled in time, please send again");
            self.refuse(late.question.action, late.wants_answer.then_some(late.id), fault).await?;
        }
        if ping {
            self.pinged = true;
            self.socket.ping().await?;
        }
        Ok(())
    }

    /// Handles what is left without reading on, each call within its time.
    async fn drain(&mut self) {
        loop {
            // Only sending can fail here, and then there is nobody to send to.
            let _ = self.begin().await;
            let Some(until) = self.theirs.as_ref().map(|theirs| theirs.until) else { return };
            match tokio::time::timeout_at(until, work(&mut self.theirs)).await {
                Ok(outcome) => {
                    let _ = self.done(outcome).await;
                }
                Err(_) => self.theirs = None,
            }
        }
    }

    async fn say(&mut self, frame: &Frame) -> Result<(), End> {
        if self.ended {
            return Ok(());
        }
        let version = self.line.protocol;
        let mut text = String::new();
        frame.write(version, &mut text);
        self.note(self.front.app.clock.now(), Direction::Out, &text, true);
        self.line.sent.fetch_add(1, Ordering::Relaxed);
        self.front.counters.sent(version).increment(1);
        Ok(self.socket.send(text).await?)
    }

    fn note(&mut self, at: DateTime<Utc>, direction: Direction, text: &str, is_json: bool) {
        if !self.front.app.config.ocpp.journal {
            return;
        }
        let full = {
            let mut journal = self.line.journal();
            journal.note(at, direction, &mask(text), is_json);
            journal.is_full()
        };
        if full {
            self.flush_journal();
        } else if self.journal_until.is_none() {
            self.journal_until = Some(Instant::now() + journal::AGE);
        }
    }

    fn flush_journal(&mut self) {
        self.journal_until = None;
        let row = self.line.journal().take(&self.front.app.ids, &self.line.station);
        if let Some(row) = row {
            self.front.app.writer.later(Write::Journal(row));
        }
    }
}

fn reason(end: &End) -> String {
    match end {
        End::Closed => "closed by the station".into(),
        End::Silent => "nothing was heard for too long".into(),
        End::Stopped(why) => why.reason().into(),
        End::Broken(broken) => broken.to_string(),
    }
}
