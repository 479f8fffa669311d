//! Where a message may be posted to. A browser names the address, so anybody can name one: only the push services of the
//! settings are believed, over TLS, and never an address inside our own networks.

use reqwest::Url;
use std::net::IpAddr;

/// Characters of an address.
const ADDRESS_MAX: usize = 800;

/// A browser's address is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    #[error("the address of the browser's push service cannot be read, or is too long")]
    Unreadable,
    #[error("the address of the browser's push service is not https:// with the usual port")]
    Insecure,
    #[error("the browser's push service is none of messages.push_hosts")]
    Unknown,
}

/// Which addresses are believed.
#[derive(Debug)]
pub struct Rules {
    /// `fcm.googleapis.com`, or `*.push.apple.com` with everything below it.
    hosts: Vec<String>,
    /// For tests: without TLS, on any port, inside our own networks.
    private: bool,
}

impl Rules {
    pub fn of(hosts: &[String], private: bool) -> Rules {
        Rules { hosts: hosts.iter().map(|host| host.trim().to_lowercase()).collect(), private }
    }

    /// The address, if it is one of a push service that is believed.
    pub fn check(&self, address: &str) -> Result<Url, AddressFault> {
        if address.len() > ADDRESS_MAX {
            return Err(AddressFault::Unreadable);
        }
        let url: Url = address.parse().map_err(|_| AddressFault::Unreadable)?;
        let plain = url.username().is_empty() && url.password().is_none();
        let host = url.host_str().ok_or(AddressFault::Unreadable)?.to_owned();
        let secure = url.scheme() == "https" && url.port().is_none();
        if !plain || !(secure || (self.private && matches!(url.scheme(), "http" | "https"))) {
            return Err(AddressFault::Insecure);
        }
        let is = |known: &String| match known.strip_prefix('*') {
            Some(below) => below.starts_with('.') && host.ends_with(below) && host.len() > below.len(),
            None => *known == host,
        };
        if !self.hosts.iter().any(is)
            || (host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() && !self.private)
        {
            return Err(AddressFault::Unknown);
        }
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(private: bool) -> Rules {
        Rules::of(&["fcm.googleapis.com".to_owned(), "*.push.apple.com".to_owned()], private)
    }

    #[test]
    fn only_push_services_of_the_settings_are_posted_to_over_tls() {
        for good in ["https://fcm.googleapis.com/fcm/send/abc:d", "https://web.push.apple.com/Q1?x=1"] {
            assert_eq!(rules(false).check(good).map(|url| url.to_string()).as_deref(), Ok(good));
        }
        let long = format!("https://fcm.googleapis.com/{}", "x".repeat(ADDRESS_MAX));
        for (bad, why) in [
            ("http://fcm.googleapis.com/a", AddressFault::Insecure),
            ("https://fcm.googleapis.com:8443/a", AddressFault::Insecure),
            ("https://me:secret@fcm.googleapis.com/a", AddressFault::Insecure),
            ("ftp://fcm.googleapis.com/a", AddressFault::Insecure),
            ("file:///etc/passwd", AddressFault::Unreadable),
            ("https://fcm.googleapis.com.evil.example/a", AddressFault::Unknown),
            ("https://evilpush.apple.com/a", AddressFault::Unknown),
            ("https://push.apple.com/a", AddressFault::Unknown),
            ("https://127.0.0.1/a", AddressFault::Unknown),
            ("https://[::1]/a", AddressFault::Unknown),
            ("nonsense", AddressFault::Unreadable),
            (&long, AddressFault::Unreadable),
        ] {
            assert_eq!(rules(false).check(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn an_address_is_never_posted_to_even_if_the_settings_name_it_but_in_tests() {
        let hosts = ["127.0.0.1".to_owned()];
        assert_eq!(Rules::of(&hosts, false).check("https://127.0.0.1/a"), Err(AddressFault::Unknown));
        assert!(Rules::of(&hosts, true).check("http://127.0.0.1:4711/a").is_ok());
    }
}
