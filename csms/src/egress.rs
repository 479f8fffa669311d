//! The way out to addresses that others have named: never into our own networks.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// Finds hosts as usual, and does not go where a name leads into our own networks.
pub struct Resolver {
    pub private: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let private = self.private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let fit: Vec<SocketAddr> = found.filter(|at| private || is_public(at.ip())).collect();
            if fit.is_empty() {
                let why = "the name leads to no address outside our own networks";
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, why).into());
            }
            Ok(Box::new(fit.into_iter()) as Addrs)
        })
    }
}

/// An address of the internet, and none of a network, host or purpose of its own.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    let own = v4.is_private() || v4.is_loopback() || v4.is_link_local();
    let special = v4.is_multicast() || v4.is_broadcast() || v4.is_documentation() || a == 0 || a >= 240;
    // Of providers' own networks, of protocols, of benchmarks.
    let shared = (a == 100 && (64..128).contains(&b)) || (a, b, c) == (192, 0, 0);
    !(own || special || shared || (a == 198 && (b == 18 || b == 19)))
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let [first, second, .., high, low] = v6.segments();
    // Translated to IPv4 (RFC 6052): what is behind it counts.
    if (first, second) == (0x64, 0xff9b) {
        return is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    }
    // 2000::/3 is what is given out; of that not the documentation's, Teredo's and 6to4's.
    first & 0xe000 == 0x2000 && !(first == 0x2001 && (second == 0 || second == 0xdb8)) && first != 0x2002
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_into_our_networks_are_not_followed() {
        let public = |text: &str| is_public(text.parse().unwrap());
        for outside in ["142.250.1.1", "17.188.1.1", "2a00:1450::1", "64:ff9b::8efa:101"] {
            assert!(public(outside), "{outside}");
        }
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "240.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2001:db8::1",
            "2002:7f00:1::",
        ] {
            assert!(!public(inside), "{inside}");
        }
    }

    #[tokio::test]
    async fn the_resolver_refuses_a_name_of_this_host() {
        let resolve = |private| Resolver { private }.resolve("localhost".parse().unwrap());
        assert!(resolve(false).await.is_err());
        assert!(resolve(true).await.is_ok());
    }
}
