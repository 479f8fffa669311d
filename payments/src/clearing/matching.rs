//! Two sorted streams, ours and theirs, held against each other in one pass and a few rows of memory.
//!
//! Rows come in pages, each side sorted by [`Key`]; what is found goes out one by one. Nothing is decided about a row
//! whose partner may still come: a payment just before midnight stands in one day's books here and in another's there.

use super::{Contracts, Kind, Line, Standing};
use crate::Amount;
use chrono::NaiveDate;
use std::collections::{BTreeSet, VecDeque};

/// What one of our payments or refunds looks like in our books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ours {
    /// Of its row.
    pub id: i64,
    pub kind: Kind,
    /// The number that providers know it by.
    pub number: String,
    pub amount: Amount,
    /// In the time zone of the account's statements.
    pub day: NaiveDate,
    /// `Done`: it counts in our books.
    pub standing: Standing,
}

/// One line of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theirs {
    /// Of its row.
    pub id: i64,
    pub line: Line,
    /// Since when it waits for its partner; its day, or later where somebody asked to wait again.
    pub since: NaiveDate,
}

/// By what both sides are sorted: kind, then number, by bytes.
pub type Key<'a> = (Kind, &'a str);

impl Ours {
    /// See [`Key`].
    pub fn key(&self) -> Key<'_> {
        (self.kind, &self.number)
    }
}

impl Theirs {
    /// See [`Key`].
    pub fn key(&self) -> Key<'_> {
        (self.line.kind, &self.line.number)
    }
}

/// Why the two sides do not agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// We have it, the statements do not.
    MissingThere,
    /// The statements have it, we do not.
    MissingHere,
    Amount,
    Currency,
    /// It is done in our books and not in theirs.
    DoneHereOnly,
    /// It is done in their books and not in ours.
    DoneThereOnly,
    /// The fee is not what the contract says.
    Fee,
    /// The statements have it more than once.
    Duplicate,
}

impl Reason {
    /// All of them.
    pub const ALL: [Reason; 8] = [
        Reason::MissingThere,
        Reason::MissingHere,
        Reason::Amount,
        Reason::Currency,
        Reason::DoneHereOnly,
        Reason::DoneThereOnly,
        Reason::Fee,
        Reason::Duplicate,
    ];

    /// The word in databases and reports.
    pub fn word(self) -> &'static str {
        match self {
            Reason::MissingThere => "missing_there",
            Reason::MissingHere => "missing_here",
            Reason::Amount => "amount",
            Reason::Currency => "currency",
            Reason::DoneHereOnly => "done_here_only",
            Reason::DoneThereOnly => "done_there_only",
            Reason::Fee => "fee",
            Reason::Duplicate => "duplicate",
        }
    }

    /// How little two rows with this difference look like one.
    fn weight(self) -> u32 {
        match self {
            Reason::Fee => 1,
            Reason::Amount => 2,
            Reason::Currency => 4,
            _ => 8,
        }
    }

    /// The reason of a word.
    pub fn of(word: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// What becomes of a row, or of two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// They agree, or they are what their reasons say; both are done with.
    Pair { ours: Ours, theirs: Theirs, reasons: Vec<Reason> },
    /// Only we have it, for good.
    OnlyOurs(Ours),
    /// Only they have it, for good. `Done` ones are missing here; others never happened, and nobody misses them.
    OnlyTheirs(Theirs),
    /// They have it once more.
    Again(Theirs),
    /// Its partner may still come: looked at again with the next statement.
    Parked,
}

/// How the sides are held against each other.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The day of the newest statement.
    pub until: NaiveDate,
    /// A row waits for its partner until a statement of so many days later is there.
    pub parked_days: i64,
    /// Days whose statement is there: of the others nothing can be missing.
    pub covered: BTreeSet<NaiveDate>,
    /// What the provider may keep.
    pub contracts: Contracts,
}

/// What the matcher wants next.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "it is handed on at once, and never kept")]
pub enum Step {
    /// A page of ours: [`Matcher::ours`].
    WantOurs,
    /// A page of theirs: [`Matcher::theirs`].
    WantTheirs,
    Found(Found),
    /// Both sides are at their end.
    End,
}

/// A page is not in order: going on would invent differences.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{side} come out of order at {number}")]
pub struct Disorder {
    pub side: &'static str,
    pub number: String,
}

/// See the module.
#[derive(Debug)]
pub struct Matcher {
    rules: Rules,
    ours: Side<Ours>,
    theirs: Side<Theirs>,
    /// The key of the pair that was made last, and what it was made with: more of theirs with that key is repetition.
    paired: Option<(Kind, String)>,
}

#[derive(Debug)]
struct Side<T> {
    rows: VecDeque<T>,
    ended: bool,
    last: Option<(Kind, String)>,
}

impl<T> Side<T> {
    fn new() -> Side<T> {
        Side { rows: VecDeque::new(), ended: false, last: None }
    }

    fn wants(&self) -> bool {
        self.rows.is_empty() && !self.ended
    }

    fn add(
        &mut self,
        page: Vec<T>,
        ended: bool,
        side: &'static str,
        key: impl Fn(&T) -> Key<'_>,
    ) -> Result<(), Disorder> {
        for row in &page {
            let (kind, number) = key(row);
            if self.last.as_ref().is_some_and(|(k, n)| (*k, n.as_str()) > (kind, number)) {
                return Err(Disorder { side, number: number.to_owned() });
            }
            self.last = Some((kind, number.to_owned()));
        }
        self.rows.extend(page);
        self.ended |= ended;
        Ok(())
    }
}

