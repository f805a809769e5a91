//! A window with one conversation in it, and an engine played by the test.

#[path = "../support/played.rs"]
mod played;
#[path = "../support/tree.rs"]
mod tree;

use std::{
    cell::{Cell, RefCell},
    path::Path,
    process::Command as Process,
    rc::Rc,
    time::{Duration, Instant},
};

use adw::prelude::*;
use gtk::{gio, glib};
use stonechat::{
    engine::api::{
        self, Account, AccountId, Annotations, Availability, BareJid, Command, CommandError, ConnectionState, Contact,
        Conversation, ConversationId, Cursor, EngineHandle, Event, LinkPreview, Message, MessageId, MessageState,
        Presence, Preview, Quote, Reaction, Revision, ServerSettings, Snapshot, Subscription, TextFormat, Timestamp,
    },
    model::{self, Messenger},
    ui::{ConversationPage, history::HistoryView, message_row::MessageRow},
};

pub use tree::all;

pub const CONVERSATION: ConversationId = ConversationId(7);
const ACCOUNT: AccountId = AccountId(1);
const DEADLINE: Duration = Duration::from_secs(20);

/// What the played engine holds.
#[derive(Default)]
pub struct Engine {
    pub messages: RefCell<Vec<Message>>,
    pub commands: RefCell<Vec<String>>,
    /// Longer texts are refused.
    pub limit: Cell<usize>,
    /// Until when what is sent can be taken back.
    pub held_until: Cell<Option<Timestamp>>,
    events: RefCell<Option<async_channel::Sender<Event>>>,
    /// What the pages say that one can ask.
    pub pages: RefCell<Vec<LinkPreview>>,
    /// How large a file may be.
    pub upload_limit: Cell<Option<u64>>,
    /// The server has no place for files.
    pub has_no_uploads: Cell<bool>,
    /// Files are not taken, whatever was said before.
    pub refuses_files: Cell<bool>,
}

impl Engine {
    fn tell(&self, event: Event) {
        if let Some(events) = &*self.events.borrow() {
            events.try_send(event).expect("there is room");
        }
    }
}

pub struct World {
    pub engine: Rc<Engine>,
    pub events: async_channel::Sender<Event>,
    pub window: adw::Window,
    pub page: ConversationPage,
    pub messenger: Messenger,
}

pub fn address(text: &str) -> BareJid {
    BareJid::new(text).expect("an address")
}

/// The `n`th message: some minutes after the one before, by either side.
pub fn message(n: i64, body: &str) -> Message {
    let start = 1_790_000_000_000;
    let is_outgoing = (n / 3) % 2 == 1;
    Message {
        cursor: Cursor { position: n, id: MessageId(n) },
        conversation: CONVERSATION,
        sender: address(if is_outgoing { "alice@example.org" } else { "bob@example.org" }),
        is_outgoing,
        body: body.to_owned(),
        format: TextFormat::default(),
        time: Timestamp(start + n * 47 * 60_000 / 10),
        state: if is_outgoing { MessageState::Delivered } else { MessageState::Received },
        is_read: false,
        annotations: api::Annotations::default(),
        attachment: None,
    }
}

/// As many words as the number asks for.
pub fn words(n: i64) -> String {
    const WORDS: [&str; 12] = [
        "the", "message", "history", "scrolls", "while", "older", "pages", "arrive", "and", "nothing", "ever", "jumps",
    ];
    let count = 1 + usize::try_from((n * n * 31) % 60).unwrap_or(0);
    let text: Vec<_> = (0..count).map(|i| WORDS[(i * 5 + usize::try_from(n).unwrap_or(0)) % 12]).collect();
    format!("#{n} {}", text.join(" "))
}

impl World {
    pub fn new(messages: Vec<Message>, unread: u32, size: (i32, i32)) -> Self {
        set_up();
        let (handle, commands) = EngineHandle::pair();
        let (events, receiver) = async_channel::bounded(100);
        let engine = Rc::new(Engine::default());
        engine.limit.set(60_000);
        engine.events.replace(Some(events.clone()));
        engine.messages.replace(messages);
        glib::spawn_future_local(play(engine.clone(), commands, unread));
        let messenger = Messenger::new(handle, receiver);
        wait("the snapshot", || messenger.is_loaded());
        let page = ConversationPage::new(&messenger, &settings());
        // As in the real window, so that the page has a header with buttons.
        let view = adw::NavigationView::new();
        view.add(&page);
        let window = adw::Window::builder().default_width(size.0).default_height(size.1).content(&view).build();
        window.present();
        let conversation = messenger.conversation(CONVERSATION).expect("it is there");
        page.set_conversation(Some(&conversation));
        let world = Self { engine, events, window, page, messenger };
        wait("the history", || world.view().live_rows() > 0 || world.engine.messages.borrow().is_empty());
        world.settle();
        world
    }

