//! The page of a conversation in a real window over the real engine, and a clock that sees every frame.

use std::{
    cell::{Cell, RefCell},
    path::Path,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use adw::prelude::*;
use gtk::{gio, glib};
use rustix::time::{ClockId, clock_gettime};
use stonechat::{
    engine::{
        self, EngineConfig,
        api::{ConversationId, EngineHandle, MessageId},
        clock::{RandomIds, SystemClock},
        secrets::MemorySecrets,
    },
    model::{Conversation, History, Messenger},
    ui::{ConversationPage, history::HistoryView, message_row::MessageRow},
    xmpp::session::Trust,
};

const DEADLINE: Duration = Duration::from_secs(30);

/// How long something took.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    wall: Duration,
    cpu: Duration,
}

impl Took {
    pub fn wall(&self) -> Duration {
        self.wall
    }

    /// Of this thread: what it takes on a machine that has nothing else to do.
    pub fn cpu(&self) -> Duration {
        self.cpu
    }
}

/// When something began.
#[derive(Debug, Clone, Copy)]
pub struct Started {
    wall: Instant,
    cpu: Duration,
}

impl Started {
    pub fn now() -> Self {
        Self { wall: Instant::now(), cpu: cpu_time() }
    }

    pub fn took(self) -> Took {
        Took { wall: self.wall.elapsed(), cpu: cpu_time().saturating_sub(self.cpu) }
    }
}

#[derive(Default)]
struct Watch {
    begun: Cell<Option<Started>>,
    frames: RefCell<Vec<Took>>,
    most_rows: Cell<usize>,
}

pub struct Stage {
    pub window: adw::Window,
    pub page: ConversationPage,
    messenger: Messenger,
    engine: EngineHandle,
    watch: Rc<Watch>,
}

impl Stage {
    pub fn new(profile: &Path) -> Self {
        load_resources();
        let (engine, events) = engine::start(EngineConfig {
            data_dir: profile.to_owned(),
            secrets: Arc::new(MemorySecrets::default()),
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            trust: Arc::new(Trust::default()),
        });
        let messenger = Messenger::new(engine.clone(), events);
        wait("the snapshot", || messenger.is_loaded());
        let page = ConversationPage::new(&messenger, &settings());
        let view = adw::NavigationView::new();
        view.add(&page);
        let window = adw::Window::builder().default_width(900).default_height(700).content(&view).build();
        window.present();
        wait("the window", || window.is_mapped() && window.width() > 0);
        // As somebody does who looks at the list before they choose.
        glib::MainContext::default().block_on(glib::timeout_future(Duration::from_millis(500)));
        let this = Self { window, page, messenger, engine, watch: Rc::default() };
        this.watch_frames();
        this
    }

    /// Notes every frame from now on; there is one for each tick of the screen.
    fn watch_frames(&self) {
        let clock = self.window.frame_clock().expect("the window is realized");
        let watch = self.watch.clone();
        clock.connect_before_paint(move |_| watch.begun.set(Some(Started::now())));
        let (watch, view) = (self.watch.clone(), self.view());
        clock.connect_after_paint(move |_| {
            let Some(begun) = watch.begun.take() else { return };
            watch.frames.borrow_mut().push(begun.took());
            watch.most_rows.set(watch.most_rows.get().max(view.live_rows()));
        });
        clock.begin_updating();
    }

    pub fn conversation(&self, id: ConversationId) -> Conversation {
        self.messenger.conversation(id).expect("it was seeded")
    }

    pub fn view(&self) -> HistoryView {
        self.page.pane().view()
    }

    pub fn history(&self) -> History {
        self.page.conversation().expect("one is shown").history()
    }

    /// The most rows that existed at the end of any frame.
    pub fn most_rows(&self) -> usize {
        self.watch.most_rows.get()
    }

    /// Waits for the next frame to be shown.
    pub fn frame(&self) {
        let before = self.watch.frames.borrow().len();
        wait("a frame", || self.watch.frames.borrow().len() > before);
    }

    /// Does something before each of so many frames and looks after each; what the frames took.
    pub fn frames(&self, count: u32, mut before: impl FnMut(u32), mut after: impl FnMut(u32)) -> Vec<Took> {
        let begin = self.watch.frames.borrow().len();
        for n in 0..count {
            before(n);
            self.frame();
            after(n);
        }
        self.watch.frames.borrow()[begin..].to_vec()
    }

