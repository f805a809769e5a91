//! From a server's addresses to a connection (RFC 8305): the order in which they are tried, and the race between them. Knows
//! neither names nor what is spoken on the connection.

use std::{
    collections::{HashSet, VecDeque},
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use futures::{StreamExt as _, stream::FuturesUnordered};
use tokio::{net::TcpStream, time::sleep};

/// RFC 8305 §5: how long one address has before the next is tried beside it.
const HEAD_START: Duration = Duration::from_millis(250);
/// More than anybody has; who names more wants to keep us busy, or to let us knock elsewhere.
const MOST: usize = 20;

/// RFC 8305 §4: the families take turns, IPv6 first, so that one that leads nowhere costs one attempt. Each address once.
pub fn interleave(found: impl IntoIterator<Item = IpAddr>) -> Vec<IpAddr> {
    let mut seen = HashSet::new();
    let (v6, v4): (VecDeque<IpAddr>, VecDeque<IpAddr>) =
        found.into_iter().filter(|address| seen.insert(*address)).partition(IpAddr::is_ipv6);
    let mut lines = [v6, v4];
    let mut mixed = Vec::new();
    while mixed.len() < MOST && lines.iter().any(|line| !line.is_empty()) {
        mixed.extend(lines.iter_mut().filter_map(VecDeque::pop_front));
    }
    mixed.truncate(MOST);
    mixed
}

/// The first of these that answers. The others are dropped.
pub async fn dial(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let tcp = race(addresses, TcpStream::connect).await?;
    tcp.set_nodelay(true)?;
    Ok(tcp)
}

/// RFC 8305 §5: the next is tried when one fails, or beside it when it is slow. Fails with the most telling of the errors.
async fn race<T, F: Future<Output = io::Result<T>>>(
    addresses: Vec<SocketAddr>,
    attempt: impl Fn(SocketAddr) -> F,
) -> io::Result<T> {
    let mut waiting = VecDeque::from(addresses);
    let mut attempts = FuturesUnordered::new();
    let mut worst: Option<io::Error> = None;
    loop {
        if let Some(address) = waiting.pop_front() {
            attempts.push(attempt(address));
        }
        tokio::select! {
            Some(done) = attempts.next() => match done {
                Ok(connection) => return Ok(connection),
                // That there is no way for one family says nothing of a host that was reached by the other.
                Err(error) if worst.as_ref().is_none_or(is_no_way) => worst = Some(error),
                Err(_) => (),
            },
            () = sleep(HEAD_START), if !waiting.is_empty() => (),
            else => return Err(worst.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into())),
        }
    }
}

/// This machine has no way to that address: no network, or not of that family.
pub fn is_no_way(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown)
}

#[cfg(test)]
mod tests {
    use std::{
        cell::RefCell,
        net::{Ipv4Addr, Ipv6Addr},
    };

    use tokio::{net::TcpListener, net::TcpSocket, time::Instant};

    use super::*;

    #[test]
    fn the_families_take_turns_and_ipv6_begins() {
        let table: [(&[&str], &[&str]); 6] = [
            (&[], &[]),
            (&["192.0.2.1", "192.0.2.2"], &["192.0.2.1", "192.0.2.2"]),
            (&["2001:db8::1", "2001:db8::2"], &["2001:db8::1", "2001:db8::2"]),
            (&["192.0.2.1", "2001:db8::1"], &["2001:db8::1", "192.0.2.1"]),
            (
                &["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8::2"],
                &["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3"],
            ),
            (&["192.0.2.1", "192.0.2.1", "2001:db8::1", "2001:db8:0::1"], &["2001:db8::1", "192.0.2.1"]),
        ];
        let parsed = |list: &[&str]| list.iter().map(|ip| ip.parse::<IpAddr>().unwrap()).collect::<Vec<_>>();
        for (found, expected) in table {
            assert_eq!(interleave(parsed(found)), parsed(expected), "{found:?}");
        }
        let many = (0..1_000).map(|n| IpAddr::from(Ipv4Addr::from_bits(n)));
        assert_eq!(interleave(many).len(), MOST);
    }

    /// How an address behaves in a race on paper.
    #[derive(Clone, Copy)]
    enum Way {
        Answers(u64),
        Refuses(u64),
        Blocked,
        Hole,
    }

