//! Who is the payer? A page inside WeChat must know the payer's openid before it can ask for money. WeChat's login page
//! sends the browser back with a code, without asking the payer anything; the code is exchanged for the openid.

use super::{material::Material, terms};
use crate::provider::{Answer, Read, Refusal, RefusalKind, Request, Response, Told};
use serde::Deserialize;
use std::fmt;

/// Where the login page and its exchange are, unless the settings say otherwise.
const PAGE: &str = "https://open.weixin.qq.com";
const EXCHANGE: &str = "https://api.weixin.qq.com";

/// An app's login.
pub(super) struct Login {
    appid: String,
    secret: String,
    page: String,
    exchange: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("appid", &self.appid).finish_non_exhaustive()
    }
}

/// The exchange's answer: one of the two.
#[derive(Deserialize)]
struct Exchanged {
    openid: Option<String>,
    errcode: Option<i64>,
    #[serde(default)]
    errmsg: String,
}

impl Login {
    /// `None` without a secret, which only payment inside WeChat needs.
    pub fn build(
        appid: &str,
        secret: Option<&Material>,
        [page, exchange]: [Option<&str>; 2],
        products: &[terms::Product],
        read: Read<'_>,
    ) -> Result<Option<Login>, String> {
        let Some(secret) = secret else {
            if products.contains(&terms::Product::Jsapi) {
                return Err("app_secret is missing, which payment inside WeChat (jsapi) needs to know the payer. Write the secret of the app, or take jsapi out of products".to_owned());
            }
            return Ok(None);
        };
        Ok(Some(Login {
            appid: appid.to_owned(),
            secret: secret.secret("app_secret", read)?,
            page: terms::base("login_page_url", page.unwrap_or(PAGE))?,
            exchange: terms::base("login_url", exchange.unwrap_or(EXCHANGE))?,
        }))
    }

    /// The page that sends the browser to `return_to?code=…&state=…`.
    pub fn at(&self, return_to: &str, state: &str) -> String {
        format!(
            "{}/connect/oauth2/authorize?appid={}&redirect_uri={}&response_type=code&scope=snsapi_base&state={}#wechat_redirect",
            self.page,
            self.appid,
            terms::encoded(return_to),
            terms::encoded(state)
        )
    }

    /// Exchanges the code. The URL holds the app secret: it must not be logged.
    pub fn request(&self, code: &str) -> Result<Request, Refusal> {
        if code.is_empty() || code.len() > 512 {
            return Err(Refusal::new(RefusalKind::Payer, "code", "the login page gave no code"));
        }
        let url = format!(
            "{}/sns/oauth2/access_token?appid={}&secret={}&code={}&grant_type=authorization_code",
            self.exchange,
            self.appid,
            terms::encoded(&self.secret),
            terms::encoded(code)
        );
        Ok(Request::get(url).with("accept", "application/json"))
    }

    /// Reads the exchange's answer, which is not signed: it is believed because of TLS.
    pub fn answer(&self, response: &Response) -> Answer {
        if !response.is_success() || response.body.len() > terms::MESSAGE_BYTES {
            return Answer::Unknown(format!("WeChat's login answered with status {}", response.status));
        }
        let told: Exchanged = match serde_json::from_slice(&response.body) {
            Ok(told) => told,
            Err(why) => return Answer::Unknown(format!("WeChat's login cannot be read: {why}")),
        };
        match (told.openid, told.errcode.unwrap_or(0)) {
            (Some(openid), 0) if !openid.is_empty() && openid.len() <= 128 => {
                Answer::Told(Told::Payer(openid))
            }
            (_, 0) => Answer::Unknown("WeChat's login names no openid".to_owned()),
            (_, code) => {
                let kind = match code {
                    -1 | 45011 => RefusalKind::Trouble,
                    // The code is wrong, used or too old: the payer's page has to be opened again.
                    40029 | 40163 | 41008 | 42003 => RefusalKind::Payer,
                    _ => RefusalKind::Setup,
                };
                Answer::Refused(Refusal::new(kind, code.to_string(), &told.errmsg))
            }
        }
    }
}
