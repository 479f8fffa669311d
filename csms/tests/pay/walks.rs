//! Random walks: duplicate, late, forged and reordered notifications, lost answers, and a process that dies between any
//! two steps. In the end the provider's books, our rows and the ledger say the same, and the money is where it belongs.

use super::{
    house::{House, houses},
    provider::{Fault, KEY},
};
use csms::{
    ledger::{Account, Expense},
    model::Phase,
    pay::{self, State},
    store::pay::orders::OrderRow,
};
use payments::provider::{Method, Response};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::collections::BTreeSet;

const WALKS: u64 = 20;
const STEPS: usize = 50;

struct Walk {
    house: House,
    order: OrderRow,
    dice: StdRng,
    doubts: StdRng,
    odds: StdRng,
    /// Written by the provider, and not delivered; kept for ever, so that they can come again.
    mail: Vec<Response>,
    /// The register, and whether a session runs.
    wh: i64,
    runs: bool,
    ended: bool,
}

#[tokio::test]
async fn whatever_happens_the_books_agree_in_the_end() {
    let (mut states, mut extra, mut disputed) = (BTreeSet::new(), 0, BTreeSet::new());
    for seed in 0..WALKS {
        for house in houses().await {
            let mut house = house;
            let order = house.order("walk").await;
            let dice = StdRng::seed_from_u64(seed);
            let doubts = StdRng::seed_from_u64(seed);
            let odds = StdRng::seed_from_u64(seed + WALKS);
            let mail = Vec::new();
            let mut walk = Walk { house, order, dice, doubts, odds, mail, wh: 0, runs: false, ended: false };
            for _ in 0..STEPS {
                walk.step().await;
            }
            walk.finish().await;
            let (state, more) = walk.check(seed).await;
            disputed.extend(walk.house.disputes(walk.order.id).await.into_iter().map(|row| row.ruling));
            states.insert(state);
            extra += more;
        }
    }
    assert!(
        states.len() >= 5 && extra > 0 && disputed.len() == 2,
        "the walks lead to different ends: {states:?}, {extra} paid twice or late, disputes {disputed:?}"
    );
}

impl Walk {
    async fn step(&mut self) {
        let attempts = self.house.attempts(self.order.id).await;
        let some = attempts.get(self.dice.random_range(0..attempts.len().max(1))).cloned();
        match self.dice.random_range(0..20) {
            0 | 1 => {
                let method = if self.dice.random() { Method::Hosted } else { Method::Code };
                // Whatever comes of it: a page shows it.
                let _ = self.house.click(&self.order, method).await;
            }
            2 | 3 => {
                if let Some(attempt) = some {
                    self.house.provider.pay(&attempt.number);
                }
            }
            4 => {
                if let Some(attempt) = some {
                    match self.dice.random_range(0..4) {
                        0 => self.house.provider.decline(&attempt.number),
                        // The payer was faster than the close.
                        _ => self.house.provider.pay_closed(&attempt.number),
                    }
                }
            }
            5 | 6 => self.deliver().await,
            7 => self.house.work().await,
            8 | 9 => {
                let steps = self.dice.random_range(1..60);
                self.house.work_and_die(steps).await;
            }
            10 => self.house.restart().await,
            11 => self.house.advance(self.dice.random_range(1..150)),
            12 => {
                let faults = [Fault::Before, Fault::After, Fault::Broken, Fault::Unsigned, Fault::Busy];
                let fault = faults[self.dice.random_range(0..faults.len())];
                self.house.provider.will([fault]);
            }
            13..=16 => self.charge().await,
            17 => {
                if self.dice.random_bool(0.1) {
                    let _ = pay::cancel(&self.house.app, &self.order.number, "driver").await;
                }
                let _ = pay::stop(&self.house.app, &self.order.number, "driver").await;
            }
            18 => self.house.provider.refunds_wait(self.dice.random()),
            _ => self.deliver().await,
        }
        // Payers' banks have dice of their own.
        if let Some(attempt) = attempts.first().filter(|_| self.doubts.random_bool(0.1)) {
            let ruling = ["open", "open", "won", "lost"][self.doubts.random_range(0..4)];
            self.house.provider.dispute(&attempt.number, ruling);
        }
        // So have operators.
        if self.odds.random_bool(0.02) {
            let _ = pay::write_off(&self.house.app, &self.order.number, "nobody pays", "anna", None).await;
        }
        self.mail.extend(self.house.provider.notices());
    }

    /// One of all notifications so far comes, perhaps once more, perhaps with another signature.
    async fn deliver(&mut self) {
        if self.mail.is_empty() {
            return;
        }
        let nth = self.dice.random_range(0..self.mail.len());
        let mut notice = self.mail[nth].clone();
        let account = if self.dice.random() { "cards" } else { "wallet" };
        if self.dice.random_bool(0.2) {
            notice.body.push(b' ');
            assert_ne!(self.house.notify(account, &notice).await, 200, "forged");
            return;
        }
        // Both accounts are of one merchant: what comes to the wrong address is set aside.
        self.house.notify(account, &notice).await;
    }