    /// Races addresses that behave like this; who wins, when, and when each was tried.
    async fn raced(ways: &[Way]) -> (io::Result<u16>, u128, Vec<u128>) {
        let begun = Instant::now();
        let tried = RefCell::new(Vec::new());
        let addresses = (0..).zip(ways).map(|(port, _)| SocketAddr::from((Ipv4Addr::LOCALHOST, port))).collect();
        let attempt = |address: SocketAddr| {
            tried.borrow_mut().push(begun.elapsed().as_millis());
            let way = ways[usize::from(address.port())];
            async move {
                match way {
                    Way::Answers(after) => {
                        sleep(Duration::from_millis(after)).await;
                        Ok(address.port())
                    }
                    Way::Refuses(after) => {
                        sleep(Duration::from_millis(after)).await;
                        Err(io::ErrorKind::ConnectionRefused.into())
                    }
                    Way::Blocked => Err(io::ErrorKind::NetworkUnreachable.into()),
                    Way::Hole => std::future::pending().await,
                }
            }
        };
        let winner = race(addresses, attempt).await;
        (winner, begun.elapsed().as_millis(), tried.into_inner())
    }

    #[tokio::test(start_paused = true)]
    async fn each_has_a_head_start_and_the_first_that_answers_wins() {
        use Way::{Answers, Blocked, Hole, Refuses};
        let table: [(&[Way], u16, u128, &[u128]); 8] = [
            (&[Answers(100), Answers(1)], 0, 100, &[0]),
            (&[Answers(300), Answers(100)], 0, 300, &[0, 250]),
            (&[Answers(900), Answers(100)], 1, 350, &[0, 250]),
            (&[Hole, Hole, Answers(5), Answers(1)], 2, 505, &[0, 250, 500]),
            (&[Refuses(10), Answers(5)], 1, 15, &[0, 10]),
            (&[Blocked, Blocked, Answers(5)], 2, 5, &[0, 0, 0]),
            // What fails while others go on starts the next at once as well.
            (&[Hole, Refuses(20), Answers(5)], 2, 275, &[0, 250, 270]),
            // Whoever was overtaken goes on, and may win yet.
            (&[Answers(600), Hole, Hole, Refuses(1)], 0, 600, &[0, 250, 500]),
        ];
        for (number, (ways, winner, at, tried)) in table.into_iter().enumerate() {
            let (won, when, tries) = raced(ways).await;
            assert_eq!((won.unwrap(), when, &tries[..]), (winner, at, tried), "row {number}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_error_of_a_host_that_was_reached_tells_more_than_that_there_is_no_way() {
        for ways in [[Way::Blocked, Way::Refuses(1)], [Way::Refuses(1), Way::Blocked]] {
            assert_eq!(raced(&ways).await.0.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        }
        assert!(is_no_way(&raced(&[Way::Blocked, Way::Blocked]).await.0.unwrap_err()));
        assert_eq!(raced(&[]).await.0.unwrap_err().kind(), io::ErrorKind::AddrNotAvailable);
    }

    /// A listener whose line of those who wait is full: whoever else comes is not answered at all.
    struct Hole {
        address: SocketAddr,
        _listener: TcpListener,
        _waiting: Vec<TcpStream>,
    }

    async fn hole(ip: Ipv4Addr) -> Hole {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((ip, 0).into()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        while let Ok(tcp) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
            waiting.push(tcp.unwrap());
            assert!(waiting.len() < 64, "the line does not fill");
        }
        Hole { address, _listener: listener, _waiting: waiting }
    }

    /// Where nobody listens.
    fn refusing(ip: impl Into<IpAddr>) -> SocketAddr {
        std::net::TcpListener::bind((ip.into(), 0)).unwrap().local_addr().unwrap()
    }

    #[tokio::test]
    async fn an_address_that_swallows_everything_costs_a_quarter_of_a_second() {
        let hole = hole(Ipv4Addr::new(127, 0, 0, 2)).await;
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let begun = Instant::now();
        let tcp = dial(vec![hole.address, server.local_addr().unwrap()]).await.unwrap();
        assert_eq!(tcp.peer_addr().unwrap(), server.local_addr().unwrap());
        assert!(begun.elapsed() >= HEAD_START, "{:?}", begun.elapsed());
        assert!(tcp.nodelay().unwrap());
    }

    #[tokio::test]
    async fn an_address_that_refuses_is_passed_over() {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let refusing = refusing(Ipv4Addr::new(127, 0, 0, 3));
        let tcp = dial(vec![refusing, server.local_addr().unwrap()]).await.unwrap();
        assert_eq!(tcp.peer_addr().unwrap(), server.local_addr().unwrap());
    }

    #[tokio::test]
    async fn a_server_that_has_an_ipv6_address_and_listens_on_ipv4_only_is_reached() {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = server.local_addr().unwrap().port();
        let addresses = interleave([Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        let addresses: Vec<_> = addresses.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
        assert!(addresses[0].is_ipv6());
        assert_eq!(dial(addresses).await.unwrap().peer_addr().unwrap(), server.local_addr().unwrap());
    }
}
