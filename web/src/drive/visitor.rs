//! Who looks at a page of drivers: a browser, known by a random cookie and by its address. Nobody logs in here.

use crate::{
    WebState,
    front::Fail,
    login::{cookie, csrf, frame_of},
    peer::{Peer, network},
    view::{self, Page, Shell},
};
use axum::{
    RequestPartsExt,
    extract::FromRequestParts,
    http::{
        HeaderValue, StatusCode,
        header::{SET_COOKIE, USER_AGENT},
        request::Parts,
    },
    response::{Html, IntoResponse, Response},
};
use csms::{pay::Agent, store::pay::orders::OrderRow};
use std::net::IpAddr;

/// Characters of a User-Agent that are looked at.
const AGENT_MAX: usize = 400;
const YEAR_S: i64 = 31_536_000;

/// A browser.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub shell: Shell,
    /// A whole network for IPv6.
    pub address: IpAddr,
    /// 32 hex digits, of its cookie or made now.
    pub device: String,
    /// It has no cookie yet.
    new: bool,
    secure: bool,
    pub agent: Agent,
    /// A phone or a tablet: a wallet may be on it.
    pub phone: bool,
    /// Its maps are Apple's.
    pub apple: bool,
    /// What it got by opening a link that was sent to a contact; whoever reads it checks the seal.
    pass: String,
}

impl FromRequestParts<WebState> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Visitor, Response> {
        let Peer(peer) = parts.extract::<Peer>().await.map_err(IntoResponse::into_response)?;
        let sent = cookie::read(&parts.headers, device_name(state.secure)).filter(|sent| is_device(sent));
        let device = match sent {
            Some(sent) => sent.to_owned(),
            None => csrf::hex(&csrf::random::<16>().map_err(|_| Fail::Busy.into_response())?),
        };
        let agent: String = parts
            .headers
            .get(USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .chars()
            .take(AGENT_MAX)
            .collect();
        let apple = ["iPhone", "iPad", "iPod"].iter().any(|word| agent.contains(word));
        Ok(Visitor {
            shell: frame_of(state, &parts.uri, &parts.headers),
            address: network(peer),
            new: sent.is_none(),
            device,
            secure: state.secure,
            phone: apple || agent.contains("Android") || agent.contains("Mobile"),
            agent: Agent::of(&agent),
            pass: cookie::read(&parts.headers, contact_name(state.secure)).unwrap_or_default().to_owned(),
            apple,
        })
    }
}

impl Visitor {
    /// Renders a page; a browser that is new gets its cookie with it.
    pub fn show<P: Page>(&self, status: u16, page: &P) -> Result<Response, Fail> {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        let response = (status, Html(view::render(page, &self.shell)?)).into_response();
        Ok(self.greet(response))
    }

    /// The contact whose link this browser has opened of late; empty: nobody has shown who he is.
    pub async fn contact(&self, state: &WebState) -> Result<String, Fail> {
        if self.pass.is_empty() {
            return Ok(String::new());
        }
        Ok(super::seal(state).await?.read("me", &self.pass, self.shell.now).unwrap_or_default())
    }

    /// Is the order this browser's own, or the one of the contact that it has shown to be? Whoever has the number may
    /// look at an order and act on it; what is asked about the driver's person is for the driver alone.
    pub fn owns(&self, order: &OrderRow, contact: &str) -> bool {
        order.device == self.device || (!contact.is_empty() && order.contact == contact)
    }

    /// Adds the cookie, if it is new.
    pub fn greet(&self, mut response: Response) -> Response {
        if let (true, Some(cookie)) =
            (self.new, kept(device_name(self.secure), &self.device, YEAR_S, self.secure))
        {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}

/// A cookie that no script reads; without seconds it is removed.
pub fn kept(name: &str, value: &str, seconds: i64, secure: bool) -> Option<HeaderValue> {
    let flag = if secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{flag}");
    HeaderValue::from_str(&text).ok()
}

fn device_name(secure: bool) -> &'static str {
    if secure { "__Host-wattline-device" } else { "wattline_device" }
}

/// The cookie that says whose link a browser has opened.
pub fn contact_name(secure: bool) -> &'static str {
    if secure { "__Host-wattline-me" } else { "wattline_me" }
}

fn is_device(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