    pub fn view(&self) -> HistoryView {
        self.page.pane().view()
    }

    pub fn history(&self) -> model::History {
        self.messenger.conversation(CONVERSATION).expect("it is there").history()
    }

    /// Waits until nothing moves any more: no page is on its way and three frames looked the same.
    pub fn settle(&self) {
        let history = self.history();
        let mut same = 0;
        let mut before = None;
        wait("quiet", || {
            frame(&self.window);
            let loading = history.is_loading_older() || history.is_loading_newer() || history.is_jumping();
            let now = (self.view().visible_range(), self.view().live_rows(), history.n_items());
            same = if !loading && before == Some(now) { same + 1 } else { 0 };
            before = Some(now);
            same >= 3
        });
    }

    /// Scrolls as a wheel does.
    pub fn scroll_by(&self, distance: f64) {
        let adjustment = self.view().vadjustment().expect("it is in a scrolled window");
        adjustment.set_value(adjustment.value() + distance);
        frame(&self.window);
    }

    /// The first message that begins in sight, and where it is seen.
    pub fn under_the_eye(&self) -> (MessageId, f64) {
        let (view, history) = (self.view(), self.history());
        let (first, last) = view.visible_range().expect("something is in sight");
        let found = (first..=last).find_map(|index| {
            let y = view.row_y(index).filter(|y| *y >= 0.0)?;
            Some((history.message(index)?.id(), y))
        });
        found.expect("a message begins in sight")
    }

    pub fn seen_at(&self, message: MessageId) -> Option<f64> {
        self.view().row_y(self.history().position_of(message)?)
    }

    pub fn event(&self, event: Event) {
        self.events.try_send(event).expect("there is room");
    }

    /// A message arrives from the other side.
    pub fn receive(&self, message: Message) {
        self.engine.messages.borrow_mut().push(message.clone());
        self.event(Event::MessagesStored { conversation: CONVERSATION, messages: vec![message], news: Vec::new() });
    }

    pub fn said(&self, words: &str) -> usize {
        self.engine.commands.borrow().iter().filter(|command| command.contains(words)).count()
    }

    /// Draws the mouse from one place in the window to another with the button pressed.
    pub fn drag(&self, from: (f32, f32), to: (f32, f32)) {
        let place = |(x, y): (f32, f32)| {
            let (dx, dy) = self.window.surface_transform();
            (format!("{:.0}", f64::from(x) + dx), format!("{:.0}", f64::from(y) + dy))
        };
        let found = Process::new("xdotool").args(["getactivewindow"]).output().expect("xdotool is there");
        let id = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        let move_to = |at| {
            let (x, y) = place(at);
            self.tool(&["mousemove", "--window", &id, &x, &y]);
        };
        move_to(from);
        self.tool(&["mousedown", "1"]);
        move_to((f32::midpoint(from.0, to.0), from.1));
        move_to(to);
        self.tool(&["mouseup", "1"]);
    }

    /// Presses the first button on a message, beside its bubble, with these keys held.
    pub fn click(&self, message: MessageId, keys: &[&str]) {
        let (x, y) = self.middle(message);
        let found = Process::new("xdotool").args(["getactivewindow"]).output().expect("xdotool is there");
        let id = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        let (dx, dy) = self.window.surface_transform();
        let (x, y) = (format!("{:.0}", f64::from(x) + dx), format!("{:.0}", f64::from(y) + dy));
        self.tool(&["mousemove", "--window", &id, &x, &y]);
        for key in keys {
            self.tool(&["keydown", key]);
        }
        self.tool(&["click", "1"]);
        for key in keys {
            self.tool(&["keyup", key]);
        }
    }

    /// Presses the first button at a place in the window.
    pub fn click_at(&self, at: (f32, f32)) {
        self.hover(at);
        self.tool(&["click", "1"]);
    }

    /// Brings the mouse to a place in the window.
    pub fn hover(&self, (x, y): (f32, f32)) {
        let found = Process::new("xdotool").args(["getactivewindow"]).output().expect("xdotool is there");
        let id = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        let (dx, dy) = self.window.surface_transform();
        let (x, y) = (format!("{:.0}", f64::from(x) + dx), format!("{:.0}", f64::from(y) + dy));
        self.tool(&["mousemove", "--window", &id, &x, &y]);
    }

