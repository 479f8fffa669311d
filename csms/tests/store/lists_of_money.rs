//! The lists behind the API's money: each goes on after its last row, on both engines.

use super::common::{at, on_both};
use csms::store::{
    Db,
    clearing::{lines, runs, shares, statements},
    contracts::{self, ReturnRow},
    holds::{self, HoldRow},
    ledger::{checkpoints, entries, findings},
    messages,
    pay::{codes, drivers, numbers, tasks},
    readers,
    risk::{cases, decisions, events},
    vat::{self, VatRow},
    vouchers,
};
use payments::risk::rules::Subject;

fn hold(id: i64) -> HoldRow {
    HoldRow {
        id,
        station_id: "CP1".into(),
        token_uid: "T".into(),
        reference: id.to_string(),
        state: "seen".into(),
        seen_at: at(0),
    }
}

fn vat_row(number: &str, valid: bool) -> VatRow {
    VatRow {
        number: number.into(),
        valid,
        name: String::new(),
        address1: String::new(),
        address2: String::new(),
        city: String::new(),
        postal_code: String::new(),
        country: String::new(),
        checked_at: at(0),
        good_until: at(60),
    }
}

async fn driver(db: &Db, id: i64, email: &str) {
    let row = drivers::DriverRow {
        id,
        email: email.into(),
        phone: String::new(),
        language: "en".into(),
        token_uid: format!("T{id}"),
        standing: String::new(),
        created_at: at(0),
    };
    let mut tx = db.write().await.unwrap();
    drivers::create(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
}

on_both! {
    async fn a_list_goes_on_after_its_last_row(db) {
        let mut tx = db.write().await.unwrap();
        for id in [1, 2, 3] {
            assert!(holds::note(&mut tx, &hold(id)).await.unwrap());
            assert!(runs::lease(&mut tx, "settle", "UTC", &format!("2026-05-0{id}"), at(0), at(9)).await.unwrap().is_some());
            findings::put(&mut tx, "balance", &id.to_string(), "x", at(0)).await.unwrap();
            events::lock(&mut tx, Subject::Card, &id.to_string(), at(0)).await.unwrap();
            events::block(&mut tx, Subject::Card, &id.to_string(), Some(at(60)), at(0)).await.unwrap();
        }
        for (number, valid) in [("AT1", true), ("DE2", false), ("FR3", true)] {
            vat::keep(&mut tx, &vat_row(number, valid)).await.unwrap();
        }
        findings::clear(&mut tx, "balance", "2", at(1)).await.unwrap();

        let filter = holds::Filter { station: Some("CP1".into()), state: Some("seen".into()) };
        let ids = |rows: Vec<HoldRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
        assert_eq!(ids(holds::page(&mut tx, &filter, None, 2).await.unwrap()), [3, 2]);
        assert_eq!(ids(holds::page(&mut tx, &filter, Some(2), 2).await.unwrap()), [1]);

        let days = |rows: Vec<runs::RunRow>| rows.into_iter().map(|row| row.day).collect::<Vec<_>>();
        assert_eq!(days(runs::page(&mut tx, Some("settle"), None, 1).await.unwrap()), ["2026-05-03"]);
        let after = Some(("2026-05-03", "settle", "UTC"));
        assert_eq!(days(runs::page(&mut tx, None, after, 9).await.unwrap()), ["2026-05-02", "2026-05-01"]);

        let of = |rows: Vec<findings::FindingRow>| rows.into_iter().map(|row| row.subject).collect::<Vec<_>>();
        assert_eq!(of(findings::page(&mut tx, Some(true), None, 9).await.unwrap()), ["1", "3"]);
        assert_eq!(of(findings::page(&mut tx, Some(false), None, 9).await.unwrap()), ["2"]);
        assert_eq!(of(findings::page(&mut tx, None, Some(("balance", "2")), 9).await.unwrap()), ["3"]);

        let keys = |rows: Vec<events::SubjectRow>| rows.into_iter().map(|row| row.key).collect::<Vec<_>>();
        let page = events::blocked(&mut tx, Some("card"), at(1), Some(("card", "1")), 9).await.unwrap();
        assert_eq!(keys(page), ["2", "3"]);
        assert!(events::blocked(&mut tx, None, at(60), None, 9).await.unwrap().is_empty(), "it is over");
        assert!(events::subject(&mut tx, "card", "9").await.unwrap().is_none());

        let told = |rows: Vec<VatRow>| rows.into_iter().map(|row| row.number).collect::<Vec<_>>();
        assert_eq!(told(vat::page(&mut tx, Some(true), at(1), None, 9).await.unwrap()), ["AT1", "FR3"]);
        assert_eq!(told(vat::page(&mut tx, Some(false), at(1), None, 9).await.unwrap()), ["DE2"]);
        assert_eq!(told(vat::page(&mut tx, None, at(1), Some("AT1"), 1).await.unwrap()), ["DE2"]);
        assert!(vat::page(&mut tx, None, at(60), None, 9).await.unwrap().is_empty(), "it is not believed any more");
    }

    async fn settlements_are_paged_by_all_that_names_them(db) {
        let row = |site_id: i64, account: &str| runs::SettlementRow {
            zone: "UTC".into(),
            day: "2026-05-01".into(),
            site_id,
            account: account.into(),
            currency: "EUR".into(),
            paid: 1,
            paid_minor: 10,
            returned: 0,
            returned_minor: 0,
            fee_minor: 0,
            learned_minor: None,
            net_minor: 10,
        };
        let rows = [row(1, "a"), row(1, "b"), row(2, "a")];
        let mut tx = db.write().await.unwrap();
        runs::replace(&mut tx, "UTC", "2026-05-01", &rows).await.unwrap();
        let all = runs::Filter { from_day: Some("2026-05-01".into()), ..runs::Filter::default() };
        assert_eq!(runs::settlement_page(&mut tx, &all, None, 2).await.unwrap(), rows[..2]);
        let after = Some(("2026-05-01", "UTC", 1, "b", "EUR"));
        assert_eq!(runs::settlement_page(&mut tx, &all, after, 2).await.unwrap(), rows[2..]);
        let of = runs::Filter { site: Some(1), account: Some("b".into()), currency: Some("EUR".into()), ..all };
        assert_eq!(runs::settlement_page(&mut tx, &of, None, 9).await.unwrap(), rows[1..2]);
    }

    async fn drivers_are_found_by_what_is_known_of_them_and_a_return_is_noted_once(db) {
        driver(&db, 1, "ada@example.org").await;
        driver(&db, 2, "bo@example.org").await;
        let mut tx = db.write().await.unwrap();
        contracts::agree(&mut tx, 2, "T2", "later", at(0)).await.unwrap();
        let found = async |tx: &mut csms::store::Tx, filter: contracts::Filter| {
            let rows = contracts::page(tx, &filter, None, 9).await.unwrap();
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        let none = contracts::Filter::default;
        assert_eq!(found(&mut tx, none()).await, [1, 2]);
        assert_eq!(found(&mut tx, contracts::Filter { text: "ADA@".into(), ..none() }).await, [1]);
        assert_eq!(found(&mut tx, contracts::Filter { token: Some("T2".into()), ..none() }).await, [2]);
        assert_eq!(found(&mut tx, contracts::Filter { pays_by: Some("none".into()), ..none() }).await, [1]);
        assert_eq!(found(&mut tx, contracts::Filter { standing: Some("good".into()), ..none() }).await, [1, 2]);
        assert_eq!(found(&mut tx, contracts::Filter { standing: Some("owing".into()), ..none() }).await, [0; 0]);
        let row = ReturnRow {
            driver_id: 1,
            reference: "case 7".into(),
            currency: "EUR".into(),
            amount_minor: 100,
            by_whom: "anna".into(),
            at: at(0),
        };
        assert!(contracts::note_return(&mut tx, &row).await.unwrap());
        assert!(!contracts::note_return(&mut tx, &ReturnRow { amount_minor: 200, ..row.clone() }).await.unwrap());
        assert_eq!(contracts::returned(&mut tx, 1, "case 7").await.unwrap(), Some(row));
        assert_eq!(contracts::returned(&mut tx, 2, "case 7").await.unwrap(), None);
    }

    async fn every_filter_is_understood_by_both_engines(db) {
        let word = || Some("x".to_owned());
        let mut tx = db.read().await.unwrap();
        let filter = vouchers::Filter { operator: word(), device: word(), state: word(), order: Some(1) };
        assert!(vouchers::page(&mut tx, &filter, Some(9), 9).await.unwrap().is_empty());
        assert!(vouchers::devices(&mut tx, Some("x"), Some(("x", "y")), 9).await.unwrap().is_empty());
        assert!(vouchers::find(&mut tx, 1).await.unwrap().is_none());
        let filter = readers::Filter { account: word(), station: word(), site: Some(1) };
        assert!(readers::page(&mut tx, &filter, Some(1), 9).await.unwrap().is_empty());
        assert!(readers::find(&mut tx, 1).await.unwrap().is_none());
        let filter = codes::Filter { station: word(), good_at: Some(at(0)) };
        assert!(codes::page(&mut tx, &filter, Some("x"), 9).await.unwrap().is_empty());
        let filter = messages::Filter { order: Some(1), state: word(), kind: word(), recipient: word() };
        assert!(messages::page(&mut tx, &filter, Some(1), 9).await.unwrap().is_empty());
        assert!(messages::find(&mut tx, 1).await.unwrap().is_none());
        let filter = tasks::Filter { order: Some(1), state: word() };
        assert!(tasks::page(&mut tx, &filter, Some(1), 9).await.unwrap().is_empty());
        let filter = cases::Filter { order: Some(1), verdict: Some("open".into()) };
        assert!(cases::page(&mut tx, &filter, Some(1), 9).await.unwrap().is_empty());
        let filter = decisions::Filter { order: Some(1), outcome: word(), rule: word() };
        assert!(decisions::page(&mut tx, &filter, Some(1), 9).await.unwrap().is_empty());
        assert!(statements::page(&mut tx, Some("x"), Some("2026-05-01"), Some(1), 9).await.unwrap().is_empty());
        assert!(statements::find(&mut tx, 1).await.unwrap().is_none());
        assert!(lines::of_statement(&mut tx, 1, Some("open"), Some(1), 9).await.unwrap().is_empty());
        assert!(shares::page(&mut tx, Some(1), Some(1), 9).await.unwrap().is_empty());
        assert!(shares::find(&mut tx, 1).await.unwrap().is_none());
        assert!(checkpoints::page(&mut tx, Some(1), 9).await.unwrap().is_empty());
        assert!(checkpoints::find(&mut tx, 1).await.unwrap().is_none());
        assert!(checkpoints::cosigned(&mut tx, 1).await.unwrap().is_empty());
        assert!(checkpoints::publishing(&mut tx).await.unwrap().is_empty());
        assert!(entries::postings_of(&mut tx, &[1, 2]).await.unwrap().is_empty());
        assert!(numbers::of(&mut tx, &[2, 1, 2]).await.unwrap().is_empty());
    }
}
