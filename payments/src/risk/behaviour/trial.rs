//! Rules and model tried on a made-up population, payment by payment as the server would: what is caught, whom it
//! bothers, and whether the intervals hold.

use super::conformal::Calibration;
use super::features::{SEEN, Visit};
use super::finding::{Asked, Finding};
use super::model::{Model, ModelFault};
use super::population::{DRIFT_AT, Fraud, Pay, Population, Scale};
use super::train::{Plan, train};
use crate::risk::rules::{Mode, Past, Payment, RuleSet, Subject, What, evaluate};
use crate::risk::{Decision, Outcome};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

/// What a trial found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    pub seed: u64,
    pub drivers: usize,
    pub days: u32,
    pub model: String,
    /// Surprise per payment of drivers not trained on, before training and after each epoch.
    pub losses: Vec<f64>,
    pub trained_on: usize,
    /// Honest payments by kind of driver, and all of them as "all"; of the days after training.
    pub honest: BTreeMap<String, Honest>,
    /// Fraud by kind.
    pub fraud: BTreeMap<String, Caught>,
    /// Coverage, before and after people change their ways.
    pub before: Coverage,
    pub after: Coverage,
    /// Honest payments that each rule stopped, and thefts.
    pub rules: BTreeMap<String, (u64, u64)>,
}

/// How often honest payments were bothered.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Honest {
    pub payments: u64,
    /// Asked or refused, by the rules alone.
    pub rules: u64,
    /// Would be asked if everything outside the region were.
    pub bare: u64,
    /// Asked by the model as it is.
    pub model: u64,
    /// Asked or refused, by either.
    pub both: u64,
    /// Refused.
    pub denied: u64,
}

/// What became of fraud.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Caught {
    pub incidents: u64,
    /// At least one of its payments was asked, refused or sent to review.
    pub by_rules: u64,
    pub by_model: u64,
    pub by_both: u64,
    /// Its very first payment was.
    pub at_once: u64,
    pub payments: u64,
    /// Payments that were asked or refused, by either.
    pub stopped: u64,
}

/// Honest payments inside the 95% region, in percent.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Coverage {
    pub payments: u64,
    /// The region of all four parts, as the calibration stood after training.
    pub fixed: f64,
    /// And as it follows.
    pub follows: f64,
    /// The same by kind of driver, following.
    pub by_kind: BTreeMap<String, f64>,
    /// Single parts, following: amount, gap, hour, place.
    pub parts: BTreeMap<String, f64>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |part: u64, of: u64| format!("{:.2}%", 100.0 * part as f64 / of.max(1) as f64);
        writeln!(
            f,
            "{} drivers, {} days, seed {}; model {}",
            self.drivers, self.days, self.seed, self.model
        )?;
        let (first, last) = (self.losses.first(), self.losses.iter().copied().fold(f64::INFINITY, f64::min));
        let first = first.copied().unwrap_or(f64::INFINITY);
        writeln!(
            f,
            "trained on {} payments; surprise {first:.3} before, {last:.3} after\n",
            self.trained_on
        )?;
        writeln!(f, "Honest payments that were asked for a second verification or refused")?;
        writeln!(
            f,
            "{:18} {:>8} {:>8} {:>10} {:>8} {:>8} {:>8}",
            "", "payments", "rules", "bare 95%", "model", "both", "refused"
        )?;
        for (kind, one) in &self.honest {
            let of = |part| percent(part, one.payments);
            writeln!(
                f,
                "{kind:18} {:>8} {:>8} {:>10} {:>8} {:>8} {:>8}",
                one.payments,
                of(one.rules),
                of(one.bare),
                of(one.model),
                of(one.both),
                of(one.denied)
            )?;
        }
        writeln!(f, "\nIncidents of fraud of which something was noticed")?;
        writeln!(
            f,
            "{:18} {:>9} {:>8} {:>8} {:>8} {:>8} {:>17}",
            "", "incidents", "rules", "model", "both", "at once", "payments stopped"
        )?;
        for (kind, one) in &self.fraud {
            let of = |part| percent(part, one.incidents);
            writeln!(
                f,
                "{kind:18} {:>9} {:>8} {:>8} {:>8} {:>8} {:>17}",
                one.incidents,
                of(one.by_rules),
                of(one.by_model),
                of(one.by_both),
                of(one.at_once),
                percent(one.stopped, one.payments)
            )?;
        }
        writeln!(f, "\nHonest payments inside the 95% region")?;
        for (when, one) in [("before the change", &self.before), ("after the change", &self.after)] {
            let listed = |map: &BTreeMap<String, f64>| {
                map.iter().map(|(name, value)| format!("{name} {value:.1}%")).collect::<Vec<_>>().join(", ")
            };
            writeln!(
                f,
                "{when}: {} payments; fixed {:.1}%, following {:.1}%",
                one.payments, one.fixed, one.follows
            )?;
            writeln!(f, "  {}", listed(&one.by_kind))?;
            writeln!(f, "  {}", listed(&one.parts))?;
        }
        writeln!(f, "\nPayments that each rule stopped: honest, fraudulent")?;
        for (rule, (honest, fraud)) in &self.rules {
            writeln!(f, "{rule:24} {honest:>7} {fraud:>7}")?;
        }
        Ok(())
    }
}