    /// Asks for the menu of what stands at a place in the window.
    pub fn open_menu(&self, at: (f32, f32)) {
        self.hover(at);
        self.tool(&["click", "3"]);
    }

    /// Turns the wheel up over a place in the window with the Control key held.
    pub fn zoom_in(&self, at: (f32, f32)) {
        self.hover(at);
        self.tool(&["keydown", "ctrl"]);
        self.tool(&["click", "4"]);
        self.tool(&["keyup", "ctrl"]);
    }

    /// Where in the window a message is, vertically in its middle.
    pub fn middle(&self, message: MessageId) -> (f32, f32) {
        let row = self.history().position_of(message).and_then(|index| self.view().row(index)).expect("it is in sight");
        let bounds = row.compute_bounds(&self.window).expect("it is in the window");
        (bounds.x() + bounds.width() / 2.0, bounds.y() + bounds.height() / 2.0)
    }

    /// The message that has the keyboard.
    pub fn focused(&self) -> Option<MessageId> {
        let focus = gtk::prelude::GtkWindowExt::focus(&self.window)?;
        focus.downcast_ref::<MessageRow>()?.message().map(|message| message.id())
    }

    /// Which of the messages that have a row are shown as selected.
    pub fn selected(&self) -> Vec<i64> {
        let rows = self.view().rows().into_iter().filter_map(|row| row.downcast::<MessageRow>().ok());
        let selected = rows.filter(|row| row.has_css_class("selected")).filter_map(|row| row.message());
        let mut ids: Vec<_> = selected.map(|message| message.id().0).collect();
        ids.sort_unstable();
        ids
    }

    /// Above which message in sight the unread line stands.
    pub fn unread_line(&self) -> Option<MessageId> {
        let rows = self.view().rows().into_iter().filter_map(|row| row.downcast::<MessageRow>().ok());
        rows.filter(|row| find(row.upcast_ref(), "unread-line").is_some_and(|line| line.is_visible()))
            .find_map(|row| row.message().map(|message| message.id()))
    }

    /// The first widget of the page that has this style.
    pub fn find(&self, class: &str) -> Option<gtk::Widget> {
        find(self.page.upcast_ref(), class)
    }

    /// The engine says how much is unread.
    pub fn unread_is(&self, unread: u32) {
        let event = Event::ConversationsChanged(vec![conversation(None, unread)]);
        self.event(event);
        wait("the count", || self.messenger.conversation(CONVERSATION).is_some_and(|c| c.unread() == unread));
    }

    pub fn clipboard(&self) -> String {
        let clipboard = self.window.clipboard();
        let read = Rc::new(RefCell::new(None));
        let result = read.clone();
        glib::spawn_future_local(async move {
            result.replace(Some(clipboard.read_text_future().await.ok().flatten().unwrap_or_default()));
        });
        wait("the clipboard", || read.borrow().is_some());
        read.take().map(Into::into).unwrap_or_default()
    }

    fn tool(&self, arguments: &[&str]) {
        frame(&self.window);
        let mut tool = Process::new("xdotool").args(arguments).spawn().expect("xdotool is there");
        wait("xdotool", || tool.try_wait().is_ok_and(|status| status.is_some()));
        frame(&self.window);
    }

    /// Presses keys as on a keyboard, by X11's names for them.
    pub fn press(&self, keys: &[&str]) {
        self.tool(&[&["key"], keys].concat());
    }

    /// Writes a picture of the display where `STONECHAT_SHOTS` says.
    pub fn shot(&self, name: &str) {
        let Ok(folder) = std::env::var("STONECHAT_SHOTS") else { return };
        for _ in 0..30 {
            frame(&self.window);
        }
        let file = Path::new(&folder).join(format!("{name}.png"));
        let status = Process::new("import").args(["-window", "root"]).arg(file).status();
        assert!(status.is_ok_and(|status| status.success()), "no picture of {name}");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.window.destroy();
    }
}

fn find(widget: &gtk::Widget, class: &str) -> Option<gtk::Widget> {
    all::<gtk::Widget>(widget).into_iter().find(|widget| widget.has_css_class(class))
}

/// Runs the main loop until something holds.
pub fn wait(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    let context = glib::MainContext::default();
    while !holds() {
        assert!(Instant::now() < deadline, "{what} did not come to pass");
        if !context.iteration(false) {
            // Wakes up for the next frame at the latest.
            glib::timeout_add_local_once(Duration::from_millis(4), || {});
            context.iteration(true);
        }
    }
}

