//! Users: the people who may log in.

use super::{
    again::Without,
    caller::Asker,
    input::{Asked, At, Sent, id},
    op::Op,
    page::{self, Page},
    problem,
};
use crate::{WebState, api::Problem};
use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use csms::{
    account::{self, Changed, Hand},
    api_key::Scope,
    link::auth::{Vault, VaultError},
    store::{
        Tx,
        accounts::{self as rows, AccountRow},
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Users";

/// The operations.
pub fn operations() -> Vec<Op> {
    let last = "It is the last admin: nobody could keep accounts any more";
    let more = "It may do more than the caller";
    vec![
        Op::get("/users", "listUsers", Scope::Admin, list)
            .says(TAG, "People who may log in, in the order they were added")
            .query::<Wanted>()
            .answers::<Page<User>>(StatusCode::OK, "A page"),
        Op::post("/users", "addUser", Scope::Admin, add)
            .says(TAG, "Let somebody log in. A password that is made here is in this answer only")
            .body::<NewUser>()
            .answers::<Made>(StatusCode::CREATED, "They may log in")
            .problem(StatusCode::FORBIDDEN, more),
        Op::get("/users/{id}", "getUser", Scope::Admin, show)
            .says(TAG, "One user")
            .answers::<User>(StatusCode::OK, "The user"),
        Op::put("/users/{id}/role", "setUserRole", Scope::Admin, set_role)
            .says(TAG, "Give a user another role; it counts from the next request on")
            .body::<NewRole>()
            .answers::<User>(StatusCode::OK, "As it is now")
            .problem(StatusCode::FORBIDDEN, more)
            .problem(StatusCode::CONFLICT, last),
        Op::post("/users/{id}/password", "setUserPassword", Scope::Admin, password)
            .says(TAG, "Give a user a new password; all their logins end. Where none is named, one is made; it is in this answer only")
            .body::<NewPassword>()
            .answers::<Made>(StatusCode::OK, "They log in with it")
            .problem(StatusCode::FORBIDDEN, more),
        Op::delete("/users/{id}/logins", "endUserLogins", Scope::Admin, end_logins)
            .says(TAG, "End all logins of a user; the password stays")
            .done("They are ended"),
        Op::delete("/users/{id}", "removeUser", Scope::Admin, remove)
            .says(TAG, "Remove a user; their logins end. The last admin stays")
            .done("It is removed")
            .problem(StatusCode::CONFLICT, last),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UserFilter")]
struct Wanted {
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "UserRole")]
enum Role {
    /// Keeps accounts, keys and webhooks, too.
    Admin,
    /// Acts.
    Operator,
    /// Looks.
    Viewer,
}

impl Role {
    fn word(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Operator => "operator",
            Role::Viewer => "viewer",
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewUser {
    /// To log in with: 1 to 64 characters, none of them a colon.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[^:\x00-\x1f\x7f]+$"))]
    name: String,
    role: Role,
    /// Chosen elsewhere, at least 10 characters. Absent: one is made.
    #[schemars(length(min = 10, max = 200))]
    password: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewUserRole")]
struct NewRole {
    role: Role,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewUserPassword")]
struct NewPassword {
    /// Chosen elsewhere, at least 10 characters. Absent: one is made.
    #[schemars(length(min = 10, max = 200))]
    password: Option<String>,
}

/// Somebody who may log in.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct User {
    id: String,
    name: String,
    /// `admin`, `operator` or `viewer`.
    role: String,
    created_at: DateTime<Utc>,
    last_login_at: Option<DateTime<Utc>>,
}

/// A user with a new password.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "UserWithPassword")]
struct Made {
    #[serde(flatten)]
    user: User,
    /// Only where it was made here, and not when the answer is given again.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<User>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::after(wanted.cursor.as_deref())?;
    let found = rows::page(&mut state.app.db.read().await?, after, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), view)))
}

async fn find(tx: &mut Tx, text: &str) -> Result<AccountRow, Problem> {
    let number = id("user", text)?;
    rows::find(tx, number).await?.ok_or_else(|| problem::missing("user", text))
}

async fn show(State(state): State<WebState>, At(number): At<String>) -> Result<Json<User>, Problem> {
    Ok(Json(view(find(&mut state.app.db.read().await?, &number).await?)))
}

/// Nobody makes somebody who may do more than they, or becomes them.
fn within(asker: &Asker, role: &str) -> Result<(), Problem> {
    Scope::of_role(role).iter().try_for_each(|scope| asker.may(*scope))
}

/// What is shown once, if it was made here, and its kept form.
async fn sealed(state: &WebState, chosen: Option<String>) -> Result<(Option<String>, String), Problem> {
    let (shown, password) = match chosen {
        Some(chosen) if account::is_password(&chosen) && !chosen.chars().any(char::is_control) => {
            (None, chosen)
        }
        Some(_) => {
            let (least, most) = (account::PASSWORD_CHARS_MIN, account::PASSWORD_BYTES_MAX);
            let why = format!(
                "at least {least} characters and at most {most} bytes, none of them a control character"
            );
            return Err(problem::field("password", why));
        }
        None => {
            let made = Vault::generate().map_err(broken)?;
            (Some(made.clone()), made)
        }
    };
    let turn = state.password_checks.acquire().await;
    let kept = account::seal(password).await.map_err(broken);
    drop(turn);
    Ok((shown, kept?))
}

fn broken(error: VaultError) -> Problem {
    tracing::error!(%error, "a password could not be made");
    Problem::broken()
}

async fn add(
    State(state): State<WebState>,
    asker: Asker,
    Sent(wish): Sent<NewUser>,
) -> Result<Response, Problem> {
    if !account::is_name(&wish.name) {
        return Err(problem::field(
            "name",
            "1 to 64 characters, none of them a colon or a control character",
        ));
    }
    within(&asker, wish.role.word())?;
    let (password, kept) = sealed(&state, wish.password).await?;
    let mut tx = state.app.db.write().await?;
    let hand = Hand::of(&state.app, &asker.name);
    let row = account::add(&mut tx, hand, &wish.name, wish.role.word(), kept)
        .await
        .map_err(|error| problem::of_row(error, "user", &wish.name, "name"))?;
    tx.commit().await?;
    let location = super::location("users", &row.id.to_string());
    Ok((StatusCode::CREATED, [(LOCATION, location)], told(row, password)).into_response())
}

/// The answer, and what is kept of it to be given again.
fn told(row: AccountRow, password: Option<String>) -> Response {
    let user = view(row);
    let without = Made { user: user.clone(), password: None };
    let kept = Extension(Without(serde_json::to_value(without).unwrap_or_default()));
    (kept, Json(Made { user, password })).into_response()
}

async fn set_role(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
    Sent(wish): Sent<NewRole>,
) -> Result<Json<User>, Problem> {
    within(&asker, wish.role.word())?;
    let mut tx = state.app.db.write().await?;
    let row = find(&mut tx, &number).await?;
    let hand = Hand::of(&state.app, &asker.name);
    let row = done(account::set_role(&mut tx, hand, row.id, wish.role.word()).await?, &number)?;
    tx.commit().await?;
    Ok(Json(view(row)))
}

fn done(changed: Changed, number: &str) -> Result<AccountRow, Problem> {
    match changed {
        Changed::Done(row) => Ok(row),
        Changed::Missing => Err(problem::missing("user", number)),
        Changed::LastAdmin => {
            Err(problem::conflict("last-admin", "It is the last admin; make somebody else an admin first"))
        }
    }
}

async fn password(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
    Sent(wish): Sent<NewPassword>,
) -> Result<Response, Problem> {
    let row = find(&mut state.app.db.read().await?, &number).await?;
    within(&asker, &row.role)?;
    let (password, kept) = sealed(&state, wish.password).await?;
    let mut tx = state.app.db.write().await?;
    // Meanwhile it may have become more.
    within(&asker, &find(&mut tx, &number).await?.role)?;
    let row = account::set_password(&mut tx, Hand::of(&state.app, &asker.name), row.id, &kept).await?;
    let row = row.ok_or_else(|| problem::missing("user", &number))?;
    tx.commit().await?;
    Ok(told(row, password))
}

async fn end_logins(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
) -> Result<StatusCode, Problem> {
    let mut tx = state.app.db.write().await?;
    let row = find(&mut tx, &number).await?;
    account::end_logins(&mut tx, Hand::of(&state.app, &asker.name), row.id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
) -> Result<StatusCode, Problem> {
    let mut tx = state.app.db.write().await?;
    let row = find(&mut tx, &number).await?;
    done(account::remove(&mut tx, Hand::of(&state.app, &asker.name), row.id).await?, &number)?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(row: AccountRow) -> User {
    User {
        id: row.id.to_string(),
        name: row.name,
        role: row.role,
        created_at: row.created_at,
        last_login_at: row.last_login_at,
    }
}
