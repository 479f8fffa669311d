//! What both versions say alike.

use crate::Amount;
use crate::provider::{Abilities, FileKind, Instrument, Method, Refusal, RefusalKind};
use chrono::{DateTime, FixedOffset, NaiveDateTime, Utc};
use flate2::read::GzDecoder;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use std::io::Read as _;

/// The only currency of a merchant in China.
pub(super) const CURRENCY: &str = "CNY";
/// Larger answers and notifications are not read.
pub(super) const MESSAGE_BYTES: usize = 1 << 20;
/// Larger statements are not unpacked.
const STATEMENT_BYTES: u64 = 512 << 20;
/// Unreserved in URLs.
const URL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What the merchant has applied for at WeChat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Product {
    /// Payment on a page inside WeChat; needs the app secret.
    Jsapi,
    /// Payment from a phone's browser.
    H5,
    /// A code that WeChat scans.
    Native,
}

impl Product {
    /// Those that most merchants have.
    pub(super) fn usual() -> Vec<Product> {
        vec![Product::Jsapi, Product::H5, Product::Native]
    }

    fn method(self) -> Method {
        match self {
            Product::Jsapi => Method::InWallet,
            Product::H5 => Method::PhoneBrowser,
            Product::Native => Method::Code,
        }
    }
}

/// Abilities of an account; `score` if it can hold on the payer's score.
pub(super) fn abilities(
    products: &[Product],
    score: bool,
    statements: &[FileKind],
) -> Result<Abilities, String> {
    if products.is_empty() && !score {
        return Err("products is empty. Name what the merchant has at WeChat: jsapi, h5, native".to_owned());
    }
    let holds = if score { vec![Method::Score] } else { Vec::new() };
    let mut methods: Vec<Method> = Vec::new();
    for method in products.iter().map(|product| product.method()).chain(holds.clone()) {
        if !methods.contains(&method) {
            methods.push(method);
        }
    }
    let currency = CURRENCY.parse().map_err(|why| format!("{why}"))?;
    Ok(Abilities {
        methods,
        holds,
        raises: false,
        cards_by_query: false,
        currencies: vec![currency],
        statements: statements.to_vec(),
    })
}

/// A base URL of the settings, without a slash at its end.
pub(super) fn base(name: &str, url: &str) -> Result<String, String> {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    if host.trim_matches('/').is_empty() || url.contains(['?', '#', ' ']) {
        return Err(format!(
            "{name} is \"{url}\". Write https:// and the host, for example https://api.mch.weixin.qq.com"
        ));
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// Merchant and app ids look like this.
pub(super) fn identifier(name: &str, text: &str) -> Result<(), String> {
    if text.is_empty() || text.len() > 32 || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(format!(
            "{name} is \"{text}\". Write it as WeChat's merchant platform shows it: letters and digits"
        ));
    }
    Ok(())
}

/// Nothing is sent: the settings or the request are at fault.
pub(super) fn setup(code: &str, text: &str) -> Refusal {
    Refusal::new(RefusalKind::Setup, code, text)
}

/// Nothing is sent: a key is missing.
pub(super) fn access(code: &str, text: &str) -> Refusal {
    Refusal::new(RefusalKind::Access, code, text)
}

/// Nothing is sent: this is not offered.
pub(super) fn unsupported(code: &str, text: &str) -> Refusal {
    Refusal::new(RefusalKind::Unsupported, code, text)
}

/// Whole fen, more than nothing.
pub(super) fn fen(amount: Amount) -> Result<i64, Refusal> {
    if amount.currency.code() != CURRENCY {
        return Err(unsupported(
            "currency",
            &format!("WeChat Pay takes {CURRENCY}, not {}", amount.currency),
        ));
    }
    if amount.minor <= 0 {
        return Err(setup("amount", &format!("{amount} cannot be paid: it must be more than nothing")));
    }
    Ok(amount.minor)
}

/// Our numbers of orders (6–32) and refunds (up to 64).
pub(super) fn number(text: &str, least: usize, most: usize) -> Result<&str, Refusal> {
    let fits = (least..=most).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-|*".contains(&byte));
    if fits {
        Ok(text)
    } else {
        Err(setup(
            "number",
            &format!("\"{text}\" is no number for WeChat: {least} to {most} of [0-9A-Za-z_-|*]"),
        ))
    }
}

/// Where notifications go: WeChat takes no query string.
pub(super) fn notify_url(url: &str) -> Result<&str, Refusal> {
    if url.is_empty() || url.len() > 255 || url.contains(['?', '#']) {
        return Err(setup(
            "notify_url",
            &format!("\"{url}\" is no address for WeChat: up to 255 characters, no query"),
        ));
    }
    Ok(url)
}

/// A text for people: no control characters, at most so many bytes of UTF-8.
pub(super) fn words(text: &str, bytes: usize) -> String {
    let mut cut = String::new();
    for letter in text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }) {
        if cut.len() + letter.len_utf8() > bytes {
            break;
        }
        cut.push(letter);
    }
    cut
}

/// For a path or a query.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, URL).to_string()
}

/// The H5 page of WeChat, that leads back to ours.
pub(super) fn with_return(url: &str, return_url: &str) -> String {
    if return_url.is_empty() {
        return url.to_owned();
    }
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}redirect_url={}", encoded(return_url))
}

/// May a browser be sent there?
pub(super) fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// Beijing has had no other time since 1991.
fn beijing() -> Option<FixedOffset> {
    FixedOffset::east_opt(8 * 3600)
}

/// `2026-03-01T10:00:00+08:00`.
pub(super) fn rfc3339(at: DateTime<Utc>) -> String {
    match beijing() {
        Some(offset) => at.with_timezone(&offset).format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        None => at.format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
    }
}

/// `20260301100000`, Beijing time.
pub(super) fn compact(at: DateTime<Utc>) -> String {
    (at + chrono::TimeDelta::hours(8)).format("%Y%m%d%H%M%S").to_string()
}

/// Reads `20260301100000`, or `2026-03-01 10:00:00`, as Beijing time.
pub(super) fn from_compact(text: &str) -> Option<DateTime<Utc>> {
    let local = NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S"))
        .ok()?;
    local.and_utc().checked_sub_signed(chrono::TimeDelta::hours(8))
}

/// What is paid with, as far as a merchant is told.
pub(super) fn instrument() -> Instrument {
    Instrument { brand: "wechat".to_owned(), ..Instrument::default() }
}

/// Unpacks a statement, if it is packed.
pub(super) fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, String> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes.to_vec());
    }
    let mut plain = Vec::new();
    GzDecoder::new(bytes)
        .take(STATEMENT_BYTES + 1)
        .read_to_end(&mut plain)
        .map_err(|why| format!("the statement cannot be unpacked: {why}"))?;
    if plain.len() as u64 > STATEMENT_BYTES {
        return Err(format!("the statement is larger than {STATEMENT_BYTES} bytes"));
    }
    Ok(plain)
}
