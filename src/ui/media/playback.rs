//! What plays: one file at a time, for the whole program. Begins only when somebody asks for it.
//!
//! Whoever shows a file asks how far it is (`Playback::state`) and is told when that may have changed: of the time alone only
//! whoever wants to know it.

use std::{path::Path, time::Duration};

use gtk::{gdk, glib, prelude::*, subclass::prelude::*};

use super::{clock::Speed, ready};

/// How often one is told how far it is.
const TICK: Duration = Duration::from_millis(100);

mod imp {
    use super::{Speed, gdk, glib};
    use crate::ui::media::playback::session::Session;
    use glib::subclass::Signal;
    use gtk::subclass::prelude::*;
    use std::{
        cell::{Cell, RefCell},
        collections::{HashMap, HashSet},
        path::PathBuf,
        sync::OnceLock,
        time::Duration,
    };

    #[derive(Default)]
    pub struct Playback {
        pub(super) session: RefCell<Option<Session>>,
        /// Where others were when one of them began.
        pub(super) places: RefCell<HashMap<PathBuf, Duration>>,
        pub(super) lengths: RefCell<HashMap<PathBuf, Duration>>,
        /// What can't be played.
        pub(super) failed: RefCell<HashSet<PathBuf>>,
        pub(super) speed: Cell<Speed>,
        /// What the film that plays shows.
        pub(super) frame: RefCell<Option<gdk::Texture>>,
        pub(super) is_muted: Cell<bool>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Playback {
        const NAME: &'static str = "StonechatPlayback";
        type Type = super::Playback;
    }

    impl ObjectImpl for Playback {
        fn signals() -> &'static [Signal] {
            static SIGNALS: OnceLock<Vec<Signal>> = OnceLock::new();
            SIGNALS.get_or_init(|| {
                ["changed", "moved", "frame"].map(|name| Signal::builder(name).build()).into_iter().collect()
            })
        }
    }
}

mod session;

use session::{Heard, Session};

