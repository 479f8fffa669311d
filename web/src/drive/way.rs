//! How a driver gets to the provider's order.

use super::{order::Asked, visitor::Visitor, ways};
use crate::view::{PayView, qr};
use csms::pay::{Status, Way};
use payments::provider::{Method, Next};
use serde_json::json;

/// How to get to the provider's order.
pub fn pay_view(status: &Status, visitor: &Visitor, been: bool) -> Option<PayView> {
    let (attempt, next) = (status.attempt.as_ref()?, status.next.as_ref()?);
    let method: Method = serde_json::from_str::<payments::provider::Attempt>(&attempt.body).ok()?.method;
    let mut view = PayView {
        word: ways::word(&attempt.wallet, &method),
        brand: ways::brand(&attempt.wallet),
        attempt: attempt.number.clone(),
        link: None,
        bridge: None,
        code: None,
        been,
        identity: None,
        value: String::new(),
    };
    match next {
        Next::Redirect { url } => view.link = web_link(url),
        Next::ShowCode { text } => {
            view.code = qr(text);
            view.link = web_link(text).filter(|_| visitor.phone);
        }
        Next::WechatBridge { parameters } => {
            // Pay score asks for a view of its own.
            let score = parameters.get("businessType").is_some();
            let call = if score { "openBusinessView" } else { "getBrandWCPayRequest" };
            view.bridge = Some(json!({"app": "wechat", "call": call, "with": parameters}).to_string());
        }
        Next::AlipayBridge { trade } => {
            let call = json!({"app": "alipay", "call": "tradePay", "with": {"tradeNO": trade}});
            view.bridge = Some(call.to_string());
        }
        Next::Wait => {}
    }
    Some(view)
}

/// An address that a browser may be sent to.
pub fn web_link(url: &str) -> Option<String> {
    (url.starts_with("https://") || url.starts_with("http://")).then(|| url.to_owned())
}

/// The browser comes back from a wallet's login page, and the form goes on with what that gave.
pub fn identity(asked: &Asked, status: &Status, offered: &[Way]) -> Option<PayView> {
    let way = ways::chosen(offered, &asked.m)?;
    if asked.code.is_empty() || asked.state != status.order.number || !status.can_pay {
        return None;
    }
    Some(PayView {
        word: ways::word(&way.wallet, &way.method),
        brand: ways::brand(&way.wallet),
        attempt: format!("{}.{}", status.order.number, status.order.version),
        link: None,
        bridge: None,
        code: None,
        been: true,
        identity: Some([asked.code.clone(), asked.account.clone()]),
        value: ways::value(way),
    })
}
