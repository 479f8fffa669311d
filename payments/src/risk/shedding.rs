//! What is let in when more comes than can be served.
//!
//! One [`Shedder`] watches the rate of payment traffic. Above the limit it sheds: running sessions and the word of
//! providers always get through, those who are about to pay next, then landing pages, and history and assets last.
//! It keeps at it until the rate has been low for a while, so that it does not flap. The clock comes in as whole
//! milliseconds of any steady clock; the answer costs a lock and a few additions.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// What a request is, the last to go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A provider's callback, or the page, stop button and receipt of a session that runs.
    Vital,
    /// Somebody pays.
    Paying,
    /// Somebody looks at a price.
    Landing,
    /// History, assets, everything else.
    Rest,
}

impl Class {
    /// For metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Class::Vital => "vital",
            Class::Paying => "paying",
            Class::Landing => "landing",
            Class::Rest => "rest",
        }
    }
}

/// When to shed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests a second above which it begins, and which are served while it lasts.
    pub begin_per_s: u32,
    /// It ends when there were fewer than this in every second …
    pub end_per_s: u32,
    /// … for so long.
    pub calm_s: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { begin_per_s: 500, end_per_s: 300, calm_s: 60 }
    }
}

/// What to do with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Serve,
    /// Answer 429 with this Retry-After.
    Refuse {
        retry_after_s: u32,
    },
}

/// A verdict, and whether the state changed by this request: then say so (gauge, event, log).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    pub verdict: Verdict,
    pub changed: Option<State>,
}

/// Is it shedding?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Normal,
    Shedding,
}

/// The last second is kept in so many slices; the rate slides by a slice.
const SLICES: u64 = 10;
const SLICE_MS: u64 = 1_000 / SLICES;
/// Those who are told to come back come back over so many seconds.
const SPREAD_S: u32 = 20;

/// Decides for every request whether it is served. One for a process; share it.
#[derive(Debug)]
pub struct Shedder {
    limits: Limits,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: State,
    /// Slice number and what came and was served in it, of the last second, oldest first.
    slices: VecDeque<Slice>,
    /// When the rate was last too high to end.
    busy_ms: u64,
    now_ms: u64,
    refused: u32,
}

#[derive(Debug, Clone, Copy)]
struct Slice {
    number: u64,
    came: u32,
    served: u32,
}

impl Shedder {
    /// Nothing has come yet.
    pub fn new(limits: Limits) -> Shedder {
        let inner = Inner {
            state: State::Normal,
            slices: VecDeque::with_capacity(SLICES as usize + 1),
            busy_ms: 0,
            now_ms: 0,
            refused: 0,
        };
        Shedder { limits, inner: Mutex::new(inner) }
    }

    /// A request has come. `now_ms` of a steady clock; a clock that goes back stands still.
    pub fn ask(&self, class: Class, now_ms: u64) -> Answer {
        let mut inner = self.lock();
        inner.tick(now_ms);
        inner.slice().came += 1;
        let changed = inner.step(&self.limits);
        let verdict = inner.verdict(class, &self.limits);
        if verdict == Verdict::Serve {
            inner.slice().served += 1;
        }
        Answer { verdict, changed }
    }

    /// How it stands now: for the gauge, for readiness, and for new codes, which point to the standby address
    /// while it sheds. Asked now and then it also notices that everybody has gone.
    pub fn look(&self, now_ms: u64) -> Look {
        let mut inner = self.lock();
        inner.tick(now_ms);
        let changed = inner.step(&self.limits);
        Look { state: inner.state, per_s: inner.came(), changed }
    }

    /// Which base address a new code gets.
    pub fn base<'a>(&self, usual: &'a str, standby: &'a str, now_ms: u64) -> &'a str {
        if self.look(now_ms).state == State::Shedding && !standby.is_empty() { standby } else { usual }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        // Nothing in there can be half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a [`Shedder`] stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub state: State,
    /// Requests of the last second.
    pub per_s: u32,
    pub changed: Option<State>,
}

impl Inner {
    /// Moves the window to `now_ms`.
    fn tick(&mut self, now_ms: u64) {
        self.now_ms = now_ms.max(self.now_ms);
        let number = self.now_ms / SLICE_MS;
        while self.slices.front().is_some_and(|slice| slice.number + SLICES <= number) {
            self.slices.pop_front();
        }
    }

    /// The present slice.
    fn slice(&mut self) -> &mut Slice {
        let number = self.now_ms / SLICE_MS;
        let fresh = Slice { number, came: 0, served: 0 };
        if self.slices.back().is_none_or(|slice| slice.number < number) {
            self.slices.push_back(fresh);
        }
        let last = self.slices.len() - 1;
        &mut self.slices[last]
    }

    fn came(&self) -> u32 {
        self.slices.iter().map(|slice| slice.came).sum()
    }

    fn served(&self) -> u32 {
        self.slices.iter().map(|slice| slice.served).sum()
    }

