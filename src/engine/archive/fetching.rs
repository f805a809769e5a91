//! What is asked of the archive, one query at a time: first whether messages of ours arrived, for they wait for it; then the
//! conversation that the person looks at; then all that is missing, newest first.

use std::collections::{HashMap, VecDeque};

use tokio::time::{Duration, Instant};
use uuid::Uuid;

use super::{
    lookup::Lookup,
    plan::{Ahead, Gap, MAX_AHEAD, Page, Plan, Want, since},
    window::Window,
};
use crate::{
    engine::{api::HistoryProgress, question::REST},
    ids::{BareJid, ConversationId, MessageId, Timestamp},
    store::archive::RangeId,
    xmpp::{
        archive::{Archived, Fin, Query},
        incoming::IncomingMessage,
    },
};

/// What servers give at most without being told otherwise.
const PAGE: usize = 50;
const SMALLEST_PAGE: usize = 5;
/// A page that took longer is followed by a rest as long as itself.
const SLOW: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(30);
/// What comes in so few pages is there before anybody can read how far it is.
const SHORT: u32 = 4;
/// After so many queries without an answer the archive is left alone until the next session.
const MAX_UNANSWERED: u32 = 3;

/// The query under way.
#[derive(Debug)]
struct Open {
    id: String,
    want: Want,
    after: Option<String>,
    before: Option<String>,
    items: Vec<Archived>,
    asked: Instant,
}

/// How far a conversation has been fetched before its turn.
#[derive(Debug)]
struct Reached {
    below: Option<RangeId>,
    first_id: Option<String>,
    begun_after: Option<MessageId>,
    is_complete: bool,
}

/// Whether what has come live came in the archive's order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Order {
    #[default]
    Certain,
    /// The session was resumed, and nothing has come since.
    Resumed,
    /// Messages came after a break.
    Doubtful,
}

/// What is to be done next.
#[derive(Debug)]
pub enum Next {
    Ask(Query),
    /// The server was slow.
    Rest(Duration),
    Nothing,
}

/// How far fetching has come in this session.
#[derive(Debug, Default)]
pub struct Fetching {
    begun_after: Option<MessageId>,
    /// Whether the server has an archive for us; not known at first.
    has_archive: bool,
    /// Whether it takes ids as bounds, and knows the ones that were given.
    takes_ids: bool,
    lookups: VecDeque<Lookup>,
    ahead: Option<Ahead>,
    reached: HashMap<ConversationId, Reached>,
    /// The next part of all that is missing; none before that begins, and when there is none.
    plan: Option<Plan>,
    /// What came of all that is missing.
    pages: u32,
    fetched: u32,
    /// How much there is of it, as the archive said at first.
    total: Option<u32>,
    window: Window,
    open: Option<Open>,
    unanswered: u32,
    order: Order,
    rest_until: Option<Instant>,
    is_resting: bool,
    /// What came could not be stored, or the server could not say what has to be known: not even what is urgent is asked for
    /// before then.
    stuck_until: Option<Instant>,
}

impl Fetching {
    /// A new session: what was under way counts no more.
    pub fn new(begun_after: MessageId) -> Self {
        Self { begun_after: Some(begun_after), ..Self::default() }
    }

    /// The server has an archive, and this is where to begin.
    pub fn begin(&mut self, plan: Plan) {
        self.has_archive = true;
        self.window = Window::default();
        self.plan = Some(plan);
    }

    /// The archive takes ids as bounds.
    pub const fn ask_by_ids(&mut self) {
        self.takes_ids = true;
    }

    /// The session goes on after a break.
    pub fn resumed(&mut self) {
        if self.order == Order::Certain {
            self.order = Order::Resumed;
        }
    }

    /// Messages have come: where that is after a break, the archive should confirm their order.
    pub fn messages_came(&mut self) {
        if self.order == Order::Resumed {
            self.order = Order::Doubtful;
        }
    }

    /// It is time to ask for that: what was missing before has come.
    pub fn is_to_confirm_order(&self) -> bool {
        self.order == Order::Doubtful && self.has_archive && self.plan.is_none() && self.open.is_none()
    }

    /// Asks for it; `newest` is the newest message that is here.
    pub fn confirm_order(&mut self, plan: Plan, newest: MessageId) {
        self.order = Order::Certain;
        self.begun_after = Some(newest);
        self.begin(plan);
    }

    /// Whether anything is still missing.
    pub const fn is_under_way(&self) -> bool {
        self.plan.is_some()
    }

    /// How far it has come, where that takes a while.
    pub fn progress(&self) -> Option<HistoryProgress> {
        let is_long = self.is_under_way() && self.pages >= SHORT;
        is_long
            .then_some(HistoryProgress { fetched: self.fetched, total: self.total.filter(|all| *all >= self.fetched) })
    }

