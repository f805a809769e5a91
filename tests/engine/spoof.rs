//! What somebody may claim only about themselves. The server here is a scripted one, because an honest one would filter much
//! of it: the client must not depend on that.

use stonechat::engine::api::{Command, CommandError, Event, Presence};

use super::{
    person::{Person, jid, new_account, server},
    support::{Script, Scripted},
};

const ALICE: &str = "alice@chat.test";
const BOB: &str = "bob@chat.test";
const MARKER: &str = "marker@chat.test";
/// Everybody who is not us: strangers, our own other clients, our server, look-alikes.
const OTHERS: [&str; 5] =
    ["mallory@evil.test/x", "alice@chat.test/other", "chat.test", "alice@chat.test.evil.test", "bob@chat.test/phone"];

async fn online(script: Script) -> (Scripted, Person) {
    let scripted = Scripted::start(script).await;
    let mut alice = Person::nobody();
    alice.join(new_account(ALICE, "any", server(scripted.port(), Some(scripted.ca_file())))).await.unwrap();
    alice.online().await;
    (scripted, alice)
}

fn with_bob() -> Script {
    Script { roster: format!("<item jid='{BOB}' name='Bob' subscription='both'/>"), ..Script::default() }
}

fn push(from: Option<&str>, id: &str, item: &str) -> String {
    let from = from.map(|from| format!("from='{from}'")).unwrap_or_default();
    format!("<iq type='set' id='{id}' {from}><query xmlns='jabber:iq:roster'>{item}</query></iq>")
}

#[tokio::test]
async fn a_roster_push_counts_only_from_ourselves() {
    let (scripted, mut alice) = online(with_bob()).await;
    alice.until_contact(BOB, "there", |c| c.in_roster).await;
    for (n, from) in OTHERS.iter().enumerate() {
        scripted.say(&push(Some(from), &format!("add{n}"), "<item jid='evil@evil.test' subscription='both'/>"));
        scripted.say(&push(Some(from), &format!("remove{n}"), &format!("<item jid='{BOB}' subscription='remove'/>")));
        assert_eq!(scripted.answer_to(&format!("remove{n}")).await, "error", "{from}");
    }
    scripted.say(&push(None, "good1", &format!("<item jid='{MARKER}' subscription='none'/>")));
    assert_eq!(scripted.answer_to("good1").await, "result");
    scripted.say(&push(Some(ALICE), "good2", &format!("<item jid='{MARKER}' name='M' subscription='none'/>")));
    alice.until_contact(MARKER, "named", |c| c.name.as_deref() == Some("M")).await;
    let mut known: Vec<_> = alice.snapshot().await.contacts.into_iter().map(|c| c.address.to_string()).collect();
    known.sort();
    assert_eq!(known, [BOB, MARKER]);
}

#[tokio::test]
async fn a_push_that_comes_with_the_roster_is_not_overwritten_by_it() {
    let renamed = push(None, "p", &format!("<item jid='{BOB}' name='Robert' subscription='both'/>"));
    let (_scripted, mut alice) = online(Script { after_roster: renamed, ..with_bob() }).await;
    alice.until_contact(BOB, "renamed", |c| c.name.as_deref() == Some("Robert")).await;
}

#[tokio::test]
async fn a_carbon_counts_only_from_ourselves() {
    let (scripted, mut alice) = online(with_bob()).await;
    let carbon = |from: &str, kind: &str, direction: &str, body: &str| {
        let (inner_from, inner_to) =
            if direction == "sent" { ("alice@chat.test/other", BOB) } else { ("bob@chat.test/phone", ALICE) };
        format!(
            "<message from='{from}' to='alice@chat.test/desk' type='{kind}'><{direction} xmlns='urn:xmpp:carbons:2'>\
             <forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='{inner_from}' to='{inner_to}' \
             type='chat'><body>{body}</body></message></forwarded></{direction}></message>"
        )
    };
    for direction in ["sent", "received"] {
        for from in OTHERS {
            scripted.say(&carbon(from, "chat", direction, "forged"));
        }
        for kind in ["groupchat", "error"] {
            scripted.say(&carbon(ALICE, kind, direction, "forged"));
        }
    }
    scripted.say(&carbon(ALICE, "chat", "sent", "real"));
    alice.message("real").await;
    assert_eq!(alice.texts(alice.open(BOB).await.id).await, ["real"]);
    assert_eq!(alice.snapshot().await.conversations.len(), 1);
}