/// Waits for the next frame to be drawn.
pub fn frame(window: &adw::Window) {
    let is_drawn = Rc::new(Cell::new(false));
    let mark = is_drawn.clone();
    window.add_tick_callback(move |_, _| {
        mark.set(true);
        glib::ControlFlow::Break
    });
    window.queue_draw();
    wait("a frame", || is_drawn.get());
    while glib::MainContext::default().iteration(false) {}
}

fn set_up() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        adw::init().expect("there is a display");
        let bytes = include_bytes!(concat!(env!("OUT_DIR"), "/stonechat.gresource"));
        let resource = gio::Resource::from_data(&glib::Bytes::from_static(bytes)).expect("it was just compiled");
        gio::resources_register(&resource);
        let display = gtk::gdk::Display::default().expect("there is a display");
        gtk::IconTheme::for_display(&display).add_resource_path("/im/stonechat/Stonechat/icons");
        let style = gtk::CssProvider::new();
        style.load_from_resource("/im/stonechat/Stonechat/style.css");
        gtk::style_context_add_provider_for_display(&display, &style, gtk::STYLE_PROVIDER_PRIORITY_APPLICATION);
    });
}

pub fn settings() -> gio::Settings {
    let folder = concat!(env!("OUT_DIR"), "/schemas");
    let source = gio::SettingsSchemaSource::from_directory(folder, None, false).expect("it was just compiled");
    let schema = source.lookup(stonechat::config::APP_ID, false).expect("it is ours");
    gio::Settings::new_full(&schema, None::<&gio::SettingsBackend>, None)
}

fn quote(engine: &Engine, id: MessageId) -> Quote {
    let messages = engine.messages.borrow();
    let target = messages.iter().find(|message| message.cursor.id == id).expect("it is there");
    Quote {
        message: Some(id),
        sender: Some(target.sender.clone()),
        is_own: target.is_outgoing,
        text: target.format.spoiler.clone().unwrap_or_else(|| target.body.clone()),
        file: target.attachment.as_ref().map(|file| (file.kind, file.name.clone())),
        is_spoiler: target.format.spoiler.is_some(),
        is_retracted: false,
    }
}

/// Changes a message as an engine would, and says so.
fn amend(engine: &Engine, id: MessageId, change: impl FnOnce(&mut Message)) {
    let mut messages = engine.messages.borrow_mut();
    let Some(message) = messages.iter_mut().find(|message| message.cursor.id == id) else { return };
    change(message);
    engine.tell(Event::MessagesChanged { conversation: CONVERSATION, messages: vec![message.clone()] });
}

