//! Stanzas of two sessions, both ways.

use stonechat::xmpp::{
    incoming::Incoming,
    ping,
    session::{IqError, IqKind, SessionEvent},
    xml::{Build as _, element},
};

use crate::{
    client::{Client, config, jid},
    support::{Options, Prosody},
};

#[tokio::test]
async fn messages_go_both_ways_and_are_acknowledged() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let mut alice = Client::online(config(&prosody, "alice", prosody.port())).await;
    let mut bob = Client::online(config(&prosody, "bob", prosody.direct_tls_port())).await;
    let text = "a < b && \"c\" \u{1f600}\n\ttab";
    alice.say("bob@chat.test", 1, text);
    assert_eq!(bob.bodies(1).await, [text]);
    alice.until_acked(1).await;
    bob.say("alice@chat.test", 2, "back");
    assert_eq!(alice.bodies(1).await, ["back"]);
}

#[tokio::test]
async fn a_thousand_messages_at_once_arrive_in_order() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let mut alice = Client::online(config(&prosody, "alice", prosody.port())).await;
    let mut bob = Client::online(config(&prosody, "bob", prosody.port())).await;
    let numbers: Vec<String> = (0..1_000).map(|n| n.to_string()).collect();
    for (n, text) in (0..).zip(&numbers) {
        alice.say("bob@chat.test", n, text);
        bob.say("alice@chat.test", n, text);
    }
    let (at_bob, at_alice) = tokio::join!(bob.bodies(1_000), alice.bodies(1_000));
    assert_eq!(at_bob, numbers);
    assert_eq!(at_alice, numbers);
}

#[tokio::test]
async fn our_other_clients_get_copies() {
    for modules in [vec![], vec!["sasl2".to_owned(), "sasl2_bind2".to_owned(), "sasl2_sm".to_owned()]] {
        let prosody = Prosody::start(&Options { modules, ..Options::with_users(&["alice", "bob"]) });
        let desk = Client::online(config(&prosody, "alice", prosody.port())).await;
        let mut phone = Client::online(config(&prosody, "alice", prosody.port())).await;
        desk.say("bob@chat.test", 1, "from the desk");
        phone
            .until("a copy", |event| match event {
                SessionEvent::Stanza(Incoming::Message(m)) => m.carbon.as_ref().map(|c| c.message.body.clone()),
                _ => None,
            })
            .await;
    }
}

#[tokio::test]
async fn an_iq_gets_the_servers_answer_or_its_refusal() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let client = Client::online(config(&prosody, "alice", prosody.port())).await;
    let alice = &client.handle;
    assert_eq!(alice.iq(Some(jid("chat.test")), IqKind::Get, ping::build()).await, Ok(None));
    let own = alice.iq(None, IqKind::Get, element("query", "jabber:iq:roster")).await;
    assert!(own.unwrap().unwrap().is("query", "jabber:iq:roster"));
    let refused = alice.iq(Some(jid("chat.test")), IqKind::Get, element("x", "urn:unknown")).await;
    assert!(matches!(refused, Err(IqError::Stanza(e)) if e.condition == "service-unavailable"));
}

#[tokio::test]
async fn a_forged_reply_is_dropped_even_with_the_right_id() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob", "eve"]));
    let mut alice = Client::start(config(&prosody, "alice", prosody.port()));
    let (alice_jid, ..) = alice.until_online().await;
    let mut bob = Client::start(config(&prosody, "bob", prosody.port()));
    let (bob_jid, ..) = bob.until_online().await;
    let eve = Client::online(config(&prosody, "eve", prosody.port())).await;

    let asking = alice.handle.clone();
    let asked = tokio::spawn(async move { asking.iq(Some(bob_jid.into()), IqKind::Get, ping::build()).await });
    let id = bob
        .until("the request", |event| match event {
            SessionEvent::Stanza(Incoming::Iq(request)) => Some(request.id.clone()),
            _ => None,
        })
        .await;
    let reply = |payload: &str| {
        element("iq", "jabber:client")
            .with_attr("type", "result")
            .with_attr("id", &id)
            .with_attr("to", alice_jid.as_str())
            .with_child(element(payload, "urn:test"))
    };
    eve.handle.send(reply("forged"), None);
    // What eve sends next has come after it.
    eve.say(alice_jid.as_str(), 1, "now?");
    alice.bodies(1).await;
    assert!(!asked.is_finished());
    bob.handle.send(reply("real"), None);
    assert!(asked.await.unwrap().unwrap().unwrap().is("real", "urn:test"));
}
