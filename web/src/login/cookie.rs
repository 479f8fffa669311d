//! Cookies, read and written by hand: three small ones.

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};

/// The first cookie of this name.
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// The name of the login's cookie. With TLS the prefix makes browsers refuse one that another host or a plain
/// connection has set.
pub fn login_name(secure: bool) -> &'static str {
    if secure { "__Host-wattline" } else { "wattline" }
}

/// Sets (or with no seconds left removes) the login's cookie.
pub fn login(key: &str, seconds: i64, secure: bool) -> Option<HeaderValue> {
    let (name, flag) = (login_name(secure), if secure { "; Secure" } else { "" });
    let text = format!("{name}={key}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{flag}");
    HeaderValue::from_str(&text).ok()
}

/// Sets a cookie that remembers a choice for a year. `value` is one of our own words.
pub fn choice(name: &str, value: &str, secure: bool) -> Option<HeaderValue> {
    let flag = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax{flag}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_in_any_header_and_only_by_their_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("xwattline=1; a=b"));
        headers.append(COOKIE, HeaderValue::from_static("wattline=key=2;theme=dark"));
        assert_eq!(read(&headers, "wattline"), Some("key=2"));
        assert_eq!(read(&headers, "theme"), Some("dark"));
        assert_eq!(read(&headers, "line"), None);
    }

    #[test]
    fn a_login_over_tls_is_for_tls_only() {
        let text = |secure| login("k", 60, secure).unwrap().to_str().unwrap().to_owned();
        assert_eq!(text(false), "wattline=k; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
        assert_eq!(text(true), "__Host-wattline=k; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
    }
}
