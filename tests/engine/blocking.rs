//! Keeping somebody away (XEP-0191) and saying why (XEP-0377).

use std::time::Duration;

use stonechat::engine::api::{
    Availability, BlockAbility, Command, CommandError, Contact, Event, Jid, MessageState, ReportReason,
};
use tokio::time::{sleep, timeout};

use super::{
    person::{Person, friends, jid, new_account, server},
    support::{Options, Prosody, Script, Scripted},
};

const ALICE: &str = "alice@chat.test";
const BOB: &str = "bob@chat.test";

impl Person {
    async fn block(&self, who: &str, report: Option<ReportReason>) -> Result<(), CommandError> {
        let (account, address) = (self.account, jid(who));
        self.request(|reply| Command::Block { account, address, report, reply }).await
    }

    async fn unblock(&self, who: &str) -> Result<(), CommandError> {
        let (account, address) = (self.account, Jid::new(who).unwrap());
        self.request(|reply| Command::Unblock { account, address, reply }).await
    }

    async fn block_ability(&self) -> Result<BlockAbility, CommandError> {
        let account = self.account;
        self.request(|reply| Command::LoadBlockAbility { account, reply }).await
    }

    /// Waits until the server has answered what it is asked at the start: what it says then of the list replaces all else.
    async fn until_settled(&self) {
        let settled = async {
            while self.block_ability().await.is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(30), settled).await.expect("the server says what it can");
    }

    /// The list that the server has sent at the start, or a change of it.
    async fn block_list(&mut self) -> Vec<String> {
        self.wait("the block list", |event| match event {
            Event::BlockListChanged(list) => Some(list.addresses.iter().map(ToString::to_string).collect()),
            _ => None,
        })
        .await
    }

    async fn until_blocked(&mut self, expected: &[&str]) {
        self.until(&format!("{expected:?} blocked"), |all| {
            let list = &all.block_lists[0].addresses;
            list.iter().map(Jid::as_str).eq(expected.iter().copied()).then_some(())
        })
        .await;
    }
}

fn prosody(modules: &[&str]) -> Prosody {
    let modules = modules.iter().map(|&module| module.to_owned()).collect();
    Prosody::start(&Options { modules, ..Options::with_users(&["alice", "bob", "carol"]) })
}

#[tokio::test]
async fn who_is_blocked_on_one_device_is_blocked_on_all_and_reaches_none() {
    let prosody = prosody(&[]);
    let (mut desk, mut phone) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "alice").await);
    let mut bob = Person::new(&prosody, "bob").await;
    let carol = Person::new(&prosody, "carol").await;
    for device in [&mut desk, &mut phone] {
        assert!(device.block_list().await.is_empty());
    }
    assert_eq!(desk.block_ability().await, Ok(BlockAbility::Block));
    bob.say(ALICE, "before").await;
    assert_eq!(desk.news().await.body, "before");
    assert_eq!(phone.news().await.body, "before");

    desk.block(BOB, None).await.unwrap();
    assert_eq!(desk.snapshot().await.block_lists[0].addresses, [Jid::new(BOB).unwrap()], "known when it is answered");
    phone.until_blocked(&[BOB]).await;
    let lost = bob.say(ALICE, "while blocked").await;
    // Whether the sender is told is the server's choice; this one keeps it to itself.
    bob.state(lost.cursor.id, MessageState::Sent).await;
    carol.say(ALICE, "marker").await;
    for device in [&mut desk, &mut phone] {
        assert_eq!(device.news().await.body, "marker");
        let texts: Vec<_> = device.history_with(BOB).await.into_iter().map(|m| m.body).collect();
        assert_eq!(texts, ["before"], "what was said before stays, and nothing comes");
    }

    phone.restart().await;
    phone.until_blocked(&[BOB]).await;
    phone.online().await;
    phone.unblock(BOB).await.unwrap();
    desk.until_blocked(&[]).await;
    bob.say(ALICE, "after").await;
    assert_eq!(desk.news().await.body, "after");
}

#[tokio::test]
async fn who_is_let_in_again_is_seen_as_they_are_now() {
    let prosody = prosody(&[]);
    let (mut alice, mut bob) = friends(&prosody).await;
    let mut phone = Person::new(&prosody, "alice").await;
    let is = |availability| move |c: &Contact| c.presence.availability == availability;
    phone.until_contact(BOB, "there", is(Availability::Online)).await;
    let appear = |person: &Person, availability| {
        person.tell(Command::SetAvailability { account: person.account, availability, status: String::new() });
    };
    alice.block(BOB, None).await.unwrap();
    for device in [&mut alice, &mut phone] {
        device.until_contact(BOB, "out of sight", is(Availability::Offline)).await;
    }
    bob.until_contact(ALICE, "out of sight", is(Availability::Offline)).await;
    appear(&bob, Availability::DoNotDisturb);
    bob.until_account("busy", |account| account.availability == Availability::DoNotDisturb).await;
    alice.unblock(BOB).await.unwrap();
    for device in [&mut alice, &mut phone] {
        device.until_contact(BOB, "busy", is(Availability::DoNotDisturb)).await;
    }
    bob.until_contact(ALICE, "there again", is(Availability::Online)).await;

    alice.block(BOB, None).await.unwrap();
    alice.until_contact(BOB, "out of sight", is(Availability::Offline)).await;
    bob.stop().await;
    alice.unblock(BOB).await.unwrap();
    let seen = alice.snapshot().await.contacts.into_iter().find(|c| c.address == jid(BOB)).unwrap();
    assert_eq!(seen.presence.availability, Availability::Offline);
}