glib::wrapper! {
    /// The program's one player.
    pub struct Playback(ObjectSubclass<imp::Playback>);
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct State {
    /// It is the one that plays, or stands still in between.
    pub is_current: bool,
    pub is_playing: bool,
    pub position: Duration,
    /// None as long as nobody has looked.
    pub length: Option<Duration>,
    pub has_failed: bool,
}

/// The program's one player.
#[must_use]
pub fn playback() -> Playback {
    thread_local! {
        static PLAYBACK: Playback = glib::Object::new();
    }
    PLAYBACK.with(Clone::clone)
}

impl Playback {
    /// Called when anything has changed but that what plays has gone on.
    pub fn connect_changed(&self, f: impl Fn(&Self) + 'static) -> glib::SignalHandlerId {
        self.on("changed", f)
    }

    /// Called again and again while the current file plays.
    pub fn connect_moved(&self, f: impl Fn(&Self) + 'static) -> glib::SignalHandlerId {
        self.on("moved", f)
    }

    fn on(&self, signal: &str, f: impl Fn(&Self) + 'static) -> glib::SignalHandlerId {
        self.connect_local(signal, false, move |values| {
            if let Some(playback) = values.first().and_then(|value| value.get::<Self>().ok()) {
                f(&playback);
            }
            None
        })
    }

    /// Whether this file is the one that plays, or stands still in between.
    #[must_use]
    pub fn is_current(&self, path: &Path) -> bool {
        self.imp().session.borrow().as_ref().is_some_and(|session| session.path == path)
    }

    /// Called when the film that plays shows something else.
    pub fn connect_frame(&self, f: impl Fn(&Self) + 'static) -> glib::SignalHandlerId {
        self.connect_local("frame", false, move |values| {
            if let Some(playback) = values.first().and_then(|value| value.get::<Self>().ok()) {
                f(&playback);
            }
            None
        })
    }

    /// What the film that plays shows, if one does.
    #[must_use]
    pub fn frame(&self) -> Option<gdk::Texture> {
        self.imp().frame.borrow().clone()
    }

    /// Whether films are shown without their sound.
    #[must_use]
    pub fn is_muted(&self) -> bool {
        self.imp().is_muted.get()
    }

    /// Films are shown without their sound from now on, or with it.
    pub fn set_muted(&self, is_muted: bool) {
        self.imp().is_muted.set(is_muted);
        if let Some(session) = &*self.imp().session.borrow() {
            session.set_muted(is_muted);
        }
        self.changed();
    }

    /// How far a file is.
    #[must_use]
    pub fn state(&self, path: &Path) -> State {
        let imp = self.imp();
        let length = imp.lengths.borrow().get(path).copied();
        let has_failed = imp.failed.borrow().contains(path);
        let session = imp.session.borrow();
        match session.as_ref().filter(|session| session.path == path) {
            Some(session) => State {
                is_current: true,
                is_playing: session.is_wanted,
                position: session.position(),
                length,
                has_failed,
            },
            None => State {
                position: imp.places.borrow().get(path).copied().unwrap_or_default(),
                length,
                has_failed,
                ..State::default()
            },
        }
    }

    /// Plays a file, or lets it stand still. What played before stands still.
    pub fn toggle(&self, path: &Path) {
        if self.state(path).is_playing { self.pause() } else { self.play(path) }
    }

    /// The same for a film: with its pictures, and always as fast as it was made.
    pub fn toggle_film(&self, path: &Path) {
        if self.state(path).is_playing { self.pause() } else { self.begin(path, true) }
    }

    /// Plays a file's sound from where it was.
    pub fn play(&self, path: &Path) {
        self.begin(path, false);
    }

    fn begin(&self, path: &Path, is_film: bool) {
        let imp = self.imp();
        imp.failed.borrow_mut().remove(path);
        if let Some(session) = imp.session.borrow_mut().as_mut().filter(|session| session.path == path) {
            session.set_wanted(true);
            self.follow(session);
        } else {
            self.close();
            let from = imp.places.borrow().get(path).copied().unwrap_or_default();
            imp.session.replace(Some(Session::waiting(path, from, is_film)));
            let (weak, path) = (self.downgrade(), path.to_owned());
            glib::spawn_future_local(async move {
                let started = ready().await;
                if let Some(playback) = weak.upgrade() {
                    if let Err(error) = started {
                        log::warn!("nothing can be played: {error}");
                        playback.fail(&path);
                    } else {
                        playback.open(&path);
                    }
                }
            });
        }
        self.changed();
    }

    /// Lets what plays stand still.
    pub fn pause(&self) {
        if let Some(session) = self.imp().session.borrow_mut().as_mut() {
            session.set_wanted(false);
            self.follow(session);
        }
        self.changed();
    }

    /// Goes to another place in a file, whether it plays or not.
    pub fn seek(&self, path: &Path, to: Duration) {
        let imp = self.imp();
        match imp.session.borrow_mut().as_mut().filter(|session| session.path == path) {
            Some(session) => session.seek(to, self.speed_of(session)),
            None => {
                imp.places.borrow_mut().insert(path.to_owned(), to);
            }
        }
        self.changed();
    }

    #[must_use]
    pub fn speed(&self) -> Speed {
        self.imp().speed.get()
    }

    /// How fast all is played from now on.
    pub fn set_speed(&self, speed: Speed) {
        let imp = self.imp();
        imp.speed.set(speed);
        if let Some(session) = imp.session.borrow_mut().as_mut().filter(|session| !session.is_film) {
            let here = session.position();
            session.seek(here, speed);
        }
        self.changed();
    }

    /// A file is there no more: it does not play on, and what was known of it is forgotten.
    pub fn forget(&self, path: &Path) {
        let imp = self.imp();
        if self.is_current(path) {
            self.close();
        }
        imp.places.borrow_mut().remove(path);
        imp.lengths.borrow_mut().remove(path);
        imp.failed.borrow_mut().remove(path);
        self.changed();
    }

    /// Somebody has found out how long a file lasts.
    pub fn set_length(&self, path: &Path, length: Duration) {
        self.imp().lengths.borrow_mut().insert(path.to_owned(), length);
    }

    fn open(&self, path: &Path) {
        let weak = self.downgrade();
        let opened = match self.imp().session.borrow_mut().as_mut().filter(|session| session.path == path) {
            Some(session) => session.open(self.is_muted(), move |heard| {
                if let Some(playback) = weak.upgrade() {
                    playback.heard(heard);
                }
            }),
            // Something else was wanted meanwhile.
            None => return,
        };
        if let Err(error) = opened {
            log::warn!("a file can't be played: {error}");
            return self.fail(path);
        }
        if let Some(session) = self.imp().session.borrow_mut().as_mut() {
            self.follow(session);
        }
    }

    /// Whether it tells again and again how far it is.
    #[must_use]
    pub fn tells_time(&self) -> bool {
        self.imp().session.borrow().as_ref().is_some_and(|session| session.tick.is_some())
    }

    /// Tells how far it is while it plays, and not while it stands still: that can be for days.
    fn follow(&self, session: &mut Session) {
        if session.is_wanted == session.tick.is_some() {
            return;
        }
        if let Some(tick) = session.tick.take() {
            return tick.remove();
        }
        let weak = self.downgrade();
        session.tick = Some(glib::timeout_add_local(TICK, move || {
            if let Some(playback) = weak.upgrade() {
                playback.tick();
            }
            glib::ControlFlow::Continue
        }));
    }

    fn tick(&self) {
        let path = self.imp().session.borrow().as_ref().map(|session| session.path.clone());
        match path {
            // With its message it was deleted, and nobody could stop it any more.
            Some(path) if !path.exists() => self.forget(&path),
            Some(_) => self.emit_by_name::<()>("moved", &[]),
            None => {}
        }
    }

    fn heard(&self, heard: Heard) {
        let imp = self.imp();
        match heard {
            Heard::Ready => {
                let length = imp.session.borrow_mut().as_mut().and_then(|session| {
                    session.begin(self.speed_of(session));
                    Some((session.path.clone(), session.length()?))
                });
                if let Some((path, length)) = length {
                    imp.lengths.borrow_mut().insert(path, length);
                }
            }
            Heard::Frame(frame) => {
                imp.frame.replace(Some(frame));
                return self.emit_by_name("frame", &[]);
            }
            Heard::End => {
                imp.frame.take();
                let ended = imp.session.take().map(|session| session.path.clone());
                if let Some(path) = ended {
                    imp.places.borrow_mut().remove(&path);
                }
            }
            Heard::Error(error) => {
                let path = imp.session.borrow().as_ref().map(|session| session.path.clone());
                log::info!("a file can't be played: {error}");
                if let Some(path) = path {
                    return self.fail(&path);
                }
            }
        }
        self.changed();
    }

    fn fail(&self, path: &Path) {
        let imp = self.imp();
        if self.is_current(path) {
            imp.session.take();
            imp.frame.take();
        }
        imp.failed.borrow_mut().insert(path.to_owned());
        self.changed();
    }

    fn speed_of(&self, session: &Session) -> Speed {
        if session.is_film { Speed::Normal } else { self.speed() }
    }

    /// Remembers where it was.
    fn close(&self) {
        let imp = self.imp();
        imp.frame.take();
        if let Some(session) = imp.session.take() {
            imp.places.borrow_mut().insert(session.path.clone(), session.position());
        }
    }

    fn changed(&self) {
        self.emit_by_name::<()>("changed", &[]);
    }
}
