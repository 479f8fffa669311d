//! A provider's payouts and a bank's credits, held against each other: by the payout's number in the bank's text, else
//! by amount within a few days.

use crate::Amount;
use chrono::NaiveDate;

/// A payout in a provider's statement, or a credit in a bank's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Of its row.
    pub id: i64,
    pub reference: String,
    pub text: String,
    pub amount: Amount,
    pub day: NaiveDate,
}

/// A shorter number may stand in a text by chance.
const REFERENCE_MIN: usize = 8;

/// Pairs of a payout and its credit, by their ids. A credit comes on the day of its payout or up to `days` later.
/// Of several that fit by amount alone, the oldest payout gets the oldest credit.
pub fn pairs(payouts: &[Movement], credits: &[Movement], days: i64) -> Vec<(i64, i64)> {
    let mut taken = vec![false; credits.len()];
    let mut open: Vec<&Movement> = payouts.iter().collect();
    open.sort_by_key(|payout| (payout.day, payout.id));
    let mut order: Vec<usize> = (0..credits.len()).collect();
    order.sort_by_key(|at| (credits[*at].day, credits[*at].id));
    let mut found = Vec::new();
    for by_name in [true, false] {
        open.retain(|payout| {
            let fits = |at: &&usize| {
                let credit = &credits[**at];
                let late = (credit.day - payout.day).num_days();
                !taken[**at]
                    && credit.amount == payout.amount
                    && if by_name { names(credit, payout) } else { (0..=days).contains(&late) }
            };
            let Some(at) = order.iter().find(fits).copied() else { return true };
            taken[at] = true;
            found.push((payout.id, credits[at].id));
            false
        });
    }
    found
}

fn names(credit: &Movement, payout: &Movement) -> bool {
    payout.reference.len() >= REFERENCE_MIN
        && (credit.reference == payout.reference || credit.text.contains(&payout.reference))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn movement(id: i64, day: &str, minor: i64, reference: &str, text: &str) -> Movement {
        Movement {
            id,
            reference: reference.into(),
            text: text.into(),
            amount: Amount::new(minor, "EUR".parse().unwrap()),
            day: day.parse().unwrap(),
        }
    }

    #[test]
    fn a_name_counts_more_than_a_day() {
        let payouts = [
            movement(1, "2026-05-01", 500, "po_AAAAAA", ""),
            movement(2, "2026-05-02", 500, "po_BBBBBB", ""),
        ];
        let credits = [
            movement(11, "2026-05-03", 500, "X", "STRIPE PAYOUT po_BBBBBB"),
            movement(12, "2026-05-04", 500, "Y", "STRIPE"),
        ];
        assert_eq!(pairs(&payouts, &credits, 5), [(2, 11), (1, 12)]);
    }

    #[test]
    fn amounts_are_paired_in_their_order_and_within_their_days() {
        let payouts = [
            movement(2, "2026-05-02", 500, "", ""),
            movement(1, "2026-05-01", 500, "", ""),
            movement(3, "2026-05-02", 700, "", ""),
        ];
        let credits = [
            movement(11, "2026-05-02", 500, "", ""),
            movement(12, "2026-05-03", 500, "", ""),
            movement(13, "2026-05-20", 700, "", ""),
            movement(14, "2026-05-01", 700, "", ""),
        ];
        assert_eq!(pairs(&payouts, &credits, 5), [(1, 11), (2, 12)]);
    }
}
