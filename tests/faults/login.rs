//! Signing in by a line that breaks at one byte of it after the other.

use std::{
    ops::{AddAssign, Range},
    time::Duration,
};

use stonechat::engine::api::{Account, Command, ConnectionState, Event, ServerSettings};
use tokio::time::{Instant, sleep, timeout};

use super::{
    client::PASSWORD,
    person::{Person, befriend, new_account, server},
    profile,
    support::{Cut, Limit, Options, Prosody, Relay},
    verdict::Verdict,
};

const DEADLINE: Duration = Duration::from_mins(1);
/// The last line may have fallen silent just after the sign-in: until that is noticed and all is asked for again, it takes a while.
const LAST_DEADLINE: Duration = Duration::from_mins(3);
/// How often it is looked whether the line has broken.
const BEAT: Duration = Duration::from_millis(1);

/// How the two sign in that a walk is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A new session by SASL, bind and so on, one after the other.
    Classic,
    /// A new session by SASL2 with all inline.
    Modern,
    /// The session before goes on.
    ClassicResumed,
    ModernResumed,
}

impl Way {
    const fn is_resumed(self) -> bool {
        matches!(self, Self::ClassicResumed | Self::ModernResumed)
    }

    /// A person who asks for a resource gets the classic way.
    fn resource(self) -> Option<String> {
        matches!(self, Self::Classic | Self::ClassicResumed).then(|| "desk".to_owned())
    }
}

/// In which direction the bytes are counted.
pub type Side = fn(u64) -> Limit;

/// All ways and directions.
pub const WALKS: [(Way, Side); 8] = [
    (Way::Classic, Limit::Up),
    (Way::Classic, Limit::Down),
    (Way::Modern, Limit::Up),
    (Way::Modern, Limit::Down),
    (Way::ClassicResumed, Limit::Up),
    (Way::ClassicResumed, Limit::Down),
    (Way::ModernResumed, Limit::Up),
    (Way::ModernResumed, Limit::Down),
];

/// A server that knows all ways, with so many pairs of friends.
pub fn home(pairs: usize) -> Prosody {
    let names: Vec<_> = (0..pairs).flat_map(|n| [format!("alice{n}"), format!("bob{n}")]).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let modules = ["sasl2", "sasl2_bind2", "sasl2_sm"].map(str::to_owned).to_vec();
    let prosody = Prosody::start(&Options { modules, ..Options::with_users(&names) });
    for pair in names.chunks(2) {
        befriend(&prosody, pair[0], pair[1]);
    }
    prosody
}

/// What became of a walk.
#[derive(Debug, Clone, Copy, Default)]
pub struct Walked {
    /// How often the line broke.
    pub breaks: usize,
    pub verdict: Verdict,
}

impl AddAssign for Walked {
    fn add_assign(&mut self, other: Self) {
        self.breaks += other.breaks;
        self.verdict += other.verdict;
    }
}

/// In a walk that begins new sessions, so many times they write nothing: what cannot be delivered is kept in ways that become slow.
const SILENCE: usize = 16;

/// No log-in is quite as long as the one before: it has ended where so many in a row did not break.
const END: usize = 3;

/// Signs in once for each `stride` bytes of what is transferred, from the first to before the last of `bytes` or to the end; the
/// line ends there in one of three ways. What both write meanwhile, both must have in the end.
pub async fn walk(prosody: &Prosody, pair: usize, (way, side): (Way, Side), bytes: Range<u64>, stride: u64) -> Walked {
    let (name, friend) = (format!("alice{pair}"), format!("bob{pair}"));
    let relay = Relay::start(prosody.port());
    let mut bob = Person::new(prosody, &friend).await;
    let mut alice = Person::nobody();
    let settings = ServerSettings { resource: way.resource(), ..server(relay.port(), Some(prosody.ca_file())) };
    alice.join(new_account(&prosody.address(&name), PASSWORD, settings)).await.unwrap();
    alice.online().await;
    let (to_bob, to_alice) = (alice.open(bob.address.as_str()).await.id, bob.open(alice.address.as_str()).await.id);
    let (mut breaks, mut whole, mut said) = (0, 0, 0);
    for at in bytes.step_by(usize::try_from(stride).unwrap()) {
        let cut = [Cut::Close, Cut::Reset, Cut::Silence][(breaks + whole) % 3];
        if !way.is_resumed() {
            alice.tell(Command::SetEnabled { account: alice.account, enabled: false });
            state(&mut alice, |state| *state == ConnectionState::Offline).await;
        }
        let before = relay.reached();
        relay.truncate(Some((side(at), cut)));
        if way.is_resumed() || breaks % SILENCE == 0 {
            alice.send(to_bob, &profile::text("alice", said)).await;
            // What is heard from now on is not of the last time.
            alice.message(&profile::text("alice", said)).await;
            bob.send(to_alice, &profile::text("bob", said)).await;
            said += 1;
        }
        if way.is_resumed() {
            relay.cut();
        } else {
            alice.tell(Command::SetEnabled { account: alice.account, enabled: true });
        }
        let is_broken = has_broken(&relay, before, &mut alice).await;
        relay.truncate(None);
        if !is_broken {
            whole += 1;
            if whole == END {
                break;
            }
            continue;
        }
        whole = 0;
        alice.tell(Command::ReconnectNow { account: alice.account });
        state(&mut alice, |state| *state == ConnectionState::Online).await;
        breaks += 1;
    }
    relay.truncate(None);
    alice.tell(Command::ReconnectNow { account: alice.account });
    let judge = || {
        let mut verdict = Verdict::default();
        for (person, sender) in [(&alice, "alice"), (&alice, "bob"), (&bob, "alice"), (&bob, "bob")] {
            verdict += profile::judge(person.dir.path(), sender, said);
        }
        verdict
    };
    let until = Instant::now() + LAST_DEADLINE;
    while !judge().is_clean() && Instant::now() < until {
        sleep(100 * BEAT).await;
    }
    let verdict = judge();
    if !verdict.is_clean() {
        for person in [&alice, &bob] {
            let (dir, texts) = (person.dir.path(), profile::texts(person.dir.path()));
            eprintln!("{way:?}: {} has, in {}: {}", person.address, dir.display(), texts.join(", "));
        }
        alice.dir.disable_cleanup(true);
        bob.dir.disable_cleanup(true);
    }
    alice.stop().await;
    bob.stop().await;
    Walked { breaks, verdict }
}

/// Whether the line breaks before the account is online.
async fn has_broken(relay: &Relay, before: u32, person: &mut Person) -> bool {
    let breaking = async {
        while relay.reached() == before {
            sleep(BEAT).await;
        }
    };
    tokio::select! {
        biased;
        () = breaking => true,
        () = state(person, |state| *state == ConnectionState::Online) => false,
    }
}

/// Waits until the account stands like this. It never needs the person: nothing is wrong with the password.
async fn state(person: &mut Person, is: impl Fn(&ConnectionState) -> bool) {
    let (handle, account) = (person.handle.clone(), person.account);
    let waiting = person.wait("another state", |event| match event {
        Event::AccountChanged(Account { connection, .. }) if is(connection) => Some(()),
        Event::AccountChanged(Account { connection: ConnectionState::Waiting { .. }, .. }) => {
            let _ = handle.send(Command::ReconnectNow { account });
            None
        }
        Event::AccountChanged(Account { connection: ConnectionState::NeedsPerson(problem), .. }) => {
            panic!("the person is asked to mend it: {problem}")
        }
        _ => None,
    });
    timeout(DEADLINE, waiting).await.expect("a state in time");
}