    /// Messages of ours are to be looked for.
    pub fn look_up(&mut self, lookups: Vec<Lookup>) {
        self.lookups = lookups.into();
    }

    /// The person looks at a conversation: what it lacks comes next. With `is_older`, what lies under that.
    pub fn prefer(&mut self, conversation: ConversationId, with: BareJid, is_older: bool) {
        let Some(plan) = &self.plan else { return };
        let below = plan.below.as_ref().map(|below| below.id);
        let (before, begun_after) = match self.reached.get(&conversation).filter(|reached| reached.below == below) {
            None => (None, None),
            Some(Reached { first_id: Some(first), is_complete: false, begun_after, .. }) if is_older => {
                (Some(first.clone()), *begun_after)
            }
            Some(_) => return,
        };
        let (gap, below) = (plan.gap, plan.below.clone());
        self.ahead = Some(Ahead { conversation, with, gap, below, before, begun_after, pages: 0 });
    }

    /// What to ask now, if anything.
    pub fn next(&mut self) -> Next {
        if self.open.is_some() || !self.has_archive {
            return Next::Nothing;
        }
        let has_urgent = !self.lookups.is_empty() || self.ahead.is_some();
        let slow = self.rest_until.filter(|_| !has_urgent && self.plan.is_some());
        let rest = self.stuck_until.or(slow).map(|until| until.saturating_duration_since(Instant::now()));
        if let Some(rest) = rest.filter(|rest| !rest.is_zero()) {
            let is_resting = std::mem::replace(&mut self.is_resting, true);
            return if is_resting { Next::Nothing } else { Next::Rest(rest) };
        }
        let urgent = self.lookups.pop_front().map(Want::Lookup).or_else(|| self.ahead.take().map(Want::Ahead));
        match urgent.or_else(|| self.plan.clone().map(Want::Missing)) {
            Some(want) => Next::Ask(self.ask(want)),
            None => Next::Nothing,
        }
    }

    pub fn has_rested(&mut self) {
        self.is_resting = false;
        (self.rest_until, self.stuck_until) = (None, None);
    }

    /// What a page has brought could not be stored, for there is no room on the disk: the same is asked for again, a while later.
    pub fn not_stored(&mut self, want: Want) {
        match want {
            Want::Lookup(lookup) => self.lookups.push_front(lookup),
            Want::Ahead(ahead) => self.ahead = self.ahead.take().or(Some(ahead)),
            // It is planned still; but where in it the page belonged is known no more.
            Want::Missing(_) => self.window = Window::default(),
        }
        self.stuck_until = Some(Instant::now() + LONGEST_REST);
    }

    fn ask(&mut self, want: Want) -> Query {
        let id = Uuid::new_v4().to_string();
        let (with, start, after, before) = match &want {
            Want::Lookup(lookup) => (Some(lookup.with.clone()), Some(lookup.since), None, lookup.before.clone()),
            Want::Ahead(ahead) => {
                (Some(ahead.with.clone()), ahead.below.as_ref().map(since), None, ahead.before.clone())
            }
            Want::Missing(plan) => {
                let before = self.window.before().map(str::to_owned).or_else(|| plan.before.clone());
                let after = plan.below.as_ref().filter(|_| self.takes_ids).map(|below| below.last_id.clone());
                (None, self.start(plan), after, before)
            }
        };
        // The same again would be as hard for the server as it was before.
        let unanswered = match &want {
            Want::Lookup(lookup) => lookup.unanswered(),
            _ => self.unanswered,
        };
        let max = (PAGE >> unanswered).max(SMALLEST_PAGE);
        let query = Query { id: id.clone(), with, start, after: after.clone(), before: before.clone(), max };
        self.open = Some(Open { id, want, after, before, items: Vec::new(), asked: Instant::now() });
        query
    }

    /// From when on a page of what is missing is asked for. Where its end is known by an id, the time says nothing of it: a
    /// clock may have been set back.
    fn start(&self, plan: &Plan) -> Option<Timestamp> {
        self.window.since().max(self.floor(plan))
    }

    fn floor(&self, plan: &Plan) -> Option<Timestamp> {
        plan.below.as_ref().filter(|_| !self.takes_ids).map(since)
    }

    /// Takes a result if it belongs to the open query and comes from our own archive (CVE-2019-16237).
    pub fn take(&mut self, own: &BareJid, message: IncomingMessage) {
        let IncomingMessage { from, archived: Some(item), .. } = message else { return };
        let is_own = from.is_none_or(|from| from.as_str() == own.as_str());
        match &mut self.open {
            Some(open) if is_own && item.query.as_deref() == Some(&open.id) => open.items.push(item),
            _ => log::debug!("a result of an archive that nobody asked for"),
        }
    }

