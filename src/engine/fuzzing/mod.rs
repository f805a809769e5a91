//! What must hold of an account, whatever it is sent: a script plays its server, its contacts and those who only pretend, on
//! a real store, and after each step the store is looked through.

mod amending;
mod check;
mod message;
mod other;
mod reading;
mod script;

use std::cell::RefCell;

use minidom::Element;
use rusqlite::Connection;
use uuid::Uuid;

use self::{
    check::{Ledger, Moment},
    script::{Step, read_script},
};
use super::{
    api::Event,
    archive::{self, After, Fetching},
    batch::{Batch, taken_in},
    conversation,
    effect::{Effects, Privacy, Scope},
    outbox::{self, Draft},
    responder,
    transact::settle,
};
use crate::{
    ids::{BareJid, OriginId, Timestamp},
    store::{
        account,
        contact::{self, RosterEntry, Subscription},
        conversation as table, in_memory, message as row, pending, search,
    },
    text_format::TextFormat,
    xmpp::{
        archive::Fin,
        incoming::{self, Incoming, IncomingIq},
        session::fuzzing::stanzas,
    },
};

const OWN: &str = "alice@chat.test";
const FRIEND: &str = "bob@chat.test";
const OWN_IDS: [&str; 3] = ["own-0000-0000-0000-0001", "own-0000-0000-0000-0002", "own-0000-0000-0000-0003"];
const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// What we answer to a request.
pub fn answer(request: &IncomingIq) -> Option<Element> {
    responder::answer(request, NOW)
}

/// Plays a script twice. The second time it must bring nothing new: all of it is known.
///
/// # Panics
/// Where the store is not what it must be.
pub fn inbound(data: &[u8]) {
    let steps = read_script(data);
    if steps.is_empty() {
        return;
    }
    WORLD.with_borrow_mut(|world| {
        world.store.execute_batch("SAVEPOINT script").expect("there is memory");
        world.play(&steps);
        world.store.execute_batch("ROLLBACK TO script; RELEASE script").expect("it was begun");
    });
}

