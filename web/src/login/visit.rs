//! Who asks: extractors that run before a handler and are the proof of what they found.

use super::{by_password, cookie, csrf, key_hash};
use crate::{
    WebState,
    api::Problem,
    front::Fail,
    i18n::Lang,
    peer::Peer,
    view::{self, Notice, Page, Shell, Theme, Who},
};
use axum::{
    Form, RequestPartsExt,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, HeaderName, Method, Uri, header::ACCEPT_LANGUAGE, request::Parts},
    response::{Html, IntoResponse, Redirect, Response},
};
use csms::store::accounts::{self, AccountRow, LoginRow};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, de::DeserializeOwned};

/// The frame of a page as the request alone tells it: language, theme, zone.
pub fn frame_of(state: &WebState, uri: &Uri, headers: &HeaderMap) -> Shell {
    let header =
        |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let lang = cookie::read(headers, "wattline_lang")
        .and_then(Lang::parse)
        .unwrap_or_else(|| Lang::negotiate(header(ACCEPT_LANGUAGE)));
    let zone = cookie::read(headers, "wattline_zone").unwrap_or_default();
    let zone = percent_decode_str(zone).decode_utf8_lossy();
    let here = uri.path_and_query().map_or("/", |whole| whole.as_str());
    Shell {
        theme: Theme::parse(cookie::read(headers, "wattline_theme").unwrap_or_default()),
        zone: view::zone_of(&zone).name().to_owned(),
        here: here.to_owned(),
        fragment: headers.contains_key("x-fragment"),
        notice: notice_of(uri),
        ..Shell::new(lang, state.app.clock.now())
    }
}

/// After a form was sent, the address says what came of it: `?done=lifted`.
fn notice_of(uri: &Uri) -> Option<Notice> {
    /// Words of the texts' family `notice`.
    const DONE: [&str; 50] = [
        "monitor-set",
        "monitor-cleared",
        "monitors-listed",
        "rule-kept",
        "token-marked",
        "token-unmarked",
        "grid-kept",
        "firmware-added",
        "campaign-begun",
        "key-revoked",
        "command-cancelled",
        "list-kept",
        "reservation-held",
        "reservation-asked",
        "reservation-cancelled",
        "lifted",
        "display-kept",
        "password-changed",
        "session-ended",
        "plan-kept",
        "codes-made",
        "code-revoked",
        "order-cancelled",
        "order-stopped",
        "order-queried",
        "order-retried",
        "refund-asked",
        "refund-elsewhere",
        "order-written-off",
        "wish-kept",
        "wish-cleared",
        "case-settled",
        "case-asked",
        "case-looked-at",
        "file-taken",
        "file-known",
        "fees-kept",
        "fees-known",
        "firmware-removed",
        "campaign-changed",
        "webhook-pinged",
        "webhook-changed",
        "webhook-removed",
        "webhook-replayed",
        "desired-kept",
        "desired-forgotten",
        "desired-tried",
        "password-rotated",
        "template-kept",
        "template-removed",
    ];
    let done = uri.query()?.split('&').find_map(|pair| pair.strip_prefix("done="))?;
    DONE.contains(&done).then(|| Notice { tone: "ok", word: done.to_owned() })
}

/// A person who is logged in, and the frame of the page to be shown.
pub struct Visit {
    pub account: AccountRow,
    pub login: LoginRow,
    pub shell: Shell,
}

impl Visit {
    /// Renders a page.
    pub fn show<P: Page>(&self, page: &P) -> Result<Response, Fail> {
        Ok(Html(view::render(page, &self.shell)?).into_response())
    }

    /// Proof that the account may change things.
    pub fn operator(&self) -> Result<(), Fail> {
        if is_operator(&self.account) { Ok(()) } else { Err(Fail::Forbidden) }
    }

    /// Proof that a form was made for this login; forms that [`Signed`] reads are checked there.
    pub fn signed(&self, token: &str) -> Result<(), Fail> {
        if csrf::check(&self.login.csrf, token) { Ok(()) } else { Err(Fail::StaleForm) }
    }
}

/// A viewer looks, everyone else may act.
fn is_operator(account: &AccountRow) -> bool {
    matches!(account.role.as_str(), "admin" | "operator")
}

/// The login of the request's cookie.
pub async fn logged_in(
    state: &WebState,
    headers: &HeaderMap,
) -> Result<Option<(LoginRow, AccountRow)>, Fail> {
    let Some(key) = cookie::read(headers, cookie::login_name(state.secure)) else { return Ok(None) };
    let mut tx = state.app.db.read().await?;
    Ok(accounts::logged_in(&mut tx, &key_hash(key), state.app.clock.now()).await?)
}

impl FromRequestParts<WebState> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Visit, Response> {
        let mut shell = frame_of(state, &parts.uri, &parts.headers);
        match logged_in(state, &parts.headers).await.map_err(Fail::into_response)? {
            Some((login, account)) => {
                shell.who = Some(Who {
                    name: account.name.clone(),
                    role: account.role.clone(),
                    operator: is_operator(&account),
                });
                shell.csrf = csrf::mask(&login.csrf);
                if cookie::read(&parts.headers, "wattline_lang").is_none() {
                    shell = shell.in_language(Lang::parse(&account.language));
                }
                Ok(Visit { account, login, shell })
            }
            None if parts.method == Method::GET => {
                let next = utf8_percent_encode(&shell.here, NON_ALPHANUMERIC);
                Err(Redirect::to(&format!("/login?next={next}")).into_response())
            }
            None => Err(Redirect::to("/login").into_response()),
        }
    }
}

/// A form that was made for this login, with who sent it.
pub struct Signed<T> {
    pub visit: Visit,
    pub form: T,
}

#[derive(Deserialize)]
struct WithToken<T> {
    #[serde(default)]
    csrf: String,
    #[serde(flatten)]
    form: T,
}

impl<T: DeserializeOwned> FromRequest<WebState> for Signed<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &WebState) -> Result<Signed<T>, Response> {
        let (mut parts, body) = request.into_parts();
        let visit = parts.extract_with_state::<Visit, _>(state).await?;
        let request = Request::from_parts(parts, body);
        let Form(sent) = Form::<WithToken<T>>::from_request(request, state)
            .await
            .map_err(|_| Fail::BadRequest.into_response())?;
        if !csrf::check(&visit.login.csrf, &sent.csrf) {
            return Err(Fail::StaleForm.into_response());
        }
        Ok(Signed { visit, form: sent.form })
    }
}

/// A program or a script of ours: known by the cookie of a login, or by name and password (HTTP Basic).
pub struct Caller {
    pub account: AccountRow,
}

impl FromRequestParts<WebState> for Caller {
    type Rejection = Problem;

    /// With a cookie, a change also needs the token of the login in `X-CSRF-Token`: a cookie alone is sent by any page.
    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Caller, Problem> {
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        if let Some((login, account)) = logged_in(state, &parts.headers).await.map_err(Problem::from)? {
            let token = parts.headers.get("x-csrf-token").and_then(|value| value.to_str().ok());
            if reads || csrf::check(&login.csrf, token.unwrap_or_default()) {
                return Ok(Caller { account });
            }
        }
        let Peer(peer) = parts.extract::<Peer>().await?;
        match by_password(state, &parts.headers, peer).await? {
            Some(account) => Ok(Caller { account }),
            None => Err(Problem::unauthorized()),
        }
    }
}