impl Matcher {
    /// Two empty sides.
    pub fn new(rules: Rules) -> Matcher {
        Matcher { rules, ours: Side::new(), theirs: Side::new(), paired: None }
    }

    /// The next of ours; `ended` with the last page.
    ///
    /// # Errors
    /// [`Disorder`].
    pub fn ours(&mut self, page: Vec<Ours>, ended: bool) -> Result<(), Disorder> {
        self.ours.add(page, ended, "rows of ours", Ours::key)
    }

    /// The next of theirs; `ended` with the last page.
    ///
    /// # Errors
    /// [`Disorder`].
    pub fn theirs(&mut self, page: Vec<Theirs>, ended: bool) -> Result<(), Disorder> {
        self.theirs.add(page, ended, "lines of theirs", Theirs::key)
    }

    /// What is found next, or what is needed for that.
    pub fn step(&mut self) -> Step {
        if self.theirs.wants() {
            return Step::WantTheirs;
        }
        if self.ours.wants() {
            return Step::WantOurs;
        }
        let order = match (self.ours.rows.front(), self.theirs.rows.front()) {
            (None, None) => return Step::End,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(ours), Some(theirs)) => ours.key().cmp(&theirs.key()),
        };
        if order.is_lt() {
            return match self.ours.rows.pop_front() {
                Some(ours) => Step::Found(self.alone_ours(ours)),
                None => Step::End,
            };
        }
        if order.is_eq() {
            // Of several lines with one number the one that agrees best is the partner, wherever it stands.
            if self.more_of_group() {
                return Step::WantTheirs;
            }
            return self.pair();
        }
        match self.theirs.rows.pop_front() {
            Some(theirs) => Step::Found(self.alone_theirs(theirs)),
            None => Step::End,
        }
    }

    /// The lines at the front all have one number, and there may be more of it.
    fn more_of_group(&self) -> bool {
        let group = self.group();
        group == self.theirs.rows.len() && !self.theirs.ended && group < GROUP_MAX
    }

    /// How many lines at the front have the number of the first.
    fn group(&self) -> usize {
        let Some(first) = self.theirs.rows.front() else { return 0 };
        self.theirs.rows.iter().take_while(|row| row.key() == first.key()).take(GROUP_MAX).count()
    }

    fn pair(&mut self) -> Step {
        let group = self.group();
        let Some(ours) = self.ours.rows.pop_front() else { return Step::End };
        let weight = |at: &usize| -> u32 {
            let reasons = self.theirs.rows.get(*at).map(|row| self.reasons(&ours, row)).unwrap_or_default();
            reasons.into_iter().map(Reason::weight).sum()
        };
        let best = (0..group).min_by_key(weight);
        let Some(theirs) = best.and_then(|at| self.theirs.rows.remove(at)) else { return Step::End };
        // A refund that is on its way on both sides: its end is told by neither yet.
        if theirs.line.standing != Standing::Done && ours.standing != Standing::Done {
            self.paired = None;
            return Step::Found(Found::Parked);
        }
        self.paired = Some((ours.kind, ours.number.clone()));
        let reasons = self.reasons(&ours, &theirs);
        Step::Found(Found::Pair { ours, theirs, reasons })
    }

    fn reasons(&self, ours: &Ours, theirs: &Theirs) -> Vec<Reason> {
        let line = &theirs.line;
        match (ours.standing, line.standing) {
            (Standing::Done, Standing::Done) => {}
            // A statement has a refund as it stood when it was asked for.
            (Standing::Done, Standing::Open) if ours.kind == Kind::Refund => {}
            (Standing::Done, _) => return vec![Reason::DoneHereOnly],
            (_, Standing::Done) => return vec![Reason::DoneThereOnly],
            _ => return Vec::new(),
        }
        if ours.amount.currency != line.amount.currency {
            return vec![Reason::Currency];
        }
        let mut reasons = Vec::new();
        if ours.amount.minor != line.amount.minor {
            reasons.push(Reason::Amount);
        }
        if self.expected_fee(line).is_some_and(|(expected, within)| {
            line.fee.is_some_and(|fee| fee.currency != expected.currency || differs(fee, expected, within))
        }) {
            reasons.push(Reason::Fee);
        }
        reasons
    }

    /// What the contract of its day says about the fee of a line.
    fn expected_fee(&self, line: &Line) -> Option<(Amount, i64)> {
        let contract = self.rules.contracts.on(line.day)?;
        match line.kind {
            Kind::Payment => Some((contract.of_payment(line.amount), contract.tolerance)),
            Kind::Refund => Some((contract.of_refund(line.amount), contract.tolerance)),
            _ => None,
        }
    }

    fn alone_ours(&self, ours: Ours) -> Found {
        let aged = (self.rules.until - ours.day).num_days() >= self.rules.parked_days;
        if ours.standing == Standing::Done && aged && self.rules.covered.contains(&ours.day) {
            Found::OnlyOurs(ours)
        } else {
            Found::Parked
        }
    }

    fn alone_theirs(&self, theirs: Theirs) -> Found {
        if self.paired.as_ref().is_some_and(|(kind, number)| (*kind, number.as_str()) == theirs.key())
            && !theirs.line.number.is_empty()
        {
            return Found::Again(theirs);
        }
        let waited = (self.rules.until - theirs.since).num_days();
        if waited >= self.rules.parked_days { Found::OnlyTheirs(theirs) } else { Found::Parked }
    }
}

/// Lines with one number that are looked through for the best partner.
const GROUP_MAX: usize = 64;

fn differs(a: Amount, b: Amount, within: i64) -> bool {
    a.minor.abs_diff(b.minor) > within.unsigned_abs()
}
