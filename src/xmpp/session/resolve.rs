//! Where a domain's server is: SRV records of both services merged (XEP-0368), else the domain itself. Knows DNS, and
//! neither TLS nor XML.

use std::{
    cmp::Reverse,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolverConfig, ResolverOpts},
    net::{NetError, runtime::TokioRuntimeProvider},
    proto::rr::{Name, RData},
    system_conf::read_system_conf,
};
use tokio::time::timeout;

use super::dial::interleave;
use crate::xmpp::Problem;

/// RFC 6120 §3.2.2.
const DEFAULT_PORT: u16 = 5222;
const DEADLINE: Duration = Duration::from_secs(10);
/// RFC 8305 §3: how long the addresses of the other family are waited for when those of one are there.
const RESOLUTION_DELAY: Duration = Duration::from_millis(50);
/// More servers than anybody names; a line of thousands would keep us busy for hours.
const MOST: usize = 20;

/// How TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Security {
    /// From the first byte on (XEP-0368).
    DirectTls,
    /// RFC 6120 §5.
    Starttls,
}

/// A server to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub host: String,
    pub port: u16,
    pub security: Security,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Srv {
    priority: u16,
    weight: u16,
    target: Target,
}

/// What the domain says of one service.
#[derive(Debug, Default)]
struct Service {
    records: Vec<Srv>,
    /// Its only target is ".": this service is not offered (RFC 2782).
    is_denied: bool,
}

/// The system's way of looking up names, as it is configured now.
pub struct Resolver(Option<Resolvers>);

/// One for each family, because hickory's answer for both comes only when the slower one has come: name servers that never answer
/// for IPv6 would keep everybody waiting.
struct Resolvers {
    v6: TokioResolver,
    v4: TokioResolver,
}

impl Resolvers {
    fn new(name_server: Option<SocketAddr>) -> Result<Self, NetError> {
        let (config, options) = match name_server {
            Some(address) => (only(address), ResolverOpts::default()),
            None => read_system_conf()?,
        };
        let of = |family| {
            let mut builder = TokioResolver::builder_with_config(config.clone(), TokioRuntimeProvider::default());
            *builder.options_mut() = options.clone();
            builder.options_mut().ip_strategy = family;
            builder.build()
        };
        Ok(Self { v6: of(LookupIpStrategy::Ipv6Only)?, v4: of(LookupIpStrategy::Ipv4Only)? })
    }

    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, NetError> {
        let mut v6 = std::pin::pin!(self.v6.lookup_ip(host));
        let mut v4 = std::pin::pin!(self.v4.lookup_ip(host));
        let (v6, v4) = tokio::select! {
            first = &mut v6 => match first {
                Ok(found) => (Ok(found), timeout(RESOLUTION_DELAY, v4).await.ok()),
                Err(error) => (Err(error), Some(v4.await)),
            },
            first = &mut v4 => match first {
                Ok(found) => (timeout(RESOLUTION_DELAY, v6).await.unwrap_or(Err(NetError::Timeout)), Some(Ok(found))),
                Err(error) => (v6.await, Some(Err(error))),
            },
        };
        let both = [Some(v6), v4].into_iter().flatten().collect::<Vec<_>>();
        let found: Vec<IpAddr> = both.iter().flatten().flat_map(|found| found.iter()).collect();
        if !found.is_empty() {
            return Ok(found);
        }
        // Only when both families are answered for is it known that there is no such host.
        let (unknown, failed): (Vec<_>, Vec<_>) = both.into_iter().filter_map(Result::err).partition(is_unknown);
        failed.into_iter().chain(unknown).next().map_or(Ok(found), Err)
    }
}

fn is_unknown(error: &NetError) -> bool {
    error.is_no_records_found() || error.is_nx_domain()
}

/// A name server, asked as those of the system are.
fn only(address: SocketAddr) -> ResolverConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    let connections = connections.into_iter().map(|mut connection| {
        connection.port = address.port();
        connection
    });
    let server = NameServerConfig::new(address.ip(), true, connections.collect());
    ResolverConfig::from_parts(None, Vec::new(), vec![server])
}

