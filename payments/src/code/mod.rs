//! Codes that drivers scan: which wallet reads one, and the time-based codes of OCPP 2.1 (use case C25).

mod totp;
mod wanted;

pub use totp::{Alphabet, Drift, Totp};
pub use wanted::Wanted;

use serde::{Deserialize, Serialize};

/// Which app shows our page, as its User-Agent says. That can be forged, which harms nobody: every way leads to the same
/// order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agent {
    /// WeChat's own browser.
    Wechat,
    /// Alipay's own browser.
    Alipay,
    /// China UnionPay's app.
    Unionpay,
    /// Any other browser: the driver chooses.
    Browser,
}

impl Agent {
    /// Reads a User-Agent. The browser of WeChat for companies calls itself both; it cannot pay, so the driver chooses.
    pub fn of(user_agent: &str) -> Agent {
        let has = |word: &str| user_agent.contains(word);
        if has("MicroMessenger/") && !has("wxwork/") {
            Agent::Wechat
        } else if has("AlipayClient/") {
            Agent::Alipay
        } else if has("UnionPay/") || has("CloudPay") {
            Agent::Unionpay
        } else {
            Agent::Browser
        }
    }

    /// The word in databases.
    pub fn word(self) -> &'static str {
        match self {
            Agent::Wechat => "wechat",
            Agent::Alipay => "alipay",
            Agent::Unionpay => "unionpay",
            Agent::Browser => "browser",
        }
    }

    /// The one with this word; any other is a browser.
    pub fn of_word(word: &str) -> Agent {
        let all = [Agent::Wechat, Agent::Alipay, Agent::Unionpay];
        all.into_iter().find(|agent| agent.word() == word).unwrap_or(Agent::Browser)
    }
}

#[cfg(test)]
mod tests {
    use super::Agent;

    #[test]
    fn apps_are_known_by_their_own_words() {
        let phone = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36";
        let cases = [
            (format!("{phone} MicroMessenger/8.0.50 Language/zh_CN"), Agent::Wechat),
            (format!("{phone} MicroMessenger/7.0.1 wxwork/4.1.0"), Agent::Browser),
            (format!("{phone} AliApp(AP/10.5.80) AlipayClient/10.5.80"), Agent::Alipay),
            (format!("{phone} UnionPay/1.0 CloudPay"), Agent::Unionpay),
            (phone.to_owned(), Agent::Browser),
            (String::new(), Agent::Browser),
        ];
        for (agent, expected) in cases {
            assert_eq!(Agent::of(&agent), expected, "{agent}");
        }
    }
}