#[derive(Default)]
struct Tally {
    payments: u64,
    fixed: u64,
    follows: u64,
    kinds: BTreeMap<String, (u64, u64)>,
    parts: [u64; 4],
}

impl Tally {
    fn coverage(&self) -> Coverage {
        let percent = |inside: u64, of: u64| 100.0 * inside as f64 / of.max(1) as f64;
        let part = |n: usize, name: &str| (name.to_owned(), percent(self.parts[n], self.payments));
        Coverage {
            payments: self.payments,
            fixed: percent(self.fixed, self.payments),
            follows: percent(self.follows, self.payments),
            by_kind: self
                .kinds
                .iter()
                .map(|(kind, (inside, of))| (kind.clone(), percent(*inside, *of)))
                .collect(),
            parts: [part(0, "amount"), part(1, "gap"), part(2, "hour"), part(3, "place")].into(),
        }
    }
}

/// Makes the population, trains on its first half, and tries the rest.
///
/// # Errors
/// The training went astray.
pub fn run(scale: &Scale, rules: &RuleSet, plan: &Plan) -> Result<Option<Report>, ModelFault> {
    let population = Population::make(scale);
    let half = scale.days / 2;
    let Some(trained) = train(&population.visits_until(half), plan)? else { return Ok(None) };
    let mut trial = Trial {
        population: &population,
        rules,
        model: &trained.model,
        fixed: trained.calibration.clone(),
        follows: trained.calibration,
        past: Past::default(),
        visits: HashMap::new(),
        devices: HashSet::new(),
        rests: HashMap::new(),
        before: Tally::default(),
        after: Tally::default(),
        fraud: BTreeMap::new(),
        report: Report {
            seed: scale.seed,
            drivers: scale.drivers,
            days: scale.days,
            model: trained.model.id().to_owned(),
            losses: trained.losses,
            trained_on: trained.payments,
            ..Report::default()
        },
    };
    let (begin, drift) = (population.day(half), population.day(scale.days * DRIFT_AT.0 / DRIFT_AT.1));
    for pay in &population.pays {
        trial.pay(pay, pay.visit.at >= begin, pay.visit.at >= drift);
    }
    Ok(Some(trial.finish()))
}

struct Trial<'a> {
    population: &'a Population,
    rules: &'a RuleSet,
    model: &'a Model,
    fixed: Calibration,
    follows: Calibration,
    past: Past,
    visits: HashMap<usize, Vec<Visit>>,
    devices: HashSet<(usize, String)>,
    /// Until when a driver is not asked again on a device.
    rests: HashMap<(usize, String), DateTime<Utc>>,
    before: Tally,
    after: Tally,
    fraud: BTreeMap<(Fraud, usize), Vec<Stopped>>,
    report: Report,
}

/// Who stopped a payment of an incident.
#[derive(Clone, Copy)]
struct Stopped {
    rules: bool,
    model: bool,
    looked_at: bool,
}

