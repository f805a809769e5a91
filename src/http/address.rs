//! Which addresses may be spoken to.
//!
//! Pure. Whoever sends a message names an address that we would ask: it must not be one that only we can reach, such as a
//! router or a service on this machine (SSRF).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Hosts of the account's own server, which may stand in the same house.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnHosts {
    /// With all hosts below it.
    pub domain: String,
    /// As the person has set it.
    pub host: Option<String>,
}

impl OwnHosts {
    /// Whether a host of this name is one's own server's.
    #[must_use]
    pub fn has(&self, host: &str) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let domain = self.domain.to_ascii_lowercase();
        let is_below = || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'));
        let is_domain = !domain.is_empty() && (host == domain || is_below());
        is_domain || self.host.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(host))
    }
}

/// Reads an address; `None` for everything but `https` with a host and without a name and password.
#[must_use]
pub fn parse(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(may_be_asked)
}

/// Whether something may be fetched from there, as far as the address itself tells.
pub(super) fn may_be_asked(url: &Url) -> bool {
    let has_host = match url.host() {
        Some(Host::Domain(name)) => !name.is_empty(),
        Some(_) => true,
        None => false,
    };
    url.scheme() == "https" && has_host && url.username().is_empty() && url.password().is_none()
}

/// Whether everybody can reach this address.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// The IANA IPv4 Special-Purpose Address Registry (RFC 6890).
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = matches!((a, b, c), (0 | 10 | 127, ..) | (100, 64..=127, _) | (192, 0, 0) | (198, 18 | 19, _))
        || (a, b, c) == (192, 88, 99)
        || a >= 240;
    !(is_special
        || address.is_private()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast())
}

/// The IANA IPv6 Special-Purpose Address Registry; what carries an IPv4 address is judged by that.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // Mapped, translated (RFC 6052), and 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            is_public_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
        }
        // Teredo and others of 2001::/23, documentation (RFC 3849, RFC 9637).
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Only global unicast.
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_with_a_host_is_asked() {
        for (text, expected) in [
            ("https://example.org/a", true),
            ("HTTPS://EXAMPLE.ORG:8443/a?b#c", true),
            ("https://[2a00::1]/", true),
            ("http://example.org/", false),
            ("ftp://example.org/", false),
            ("file:///etc/passwd", false),
            ("https://user@example.org/", false),
            ("https://user:secret@example.org/", false),
            ("https://", false),
            ("data:text/plain,x", false),
            ("example.org", false),
        ] {
            assert_eq!(parse(text).is_some(), expected, "{text}");
        }
    }

    #[test]
    fn what_only_we_can_reach_is_not_asked() {
        for (address, expected) in [
            ("93.184.216.34", true),
            ("2a00:1450:4001::1", true),
            ("127.0.0.1", false),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("172.32.0.1", true),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("198.18.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fc00::1", false),
            ("ff02::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:93.184.216.34", true),
            ("64:ff9b::7f00:1", false),
            ("64:ff9b:1::1", false),
            ("2002:7f00:1::1", false),
            ("2001:0:1::1", false),
            ("2001:db8::1", false),
            ("3fff:fff::1", false),
            ("5f00::1", false),
            ("::127.0.0.1", false),
            ("2002:5db8:d822::1", true),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn ones_own_server_may_stand_in_the_same_house() {
        let own = OwnHosts { domain: "chat.test".to_owned(), host: Some("192.168.1.2".to_owned()) };
        for (host, expected) in [
            ("chat.test", true),
            ("upload.chat.test", true),
            ("192.168.1.2", true),
            ("192.168.1.3", false),
            ("evilchat.test", false),
            ("chat.test.evil.example", false),
            ("test", false),
        ] {
            assert_eq!(own.has(host), expected, "{host}");
        }
        assert!(!OwnHosts::default().has("") && !OwnHosts::default().has("a.example"));
    }
}
