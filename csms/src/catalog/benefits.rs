//! What makes a tariff that of one session: benefits (discounts that are put on top of it) and the kind of the EVSE. The
//! snapshot, its hash and the bill have them for ever.

use super::{
    Asked,
    people::{Bounds, People},
    snapshot::Snapshot,
};
use crate::store::benefits::BenefitRow;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};
use tariffs::{Context, Currency, Discount, EvseKind};

/// Reduced tariffs held at once; twice as many at most.
const REDUCED_MAX: usize = 4_096;

/// All benefits.
#[derive(Debug, Default)]
pub(super) struct Benefits(People<Benefit>);

#[derive(Debug)]
pub(super) struct Benefit {
    pub id: i64,
    site: Option<i64>,
    currency: Box<str>,
    discount: Discount,
}

impl Benefits {
    /// From rows in any order. One that cannot be read is logged and left out.
    pub fn new(rows: Vec<BenefitRow>) -> Benefits {
        let mut people = People::default();
        for row in rows {
            let discount = match serde_json::from_str(&row.body) {
                Ok(discount) => discount,
                Err(error) => {
                    tracing::error!(benefit = row.id, %error, "a stored discount cannot be read; it is not given");
                    continue;
                }
            };
            let bounds =
                Bounds { from: row.valid_from, to: row.valid_to, typed: row.token_kind == "KeyCode" };
            let benefit = Benefit { id: row.id, site: row.site_id, currency: row.currency.into(), discount };
            people.add(row.token_uid, row.group_uid, bounds, benefit);
        }
        Benefits(people)
    }

    /// Those that hold for who asks, in the order of their numbers.
    pub fn held(&self, asked: &Asked<'_>, currency: Currency) -> Vec<&Benefit> {
        let mut held: Vec<&Benefit> = self
            .0
            .of(asked)
            .map(|(_, benefit)| benefit)
            .filter(|benefit| benefit.site.is_none_or(|site| asked.site == Some(site)))
            .filter(|benefit| benefit.currency.is_empty() || *benefit.currency == *currency.code())
            .collect();
        held.sort_by_key(|benefit| benefit.id);
        held
    }
}

/// Tariffs as they are for some sessions, made once for all that have the same. Benefits never change but for their end, so
/// their numbers name them.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<Generations>);

/// The old ones go when the new ones are many; what was used lately is among the new ones.
#[derive(Debug, Default)]
struct Generations {
    new: HashMap<Key, Reduced>,
    old: HashMap<Key, Reduced>,
}

/// The hash of the tariff, the numbers of the benefits, and the kind of EVSE as far as it matters.
type Key = (String, Vec<i64>, Option<EvseKind>);

/// With the numbers of the benefits that it has.
#[derive(Debug, Clone)]
struct Reduced(Arc<Snapshot>, Vec<i64>);

impl Cache {
    /// The tariff at this kind of EVSE with these benefits, and which of them it has.
    pub fn get(
        &self,
        base: &Arc<Snapshot>,
        held: &[&Benefit],
        evse: Option<EvseKind>,
    ) -> (Arc<Snapshot>, Vec<i64>) {
        let evse = evse.filter(|_| base.asks_context);
        if held.is_empty() && evse.is_none() {
            return (base.clone(), Vec::new());
        }
        let key: Key = (base.hash.clone(), held.iter().map(|benefit| benefit.id).collect(), evse);
        let known = self.lock().find(&key);
        let Reduced(snapshot, ids) = known.unwrap_or_else(|| {
            let made = reduce(base, held, evse);
            self.lock().put(key, made.clone());
            made
        });
        (snapshot, ids)
    }

    pub fn by_hash(&self, hash: &str) -> Option<Arc<Snapshot>> {
        let generations = self.lock();
        let mut all = generations.new.values().chain(generations.old.values());
        all.find(|reduced| reduced.0.hash == hash).map(|reduced| reduced.0.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Generations {
    fn find(&mut self, key: &Key) -> Option<Reduced> {
        if let Some(reduced) = self.new.get(key) {
            return Some(reduced.clone());
        }
        let reduced = self.old.remove(key)?;
        self.put(key.clone(), reduced.clone());
        Some(reduced)
    }

    fn put(&mut self, key: Key, reduced: Reduced) {
        if self.new.len() >= REDUCED_MAX {
            self.old = std::mem::take(&mut self.new);
        }
        self.new.insert(key, reduced);
    }
}

/// Puts one after the other on the tariff; what would make it one that cannot price is left out, and told.
fn reduce(base: &Arc<Snapshot>, held: &[&Benefit], evse_kind: Option<EvseKind>) -> Reduced {
    let mut tariff = base.tariff().at(&Context { evse_kind, ..Context::default() });
    let mut ids = Vec::with_capacity(held.len());
    for benefit in held {
        tariff.discounts.push(benefit.discount.clone());
        let problems = tariff.check();
        if problems.is_empty() {
            ids.push(benefit.id);
        } else {
            tariff.discounts.pop();
            tracing::error!(benefit = benefit.id, tariff = tariff.id, problem = %problems[0], "a discount is not given");
        }
    }
    match Snapshot::of(tariff) {
        Ok(snapshot) => Reduced(Arc::new(snapshot), ids),
        Err(error) => {
            tracing::error!(tariff = base.tariff().id, %error, "no discount is given");
            Reduced(base.clone(), Vec::new())
        }
    }
}
