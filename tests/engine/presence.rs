//! Who sees whom.

use stonechat::engine::api::{Availability, Command, ConnectionState, Event, Presence};

use crate::{
    person::{Person, befriend, friends},
    support::{Options, Prosody, Relay},
};

const ALICE: &str = "alice@chat.test";

fn is(availability: Availability, status: Option<&str>) -> Presence {
    Presence { availability, status: status.map(str::to_owned) }
}

#[tokio::test]
async fn what_one_says_of_oneself_is_seen_and_kept() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (mut alice, mut bob) = friends(&prosody).await;
    let account = alice.account;
    let (availability, status) = (Availability::DoNotDisturb, "writing".to_owned());
    alice.tell(Command::SetAvailability { account, availability, status });
    let busy = is(Availability::DoNotDisturb, Some("writing"));
    bob.until_contact(ALICE, "busy", |c| c.presence == busy).await;

    alice.restart().await;
    bob.until_contact(ALICE, "gone", |c| c.presence == Presence::default()).await;
    bob.until_contact(ALICE, "busy again", |c| c.presence == busy).await;
    alice.until_account("busy", |a| a.availability == Availability::DoNotDisturb && a.status == "writing").await;
}

#[tokio::test]
async fn who_leaves_the_machine_is_away_until_they_are_back() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (alice, mut bob) = friends(&prosody).await;
    alice.tell(Command::SetIdle { idle: true });
    bob.until_contact(ALICE, "away", |c| c.presence == is(Availability::Away, None)).await;
    assert_eq!(alice.snapshot().await.accounts[0].availability, Availability::Online, "what was chosen stays");
    alice.tell(Command::SetIdle { idle: false });
    bob.until_contact(ALICE, "back", |c| c.presence == is(Availability::Online, None)).await;
}

#[tokio::test]
async fn the_best_of_several_devices_counts() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (mut desk, mut bob) = friends(&prosody).await;
    let mut phone = Person::new(&prosody, "alice").await;
    let away = |person: &Person| Command::SetAvailability {
        account: person.account,
        availability: Availability::Away,
        status: String::new(),
    };
    desk.tell(away(&desk));
    phone.tell(away(&phone));
    bob.until_contact(ALICE, "away everywhere", |c| c.presence == is(Availability::Away, None)).await;
    phone.stop().await;
    desk.tell(Command::SetAvailability {
        account: desk.account,
        availability: Availability::FreeForChat,
        status: String::new(),
    });
    bob.until_contact(ALICE, "free", |c| c.presence == is(Availability::FreeForChat, None)).await;
    desk.stop().await;
    bob.until_contact(ALICE, "gone", |c| c.presence == Presence::default()).await;
}

#[tokio::test]
async fn many_contacts_who_are_online_make_few_events() {
    let names: Vec<String> = (0..40).map(|n| format!("c{n}")).collect();
    let mut users: Vec<&str> = names.iter().map(String::as_str).collect();
    users.push("alice");
    let prosody = Prosody::start(&Options::with_users(&users));
    write_rosters(&prosody, &names);
    let mut clients = Vec::new();
    for name in &names {
        clients.push(Person::new(&prosody, name).await);
    }
    let mut alice = Person::new(&prosody, "alice").await;
    let (mut seen, mut events) = (0, 0);
    while seen < names.len() {
        seen += alice
            .wait("presences", |event| match event {
                Event::PresenceChanged { changes, .. } => Some(changes.len()),
                _ => None,
            })
            .await;
        events += 1;
    }
    assert!(events <= names.len() / 2, "{seen} presences in {events} events");
}

#[tokio::test]
async fn what_changes_while_the_line_is_cut_is_told_when_it_is_back() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    befriend(&prosody, "alice", "bob");
    let relay = Relay::start(prosody.port());
    let mut alice = Person::sign_in(&prosody, "alice", relay.port()).await;
    let mut bob = Person::new(&prosody, "bob").await;
    bob.until_contact(ALICE, "there", |c| c.presence == is(Availability::Online, None)).await;
    relay.refuse(true);
    relay.cut();
    alice.until_account("offline", |a| a.connection != ConnectionState::Online).await;
    let (account, status) = (alice.account, "in a tunnel".to_owned());
    alice.tell(Command::SetAvailability { account, availability: Availability::Away, status });
    relay.refuse(false);
    alice.tell(Command::ReconnectNow { account });
    bob.until_contact(ALICE, "away", |c| c.presence == is(Availability::Away, Some("in a tunnel"))).await;
}

/// All of them are friends of Alice's, without a word having been said.
fn write_rosters(prosody: &Prosody, names: &[String]) {
    let dir = prosody.data_dir().join("roster");
    std::fs::create_dir_all(&dir).unwrap();
    let entry = |address: &str| format!("[{address:?}] = {{ subscription = \"both\"; groups = {{}}; }};");
    let all: String = names.iter().map(|name| entry(&prosody.address(name))).collect();
    let version = "[false] = { version = 1; };";
    std::fs::write(dir.join("alice.dat"), format!("return {{ {version} {all} }};\n")).unwrap();
    for name in names {
        let text = format!("return {{ {version} {} }};\n", entry(&prosody.address("alice")));
        std::fs::write(dir.join(format!("{name}.dat")), text).unwrap();
    }
}