#[tokio::test]
async fn a_report_goes_with_the_ids_of_the_last_messages() {
    let prosody = prosody(&["spam_reporting"]);
    let mut alice = Person::new(&prosody, "alice").await;
    let bob = Person::new(&prosody, "bob").await;
    alice.block_list().await;
    assert_eq!(alice.block_ability().await, Ok(BlockAbility::BlockAndReport));
    bob.say(ALICE, "Buy this").await;
    alice.news().await;
    alice.block(BOB, Some(ReportReason::Spam)).await.unwrap();
    alice.until_blocked(&[BOB]).await;
    let log = prosody.log();
    assert!(log.contains("Received report of spam from JID 'bob@chat.test'"), "{log}");
}

#[tokio::test]
async fn a_server_that_can_not_block_is_not_asked_to_and_has_nobody_blocked() {
    let mut prosody = prosody(&[]);
    let mut alice = Person::new(&prosody, "alice").await;
    alice.block_list().await;
    alice.block(BOB, None).await.unwrap();
    let account = alice.account;
    alice.tell(Command::SetEnabled { account, enabled: false });
    alice.until_account("off", |a| !a.enabled).await;
    assert_eq!(alice.block_ability().await, Err(CommandError::NotOnline));
    assert_eq!(alice.block("carol@chat.test", None).await, Err(CommandError::NotOnline));
    assert_eq!(alice.unblock(BOB).await, Err(CommandError::NotOnline));
    alice.until_blocked(&[BOB]).await;
    prosody.stop();
    prosody.reconfigure(&Options { without: vec!["blocklist".to_owned()], ..Options::with_users(&["alice"]) });
    prosody.start_again();
    alice.tell(Command::SetEnabled { account, enabled: true });
    alice.online().await;
    alice.until_blocked(&[]).await;
    assert_eq!(alice.block_ability().await, Ok(BlockAbility::None));
}

#[tokio::test]
async fn a_push_of_the_block_list_counts_only_from_ourselves() {
    let scripted = Scripted::start(Script::default()).await;
    let mut alice = Person::nobody();
    alice.join(new_account(ALICE, "any", server(scripted.port(), Some(scripted.ca_file())))).await.unwrap();
    alice.online().await;
    alice.until_settled().await;
    let push = |from: Option<&str>, id: &str, payload: &str| {
        let from = from.map(|from| format!("from='{from}'")).unwrap_or_default();
        scripted.say(&format!("<iq type='set' id='{id}' {from}>{payload}</iq>"));
    };
    let item = |who: &str| format!("<item jid='{who}'/>");
    let block = |who: &str| format!("<block xmlns='urn:xmpp:blocking'>{}</block>", item(who));
    push(None, "good", &block("mallory@evil.test"));
    assert_eq!(scripted.answer_to("good").await, "result");
    let others = [
        "mallory@evil.test/x",
        "alice@chat.test/other",
        "chat.test",
        "alice@chat.test.evil.test",
        "bob@chat.test/phone",
    ];
    for (n, from) in others.iter().enumerate() {
        push(Some(from), &format!("block{n}"), &block(BOB));
        push(Some(from), &format!("clear{n}"), "<unblock xmlns='urn:xmpp:blocking'/>");
        assert_eq!(scripted.answer_to(&format!("clear{n}")).await, "error", "{from}");
    }
    push(Some(ALICE), "good2", &block("spam.test"));
    alice.until_blocked(&["mallory@evil.test", "spam.test"]).await;
}

#[tokio::test]
async fn a_report_names_messages_by_our_own_archive() {
    let scripted = Scripted::start(Script::default()).await;
    let mut alice = Person::nobody();
    alice.join(new_account(ALICE, "any", server(scripted.port(), Some(scripted.ca_file())))).await.unwrap();
    alice.online().await;
    alice.until_settled().await;
    // Its server gives no ids, so that none counts.
    scripted.say(&format!(
        "<message from='{BOB}/x' to='{ALICE}' type='chat' id='m'><body>Buy</body>\
         <stanza-id xmlns='urn:xmpp:sid:0' by='{ALICE}' id='forged'/></message>"
    ));
    alice.message("Buy").await;
    let (handle, account) = (alice.handle.clone(), alice.account);
    let report = Some(ReportReason::Abuse);
    let blocking = tokio::spawn(async move {
        handle.request(|reply| Command::Block { account, address: jid(BOB), report, reply }).await
    });
    let asked = scripted.heard("the request", |stanza| stanza.get_child("block", "urn:xmpp:blocking").cloned()).await;
    let expected = format!(
        "<block xmlns='urn:xmpp:blocking'><item jid='{BOB}'>\
         <report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:abuse'/></item></block>"
    );
    assert_eq!(asked, expected.parse().unwrap());
    blocking.await.unwrap().unwrap();
    alice.until_blocked(&[BOB]).await;
}