    /// Waits until no page is on its way and nothing has changed for some frames.
    pub fn settle(&self) {
        let mut same = 0;
        let mut known = None;
        let begun = Instant::now();
        while same < 5 {
            assert!(begun.elapsed() < DEADLINE, "it does not come to rest");
            self.frame();
            let history = self.history();
            let is_loading = history.is_loading_older() || history.is_loading_newer() || history.is_jumping();
            let now = (self.view().visible_range(), self.view().live_rows(), history.n_items());
            same = if !is_loading && known == Some(now) { same + 1 } else { 0 };
            known = Some(now);
        }
    }

    pub fn scroll_by(&self, distance: f64) {
        let adjustment = self.view().vadjustment().expect("it is in a scrolled window");
        adjustment.set_value(adjustment.value() + distance);
    }

    /// Where it is scrolled to.
    pub fn value(&self) -> f64 {
        self.view().vadjustment().expect("it is in a scrolled window").value()
    }

    /// The first message that begins in sight.
    pub fn eye(&self) -> (MessageId, f64) {
        let (first, last) = self.view().visible_range().expect("something is in sight");
        let found = (first..=last).find_map(|index| {
            let y = self.view().row_y(index).filter(|y| *y >= 0.0)?;
            Some((self.history().message(index)?.id(), y))
        });
        found.unwrap_or_else(|| {
            let message = self.history().message(first).expect("it is in sight");
            (message.id(), self.view().row_y(first).expect("it is in sight"))
        })
    }

    pub fn seen_at(&self, message: MessageId) -> Option<f64> {
        self.view().row_y(self.history().position_of(message)?)
    }

    /// Whether the whole message is in sight, or as much of it as there is room for.
    pub fn is_in_sight(&self, message: MessageId) -> bool {
        let Some(index) = self.history().position_of(message) else { return false };
        let (Some(y), Some(row)) = (self.view().row_y(index), self.view().row(index)) else { return false };
        let (height, page) = (f64::from(row.height()), f64::from(self.view().height()));
        y > -0.5 && (y + height < page + 0.5 || height > page)
    }

    pub fn row(&self, index: u32) -> Option<MessageRow> {
        self.view().row(index).and_downcast()
    }

    pub fn end(self) {
        self.page.set_conversation(None);
        let engine = self.engine.clone();
        wait_for(async move { engine.shutdown().await });
        self.window.destroy();
    }
}

/// Has something done by the engine, and waits for it.
pub fn wait_for<T: 'static>(future: impl Future<Output = T> + 'static) -> T {
    let result = Rc::new(RefCell::new(None));
    let place = result.clone();
    glib::spawn_future_local(async move {
        place.replace(Some(future.await));
    });
    wait("an answer", || result.borrow().is_some());
    result.take().expect("it is there")
}

/// Runs the main loop until something holds.
pub fn wait(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < DEADLINE, "{what} did not come to pass");
        if !glib::MainContext::default().iteration(false) {
            glib::timeout_add_local_once(Duration::from_millis(4), || {});
            glib::MainContext::default().iteration(true);
        }
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
    Duration::from_secs(seconds.unwrap_or_default()) + Duration::from_nanos(nanoseconds.unwrap_or_default())
}

fn load_resources() {
    adw::init().expect("there is a display");
    stonechat::ui::register_resources();
    let display = gtk::gdk::Display::default().expect("there is a display");
    gtk::IconTheme::for_display(&display).add_resource_path("/im/stonechat/Stonechat/icons");
    let style = gtk::CssProvider::new();
    style.load_from_resource("/im/stonechat/Stonechat/style.css");
    gtk::style_context_add_provider_for_display(&display, &style, gtk::STYLE_PROVIDER_PRIORITY_APPLICATION);
}

fn settings() -> gio::Settings {
    let folder = concat!(env!("OUT_DIR"), "/schemas");
    let source = gio::SettingsSchemaSource::from_directory(folder, None, false).expect("it was just compiled");
    let schema = source.lookup(stonechat::config::APP_ID, false).expect("it is ours");
    gio::Settings::new_full(&schema, None::<&gio::SettingsBackend>, None)
}
