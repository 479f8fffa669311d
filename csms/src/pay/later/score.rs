//! May a driver charge first and pay later? A scorer says a number, and the number decides.

use super::settings::{self, Fallback};
use futures::future::BoxFuture;
use hmac::{Hmac, Mac};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;
use std::time::Duration;

/// What is known of a driver here. None of it is about the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Of the driver's row.
    pub driver: i64,
    /// Since the driver is known.
    pub days: i64,
    /// A method on file can be debited.
    pub has_mandate: bool,
    /// Orders that were paid in full.
    pub paid: i64,
    /// Bills of the last 180 days of which a debit was refused.
    pub failed_debits: i64,
    /// Payments of the last 180 days that the driver's bank took back, or wants to.
    pub disputes: i64,
    /// Bills that are open now.
    pub owing: i64,
    /// At this instant, Unix seconds.
    pub at: i64,
}

/// From 0 (never) to 1000, and why, in words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    pub points: i64,
    pub reason: String,
}

/// Where scores come from. It is asked before any transaction, and never by a desk.
pub trait Scorer: Send + Sync + std::fmt::Debug {
    /// The word in decisions and metrics.
    fn word(&self) -> &'static str;

    /// The score.
    ///
    /// # Errors
    /// In words, why there is none.
    fn score<'a>(&'a self, facts: &'a Facts) -> BoxFuture<'a, Result<Score, String>>;
}

/// What a driver has done here, in points. Every line of the sum is written into its reason.
#[derive(Debug, Clone, Copy)]
pub struct History;

/// Where everybody begins.
const BASE: i64 = 600;
/// A method on file.
const MANDATE: i64 = 60;
/// Per month known, for a year.
const MONTH: (i64, i64) = (5, 60);
/// Per bill paid.
const PAID: (i64, i64) = (10, 150);
/// Per bill whose debit was refused: one is an empty account, three are a habit.
const FAILED: (i64, i64) = (-20, -120);
const DISPUTE: (i64, i64) = (-150, -450);
/// Per bill that is open.
const OWING: (i64, i64) = (-100, -300);

impl History {
    /// The sum.
    pub fn of(facts: &Facts) -> Score {
        let mut points = BASE;
        let mut reason = format!("base {BASE}");
        let mut add = |what: &str, count: i64, (each, most): (i64, i64)| {
            let part = count.max(0).saturating_mul(each).clamp(most.min(0), most.max(0));
            if part != 0 {
                points += part;
                reason.push_str(&format!(", {what} {part:+}"));
            }
        };
        add("method on file", i64::from(facts.has_mandate), (MANDATE, MANDATE));
        add(&format!("{} months known", facts.days / 30), facts.days / 30, MONTH);
        add(&format!("{} bills paid", facts.paid), facts.paid, PAID);
        add(&format!("{} debits refused", facts.failed_debits), facts.failed_debits, FAILED);
        add(&format!("{} disputes", facts.disputes), facts.disputes, DISPUTE);
        add(&format!("{} bills open", facts.owing), facts.owing, OWING);
        Score { points: points.clamp(0, 1_000), reason }
    }
}

impl Scorer for History {
    fn word(&self) -> &'static str {
        "history"
    }

    fn score<'a>(&'a self, facts: &'a Facts) -> BoxFuture<'a, Result<Score, String>> {
        Box::pin(async { Ok(History::of(facts)) })
    }
}

/// A scorer elsewhere: `POST` of the driver's number here and what its payments here were; no name, no contact.
#[derive(Debug)]
pub struct Hook {
    url: String,
    secret: String,
    http: reqwest::Client,
}

/// Bytes of an answer at most.
const ANSWER_MAX: usize = 16 * 1024;
/// Characters of its reason that are kept.
const REASON_MAX: usize = 200;

#[derive(Debug, Deserialize)]
struct Answer {
    score: i64,
    #[serde(default)]
    reason: String,
}

impl Hook {
    fn new(settings: &settings::Later) -> Result<Hook, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_millis(settings.scorer_timeout_ms.clamp(100, 30_000)))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Hook { url: settings.scorer_url.clone(), secret: settings.scorer_secret.clone(), http })
    }
}

impl Scorer for Hook {
    fn word(&self) -> &'static str {
        "http"
    }

    fn score<'a>(&'a self, facts: &'a Facts) -> BoxFuture<'a, Result<Score, String>> {
        Box::pin(self.ask(facts))
    }
}