impl Resolver {
    /// Asks `name_server` instead of those that the system would ask, if there is one.
    pub fn new(name_server: Option<SocketAddr>) -> Self {
        Self(Resolvers::new(name_server).map_err(|e| log::warn!("no name resolution: {e}")).ok())
    }

    /// The servers to try, best first. With `host` or `port` the domain's SRV records are not asked.
    pub async fn targets(&self, domain: &str, host: Option<&str>, port: Option<u16>) -> Result<Vec<Target>, Problem> {
        if host.is_some() || port.is_some() || domain.parse::<IpAddr>().is_ok() {
            return Ok(by_hand(host.unwrap_or(domain), port));
        }
        let (direct, starttls) = tokio::join!(
            self.service(format!("_xmpps-client._tcp.{domain}."), Security::DirectTls),
            self.service(format!("_xmpp-client._tcp.{domain}."), Security::Starttls),
        );
        merge(domain, direct, starttls, rand::random_range::<u32, _>)
    }

    async fn service(&self, name: String, security: Security) -> Service {
        let Some(resolvers) = &self.0 else { return Service::default() };
        let found = match timeout(DEADLINE, resolvers.v4.srv_lookup(name)).await {
            Ok(Ok(found)) => found,
            // RFC 6120 §3.2.1: no records, or no answer: the domain itself is tried.
            Ok(Err(error)) => {
                log::debug!("no servers for {security:?}: {error}");
                return Service::default();
            }
            Err(_) => return Service::default(),
        };
        let records: Vec<Srv> = found
            .answers()
            .iter()
            .filter_map(|record| match &record.data {
                RData::SRV(srv) => Some(Srv {
                    priority: srv.priority,
                    weight: srv.weight,
                    target: Target { host: srv.target.to_ascii(), port: srv.port, security },
                }),
                _ => None,
            })
            .collect();
        let is_denied = !records.is_empty() && records.iter().all(|srv| srv.target.host == ".");
        Service { records: if is_denied { Vec::new() } else { records }, is_denied }
    }

    /// A server's addresses, in the order in which they are to be tried.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Problem> {
        if let Ok(ip) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Ok(vec![ip]);
        }
        let unknown = || Problem::UnknownHost { host: host.trim_end_matches('.').to_owned() };
        let resolvers = self.0.as_ref().ok_or(Problem::NoNetwork)?;
        match timeout(DEADLINE, resolvers.addresses(host)).await {
            Ok(Ok(found)) if found.is_empty() => Err(unknown()),
            Ok(Ok(found)) => Ok(interleave(found)),
            Ok(Err(e)) if is_unknown(&e) => Err(unknown()),
            Ok(Err(NetError::Io(_) | NetError::NoConnections)) => Err(Problem::NoNetwork),
            Ok(Err(NetError::Timeout)) | Err(_) => Err(Problem::Timeout),
            Ok(Err(NetError::Proto(_))) => Err(unknown()),
            Ok(Err(_)) => Err(Problem::Unreachable { host: host.trim_end_matches('.').to_owned() }),
        }
    }
}

/// The name as it stands in DNS and in certificates.
pub fn ascii(domain: &str) -> String {
    Name::from_utf8(domain).map_or_else(|_| domain.to_owned(), |name| name.to_ascii())
}

/// A person gives a port without saying how TLS begins there, so both are tried.
fn by_hand(host: &str, port: Option<u16>) -> Vec<Target> {
    let target = |port, security| Target { host: host.to_owned(), port, security };
    match port {
        None => vec![target(DEFAULT_PORT, Security::Starttls)],
        Some(port @ (443 | 5223)) => vec![target(port, Security::DirectTls), target(port, Security::Starttls)],
        Some(port) => vec![target(port, Security::Starttls), target(port, Security::DirectTls)],
    }
}