    /// Begins or ends the shedding if it is time.
    fn step(&mut self, limits: &Limits) -> Option<State> {
        let came = self.came();
        if came >= limits.end_per_s {
            self.busy_ms = self.now_ms;
        }
        let calm = self.now_ms - self.busy_ms >= u64::from(limits.calm_s) * 1_000;
        let next = match self.state {
            State::Normal if came > limits.begin_per_s => State::Shedding,
            State::Shedding if calm => State::Normal,
            _ => return None,
        };
        self.state = next;
        Some(next)
    }

    /// While shedding, a class gets what the more important ones have left of the limit in the last second.
    fn verdict(&mut self, class: Class, limits: &Limits) -> Verdict {
        if self.state == State::Normal || class == Class::Vital {
            return Verdict::Serve;
        }
        // A fifth of the limit is kept for each more important class: a crowd of the lesser one that comes first in a
        // second must not take its place.
        let share = match class {
            Class::Vital | Class::Paying => limits.begin_per_s,
            Class::Landing => limits.begin_per_s / 5 * 4,
            Class::Rest => limits.begin_per_s / 5 * 3,
        };
        if self.served() < share {
            return Verdict::Serve;
        }
        self.refused = self.refused.wrapping_add(1);
        Verdict::Refuse { retry_after_s: 5 + self.refused % SPREAD_S }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { begin_per_s: 50, end_per_s: 30, calm_s: 60 };
    const CLASSES: [Class; 4] = [Class::Vital, Class::Paying, Class::Landing, Class::Rest];

    /// So many requests of a class within the second that begins at `from_ms`; how many were served.
    fn second(shedder: &Shedder, class: Class, count: u64, from_ms: u64) -> u64 {
        let served = |n: &u64| shedder.ask(class, from_ms + n * 1_000 / count).verdict == Verdict::Serve;
        (0..count).filter(served).count() as u64
    }

    #[test]
    fn it_begins_above_the_limit_and_ends_after_a_minute_of_calm() {
        let shedder = Shedder::new(LIMITS);
        assert_eq!(second(&shedder, Class::Rest, 50, 0), 50);
        assert_eq!(shedder.base("https://a", "https://b", 1_100), "https://a");
        assert_eq!(
            second(&shedder, Class::Rest, 60, 2_000),
            50,
            "the 51st began it, and it is too late for it"
        );
        assert_eq!(shedder.look(2_999).state, State::Shedding);
        assert_eq!(shedder.base("https://a", "https://b", 2_999), "https://b");
        assert_eq!(shedder.base("https://a", "", 2_999), "https://a", "no standby is set");
        // Between the two limits it goes on, however long.
        for s in 3..200 {
            second(&shedder, Class::Vital, 40, s * 1_000);
        }
        assert_eq!(shedder.look(200_000).state, State::Shedding);
        let ended = |at| shedder.look(at).changed == Some(State::Normal);
        assert!(!ended(259_000));
        assert!(ended(261_000), "nobody came for a minute");
        assert!(!ended(262_000), "told once");
    }

    #[test]
    fn the_vital_get_through_and_the_lesser_go_first() {
        let shedder = Shedder::new(LIMITS);
        second(&shedder, Class::Rest, 100, 0);
        // A crowd that comes first takes three fifths at most; those who pay find room, callbacks always.
        let now = 2_000;
        let served: Vec<usize> = [Class::Rest, Class::Landing, Class::Paying, Class::Vital]
            .map(|class| (0..100).filter(|_| shedder.ask(class, now).verdict == Verdict::Serve).count())
            .to_vec();
        assert_eq!(served, [30, 10, 10, 100]);
        let Verdict::Refuse { retry_after_s } = shedder.ask(Class::Paying, now).verdict else {
            panic!("the limit is reached")
        };
        assert!((5..25).contains(&retry_after_s));
    }

    proptest! {
        #[test]
        fn whatever_comes(traffic in prop::collection::vec((0_u64..120, 0_usize..4), 1..3_000)) {
            let shedder = Shedder::new(LIMITS);
            let mut now = 10_000_u64;
            let mut state = State::Normal;
            let mut recent: VecDeque<(u64, bool)> = VecDeque::new();
            for (step, class) in traffic {
                now += step / 10;
                let answer = shedder.ask(CLASSES[class], now);
                let served = answer.verdict == Verdict::Serve;
                // What is vital is never refused; nothing is while all is well.
                prop_assert!(served || CLASSES[class] != Class::Vital);
                state = answer.changed.unwrap_or(state);
                prop_assert_eq!(shedder.look(now).state, state);
                prop_assert!(served || state == State::Shedding);
                // Of what can be refused, no more than the limit is served in a second while it sheds.
                recent.push_back((now / SLICE_MS, served));
                while recent.front().is_some_and(|(slice, _)| slice + SLICES <= now / SLICE_MS) {
                    recent.pop_front();
                }
                let in_second = recent.iter().filter(|(_, served)| *served).count();
                if served && state == State::Shedding && CLASSES[class] != Class::Vital {
                    prop_assert!(in_second <= LIMITS.begin_per_s as usize, "{in_second}");
                }
            }
        }
    }
}
