//! The files of a day.

use crate::bench::{Bench, ask_back, benches};
use chrono::{NaiveDate, TimeDelta};
use csms::sandbox::play::What;
use payments::provider::{Answer, Call, Capture, FileKind, Told};

/// 2026-05-04 in Shanghai, when everything happens.
fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 5, 4).unwrap()
}

async fn file(bench: &Bench, day: NaiveDate, kind: FileKind) -> Answer {
    bench.ask(Call::Statement { day, kind }).await
}

async fn lines(bench: &Bench, day: NaiveDate, kind: FileKind) -> Vec<String> {
    match file(bench, day, kind).await {
        Answer::Told(Told::File(bytes)) => {
            String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_day_has_a_line_for_each_movement_and_is_paid_out_on_the_next() {
    for bench in benches().await {
        let attempt = bench.attempt("day-0001", Capture::Now);
        let reference = bench.open(&attempt).await;
        bench.play(&reference, What::Pay).await;
        bench.clock.advance(TimeDelta::hours(1));
        let refund = ask_back("refund-01", 700);
        bench.refund(Call::Refund { attempt: &attempt, refund: &refund }).await;
        assert_eq!(
            file(&bench, day(), FileKind::Trades).await,
            Answer::Told(Told::FileLater),
            "the day is not over"
        );

        // Midnight in Shanghai is 16:00 UTC; the file is there from ten on.
        bench.clock.advance(TimeDelta::hours(15) - TimeDelta::seconds(1));
        assert_eq!(file(&bench, day(), FileKind::Trades).await, Answer::Told(Told::FileLater));
        bench.clock.advance(TimeDelta::seconds(1));
        let trades = lines(&bench, day(), FileKind::Trades).await;
        assert_eq!(
            trades,
            [
                "at,kind,number,reference,refund,method,currency,amount,fee,net".to_owned(),
                format!("2026-05-04T10:00:00Z,taken,day-0001,{reference},,hosted,EUR,25.00,0.25,24.75"),
                format!(
                    "2026-05-04T11:00:00Z,returned,day-0001,{reference},refund-01,hosted,EUR,-7.00,0.00,-7.00"
                ),
                "#total,2,25.00,7.00,0.25".to_owned(),
            ]
        );
        let next = day().succ_opt().unwrap();
        assert_eq!(file(&bench, next, FileKind::Funds).await, Answer::Told(Told::FileLater));
        bench.clock.advance(TimeDelta::days(1));
        assert_eq!(
            lines(&bench, next, FileKind::Funds).await,
            [
                "at,kind,reference,of_day,currency,amount",
                "2026-05-04T16:00:00Z,payout,po-wattline-2026-05-05-EUR,2026-05-04,EUR,17.75",
            ]
        );
        assert_eq!(file(&bench, next, FileKind::Trades).await, Answer::Told(Told::FileEmpty));
    }
}

#[tokio::test]
async fn a_dispute_takes_the_money_back_and_brings_it_again_when_it_is_won() {
    for bench in benches().await {
        let attempt = bench.attempt("day-0001", Capture::Now);
        let reference = bench.open(&attempt).await;
        for what in [What::Pay, What::Dispute, What::WinDispute] {
            bench.play(&reference, what).await;
        }
        bench.clock.advance(TimeDelta::days(1));
        let trades = lines(&bench, day(), FileKind::Trades).await;
        assert!(trades[2].contains(",disputed,day-0001,") && trades[2].ends_with(",EUR,-25.00,0.00,-25.00"));
        assert!(trades[3].contains(",disputed,day-0001,") && trades[3].ends_with(",EUR,25.00,0.00,25.00"));
    }
}

#[tokio::test]
async fn old_rows_go_after_ninety_days() {
    for bench in benches().await {
        let attempt = bench.attempt("old-0001", Capture::Now);
        let reference = bench.open(&attempt).await;
        bench.play(&reference, What::Pay).await;
        let gone = |days| {
            let sandbox = &bench.sandbox;
            let (db, at) = (&bench.db, bench.clock.now() + TimeDelta::days(days) - TimeDelta::days(90));
            let reference = &reference;
            async move {
                let mut tx = db.write().await.unwrap();
                csms::store::sandbox::remove_before(&mut tx, at, 100).await.unwrap();
                tx.commit().await.unwrap();
                sandbox.look(reference).await.unwrap().is_none()
            }
        };
        assert!(!gone(89).await);
        assert!(gone(91).await);
    }
}