#[tokio::test]
async fn an_answer_counts_only_from_whom_it_was_asked() {
    let (scripted, mut alice) = online(with_bob()).await;
    alice.until_contact(BOB, "there", |c| c.in_roster).await;
    scripted.be_silent();
    let (handle, account) = (alice.handle.clone(), alice.account);
    let removing = tokio::spawn(async move {
        handle.request(|reply| Command::RemoveContact { account, address: jid(BOB), reply }).await
    });
    let id = scripted
        .heard("the removal", |stanza| {
            let is_removal = stanza.attr("type") == Some("set") && stanza.has_child("query", "jabber:iq:roster");
            is_removal.then(|| stanza.attr("id").unwrap().to_owned())
        })
        .await;
    for from in ["mallory@evil.test/x", "alice@chat.test/other", "bob@chat.test/phone", "evil.test"] {
        scripted.say(&format!("<iq type='result' id='{id}' from='{from}'/>"));
    }
    scripted.say(&push(None, "marker", &format!("<item jid='{MARKER}' subscription='none'/>")));
    alice.until_contact(MARKER, "there", |c| c.in_roster).await;
    assert!(!removing.is_finished(), "nobody who was asked has answered");
    let refused = "<error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
    scripted.say(&format!("<iq type='error' id='{id}'>{refused}</iq>"));
    let Err(CommandError::Refused { condition, .. }) = removing.await.unwrap() else { panic!("not refused") };
    assert_eq!(condition, "forbidden");
    alice.until_contact(BOB, "still there", |c| c.in_roster).await;
}

#[tokio::test]
async fn abilities_count_only_when_they_are_what_the_hash_stands_for() {
    let (scripted, mut alice) = online(with_bob()).await;
    alice.until_contact(BOB, "there", |c| c.in_roster).await;
    scripted.be_silent();
    let caps = "<c xmlns='http://jabber.org/protocol/caps' node='n' ver='bm90IHRoZSBoYXNo' hash='sha-1'/>";
    let ask = |scripted: &Scripted, resource: &str| {
        scripted.say(&format!("<presence from='{BOB}/{resource}'>{caps}</presence>"));
    };
    let question = |stanza: &minidom::Element| {
        let is_question = stanza.attr("to").is_some_and(|to| to.starts_with("bob@chat.test/"))
            && stanza.children().any(|child| child.name() == "query");
        is_question.then(|| (stanza.attr("id").unwrap().to_owned(), stanza.attr("to").unwrap().to_owned()))
    };
    ask(&scripted, "one");
    let (id, to) = scripted.heard("a question", question).await;
    let features = "<query xmlns='http://jabber.org/protocol/disco#info' node='n#bm90IHRoZSBoYXNo'>\
                    <feature var='http://jabber.org/protocol/chatstates'/></query>";
    scripted.say(&format!("<iq type='result' id='{id}' from='{to}'>{features}</iq>"));
    // What was not proven is not kept: the next who names the hash is asked again.
    ask(&scripted, "two");
    assert_eq!(scripted.heard("another question", question).await.1, "bob@chat.test/two");
}

#[tokio::test]
async fn a_stranger_has_no_presence_and_no_name_for_us() {
    let (scripted, mut alice) = online(with_bob()).await;
    scripted.say("<presence from='mallory@evil.test/x'><status>hi</status></presence>");
    scripted.say(
        "<message from='mallory@evil.test' to='alice@chat.test/desk' type='headline'>\
         <event xmlns='http://jabber.org/protocol/pubsub#event'><items node='http://jabber.org/protocol/nick'>\
         <item id='current'><nick xmlns='http://jabber.org/protocol/nick'>Fool</nick></item></items></event></message>",
    );
    scripted.say(&format!("<presence from='{BOB}/phone'><status>marker</status></presence>"));
    let mut changed = Vec::new();
    alice
        .wait("Bob's presence", |event| {
            if let Event::PresenceChanged { changes, .. } = event {
                changed.extend(changes.clone());
            }
            changed.iter().any(|(who, _)| who.as_str() == BOB).then_some(())
        })
        .await;
    let from_bob = |(who, presence): &(_, Presence)| *who == jid(BOB) && presence.status.as_deref() == Some("marker");
    assert!(changed.iter().all(from_bob), "{changed:?}");
    let snapshot = alice.snapshot().await;
    assert_eq!(snapshot.accounts[0].nickname, None);
    assert_eq!(snapshot.contacts.len(), 1);
}

#[tokio::test]
async fn a_time_from_the_future_is_now() {
    let (scripted, mut alice) = online(with_bob()).await;
    let say = |stamp: &str, body: &str| {
        scripted.say(&format!(
            "<message from='{BOB}/phone' type='chat'><body>{body}</body><delay xmlns='urn:xmpp:delay' stamp='{stamp}'/></message>"
        ));
    };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let now = i64::try_from(now).unwrap();
    say("2999-01-01T00:00:00Z", "future");
    let time = alice.message("future").await.time.0;
    assert!((now - 60_000..now + 60_000).contains(&time), "{time}");
    say("1970-01-01T00:00:00Z", "past");
    assert_eq!(alice.message("past").await.time.0, 946_684_800_000);
}
