//! The account of whoever is logged in.

use crate::{
    WebState,
    front::Fail,
    login::{self, Outcome, Signed, Visit},
    peer::Peer,
    view::AccountPage,
};
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use csms::{link::auth::Vault, store::console};
use serde::Deserialize;

/// NIST SP 800-63B-4 §3.1.1.2 asks for 15 where the password is the only factor and 8 at the very least.
const LENGTH_MIN: usize = 12;
const LENGTH_MAX: usize = 200;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/account", get(show)).route("/account/password", post(change))
}

fn page(visit: &Visit, error: Option<&str>) -> Result<Response, Fail> {
    visit.show(&AccountPage {
        created_at: Some(visit.account.created_at),
        last_login_at: visit.account.last_login_at,
        length_min: LENGTH_MIN,
        error: error.map(str::to_owned),
    })
}

async fn show(visit: Visit) -> Result<Response, Fail> {
    page(&visit, None)
}

#[derive(Deserialize)]
struct Change {
    old: String,
    new: String,
    again: String,
}

async fn change(
    State(state): State<WebState>,
    Peer(peer): Peer,
    signed: Signed<Change>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    if form.new != form.again {
        return page(&visit, Some("password-differs"));
    }
    if form.new.chars().count() < LENGTH_MIN || form.new.len() > LENGTH_MAX {
        return page(&visit, Some("password-short"));
    }
    let before = match login::verify(&state, peer, &visit.account.name, &form.old).await? {
        Outcome::Right(account) => account.password,
        Outcome::Wrong => return page(&visit, Some("password-wrong")),
        Outcome::Limited => return page(&visit, Some("login-limited")),
    };
    let turn = state.password_checks.acquire().await;
    let new = form.new;
    let kept =
        tokio::task::spawn_blocking(move || Vault::seal_chosen(&new)).await.map_err(|_| Fail::Busy)??;
    drop(turn);
    let mut tx = state.app.db.write().await?;
    let (account, login) = (visit.account.id, &visit.login.key_hash);
    if !console::set_account_password(&mut tx, account, (&before, &kept), login).await? {
        return page(&visit, Some("password-wrong"));
    }
    tx.commit().await?;
    Ok(Redirect::to("/account?done=password-changed").into_response())
}