/// XEP-0368 §3: the records of both services make one list.
fn merge(
    domain: &str,
    direct: Service,
    starttls: Service,
    random_up_to: impl Fn(std::ops::RangeInclusive<u32>) -> u32,
) -> Result<Vec<Target>, Problem> {
    let is_denied = direct.is_denied || starttls.is_denied;
    let mut records = direct.records;
    records.extend(starttls.records);
    records.retain(|srv| srv.target.host != ".");
    if records.is_empty() {
        if is_denied {
            return Err(Problem::NoService { domain: domain.to_owned() });
        }
        let host = if domain.ends_with('.') { domain.to_owned() } else { format!("{domain}.") };
        return Ok(vec![Target { host, port: DEFAULT_PORT, security: Security::Starttls }]);
    }
    // RFC 2782: within a priority, drawn by weight; those without weight first in line, so that they are drawn rarely.
    records.sort_by_key(|srv| (Reverse(srv.priority), srv.weight));
    let mut ordered = Vec::with_capacity(records.len());
    while let Some(priority) = records.last().map(|srv| srv.priority).filter(|_| ordered.len() < MOST) {
        let first = records.iter().position(|srv| srv.priority == priority).unwrap_or_default();
        let total = records[first..].iter().map(|srv| u32::from(srv.weight)).sum();
        let drawn = random_up_to(0..=total);
        let mut sum = 0;
        let index = records[first..].iter().position(|srv| {
            sum += u32::from(srv.weight);
            sum >= drawn
        });
        ordered.push(records.remove(first + index.unwrap_or_default()).target);
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(security: Security, records: &[(u16, u16, &str)]) -> Service {
        let record = |&(priority, weight, host): &(u16, u16, &str)| Srv {
            priority,
            weight,
            target: Target { host: host.to_owned(), port: 1, security },
        };
        Service { records: records.iter().map(record).collect(), is_denied: false }
    }

    fn denied() -> Service {
        Service { records: Vec::new(), is_denied: true }
    }

    fn hosts(targets: &[Target]) -> Vec<&str> {
        targets.iter().map(|t| t.host.as_str()).collect()
    }

    #[test]
    fn both_services_make_one_list_by_priority() {
        let direct = service(Security::DirectTls, &[(20, 0, "c"), (5, 0, "a")]);
        let starttls = service(Security::Starttls, &[(10, 0, "b"), (30, 0, "d")]);
        let merged = merge("x", direct, starttls, |_| 0).unwrap();
        assert_eq!(hosts(&merged), ["a", "b", "c", "d"]);
        assert_eq!(merged[0].security, Security::DirectTls);
        assert_eq!(merged[1].security, Security::Starttls);
    }

    #[test]
    fn the_weight_decides_within_a_priority() {
        let merged = |drawn: u32| {
            let records = service(Security::Starttls, &[(1, 0, "never"), (1, 10, "ten"), (1, 90, "ninety")]);
            let first = std::cell::Cell::new(true);
            merge("x", Service::default(), records, |range| if first.replace(false) { drawn } else { *range.start() })
                .unwrap()
        };
        assert_eq!(merged(0)[0].host, "never");
        assert_eq!(merged(1)[0].host, "ten");
        assert_eq!(merged(10)[0].host, "ten");
        assert_eq!(merged(11)[0].host, "ninety");
        assert_eq!(merged(100)[0].host, "ninety");
        assert_eq!(merged(100).len(), 3);
    }

    #[test]
    fn a_domain_without_records_is_asked_itself_and_one_that_denies_is_not() {
        let merged = merge("chat.test", Service::default(), Service::default(), |_| 0).unwrap();
        let expected = Target { host: "chat.test.".into(), port: 5222, security: Security::Starttls };
        assert_eq!(merged, [expected]);
        for (direct, starttls) in [(denied(), denied()), (Service::default(), denied()), (denied(), Service::default())]
        {
            assert!(matches!(merge("x", direct, starttls, |_| 0), Err(Problem::NoService { .. })));
        }
        let one = service(Security::Starttls, &[(1, 1, "a")]);
        assert_eq!(hosts(&merge("x", denied(), one, |_| 0).unwrap()), ["a"]);
    }

    #[test]
    fn an_international_domain_is_written_in_ascii() {
        assert_eq!(ascii("bücher.example"), "xn--bcher-kva.example");
        assert_eq!(ascii("chat.test"), "chat.test");
    }
}
