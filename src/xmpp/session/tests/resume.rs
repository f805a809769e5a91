//! All that can come of an attempt to take a session up again: what the server may answer, and what becomes of each stanza.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::{mpsc, oneshot},
};
use uuid::Uuid;

use super::{
    HEADER,
    traffic::{managed, send, written},
};
use crate::{
    ids::{BareJid, FullJid},
    secret::Secret,
    xmpp::{
        Problem, ping,
        session::{
            IqError, IqKind, SessionEvent, Tag,
            element::StreamElement,
            guard::{Guard, GuardLimits},
            login::{Login, Management, Outcome, login},
            nonza::SmNonza,
            sm::Cause,
        },
    },
};

/// What a server says to a sign-in that wants to resume.
#[derive(Debug, Clone, Copy)]
enum Answer {
    /// Inside SASL2's `<success/>` (XEP-0198 §9.2).
    Inline(&'static str),
    /// After SASL, and what it answers to a bind.
    Classic(&'static str),
}

const MECHANISM: &str = "<mechanism>PLAIN</mechanism>";
const BOUND: &str = "<iq type='result' id='x'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
                     <jid>alice@chat.test/new</jid></bind></iq>";

/// The server's side, in turns: when this has come, that is said.
fn turns(answer: Answer) -> Vec<(&'static str, String)> {
    let features = |content: &str| format!("<stream:features>{content}</stream:features>");
    match answer {
        Answer::Inline(inline) => {
            let offer = format!(
                "<authentication xmlns='urn:xmpp:sasl:2'>{MECHANISM}<inline><sm xmlns='urn:xmpp:sm:3'/>\
                 <bind xmlns='urn:xmpp:bind:0'><inline><feature var='urn:xmpp:sm:3'/></inline></bind></inline></authentication>"
            );
            let success = format!(
                "<success xmlns='urn:xmpp:sasl:2'><authorization-identifier>alice@chat.test/new</authorization-identifier>\
                 {inline}</success>"
            );
            vec![
                ("<stream:stream", format!("{HEADER}{}", features(&offer))),
                ("</authenticate>", format!("{success}{}", features(""))),
            ]
        }
        Answer::Classic(answer) => {
            let offer = format!("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{MECHANISM}</mechanisms>");
            let bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/>";
            vec![
                ("<stream:stream", format!("{HEADER}{}", features(&offer))),
                ("</auth>", "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>".to_owned()),
                ("<stream:stream", format!("{HEADER}{}", features(bind))),
                ("<resume", answer.to_owned()),
                ("<bind", BOUND.to_owned()),
            ]
        }
    }
}

/// What signing in makes of that.
async fn outcome(answer: Answer) -> Result<Outcome, Problem> {
    let (ours, mut theirs) = tokio::io::duplex(64 << 10);
    tokio::spawn(async move {
        let mut seen = String::new();
        for (wanted, reply) in turns(answer) {
            while !seen.contains(wanted) {
                let mut buffer = [0; 4_096];
                match theirs.read(&mut buffer).await {
                    Ok(length) if length > 0 => seen.push_str(str::from_utf8(&buffer[..length]).unwrap()),
                    _ => return,
                }
            }
            seen.clear();
            theirs.write_all(reply.as_bytes()).await.unwrap();
        }
        // Until the other side goes.
        while theirs.read(&mut [0; 64]).await.is_ok_and(|length| length > 0) {}
    });
    let plan = Login {
        address: BareJid::new("alice@chat.test").unwrap(),
        password: Secret::new("secret"),
        resource: None,
        agent: Uuid::nil(),
        resume: Some(("old".to_owned(), 7)),
        token: None,
        at_least: None,
        is_inactive: false,
    };
    let io = Guard::new(ours, GuardLimits::default());
    let guard = io.handle();
    let (steps, _steps) = mpsc::unbounded_channel();
    login(io, &guard, None, &plan, &steps).await.map(|logged_in| logged_in.outcome)
}

fn fresh(failed_h: Option<u32>, sm: Management) -> Outcome {
    let jid = FullJid::new("alice@chat.test/new").unwrap();
    Outcome::Fresh { jid, failed_h, sm, has_carbons: false }
}

#[tokio::test]
async fn whatever_a_server_answers_is_a_session_taken_up_or_a_new_one_or_none() {
    use Answer::{Classic, Inline};
    let enabled = || Management::Enabled(Some("new".to_owned()));
    let table = [
        (Inline("<resumed xmlns='urn:xmpp:sm:3' h='3' previd='old'/>"), Some(Outcome::Resumed { h: 3 })),
        (Classic("<resumed xmlns='urn:xmpp:sm:3' h='3' previd='old'/>"), Some(Outcome::Resumed { h: 3 })),
        (
            Inline(
                "<failed xmlns='urn:xmpp:sm:3' h='3'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>\
                 <bound xmlns='urn:xmpp:bind:0'><enabled xmlns='urn:xmpp:sm:3' id='new' resume='true'/></bound>",
            ),
            Some(fresh(Some(3), enabled())),
        ),
        (Classic("<failed xmlns='urn:xmpp:sm:3' h='3'/>"), Some(fresh(Some(3), Management::Offered))),
        (
            Inline(
                "<bound xmlns='urn:xmpp:bind:0'><enabled xmlns='urn:xmpp:sm:3' id='new' resume='1'/></bound>\
                 <failed xmlns='urn:xmpp:sm:3'/>",
            ),
            Some(fresh(None, enabled())),
        ),
        (Classic("<failed xmlns='urn:xmpp:sm:3'/>"), Some(fresh(None, Management::Offered))),
        // A number that is none says nothing.
        (
            Inline("<failed xmlns='urn:xmpp:sm:3' h='-1'/><bound xmlns='urn:xmpp:bind:0'/>"),
            Some(fresh(None, Management::NotOffered)),
        ),
        (Classic("<failed xmlns='urn:xmpp:sm:3' h='4294967296'/>"), Some(fresh(None, Management::Offered))),
        // The wish to resume was passed over in silence; the new session can't be resumed, or has no management.
        (
            Inline("<bound xmlns='urn:xmpp:bind:0'><enabled xmlns='urn:xmpp:sm:3' id='new'/></bound>"),
            Some(fresh(None, Management::Enabled(None))),
        ),
        (Inline("<bound xmlns='urn:xmpp:bind:0'/>"), Some(fresh(None, Management::NotOffered))),
        // Taken up and bound at once: what was asked for first counts.
        (
            Inline("<resumed xmlns='urn:xmpp:sm:3' h='1'/><bound xmlns='urn:xmpp:bind:0'/>"),
            Some(Outcome::Resumed { h: 1 }),
        ),
        // Neither: no session.
        (Inline(""), None),
        (Inline("<failed xmlns='urn:xmpp:sm:3' h='3'/>"), None),
        (Inline("<resumed xmlns='urn:xmpp:sm:3' previd='old'/>"), None),
        (Classic("<resumed xmlns='urn:xmpp:sm:3' previd='old'/>"), None),
        (Classic("<a xmlns='urn:xmpp:sm:3' h='3'/>"), None),
        (Classic("<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"), None),
    ];
    for (answer, expected) in table {
        assert_eq!(outcome(answer).await.ok(), expected, "{answer:?}");
    }
}

/// How an attempt ends, as far as what was sent is concerned.
#[derive(Debug, Clone, Copy)]
enum End {
    Resumed(u32),
    /// A new session; of the old one the server has so many, if it says so.
    Fresh(Option<u32>),
    /// There is to be no other session.
    Over,
}

/// What became of each message.
#[derive(Debug, Default, PartialEq, Eq)]
struct Fates {
    resent: Vec<u64>,
    acked: Vec<u64>,
    undelivered: Vec<u64>,
    unknown: Vec<u64>,
}

/// The first was acknowledged; the next two and a request were written; the last one was said when there was no line.
fn fates(end: End) -> (Fates, Option<IqError>) {
    let mut traffic = managed();
    send(&mut traffic, [1, 2, 3]);
    let (reply, mut answer) = oneshot::channel();
    traffic.ask(None, IqKind::Get, ping::build(), reply);
    traffic.receive(StreamElement::Sm(SmNonza::Ack(1))).unwrap();
    traffic.detach(Cause::Network);
    send(&mut traffic, [5]);
    traffic.events.clear();
    traffic.out.clear();
    let (_, _, point) = traffic.resume().unwrap();
    match end {
        End::Resumed(h) => {
            if traffic.resumed(h, point).is_err() {
                traffic.give_up_resuming();
                assert!(traffic.resume().is_none());
            }
        }
        End::Fresh(h) => traffic.begin(FullJid::new("alice@chat.test/new").unwrap(), h),
        End::Over => traffic.end(None),
    }
    let resent = written(&mut traffic).iter().filter_map(|name| name.parse().ok()).collect();
    let mut fates = Fates { resent, ..Fates::default() };
    let numbers = |tags: Vec<Tag>| tags.into_iter().map(|tag| tag.0);
    for event in traffic.events.drain(..) {
        match event {
            SessionEvent::Acked(tags) => fates.acked.extend(numbers(tags)),
            SessionEvent::Unsent { undelivered, unknown } => {
                fates.undelivered.extend(numbers(undelivered));
                fates.unknown.extend(numbers(unknown));
            }
            other => panic!("{other:?}"),
        }
    }
    (fates, answer.try_recv().ok().and_then(Result::err))
}

#[test]
fn every_stanza_is_accounted_for_however_it_ends() {
    let fate = |resent: &[u64], acked: &[u64], undelivered: &[u64], unknown: &[u64]| Fates {
        resent: resent.to_vec(),
        acked: acked.to_vec(),
        undelivered: undelivered.to_vec(),
        unknown: unknown.to_vec(),
    };
    // By number: 2 and 3 in doubt, 4 the request, 5 never written.
    let in_doubt = || fate(&[], &[], &[5], &[2, 3]);
    let table = [
        (End::Resumed(1), fate(&[2, 3, 5], &[], &[], &[]), true),
        (End::Resumed(2), fate(&[3, 5], &[2], &[], &[]), true),
        (End::Resumed(3), fate(&[5], &[2, 3], &[], &[]), true),
        (End::Resumed(4), fate(&[5], &[2, 3], &[], &[]), true),
        // More than was ever written, less than it had, and nonsense: its books are not ours.
        (End::Resumed(5), in_doubt(), false),
        (End::Resumed(6), in_doubt(), false),
        (End::Resumed(0), in_doubt(), false),
        (End::Resumed(u32::MAX), in_doubt(), false),
        (End::Fresh(Some(1)), fate(&[], &[], &[2, 3, 5], &[]), false),
        (End::Fresh(Some(2)), fate(&[], &[2], &[3, 5], &[]), false),
        (End::Fresh(Some(4)), fate(&[], &[2, 3], &[5], &[]), false),
        (End::Fresh(Some(5)), in_doubt(), false),
        (End::Fresh(Some(0)), in_doubt(), false),
        (End::Fresh(None), in_doubt(), false),
        (End::Over, in_doubt(), false),
    ];
    for (end, expected, still_waits) in table {
        let (fates, error) = fates(end);
        assert_eq!(fates, expected, "{end:?}");
        // A request is not repeated in another session: whoever asked decides.
        assert_eq!(error, (!still_waits).then_some(IqError::Lost), "{end:?}");
    }
}
