//! What becomes of orders, as the adapter understands it.

use crate::bench::{ask_back, benches, eur, manner};
use chrono::TimeDelta;
use csms::sandbox::play::{Manner, What};
use payments::provider::{Answer, Call, Capture, Method, PaymentState, RefundState, Refusal, RefusalKind};

fn refused(answer: &Answer) -> RefusalKind {
    match answer {
        Answer::Refused(Refusal { kind, .. }) => *kind,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_hold_is_taken_in_part_and_the_rest_is_free() {
    for bench in benches().await {
        let attempt = bench.attempt("hold-01", Capture::Later);
        let reference = bench.open(&attempt).await;
        assert_eq!(bench.payment(Call::Query(&attempt)).await.state, PaymentState::Waiting);
        bench.play(&reference, What::Pay).await;
        let held = bench.payment(Call::Query(&attempt)).await;
        assert_eq!((held.state, held.held, held.taken), (PaymentState::Held, Some(eur(2500)), None));
        assert_eq!(held.holds_until, Some(bench.clock.now() + TimeDelta::days(7)));

        let raised = bench.payment(Call::Raise { attempt: &attempt, to: eur(4000), key: "r1" }).await;
        assert_eq!(raised.held, Some(eur(4000)));
        let too_much = Call::Capture { attempt: &attempt, amount: eur(4001), key: "c0" };
        assert_eq!(refused(&bench.ask(too_much).await), RefusalKind::Setup);
        let capture = Call::Capture { attempt: &attempt, amount: eur(1840), key: "c1" };
        let taken = bench.payment(capture).await;
        assert_eq!((taken.state, taken.taken, taken.held), (PaymentState::Taken, Some(eur(1840)), None));
        assert_eq!(bench.payment(capture).await.taken, Some(eur(1840)), "the same wish again is nothing new");
        let other = Call::Capture { attempt: &attempt, amount: eur(1841), key: "c1" };
        assert_eq!(refused(&bench.ask(other).await), RefusalKind::Setup, "the key of another wish");
        let release = Call::Release { attempt: &attempt, key: "l1" };
        assert_eq!(refused(&bench.ask(release).await), RefusalKind::Paid);
    }
}

#[tokio::test]
async fn a_hold_is_released_by_wish_or_by_time() {
    for bench in benches().await {
        let (one, two) = (bench.attempt("hold-01", Capture::Later), bench.attempt("hold-02", Capture::Later));
        for attempt in [&one, &two] {
            let reference = bench.open(attempt).await;
            bench.play(&reference, What::Pay).await;
        }
        let release = Call::Release { attempt: &one, key: "l1" };
        assert_eq!(bench.payment(release).await.state, PaymentState::Released);
        assert_eq!(bench.payment(release).await.state, PaymentState::Released);
        bench.clock.advance(TimeDelta::days(7));
        let running = bench.run();
        bench.until(&two, |fact| fact.state == PaymentState::Released).await;
        running.end().await;
    }
}

#[tokio::test]
async fn what_was_paid_at_once_is_refunded_in_parts_and_never_too_much() {
    for bench in benches().await {
        let attempt = bench.attempt("paid-01", Capture::Now);
        let reference = bench.open(&attempt).await;
        bench.play(&reference, What::Pay).await;
        assert_eq!(bench.payment(Call::Query(&attempt)).await.taken, Some(eur(2500)));

        let (first, second) = (ask_back("refund-01", 700), ask_back("refund-02", 1900));
        let call = Call::Refund { attempt: &attempt, refund: &first };
        let done = bench.refund(call).await;
        assert_eq!((done.state, done.amount), (RefundState::Done, Some(eur(700))));
        assert_eq!(bench.refund(call).await.reference, done.reference, "the same number is the same refund");
        let changed = ask_back("refund-01", 701);
        let changed = Call::Refund { attempt: &attempt, refund: &changed };
        assert_eq!(refused(&bench.ask(changed).await), RefusalKind::Setup);
        let too_much = Call::Refund { attempt: &attempt, refund: &second };
        assert_eq!(refused(&bench.ask(too_much).await), RefusalKind::Setup);
        let query = Call::QueryRefund { attempt: &attempt, refund: &second };
        assert_eq!(bench.refund(query).await.state, RefundState::Absent, "nothing was done");
        // The payment stays what it was.
        assert_eq!(bench.payment(Call::Query(&attempt)).await.state, PaymentState::Taken);
    }
}

#[tokio::test]
async fn a_refund_that_fails_leaves_the_money_and_can_be_asked_anew() {
    for bench in benches().await {
        let attempt = bench.attempt("paid-01", Capture::Now);
        let reference = bench.open(&attempt).await;
        let badly = Manner { refunds: "fail".into(), ..manner() };
        bench.sandbox.play(&reference, What::Pay, "ada", &badly).await.unwrap();
        let refund = ask_back("refund-01", 2500);
        let asked = bench.refund(Call::Refund { attempt: &attempt, refund: &refund }).await;
        assert_eq!(asked.state, RefundState::Waiting);
        bench.clock.advance(TimeDelta::seconds(3));
        let running = bench.run();
        let query = Call::QueryRefund { attempt: &attempt, refund: &refund };
        bench.until_refund(query, |fact| matches!(fact.state, RefundState::Failed { .. })).await;
        running.end().await;
        bench.play(&reference, What::Nothing).await;
        let anew = ask_back("refund-02", 2500);
        assert_eq!(
            bench.refund(Call::Refund { attempt: &attempt, refund: &anew }).await.state,
            RefundState::Done
        );
    }
}

#[tokio::test]
async fn opening_again_is_the_same_order_and_another_order_needs_another_number() {
    for bench in benches().await {
        let attempt = bench.attempt("order-01", Capture::Later);
        let reference = bench.open(&attempt).await;
        assert_eq!(bench.open(&attempt).await, reference);
        let mut other = attempt.clone();
        other.amount = eur(2501);
        assert_eq!(refused(&bench.ask(Call::Open(&other)).await), RefusalKind::Setup);
        bench.play(&reference, What::Pay).await;
        assert_eq!(refused(&bench.ask(Call::Open(&attempt)).await), RefusalKind::Paid);
        let unknown = bench.attempt("order-02", Capture::Later);
        assert_eq!(bench.payment(Call::Query(&unknown)).await.state, PaymentState::Absent);
        assert_eq!(refused(&bench.ask(Call::Close(&unknown)).await), RefusalKind::Absent);
    }
}

#[tokio::test]
async fn a_closed_order_cannot_be_paid_but_money_on_its_way_arrives() {
    for bench in benches().await {
        let attempt = bench.attempt("close-01", Capture::Now);
        let reference = bench.open(&attempt).await;
        assert_eq!(bench.payment(Call::Close(&attempt)).await.state, PaymentState::Closed);
        assert!(bench.sandbox.play(&reference, What::Pay, "ada", &manner()).await.is_err());
        assert_eq!(refused(&bench.ask(Call::Open(&attempt)).await), RefusalKind::Closed);
        bench.play(&reference, What::PayAnyway).await;
        assert_eq!(bench.payment(Call::Query(&attempt)).await.state, PaymentState::Taken);
        assert_eq!(bench.payment(Call::Close(&attempt)).await.state, PaymentState::Taken, "paid after all");

        let late = bench.attempt("late-01", Capture::Now);
        let reference = bench.open(&late).await;
        bench.play(&reference, What::PayLater(10)).await;
        assert_eq!(bench.payment(Call::Close(&late)).await.state, PaymentState::Closed);
        bench.clock.advance(TimeDelta::seconds(10));
        let running = bench.run();
        bench.until(&late, |fact| fact.taken == Some(eur(2500))).await;
        running.end().await;
    }
}

#[tokio::test]
async fn nobody_pays_after_the_end_of_the_offer() {
    for bench in benches().await {
        let attempt = bench.attempt("stale-01", Capture::Now);
        let reference = bench.open(&attempt).await;
        bench.clock.advance(TimeDelta::minutes(5));
        assert!(bench.sandbox.play(&reference, What::Pay, "ada", &manner()).await.is_err());
        assert_eq!(bench.payment(Call::Query(&attempt)).await.state, PaymentState::Closed);
    }
}

#[tokio::test]
async fn a_refusal_says_whose_doing_it_was() {
    for bench in benches().await {
        for (number, what, code) in
            [("no-0001", What::Refuse, "CARD_DECLINED"), ("no-0002", What::Cancel, "CANCELLED")]
        {
            let attempt = bench.attempt(number, Capture::Later);
            let reference = bench.open(&attempt).await;
            bench.play(&reference, what).await;
            match bench.payment(Call::Query(&attempt)).await.state {
                PaymentState::Failed { refusal } => {
                    assert_eq!((refusal.kind, &*refusal.code), (RefusalKind::Payer, code));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_method_on_file_is_debited_without_anybody() {
    for bench in benches().await {
        let debit = |number: &str, instrument: &str| {
            let mut attempt = bench.attempt(number, Capture::Now);
            let (customer, instrument) = ("customer-bo".to_owned(), instrument.to_owned());
            attempt.method = Method::OnFile { customer, instrument };
            attempt
        };
        let (good, bad) = (debit("file-01", "card-bo"), debit("file-02", "card-declined"));
        bench.open(&good).await;
        let fact = bench.payment(Call::Query(&good)).await;
        assert_eq!((fact.taken, fact.payer.as_deref()), (Some(eur(2500)), Some("bo")));
        bench.open(&bad).await;
        assert!(matches!(bench.payment(Call::Query(&bad)).await.state, PaymentState::Failed { .. }));
    }
}

#[tokio::test]
async fn a_kept_card_is_told_once_it_was_paid_with() {
    for bench in benches().await {
        let mut attempt = bench.attempt("keep-01", Capture::Later);
        attempt.payer.keep = true;
        let reference = bench.open(&attempt).await;
        bench.play(&reference, What::Pay).await;
        let instrument = bench.payment(Call::Query(&attempt)).await.instrument.unwrap();
        assert_eq!(instrument.on_file, Some(("customer-ada".to_owned(), "card-ada".to_owned())));
    }
}

#[tokio::test]
async fn trouble_on_purpose_leaves_nothing_known() {
    for bench in benches().await {
        let attempt = bench.attempt("bad-001", Capture::Later);
        let reference = bench.open(&attempt).await;
        let broken = Manner { answers: "broken".into(), ..manner() };
        bench.sandbox.play(&reference, What::Pay, "ada", &broken).await.unwrap();
        assert!(matches!(bench.ask(Call::Query(&attempt)).await, Answer::Unknown(_)));
        bench.play(&reference, What::Nothing).await;

        bench.sandbox.set_answers("wattline", "hang").await.unwrap();
        let capture = Call::Capture { attempt: &attempt, amount: eur(100), key: "c1" };
        let done = async {
            while bench.sandbox.look(&reference).await.unwrap().unwrap().order.state != "taken" {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            answer = bench.ask(capture) => panic!("it is done, but not answered: {answer:?}"),
            () = done => {}
        }
        bench.sandbox.set_answers("wattline", "usual").await.unwrap();
        assert_eq!(bench.payment(Call::Query(&attempt)).await.taken, Some(eur(100)), "but it was done");
    }
}

#[tokio::test]
async fn requests_that_are_not_ours_are_refused_without_a_signature() {
    for mut bench in benches().await {
        let stranger: payments::provider::Setup = serde_json::from_value(serde_json::json!({
            "provider": "sandbox", "key": "a key that is not right", "base_url": "http://wattline.test/sandbox",
        }))
        .unwrap();
        bench.provider = stranger.build(&|_| Err(String::new())).unwrap();
        let stranger = bench;
        let attempt = stranger.attempt("foreign-1", Capture::Later);
        assert!(matches!(stranger.ask(Call::Open(&attempt)).await, Answer::Unknown(_)));
        let mut tx = stranger.db.read().await.unwrap();
        assert!(csms::store::sandbox::orders(&mut tx, None, 10).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn two_who_click_at_once_pay_once() {
    for bench in benches().await {
        let attempt = bench.attempt("race-01", Capture::Now);
        let reference = bench.open(&attempt).await;
        let manner = manner();
        let clicks = (0..8).map(|_| bench.sandbox.play(&reference, What::Pay, "ada", &manner));
        let paid = futures::future::join_all(clicks).await.into_iter().filter(Result::is_ok).count();
        assert_eq!(paid, 1);
        let mut tx = bench.db.read().await.unwrap();
        let span = (bench.clock.now() - TimeDelta::days(1), bench.clock.now() + TimeDelta::days(1));
        let sums = csms::store::sandbox::sums(&mut tx, "wattline", span).await.unwrap();
        assert_eq!((sums[0].taken_minor, sums[0].moves), (2500, 1));
    }
}