    async fn charge(&mut self) {
        let token = self.house.row(self.order.id).await.token_uid;
        if token.is_empty() || self.ended {
            return;
        }
        self.wh += self.dice.random_range(0..20_000);
        self.house.advance(self.dice.random_range(60..1_200));
        if !self.runs {
            self.runs = true;
            self.house.session(Phase::Start, Some(&token), self.wh).await;
        } else if self.dice.random_bool(0.3) {
            self.ended = true;
            self.house.session(Phase::End, None, self.wh).await;
        } else {
            self.house.session(Phase::Update, None, self.wh).await;
        }
    }

    /// The provider is well again, the driver leaves, and time goes by.
    async fn finish(&mut self) {
        self.house.provider.mend();
        self.house.provider.refunds_wait(false);
        if self.runs && !self.ended {
            self.house.advance(60);
            self.house.session(Phase::End, None, self.wh).await;
        }
        // A provider that has told "closed" and was paid all the same tells so again and again.
        for attempt in self.house.attempts(self.order.id).await {
            let known = self.house.provider.orders().into_iter().find(|order| order.number == attempt.number);
            if attempt.state == "closed" && known.is_some_and(|order| order.held + order.taken > 0) {
                let notice = self.house.provider.notice_of(&attempt.number, KEY, |_| {});
                assert_eq!(self.house.notify(&attempt.account, &notice).await, 200);
            }
        }
        // What a lost notification has not told, the next one does: each has all that has moved.
        for attempt in self.house.attempts(self.order.id).await {
            if self.doubts.random_bool(0.7) {
                self.house.provider.dispute(&attempt.number, "open");
            }
            self.house.provider.dispute(&attempt.number, if self.doubts.random() { "won" } else { "lost" });
        }
        self.house.work().await;
        self.mail.extend(self.house.provider.notices());
        for notice in &self.mail {
            for account in ["cards", "wallet"] {
                self.house.notify(account, notice).await;
            }
        }
        for hour in 0..60 {
            self.house.work().await;
            self.house.advance(if hour < 30 { 120 } else { 3_600 });
        }
        self.house.work().await;
    }

    /// Where the order ended, and how many attempts brought money that was too much.
    async fn check(&self, seed: u64) -> (State, usize) {
        let house = &self.house;
        let row = house.row(self.order.id).await;
        let state = State::of_word(&row.state).unwrap();
        let (attempts, refunds) = (house.attempts(row.id).await, house.refunds(row.id).await);
        let tell =
            format!("seed {seed}: {row:#?}\n{attempts:#?}\n{refunds:#?}\n{:#?}", house.provider.orders());
        assert!(state.is_settled() || state.is_unpaid_end(), "{tell}");
        assert_eq!(house.waiting(row.id).await.len(), 0, "{:?} {tell}", house.waiting(row.id).await);

        // Our rows are the provider's books.
        let theirs = house.provider.orders();
        for attempt in &attempts {
            let known = theirs.iter().find(|order| order.number == attempt.number);
            let books = known.map_or((0, 0, 0), |order| (order.held, order.taken, order.returned));
            assert_eq!((attempt.held_minor, attempt.taken_minor, attempt.returned_minor), books, "{tell}");
            assert_eq!(attempt.held_minor, 0, "{tell}");
        }
        assert!(
            theirs.iter().all(|order| attempts.iter().any(|attempt| attempt.number == order.number)),
            "{tell}"
        );

        // What is kept is what is due, or the driver owes the rest; what a payer's bank has taken of what was to go back is
        // as good as given back.
        let (gone, fees) = house.provider.disputed();
        let disputes = house.disputes(row.id).await;
        assert!(disputes.iter().all(|dispute| dispute.ruling != "open"), "{disputes:#?} {tell}");
        let (due, given_up) = (row.due_minor.unwrap_or(0), row.written_off_minor);
        let by_banks = (row.taken_minor - row.returned_minor - due).clamp(0, gone);
        let kept = row.taken_minor - row.returned_minor - by_banks;
        let left = due - given_up - kept;
        assert!(left == 0 || (left > 0 && state == State::Owing), "{kept} of {due} {disputes:#?} {tell}");
        assert!(row.session_id.is_some() || !self.runs, "what began belongs to its order {tell}");

        // And so says the ledger.
        let mut owed = 0;
        for account in ["cards", "wallet"] {
            let (posted, pending) = house.balance(Account::Provider(account.into())).await;
            assert_eq!(pending, 0, "{tell}");
            owed += posted;
        }
        assert_eq!(owed, kept + by_banks - gone - fees, "{disputes:#?} {tell}");
        let (mut open, mut charged) = (0, 0);
        for account in ["cards", "wallet"] {
            open += house.balance(Account::Disputes(account.into())).await.0;
            charged += house.balance(Account::Fees(account.into())).await.0;
        }
        let lost = house.balance(Account::Expense(Expense::Dispute)).await.0;
        assert_eq!((open, charged, lost), (0, fees, gone - by_banks), "{disputes:#?} {tell}");
        let found = house.findings().await;
        assert!(found.is_empty(), "{found:#?} {tell}");
        assert_eq!(house.balance(Account::Deposits).await, (0, 0), "{tell}");
        assert_eq!(house.earned().await, due, "{tell}");
        assert_eq!(house.balance(Account::Receivable(row.id)).await.0, left, "{tell}");
        assert_eq!(house.balance(Account::Expense(Expense::WriteOff)).await.0, given_up, "{tell}");
        (state, attempts.iter().filter(|attempt| attempt.extra).count())
    }
}
