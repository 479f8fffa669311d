//! Many cases settled at once: chosen, looked at, and then each settled as if it were the only one.

use super::{
    Clearing, ClearingError,
    resolve::{Resolution, Resolved},
};
use crate::store::clearing::cases::{self, CaseRow, Filter};
use std::collections::BTreeMap;

/// Cases that are settled at once at most.
pub const TOGETHER_MAX: usize = 500;

/// What would be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// The cases that are chosen and can be settled so.
    pub cases: Vec<i64>,
    /// What is gained or lost with them.
    pub sums: Vec<Sum>,
    /// Chosen as well, but not to be settled so.
    pub unfit: u64,
    /// Those of `cases` that need the word of a second person.
    pub need_two: u64,
    /// There are more than are settled at once.
    pub more: bool,
}

/// What is to be settled of one currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sum {
    pub currency: String,
    pub cases: u64,
    /// By their books we have so much more …
    pub long_minor: i64,
    /// … and so much less.
    pub short_minor: i64,
}

/// What became of one case, or why nothing did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub case: i64,
    pub done: Result<Resolved, String>,
}

impl Clearing<'_> {
    /// What settling the chosen cases so would do. Nothing is changed. Whatever the filter says of the state, cases that
    /// are settled are not chosen.
    pub async fn preview(&self, filter: &Filter<'_>, way: Resolution) -> Result<Preview, ClearingError> {
        let limit = i64::try_from(TOGETHER_MAX).unwrap_or(i64::MAX).saturating_add(1);
        let filter = Filter { unsettled: true, ..*filter };
        let mut found = Vec::new();
        let mut tx = self.db.read().await?;
        while found.len() <= TOGETHER_MAX {
            let before = found.last().map(|case: &CaseRow| case.id);
            let page =
                cases::list(&mut tx, &filter, before, limit.min(crate::store::query::PAGE_MAX)).await?;
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        drop(tx);
        let mut preview = Preview { more: found.len() > TOGETHER_MAX, ..Preview::default() };
        let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
        for case in found.into_iter().take(TOGETHER_MAX) {
            if !way.fits(&case) {
                preview.unfit += 1;
                continue;
            }
            preview.cases.push(case.id);
            if way == Resolution::WriteOff && self.needs_two(&case)? {
                preview.need_two += 1;
            }
            let sum = sums
                .entry(case.currency.clone())
                .or_insert_with(|| Sum { currency: case.currency, ..Sum::default() });
            sum.cases += 1;
            sum.long_minor = sum.long_minor.saturating_add(case.gain_minor.max(0));
            sum.short_minor = sum.short_minor.saturating_add(case.gain_minor.min(0).saturating_neg());
        }
        preview.sums = sums.into_values().collect();
        Ok(preview)
    }

    /// Settles cases, each in a transaction of its own: one that cannot be settled leaves the others as they are. Done
    /// again, it finds them settled.
    ///
    /// # Errors
    /// [`ClearingError::Refused`]: nobody says so, no reason is given, or there are too many; then nothing was done. An
    /// error of the database ends it; what was settled before stays.
    pub async fn resolve_all(
        &self,
        chosen: &[i64],
        way: Resolution,
        note: &str,
        by: &str,
    ) -> Result<Vec<Outcome>, ClearingError> {
        if by.trim().is_empty() {
            return Err(ClearingError::refused("Somebody settles cases: say who."));
        }
        if note.trim().is_empty() {
            return Err(ClearingError::refused("Whoever settles many cases at once says why."));
        }
        if chosen.len() > TOGETHER_MAX {
            return Err(ClearingError::refused(format!("At most {TOGETHER_MAX} cases are settled at once.")));
        }
        let mut outcomes = Vec::with_capacity(chosen.len());
        for case in chosen {
            let done = match self.resolve(*case, way, note, by).await {
                Ok(resolved) => Ok(resolved),
                Err(error @ (ClearingError::Store(_) | ClearingError::Unreadable(_))) => return Err(error),
                Err(error) => Err(error.to_string()),
            };
            outcomes.push(Outcome { case: *case, done });
        }
        Ok(outcomes)
    }
}
