//! Accounts, logins, settings, counters.

use crate::common::{at, on_both};
use csms::store::accounts::{self, AccountRow, LoginRow};
use csms::store::{counter, settings};

/// As it is kept.
const PASSWORD: &str = "$argon2id$x";

fn account(id: i64, name: &str, role: &str) -> AccountRow {
    AccountRow {
        id,
        name: name.into(),
        password: PASSWORD.into(),
        role: role.into(),
        language: "en".into(),
        created_at: at(id),
        last_login_at: None,
    }
}

fn login(key: &str, account_id: i64, expires: i64) -> LoginRow {
    LoginRow {
        key_hash: key.into(),
        account_id,
        csrf: "c".into(),
        created_at: at(10),
        expires_at: at(expires),
    }
}

on_both! {
    async fn accounts_are_made_found_and_removed(db) {
        let mut tx = db.write().await.unwrap();
        accounts::create(&mut tx, &account(1, "ada", "admin")).await.unwrap();
        accounts::create(&mut tx, &account(2, "bob", "viewer")).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.write().await.unwrap();
        assert!(accounts::create(&mut tx, &account(3, "ada", "viewer")).await.unwrap_err().is_duplicate());
        drop(tx);
        let mut tx = db.write().await.unwrap();
        assert_eq!(accounts::by_name(&mut tx, "ada").await.unwrap(), Some(account(1, "ada", "admin")));
        assert_eq!(accounts::by_name(&mut tx, "eve").await.unwrap(), None);
        assert_eq!(accounts::count_role(&mut tx, "admin").await.unwrap(), 1);
        assert!(accounts::update(&mut tx, 2, "admin", "de").await.unwrap());
        assert!(!accounts::update(&mut tx, 9, "admin", "de").await.unwrap());
        assert_eq!(accounts::count_role(&mut tx, "admin").await.unwrap(), 2);
        let names: Vec<_> =
            accounts::list(&mut tx).await.unwrap().into_iter().map(|a| (a.name, a.language)).collect();
        assert_eq!(names, [("ada".into(), "en".into()), ("bob".into(), String::from("de"))]);
        assert!(accounts::log_in(&mut tx, &login("k", 1, 100), PASSWORD).await.unwrap());
        assert!(accounts::delete(&mut tx, 1).await.unwrap());
        assert!(!accounts::delete(&mut tx, 1).await.unwrap());
        assert_eq!(accounts::logged_in(&mut tx, "k", at(11)).await.unwrap(), None);
    }

    async fn a_login_lasts_until_it_expires_or_ends(db) {
        let mut tx = db.write().await.unwrap();
        accounts::create(&mut tx, &account(1, "ada", "admin")).await.unwrap();
        for (key, expires) in [("k1", 100), ("k2", 200), ("k3", 300)] {
            assert!(accounts::log_in(&mut tx, &login(key, 1, expires), PASSWORD).await.unwrap());
        }
        let (found, owner) = accounts::logged_in(&mut tx, "k1", at(99)).await.unwrap().unwrap();
        assert_eq!(found, login("k1", 1, 100));
        assert_eq!(owner.last_login_at, Some(at(10)));
        assert!(accounts::logged_in(&mut tx, "k1", at(100)).await.unwrap().is_none());
        assert_eq!(accounts::prune_logins(&mut tx, at(100)).await.unwrap(), 1);
        assert!(accounts::log_out(&mut tx, "k2").await.unwrap());
        assert!(!accounts::log_out(&mut tx, "k2").await.unwrap());
        assert!(accounts::logged_in(&mut tx, "k3", at(0)).await.unwrap().is_some());
        assert!(accounts::set_password(&mut tx, 1, "new").await.unwrap());
        assert!(!accounts::set_password(&mut tx, 9, "new").await.unwrap());
        assert!(accounts::logged_in(&mut tx, "k3", at(0)).await.unwrap().is_none());
        assert_eq!(accounts::find(&mut tx, 1).await.unwrap().unwrap().password, "new");
        tx.commit().await.unwrap();
        let mut tx = db.write().await.unwrap();
        assert!(!accounts::log_in(&mut tx, &login("k9", 404, 1), "new").await.unwrap(), "nobody's");
        // It was right when it was looked at.
        assert!(!accounts::log_in(&mut tx, &login("k9", 1, 100), PASSWORD).await.unwrap());
        assert!(accounts::logged_in(&mut tx, "k9", at(0)).await.unwrap().is_none());
    }

    async fn a_setting_once_set_holds(db) {
        let mut tx = db.write().await.unwrap();
        assert_eq!(settings::set_if_absent(&mut tx, "key", "first").await.unwrap(), "first");
        assert_eq!(settings::set_if_absent(&mut tx, "key", "second").await.unwrap(), "first");
        settings::set(&mut tx, "key", "third").await.unwrap();
        assert_eq!(settings::get(&mut tx, "key").await.unwrap().as_deref(), Some("third"));
        assert_eq!(settings::get(&mut tx, "other").await.unwrap(), None);
    }

    async fn numbers_are_given_once(db) {
        let mut tx = db.write().await.unwrap();
        assert_eq!(counter::take(&mut tx, "a", 100).await.unwrap(), 1);
        assert_eq!(counter::take(&mut tx, "a", 1).await.unwrap(), 101);
        assert_eq!(counter::take(&mut tx, "b", 0).await.unwrap(), 1);
        assert_eq!(counter::take(&mut tx, "b", 7).await.unwrap(), 2);
    }
}
