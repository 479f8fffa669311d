//! Rules and model put together.

use super::behaviour::Finding;
use super::rules::{Hit, Language, Mode, Subject, say};
use serde::{Deserialize, Serialize};

/// What becomes of a payment, from the mildest to the hardest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It goes on.
    Allow,
    /// It goes on, and somebody looks at it afterwards: nobody waits at a charger for an office to open.
    Review,
    /// It goes on after a second verification.
    StepUp,
    /// It does not go on.
    Deny,
}

impl Outcome {
    /// As stored.
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::Allow => "allow",
            Outcome::Review => "review",
            Outcome::StepUp => "step_up",
            Outcome::Deny => "deny",
        }
    }

    /// May the payment be opened now?
    pub const fn goes_on(self) -> bool {
        matches!(self, Outcome::Allow | Outcome::Review)
    }
}

/// What was decided, and everything that it was decided by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub outcome: Outcome,
    /// Rules that hit, those that only run dry among them.
    pub hits: Vec<Hit>,
    /// What the model said; `None` = it was not asked, or knows too little of the driver.
    #[serde(default)]
    pub behaviour: Option<Finding>,
    /// Of the payment's subjects, those that somebody has blocked.
    #[serde(default)]
    pub blocked: Vec<Subject>,
    /// A second verification was passed for this payment.
    #[serde(default)]
    pub verified: bool,
    /// The segment whose limits counted; empty = none.
    #[serde(default)]
    pub segment: String,
}

impl Decision {
    /// The hardest of what rules, model and blocks want. A passed verification answers a wish for one, and nothing else.
    pub fn of(
        hits: Vec<Hit>,
        behaviour: Option<(Finding, Mode)>,
        blocked: Vec<Subject>,
        verified: bool,
        segment: &str,
    ) -> Decision {
        let by_rules = hits.iter().filter(|hit| hit.live).map(|hit| hit.outcome).max();
        let asks = behaviour.as_ref().is_some_and(|(finding, mode)| *mode == Mode::Live && finding.asks);
        let by_model = asks.then_some(Outcome::StepUp);
        let by_block = (!blocked.is_empty()).then_some(Outcome::Deny);
        let wanted = by_rules.max(by_model).max(by_block).unwrap_or(Outcome::Allow);
        let outcome = if wanted == Outcome::StepUp && verified {
            // What a milder rule wants besides is still wanted.
            let review = hits.iter().any(|hit| hit.live && hit.outcome == Outcome::Review);
            if review { Outcome::Review } else { Outcome::Allow }
        } else {
            wanted
        };
        let behaviour = behaviour.map(|(finding, _)| finding);
        Decision { outcome, hits, behaviour, blocked, verified, segment: segment.to_owned() }
    }

    /// Everything that spoke, in sentences.
    pub fn words(&self, language: Language) -> Vec<String> {
        let blocked = self.blocked.iter().map(|subject| match language {
            Language::English => format!("this {} is blocked", say::subject(*subject, language)),
            Language::Chinese => format!("该{}已被停用", say::subject(*subject, language)),
        });
        let hits = self.hits.iter().filter(|hit| hit.live).map(|hit| hit.words(language));
        let model = self.behaviour.iter().filter(|finding| finding.outside).map(|one| one.words(language));
        blocked.chain(hits).chain(model).collect()
    }
}