impl Hook {
    async fn ask(&self, facts: &Facts) -> Result<Score, String> {
        let body = json!({"driver": facts.driver.to_string(), "days": facts.days, "method_on_file": facts.has_mandate,
            "paid": facts.paid, "failed_debits": facts.failed_debits, "disputes": facts.disputes,
            "owing": facts.owing})
        .to_string();
        // A MAC of this kind takes keys of any length.
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).map_err(|error| error.to_string())?;
        mac.update(format!("{}.{body}", facts.at).as_bytes());
        let signature = format!("t={},v1={}", facts.at, hex::encode(mac.finalize().into_bytes()));
        let request = self
            .http
            .post(&self.url)
            .header("content-type", "application/json")
            .header("wattline-signature", signature)
            .body(body);
        let failed = |error: reqwest::Error| error.without_url().to_string();
        let mut response = request.send().await.map_err(failed)?;
        if !response.status().is_success() {
            return Err(format!("it answered {}", response.status()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if bytes.len() + chunk.len() > ANSWER_MAX {
                return Err("its answer is too long".to_owned());
            }
            bytes.extend_from_slice(&chunk);
        }
        let answer: Answer =
            serde_json::from_slice(&bytes).map_err(|error| format!("its answer: {error}"))?;
        if !(0..=1_000).contains(&answer.score) {
            return Err(format!("its score is {}, and scores go from 0 to 1000", answer.score));
        }
        Ok(Score { points: answer.score, reason: answer.reason.chars().take(REASON_MAX).collect() })
    }
}

/// The scorer of the settings, and what counts when it does not answer.
#[derive(Debug)]
pub struct Scorers {
    first: Box<dyn Scorer>,
    fallback: Fallback,
}

impl Default for Scorers {
    fn default() -> Self {
        Scorers { first: Box::new(History), fallback: Fallback::History }
    }
}

impl Scorers {
    /// As the settings say.
    ///
    /// # Errors
    /// Calls cannot be made.
    pub fn build(settings: &settings::Later) -> Result<Scorers, reqwest::Error> {
        if settings.scorer_url.is_empty() {
            return Ok(Scorers::default());
        }
        Ok(Scorers { first: Box::new(Hook::new(settings)?), fallback: settings.scorer_fallback })
    }

    /// The same with another scorer.
    pub fn with(first: Box<dyn Scorer>, fallback: Fallback) -> Scorers {
        Scorers { first, fallback }
    }

    /// Who has said it, and what.
    pub async fn score(&self, facts: &Facts) -> (&'static str, Score) {
        let why = match self.first.score(facts).await {
            Ok(score) => return (self.first.word(), score),
            Err(why) => why,
        };
        metrics::counter!("csms_pay_scorer_failures_total").increment(1);
        tracing::warn!(driver = facts.driver, why, "the scorer gave no score; its stand-in counts");
        let score = match self.fallback {
            Fallback::History => History::of(facts),
            Fallback::Refuse => Score { points: 0, reason: "refused while the scorer is away".to_owned() },
        };
        ("fallback", score)
    }
}

/// How much credit a score is worth. The band is kept, the score is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    None,
    Low,
    Middle,
    High,
}

impl Band {
    /// Of a score, above a threshold.
    pub fn of(points: i64, threshold: i64) -> Band {
        match points - threshold {
            ..0 => Band::None,
            0..50 => Band::Low,
            50..100 => Band::Middle,
            _ => Band::High,
        }
    }

    /// As stored.
    pub fn word(self) -> &'static str {
        match self {
            Band::None => "none",
            Band::Low => "low",
            Band::Middle => "middle",
            Band::High => "high",
        }
    }

    /// What is not known is no credit.
    pub fn of_word(word: &str) -> Band {
        [Band::Low, Band::Middle, Band::High]
            .into_iter()
            .find(|band| band.word() == word)
            .unwrap_or(Band::None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new() -> Facts {
        Facts {
            driver: 1,
            days: 0,
            has_mandate: true,
            paid: 0,
            failed_debits: 0,
            disputes: 0,
            owing: 0,
            at: 0,
        }
    }

    #[test]
    fn a_new_driver_with_a_card_gets_a_little_and_one_without_gets_nothing() {
        assert_eq!(
            History::of(&new()),
            Score { points: 660, reason: "base 600, method on file +60".to_owned() }
        );
        assert_eq!(Band::of(660, 650), Band::Low);
        assert_eq!(Band::of(History::of(&Facts { has_mandate: false, ..new() }).points, 650), Band::None);
    }

    #[test]
    fn paying_earns_credit_and_one_dispute_takes_it() {
        let good = Facts { days: 200, paid: 9, ..new() };
        assert_eq!(History::of(&good).points, 600 + 60 + 30 + 90);
        assert_eq!(Band::of(History::of(&good).points, 650), Band::High);
        let disputed = Facts { disputes: 1, ..good };
        assert_eq!(Band::of(History::of(&disputed).points, 650), Band::None);
        assert!(
            History::of(&disputed).reason.ends_with("1 disputes -150"),
            "{}",
            History::of(&disputed).reason
        );
        let one_refused = Facts { failed_debits: 1, ..good };
        assert_eq!(Band::of(History::of(&one_refused).points, 650), Band::High, "once is no habit");
    }

    #[test]
    fn no_history_leaves_the_scale() {
        let best = Facts { days: 100_000, paid: i64::MAX, ..new() };
        let worst =
            Facts { has_mandate: false, failed_debits: i64::MAX, disputes: i64::MAX, owing: 9, ..new() };
        assert_eq!(History::of(&best).points, 870);
        assert_eq!(History::of(&worst).points, 0);
        assert_eq!(
            [649, 650, 699, 700, 750].map(|points| Band::of(points, 650)),
            [Band::None, Band::Low, Band::Low, Band::Middle, Band::High]
        );
    }
}