impl Trial<'_> {
    fn pay(&mut self, pay: &Pay, counts: bool, drifted: bool) {
        let payment =
            Payment { at: pay.visit.at, amount: pay.visit.amount, keys: &pay.keys, segment: pay.segment };
        let hits = evaluate(self.rules, &payment, |subject| self.past.of(&payment, subject));
        let by_rules =
            hits.iter().filter(|hit| hit.live).map(|hit| hit.outcome).max().unwrap_or(Outcome::Allow);
        let finding = if counts { self.ask(pay) } else { None };
        let asks = finding.as_ref().is_some_and(|finding| finding.asks);
        let outside = finding.as_ref().is_some_and(|finding| finding.outside);
        if counts {
            for hit in hits.iter().filter(|hit| hit.live && !hit.outcome.goes_on()) {
                let count = self.report.rules.entry(hit.rule.clone()).or_default();
                if pay.fraud.is_some() { count.1 += 1 } else { count.0 += 1 }
            }
        }
        let decision = Decision::of(hits, finding.map(|one| (one, Mode::Live)), Vec::new(), false, "");
        self.past.add(&pay.event(What::Attempt, TimeDelta::zero()));
        if let Some(label) = pay.fraud {
            if counts {
                let stopped = Stopped {
                    rules: !by_rules.goes_on(),
                    model: asks,
                    looked_at: by_rules == Outcome::Review,
                };
                self.fraud.entry(label).or_default().push(stopped);
            }
        } else if counts {
            self.honest(pay, by_rules, outside, asks, decision.outcome, drifted);
        }
        // A thief does not pass a verification; an honest driver does, and is left alone for a while. One who has
        // refunds in mind passes it like anybody.
        let honest = pay.fraud.is_none_or(|(fraud, _)| fraud == Fraud::RefundLoop);
        let goes_on = decision.outcome.goes_on() || decision.outcome == Outcome::StepUp && honest;
        if let Some(driver) = pay.driver.filter(|_| decision.outcome == Outcome::StepUp && honest) {
            let until = pay.visit.at + TimeDelta::hours(i64::from(self.rules.behaviour.rest_hours));
            self.rests.insert((driver, device(pay)), until);
        }
        if goes_on {
            self.went(pay, counts);
        }
    }

    fn ask(&self, pay: &Pay) -> Option<Finding> {
        let driver = pay.driver?;
        let device = device(pay);
        let rests = self.rests.get(&(driver, device.clone())).is_some_and(|until| *until > pay.visit.at);
        let asked = Asked {
            before: self.visits.get(&driver)?,
            visit: &pay.visit,
            new_device: !self.devices.contains(&(driver, device)),
            rests,
        };
        Finding::of(self.model, &self.follows, &self.rules.behaviour, &asked)
    }

    fn honest(
        &mut self,
        pay: &Pay,
        rules: Outcome,
        outside: bool,
        asks: bool,
        outcome: Outcome,
        drifted: bool,
    ) {
        let kind = pay.driver.map_or("", |driver| self.population.kinds[driver].word());
        for name in [kind, "all"] {
            let honest = self.report.honest.entry(name.to_owned()).or_default();
            honest.payments += 1;
            honest.rules += u64::from(!rules.goes_on());
            honest.bare += u64::from(outside);
            honest.model += u64::from(asks);
            honest.both += u64::from(!outcome.goes_on());
            honest.denied += u64::from(outcome == Outcome::Deny);
        }
        let Some(before) = pay.driver.and_then(|driver| self.visits.get(&driver)) else { return };
        if before.len() < self.rules.behaviour.payments_min as usize || pay.refused {
            return;
        }
        let Some(expected) = self.model.expect(before) else { return };
        let Some(scores) = self.model.scores(&expected, before, &pay.visit) else { return };
        let tally = if drifted { &mut self.after } else { &mut self.before };
        let missed = self.follows.missed(&scores);
        tally.payments += 1;
        tally.fixed += u64::from(!self.fixed.missed(&scores).joint);
        tally.follows += u64::from(!missed.joint);
        let of_kind = tally.kinds.entry(kind.to_owned()).or_default();
        of_kind.0 += u64::from(!missed.joint);
        of_kind.1 += 1;
        for (part, missed) in
            tally.parts.iter_mut().zip([missed.amount, missed.gap, missed.hour, missed.place])
        {
            *part += u64::from(!missed);
        }
    }

    /// It was paid, or refused by the provider; what is known afterwards grows by it. What nobody stopped counts as
    /// honest, as it does in life.
    fn went(&mut self, pay: &Pay, counts: bool) {
        let second = TimeDelta::seconds(20);
        if pay.refused {
            self.past.add(&pay.event(What::Refusal, second));
            return;
        }
        self.past.add(&pay.event(What::Success, second));
        if pay.refunded {
            self.past.add(&pay.event(What::Refund, second));
        }
        let Some(driver) = pay.driver else { return };
        let visits = self.visits.entry(driver).or_default();
        if counts && visits.len() >= self.rules.behaviour.payments_min as usize {
            let scores =
                self.model.expect(visits).and_then(|said| self.model.scores(&said, visits, &pay.visit));
            scores.iter().for_each(|scores| self.follows.learn(scores));
        }
        visits.push(pay.visit.clone());
        if visits.len() > SEEN {
            visits.remove(0);
        }
        self.devices.insert((driver, device(pay)));
    }

    fn finish(mut self) -> Report {
        for ((fraud, _), stops) in &self.fraud {
            let caught = self.report.fraud.entry(fraud.word().to_owned()).or_default();
            let any = |by: fn(&Stopped) -> bool| u64::from(stops.iter().any(by));
            caught.incidents += 1;
            caught.by_rules += any(|one| one.rules || one.looked_at);
            caught.by_model += any(|one| one.model);
            caught.by_both += any(|one| one.rules || one.looked_at || one.model);
            caught.at_once += u64::from(stops.first().is_some_and(|one| one.rules || one.model));
            caught.payments += stops.len() as u64;
            caught.stopped += stops.iter().filter(|one| one.rules || one.model).count() as u64;
        }
        self.report.before = self.before.coverage();
        self.report.after = self.after.coverage();
        self.report
    }
}

fn device(pay: &Pay) -> String {
    pay.keys.get(&Subject::Device).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_hold_and_the_gate_bothers_fewer_than_a_bare_one() {
        let scale = Scale { seed: 5, drivers: 120, days: 60, fraud: true };
        let plan = Plan { epochs: 1, ..Plan::default() };
        let report = run(&scale, &RuleSet::defaults(), &plan).unwrap().unwrap();
        assert!((92.0..98.5).contains(&report.before.follows), "{:?}", report.before);
        assert!((91.0..98.5).contains(&report.after.follows), "{:?}", report.after);
        let all = &report.honest["all"];
        assert!(all.payments > 500 && all.model * 2 < all.bare, "{all:?}");
        assert_eq!(all.denied, 0);
    }
}