    /// The query is answered; `None` when it is not the one under way.
    pub fn finish(&mut self, id: &str, fin: Fin) -> Option<Page> {
        let Open { want, before, items, asked, .. } = self.open.take_if(|open| open.id == id)?;
        // A page that begins where it was to end: there is nothing older to be had here, and the next would be the same.
        let goes_on = items.first().is_none_or(|first| before.as_ref() != Some(&first.id));
        let fin = Fin { is_complete: fin.is_complete || !goes_on, ..fin };
        let took = asked.elapsed();
        self.rest_until = (took > SLOW).then(|| Instant::now() + took.min(LONGEST_REST));
        self.unanswered = 0;
        let begun_after = self.begun_after?;
        let is_bounded = match &want {
            Want::Missing(plan) => self.window.since() > self.floor(plan),
            _ => false,
        };
        let (mut is_complete, mut next_before) = (fin.is_complete, None);
        if let Want::Missing(plan) = &want {
            // Only the first query of a new device covers all that will come.
            if plan.gap == Gap::Newest && plan.below.is_none() {
                self.total = fin.count.and_then(|count| u32::try_from(count).ok());
            }
            self.pages = self.pages.saturating_add(1);
            self.fetched = self.fetched.saturating_add(u32::try_from(items.len()).unwrap_or(u32::MAX));
            let is_all = self.window.turn(&items, fin.is_complete, before.as_deref());
            is_complete = if is_bounded { is_all } else { fin.is_complete };
            next_before = self.window.before().map(str::to_owned);
        }
        Some(Page { want, items, is_complete, is_bounded, next_before, begun_after })
    }

    /// There was no answer. What had waited for it and waits no more: whether a message has arrived has to be known before it
    /// goes out once more, so that is asked again.
    pub fn unanswered(&mut self, id: &str) -> Option<Want> {
        match self.open.take_if(|open| open.id == id)?.want {
            Want::Lookup(lookup) => match lookup.clone().again() {
                Some(again) => {
                    self.lookups.push_front(again);
                    self.stuck_until = Some(Instant::now() + REST);
                    None
                }
                None => Some(Want::Lookup(lookup)),
            },
            Want::Ahead(ahead) => Some(Want::Ahead(ahead)),
            Want::Missing(_) => {
                self.unanswered += 1;
                self.rest_until = Some(Instant::now() + LONGEST_REST);
                if self.unanswered >= MAX_UNANSWERED {
                    self.plan = None;
                }
                None
            }
        }
    }

    /// The archive does not know the place any more where the page was to end: it has thrown away that message, and so all
    /// before it. Where it was bounded by two, it is asked again without the older one.
    pub fn forgotten(&mut self, id: &str) -> Option<Page> {
        if self.open.take_if(|open| open.id == id && open.after.is_some()).is_some() {
            self.takes_ids = false;
            return None;
        }
        self.window = Window::default();
        let page = self.finish(id, Fin { is_complete: true, count: None });
        page.map(|page| Page { items: Vec::new(), is_complete: true, is_bounded: false, next_before: None, ..page })
    }

    /// The server refuses: the archive is left alone. What had waited for it and waits no more.
    pub fn refused(&mut self, id: &str) -> Option<Want> {
        let open = self.open.take_if(|open| open.id == id)?;
        self.plan = None;
        Some(open.want)
    }

    /// A page of what is missing is stored, and this is what is missing now. Whether that is in another gap.
    pub fn go_on(&mut self, plan: Option<Plan>) -> bool {
        let below = |plan: &Option<Plan>| plan.as_ref().and_then(|plan| plan.below.as_ref().map(|below| below.id));
        let is_another = below(&plan) != below(&self.plan);
        if is_another {
            self.window = Window::default();
        }
        self.plan = plan;
        is_another
    }

    /// A page of a conversation is stored.
    pub fn went_ahead(&mut self, ahead: Ahead, page_first: Option<String>, is_complete: bool) {
        let below = ahead.below.as_ref().map(|below| below.id);
        let first_id = page_first.or_else(|| ahead.before.clone());
        let reached = Reached { below, first_id: first_id.clone(), begun_after: ahead.begun_after, is_complete };
        self.reached.insert(ahead.conversation, reached);
        // Above what was here before there may be no hole, as far as the person looks.
        if !is_complete && below.is_some() && ahead.pages < MAX_AHEAD && self.ahead.is_none() {
            self.ahead = Some(Ahead { before: first_id, pages: ahead.pages + 1, ..ahead });
        }
    }

    /// What a lookup has not found yet is looked for further back.
    pub fn look_further(&mut self, lookup: Lookup) {
        self.lookups.push_front(lookup);
    }
}