thread_local! {
    /// Made once, because the schema takes longer than a script.
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

/// Alice's account, with Bob on its roster.
struct World {
    store: Connection,
    scope: Scope,
    fetching: Fetching,
}

impl World {
    fn new() -> Self {
        let store = in_memory();
        let new = account::NewAccount::new(address(OWN), Uuid::from_u128(7));
        let account = account::insert(&store, &new).expect("it is sound").expect("it is the first").id;
        let friend = RosterEntry {
            address: address(FRIEND),
            name: None,
            groups: Vec::new(),
            subscription: Subscription::Both,
            is_pending: false,
            is_approved: false,
        };
        contact::put_roster_entry(&store, account, &friend, None).expect("it is sound");
        let scope = Scope {
            account,
            address: address(OWN),
            now: NOW,
            in_front: None,
            privacy: Privacy::default(),
            has_stanza_ids: true,
            is_online: true,
        };
        Self { store, scope, fetching: Fetching::default() }
    }

    fn play(&mut self, steps: &[Step]) {
        (self.scope.now, self.scope.in_front, self.fetching) = (NOW, None, Fetching::default());
        let mut ledger = Ledger::default();
        self.pass(steps, &mut ledger);
        self.fetching = Fetching::default();
        ledger.is_second_time = true;
        self.pass(steps, &mut ledger);
    }

    fn pass(&mut self, steps: &[Step], ledger: &mut Ledger) {
        let mut batch = Batch::default();
        for step in steps {
            if let Step::Stanza { stanza, claims } = step {
                ledger.expect(claims);
                self.stanza(&mut batch, stanza);
                continue;
            }
            self.deliver(&mut batch, ledger);
            self.step(step, ledger);
        }
        self.deliver(&mut batch, ledger);
        search::index(&self.store).expect("it is sound");
    }

    /// As the account's task has it.
    fn stanza(&mut self, batch: &mut Batch, stanza: &Element) {
        match incoming::parse(stanza) {
            Incoming::Message(message) if message.archived.is_some() => {
                self.fetching.take(&self.scope.address, *message);
            }
            other => batch.stanzas.push(other),
        }
        batch.counted += 1;
    }

    fn deliver(&mut self, batch: &mut Batch, ledger: &mut Ledger) {
        let batch = std::mem::take(batch);
        if batch.is_empty() {
            return;
        }
        let (effects, _) = taken_in(&self.store, &self.scope, &batch, true).expect("nothing may fail");
        self.carried_out(effects, &Moment::Live, ledger);
    }

    fn carried_out(&mut self, effects: Effects, moment: &Moment<'_>, ledger: &mut Ledger) {
        ledger.check(&self.store, &self.scope, &effects.events, moment);
        for outgoing in &effects.stanzas {
            assert_eq!(&stanzas(&String::from(&outgoing.stanza))[..], std::slice::from_ref(&outgoing.stanza));
        }
        settle(&self.store, effects).expect("what it names is there");
    }

    fn step(&mut self, step: &Step, ledger: &mut Ledger) {
        let (store, scope) = (&self.store, &self.scope);
        let effects = match step {
            Step::Stanza { .. } => return,
            Step::Page { items, claims, is_complete } => {
                ledger.expect(claims);
                return self.page(items, *is_complete, ledger);
            }
            Step::Wait(milliseconds) => {
                self.scope.now = Timestamp(scope.now.0 + milliseconds);
                return;
            }
            Step::Send { peer, id } => {
                let (opened, mut effects) = conversation::open(store, scope, peer).expect("nothing may fail");
                if row::by_origin(store, opened.id, &scope.address, &OriginId(id.clone()))
                    .expect("nothing may fail")
                    .is_none()
                {
                    let text = format!("ok|{peer}|{OWN}|u|{id}");
                    let sent = outbox::send(
                        store,
                        scope,
                        opened.id,
                        Draft {
                            text,
                            format: TextFormat::default(),
                            answers: None,
                            previews: Vec::new(),
                            id: OriginId(id.clone()),
                            held_until: None,
                        },
                    );
                    effects.merge(sent.expect("nothing may fail").1);
                }
                effects
            }
            Step::Acknowledge => {
                let waiting = pending::of_account(store, scope.account).expect("nothing may fail");
                let acked: Vec<_> = waiting.iter().map(|pending| pending.message.cursor.id).collect();
                outbox::acked(store, &acked).expect("nothing may fail")
            }
            Step::Look(peer) => {
                let found =
                    peer.as_ref().map(|peer| table::find(store, scope.account, peer).expect("nothing may fail"));
                self.scope.in_front = found.flatten();
                if let (Some(id), Some(peer)) = (self.scope.in_front, peer) {
                    self.fetching.prefer(id, peer.clone(), true);
                }
                return;
            }
            Step::Read(peer) => {
                let Some(id) = table::find(store, scope.account, peer).expect("nothing may fail") else { return };
                let newest = table::by_id(store, id).expect("it was found").last.map(|last| last.cursor);
                let Some(newest) = newest else { return };
                conversation::mark_read(store, id, newest).expect("nothing may fail")
            }
        };
        self.carried_out(effects, &Moment::Own, ledger);
    }

    /// The archive answers the query that is due; where none is, in a session of its own.
    fn page(&mut self, items: &[Element], is_complete: bool, ledger: &mut Ledger) {
        use archive::Next;
        let mut next = self.fetching.next();
        if matches!(next, Next::Rest(_)) {
            self.fetching.has_rested();
            next = self.fetching.next();
        }
        if matches!(next, Next::Nothing) {
            let newest = row::newest_id(&self.store).expect("nothing may fail");
            self.fetching = Fetching::new(newest);
            self.fetching.begin(archive::newest(&self.store, &self.scope).expect("nothing may fail"));
            next = self.fetching.next();
        }
        let Next::Ask(query) = next else { panic!("there is always something older: {next:?}") };
        let mut ids = Vec::new();
        for item in items {
            let Incoming::Message(mut message) = incoming::parse(item) else { continue };
            let Some(archived) = &mut message.archived else { continue };
            if archived.query.as_deref() == Some(script::QUERY) {
                archived.query = Some(query.id.clone());
                ids.push(archived.id.clone());
            }
            self.fetching.take(&self.scope.address, *message);
        }
        let fin = Fin { is_complete, count: None };
        let page = self.fetching.finish(&query.id, fin).expect("it is the query under way");
        let (after, effects) = archive::store_page(&self.store, &self.scope, &page).expect("nothing may fail");
        self.carried_out(effects, &Moment::Page(&ids), ledger);
        match after {
            After::Missing(plan) => {
                self.fetching.go_on(plan);
            }
            After::Ahead { ahead, first_id, is_complete } => self.fetching.went_ahead(ahead, first_id, is_complete),
            After::Lookup { .. } => panic!("nothing was looked up"),
        }
    }
}

fn address(text: &str) -> BareJid {
    BareJid::new(text).expect("it is one")
}
