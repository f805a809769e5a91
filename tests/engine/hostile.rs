//! Stanzas that have hurt other clients, sent through a real server. Each costs at most itself: what comes after it arrives,
//! on the same connection.

use stonechat::engine::api::{Availability, Presence};

use super::{
    person::{Person, befriend},
    support::{Options, Prosody, Raw, Relay},
};

const BOB: &str = "bob@chat.test";

/// Payloads of messages to Alice. The first word says what is wrong with them.
fn payloads() -> Vec<(&'static str, String)> {
    let nested = |levels| format!("{}{}", "<a xmlns='urn:deep'>".repeat(levels), "</a>".repeat(levels));
    let forwarded = "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='carol@chat.test/x'>\
                     <body>forged</body></message></forwarded>";
    vec![
        ("deep", nested(4_000)),
        ("long-attribute", format!("<thumbnail xmlns='urn:xmpp:thumbs:1' uri='data:image/png;base64,{}'/>", "A".repeat(20_000))),
        ("many-children", "<x xmlns='urn:x'/>".repeat(5_000)),
        ("stray-text", "stray text".into()),
        ("two-threads", "<thread>a</thread><thread>b</thread>".into()),
        ("two-bodies", "<body>one</body><body>two</body>".into()),
        ("bad-jid", "<x xmlns='jabber:x:conference' jid='@@@'/><addresses xmlns='http://jabber.org/protocol/address'><address jid='@'/></addresses>".into()),
        ("bad-delay", "<delay xmlns='urn:xmpp:delay' stamp='yesterday'/><delay xmlns='urn:xmpp:delay' stamp='99999-99-99T99:99:99'/>".into()),
        ("bad-receipt", "<received xmlns='urn:xmpp:receipts'/><request xmlns='urn:xmpp:receipts'/>".into()),
        ("bad-stanza-id", "<stanza-id xmlns='urn:xmpp:sid:0'/><origin-id xmlns='urn:xmpp:sid:0'/>".into()),
        ("carbon", format!("<received xmlns='urn:xmpp:carbons:2'>{forwarded}</received>")),
        ("empty-carbon", "<sent xmlns='urn:xmpp:carbons:2'/>".into()),
        ("forwarded", forwarded.into()),
        ("archive", format!("<result xmlns='urn:xmpp:mam:2' id='1' queryid='q'>{forwarded}</result>")),
        ("event", "<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='urn:xmpp:avatar:metadata'><item id='../../x'><metadata xmlns='urn:xmpp:avatar:metadata'><info id='../../x' bytes='-1' type=''/></metadata></item></items></event>".into()),
        ("bad-correction", "<replace xmlns='urn:xmpp:message-correct:0'/>".into()),
        ("room", "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='@'/><status code='abc'/></x>".into()),
        ("two-states", "<active xmlns='http://jabber.org/protocol/chatstates'/><gone xmlns='http://jabber.org/protocol/chatstates'/>".into()),
        ("bidi", "<nick xmlns='http://jabber.org/protocol/nick'>&#x202e;evil</nick>".into()),
        ("long-thread", format!("<thread parent='x'>{}</thread>", "t".repeat(100_000))),
    ]
}

#[tokio::test]
async fn hostile_stanzas_cost_at_most_themselves() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    befriend(&prosody, "alice", "bob");
    let relay = Relay::start(prosody.port());
    let mut alice = Person::sign_in(&prosody, "alice", relay.port()).await;
    let mut bob = Raw::sign_in(&prosody, "bob").await;
    for (name, payload) in payloads() {
        for kind in ["chat", "normal", "headline"] {
            bob.write(&format!("<message to='alice@chat.test' type='{kind}' id='{name}'>{payload}</message>")).await;
        }
        bob.write(&format!("<message to='alice@chat.test' type='chat'><body>after {name}</body></message>")).await;
        // The server's parser looks at a long tag that came in pieces again only when much more has come (Expat's reparse
        // deferral).
        bob.write(&" ".repeat(2 * payload.len())).await;
        alice.message(&format!("after {name}")).await;
    }
    let texts = alice.texts(alice.open(BOB).await.id).await;
    assert!(texts.iter().all(|text| text != "forged"), "{texts:?}");
    assert_eq!(alice.snapshot().await.conversations.len(), 1, "nobody else has said anything");
    assert_eq!(relay.connections(), 1);
}

#[tokio::test]
async fn odd_presences_and_iqs_cost_at_most_themselves() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    befriend(&prosody, "alice", "bob");
    let relay = Relay::start(prosody.port());
    let mut alice = Person::sign_in(&prosody, "alice", relay.port()).await;
    let mut bob = Raw::sign_in(&prosody, "bob").await;
    let to = alice_address(&mut bob, &mut alice).await;
    for presence in [
        "<show/>",
        "<show>sleeping</show>",
        "<priority>1000</priority>",
        "<priority>high</priority>",
        "<c xmlns='http://jabber.org/protocol/caps'/>",
        "<c xmlns='http://jabber.org/protocol/caps' node='n' ver='v'/>",
        "<c xmlns='http://jabber.org/protocol/caps' node='n' ver='v' hash='md2'/>",
        "<x xmlns='vcard-temp:x:update'><photo>../../etc/passwd</photo></x>",
        "<x xmlns='http://jabber.org/protocol/muc#user'><item/></x>",
        "<status>one</status><status>two</status>",
    ] {
        bob.write(&format!("<presence>{presence}</presence>")).await;
    }
    for iq in [
        "<iq to='{}' type='get' id='1'/>",
        "<iq to='{}' type='get' id='2'><query xmlns='jabber:iq:roster'/></iq>",
        "<iq to='{}' type='set' id='3'><query xmlns='jabber:iq:roster'><item jid='evil@chat.test' subscription='both'/></query></iq>",
        "<iq to='{}' type='result' id='4'/>",
        "<iq to='{}' type='error' id='5'/>",
        "<iq to='{}' type='error' id='6'><error/></iq>",
        "<iq to='{}' type='set' id='7'><command xmlns='http://jabber.org/protocol/commands' node='x' action='execute'/></iq>",
    ] {
        bob.write(&iq.replace("{}", &to)).await;
    }
    bob.write("<presence><show>xa</show><status>after</status></presence>").await;
    let after = Presence { availability: Availability::ExtendedAway, status: Some("after".into()) };
    alice.until_contact(BOB, "after all that", |c| c.presence == after).await;
    let contacts = alice.snapshot().await.contacts;
    assert_eq!(contacts.len(), 1, "{contacts:?}");
    // Every request has its answer (RFC 6120 §8.2.3).
    bob.write(&format!("<iq to='{to}' type='get' id='ping'><ping xmlns='urn:xmpp:ping'/></iq>")).await;
    bob.until("ping").await;
    assert_eq!(relay.connections(), 1);
}

/// Alice's full address, as her friends see it.
async fn alice_address(bob: &mut Raw, alice: &mut Person) -> String {
    alice.until_contact(BOB, "there", |c| c.presence.availability == Availability::Online).await;
    bob.write("<presence to='alice@chat.test' type='probe'/>").await;
    bob.until("from='alice@chat.test/").await;
    format!("alice@chat.test/{}", bob.until_quote().await)
}