async fn play(engine: Rc<Engine>, commands: async_channel::Receiver<Command>, unread: u32) {
    while let Ok(command) = commands.recv().await {
        engine.commands.borrow_mut().push(format!("{command:?}"));
        match command {
            Command::LoadSnapshot { reply } => reply.send(Ok(snapshot(&engine, unread))),
            Command::LoadHistory { anchor, limit, reply, .. } => {
                reply.send(Ok(played::page(&engine.messages.borrow(), anchor, limit, unread as usize)));
            }
            Command::LoadPlaces { from, to, reply, .. } => {
                reply.send(Ok(played::places(&engine.messages.borrow(), from, to)));
            }
            Command::SendMessage { body, format, answers, preview, reply, .. } => {
                if body.len() > engine.limit.get() {
                    reply.send(Err(CommandError::TooLong { limit: engine.limit.get() }));
                    continue;
                }
                let last = engine.messages.borrow().last().map_or(0, |message| message.cursor.position);
                let mut stored =
                    Message { is_outgoing: true, state: MessageState::Waiting, format, ..message(last + 1, &body) };
                stored.annotations.quote = answers.map(|id| quote(&engine, id));
                stored.annotations.links = preview.into_iter().collect();
                stored.annotations.held_until = engine.held_until.get();
                engine.messages.borrow_mut().push(stored.clone());
                reply.send(Ok(stored));
            }
            Command::UndoSend { message, reply } => {
                let all = engine.messages.borrow().clone();
                match all.iter().find(|m| m.cursor.id == message && m.annotations.held_until.is_some()) {
                    Some(held) => {
                        engine.messages.borrow_mut().retain(|m| m.cursor.id != message);
                        engine.tell(Event::MessageRemoved { conversation: CONVERSATION, message });
                        reply.send(Ok(held.clone()));
                    }
                    None => reply.send(Err(CommandError::NotFound)),
                }
            }
            Command::OpenConversation { reply, .. } => reply.send(Ok(conversation(None, 0))),
            Command::LoadUploadLimit { reply, .. } if engine.has_no_uploads.get() => {
                reply.send(Err(CommandError::NoUploadService));
            }
            Command::LoadUploadLimit { reply, .. } => reply.send(Ok(engine.upload_limit.get())),
            Command::SendFiles { reply, .. } => {
                reply.send(if engine.refuses_files.get() {
                    Err(CommandError::NoUploadService)
                } else {
                    Ok(Vec::new())
                });
            }
            Command::SearchMessages { query, before, limit, reply } => {
                reply.send(Ok(played::found(&engine.messages.borrow(), &query, before, limit)));
            }
            Command::LoadLinkPreview { url, reply } => {
                reply.send(Ok(engine.pages.borrow().iter().find(|page| page.url == url).cloned()));
            }
            Command::CorrectMessage { message, body, format, preview, reply } => {
                let edited_at = Some(Timestamp(1_800_000_000_000));
                let links = preview.into_iter().collect();
                amend(&engine, message, |m| {
                    (m.body, m.format, m.annotations.edited_at) = (body, format, edited_at);
                    m.annotations.links = links;
                });
                reply.send(Ok(()));
            }
            Command::React { message, emoji, reply } => {
                let by = || vec![address("alice@example.org")];
                let reactions = emoji.into_iter().map(|emoji| Reaction { emoji, by: by(), is_own: true }).collect();
                amend(&engine, message, |m| m.annotations.reactions = reactions);
                reply.send(Ok(()));
            }
            Command::RetractMessage { message, reply } => {
                amend(&engine, message, |m| {
                    m.body.clear();
                    m.annotations = Annotations { is_retracted: true, ..Annotations::default() };
                });
                reply.send(Ok(()));
            }
            Command::RemoveMessage { message, reply } => {
                engine.messages.borrow_mut().retain(|m| m.cursor.id != message);
                engine.tell(Event::MessageRemoved { conversation: CONVERSATION, message });
                reply.send(Ok(()));
            }
            Command::LoadRevisions { message, reply } => {
                let text = |time, body: &str| Revision {
                    time: Timestamp(time),
                    body: body.to_owned(),
                    format: TextFormat::default(),
                    is_original: body.contains("frist"),
                };
                let mut all = vec![text(1_790_000_000_000, "frist"), text(1_790_000_060_000, "first")];
                let is_orphan = |it: &Message| it.cursor.id == message && it.body == "orphan";
                if engine.messages.borrow().iter().any(is_orphan) {
                    all.remove(0);
                }
                reply.send(Ok(all));
            }
            Command::RetryMessage { reply, .. } | Command::DiscardMessage { reply, .. } => reply.send(Ok(())),
            _ => {}
        }
    }
}

fn snapshot(engine: &Engine, unread: u32) -> Snapshot {
    let peer = address("bob@example.org");
    let messages = engine.messages.borrow();
    let last = messages.last().map(|message| Preview {
        id: message.cursor.id,
        text: message.body.chars().take(200).collect(),
        is_spoiler: false,
        file: None,
        is_outgoing: message.is_outgoing,
        time: message.time,
        state: message.state,
    });
    Snapshot {
        accounts: vec![Account {
            id: ACCOUNT,
            address: address("alice@example.org"),
            nickname: None,
            server: ServerSettings::default(),
            enabled: true,
            connection: ConnectionState::Online,
            availability: Availability::Online,
            status: String::new(),
            avatar: None,
            history: None,
        }],
        contacts: vec![Contact {
            account: ACCOUNT,
            address: peer.clone(),
            in_roster: true,
            name: Some("Bob Martens".to_owned()),
            nickname: None,
            groups: vec!["Friends".to_owned()],
            subscription: Subscription::Both,
            is_pending: false,
            presence: Presence { availability: Availability::Away, status: Some("at lunch".to_owned()) },
            avatar: None,
        }],
        requests: Vec::new(),
        block_lists: Vec::new(),
        conversations: vec![conversation(last, unread)],
    }
}

pub fn conversation(last: Option<Preview>, unread: u32) -> Conversation {
    Conversation {
        id: CONVERSATION,
        account: ACCOUNT,
        peer: address("bob@example.org"),
        last,
        unread,
        draft: None,
        draft_format: TextFormat::default(),
        language: None,
        is_muted: false,
        muted_until: None,
        is_silent: false,
        is_archived: false,
        is_pinned: false,
        is_listed: true,
        active_at: Timestamp(1_790_000_000_000),
    }
}
