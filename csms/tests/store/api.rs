//! Keys of programs, and answers that are given again.

use crate::common::{at, on_both};
use chrono::TimeDelta;
use csms::store::{
    api_keys::{self, ApiKeyRow},
    api_requests::{self, Begin, RequestRow},
    retention,
};

fn request(key: &str, minute: i64) -> RequestRow {
    RequestRow {
        caller: "key:1".into(),
        key: key.into(),
        digest: "d1".into(),
        created_at: at(0) + TimeDelta::minutes(minute),
        begun_at: at(0) + TimeDelta::minutes(minute),
        status: 0,
        headers: String::new(),
        body: String::new(),
        effect: String::new(),
    }
}

on_both! {
    async fn a_key_is_kept_used_and_revoked_once(db) {
        let mut tx = db.write().await.unwrap();
        for id in [1, 2] {
            let key = ApiKeyRow {
                id,
                name: format!("key {id}"),
                secret: "hmac$a$b".into(),
                scopes: "read,money".into(),
                created_by: "ada".into(),
                created_at: at(0),
                expires_at: Some(at(0) + TimeDelta::days(1)),
                last_used_at: None,
                revoked_at: None,
            };
            api_keys::create(&mut tx, &key).await.unwrap();
        }
        api_keys::used(&mut tx, 1, at(5)).await.unwrap();
        assert!(api_keys::revoke(&mut tx, 1, at(6)).await.unwrap());
        assert!(!api_keys::revoke(&mut tx, 1, at(7)).await.unwrap());
        assert!(!api_keys::revoke(&mut tx, 3, at(7)).await.unwrap());
        let key = api_keys::find(&mut tx, 1).await.unwrap().unwrap();
        assert_eq!((key.last_used_at, key.revoked_at), (Some(at(5)), Some(at(6))));
        let listed: Vec<i64> =
            api_keys::list(&mut tx, None, 10).await.unwrap().into_iter().map(|key| key.id).collect();
        assert_eq!(listed, [2, 1]);
        assert_eq!(api_keys::list(&mut tx, Some(2), 10).await.unwrap().len(), 1);
        tx.commit().await.unwrap();
    }

    async fn an_answer_is_given_again_for_a_day_and_a_dead_request_gives_way(db) {
        let begin = async |row: &RequestRow| {
            let mut tx = db.write().await.unwrap();
            let (since, dead) = (row.created_at - TimeDelta::hours(24), row.created_at - TimeDelta::minutes(5));
            let earlier = api_requests::begin(&mut tx, row, since, dead).await.unwrap();
            tx.commit().await.unwrap();
            earlier
        };
        assert_eq!(begin(&request("a", 0)).await, Begin::Go(at(0), String::new()));
        assert_eq!(begin(&request("a", 4)).await, Begin::Earlier(Box::new(request("a", 0))), "it is under way");
        let other = RequestRow { digest: "d2".into(), ..request("a", 6) };
        assert!(matches!(begin(&other).await, Begin::Earlier(_)), "another request is another request");
        assert_eq!(begin(&request("a", 6)).await, Begin::Go(at(0), String::new()), "whoever has begun it is gone");

        let done = RequestRow { status: 201, headers: "{}".into(), body: "{\"id\":1}".into(), begun_at: request("a", 6).begun_at, ..request("a", 0) };
        let mut tx = db.write().await.unwrap();
        api_requests::end(&mut tx, &done).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(begin(&request("a", 60 * 24)).await, Begin::Earlier(Box::new(done)));
        let late = request("a", 60 * 24 + 7);
        assert_eq!(begin(&late).await, Begin::Go(late.created_at, String::new()), "a day has gone by");

        let b = request("b", 60 * 24);
        assert_eq!(begin(&b).await, Begin::Go(b.created_at, String::new()));
        let mut tx = db.write().await.unwrap();
        api_requests::note(&mut tx, api_requests::Request { caller: "key:1", key: "b" }, "17").await.unwrap();
        api_requests::release(&mut tx, "key:1", "b").await.unwrap();
        tx.commit().await.unwrap();
        let next = RequestRow { created_at: b.created_at + TimeDelta::seconds(1), ..b.clone() };
        assert_eq!(
            begin(&next).await,
            Begin::Go(b.created_at, "17".to_owned()),
            "it failed: it may be tried again, as the same request, and knows what it has made"
        );

        let keep = csms::config::Config::default().retention;
        let removed = retention::run(&db, &keep, at(0) + TimeDelta::days(3)).await.unwrap();
        assert_eq!(removed.requests, 2);
    }
}
