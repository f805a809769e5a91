//! The files that are to be sent, above the field in which one writes what is said beside them.
//!
//! Knows how large a file may be and says so before anything is sent; sending is the composer's.

use std::path::PathBuf;

use gettextrs::gettext;
use gtk::{gdk, gio, glib, prelude::*, subclass::prelude::*};

use super::{
    chip,
    waiting::{self, Waiting},
    words,
};
use crate::{
    engine::api::{CommandError, ConversationId, NewFile},
    model::Conversation,
    plain_text::isolated,
    ui::{
        error_text,
        media::{listen::listen, recorder::Recorded},
    },
};

/// More files in one go are a folder that somebody dropped by mistake.
const MAX_FILES: usize = 50;

type RemovedCallback = Box<dyn Fn(&Conversation, Waiting)>;

mod imp {
    use super::{Conversation, ConversationId, RemovedCallback, Waiting, glib};
    use glib::subclass::Signal;
    use gtk::{CompositeTemplate, prelude::*, subclass::prelude::*};
    use std::{
        cell::{Cell, RefCell},
        collections::HashMap,
        sync::OnceLock,
    };

    #[derive(Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/attach_bar.ui")]
    pub struct AttachBar {
        #[template_child]
        pub(super) revealer: TemplateChild<gtk::Revealer>,
        #[template_child]
        pub(super) chips: TemplateChild<gtk::Box>,
        #[template_child]
        pub(super) problem: TemplateChild<gtk::Label>,
        pub(super) conversation: RefCell<Option<Conversation>>,
        pub(super) waiting: RefCell<Vec<Waiting>>,
        /// What waits in other conversations.
        pub(super) elsewhere: RefCell<HashMap<ConversationId, Vec<Waiting>>>,
        /// In bytes; none while it is not known, or where there is none.
        pub(super) limit: Cell<Option<u64>>,
        /// Why nothing can be sent at all.
        pub(super) refusal: RefCell<Option<String>>,
        pub(super) recording_removed: RefCell<Option<RemovedCallback>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for AttachBar {
        const NAME: &'static str = "StonechatAttachBar";
        type Type = super::AttachBar;
        type ParentType = gtk::Widget;

        fn class_init(klass: &mut Self::Class) {
            klass.bind_template();
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for AttachBar {
        fn signals() -> &'static [Signal] {
            static SIGNALS: OnceLock<Vec<Signal>> = OnceLock::new();
            SIGNALS.get_or_init(|| vec![Signal::builder("changed").build()])
        }

        fn dispose(&self) {
            self.dispose_template();
            while let Some(child) = self.obj().first_child() {
                child.unparent();
            }
        }
    }

    impl WidgetImpl for AttachBar {}
}

glib::wrapper! {
    /// What is to be sent.
    pub struct AttachBar(ObjectSubclass<imp::AttachBar>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl AttachBar {
    /// Shows what waits in another conversation; what waits in this one stays until one is back.
    pub fn set_conversation(&self, conversation: Option<&Conversation>) {
        let imp = self.imp();
        let before = imp.conversation.replace(conversation.cloned());
        let waiting = imp.waiting.take();
        if let Some(before) = before.filter(|_| !waiting.is_empty()) {
            imp.elsewhere.borrow_mut().insert(before.id(), waiting);
        }
        let back = conversation.and_then(|conversation| imp.elsewhere.borrow_mut().remove(&conversation.id()));
        imp.waiting.replace(back.unwrap_or_default());
        imp.limit.set(None);
        imp.refusal.take();
        self.changed();
        if !self.is_empty() {
            self.ask_limit();
        }
    }

    pub fn is_empty(&self) -> bool {
        self.imp().waiting.borrow().is_empty()
    }

    /// How many files wait.
    pub fn len(&self) -> usize {
        self.imp().waiting.borrow().len()
    }

    /// Whether the server takes all of it, as far as is known.
    pub fn may_be_sent(&self) -> bool {
        self.problem().is_none()
    }

    /// Takes the files out, to be sent.
    pub fn take(&self) -> Vec<Waiting> {
        let waiting = self.imp().waiting.take();
        self.changed();
        waiting
    }

    /// Puts back what could not be sent, wherever the person is by now.
    pub fn put_back(&self, conversation: &Conversation, mut files: Vec<Waiting>) {
        if self.is_here(conversation) {
            files.append(&mut self.imp().waiting.borrow_mut());
            self.imp().waiting.replace(files);
            self.changed();
        } else {
            let mut elsewhere = self.imp().elsewhere.borrow_mut();
            let there = elsewhere.entry(conversation.id()).or_default();
            files.append(there);
            *there = files;
            mark(conversation, there);
        }
    }

    /// Takes nothing with it.
    pub fn clear(&self) {
        let waiting = self.imp().waiting.take();
        self.changed();
        for waiting in waiting {
            self.removed(waiting);
        }
    }

    /// Adds something to a conversation, whether it is shown or not. What is there already is not added twice.
    pub fn add_to(&self, conversation: &Conversation, waiting: Waiting) {
        let is_same = |other: &Waiting| other.voice.is_some() && other.voice == waiting.voice;
        if !self.is_here(conversation) {
            let mut elsewhere = self.imp().elsewhere.borrow_mut();
            let there = elsewhere.entry(conversation.id()).or_default();
            if !there.iter().any(is_same) {
                there.push(waiting);
            }
            mark(conversation, there);
        } else if !self.imp().waiting.borrow().iter().any(is_same) {
            self.add(waiting);
        }
    }

    /// Adds recordings that an earlier run has left.
    pub fn add_recordings(&self, conversation: &Conversation, paths: Vec<PathBuf>) {
        if paths.is_empty() {
            return;
        }
        let (weak, conversation) = (self.downgrade(), conversation.clone());
        glib::spawn_future_local(async move {
            for path in paths {
                let length = listen(&path).await.map(|sound| sound.length).unwrap_or_default();
                let waiting = Waiting::recorded(Recorded { path, length }).await;
                let Some(bar) = weak.upgrade() else { return };
                bar.add_to(&conversation, waiting);
            }
        });
    }

    /// Called with a voice message that the person took out; once for each bar.
    pub fn connect_recording_removed(&self, f: impl Fn(&Conversation, Waiting) + 'static) {
        self.imp().recording_removed.replace(Some(Box::new(f)));
    }

    fn is_here(&self, conversation: &Conversation) -> bool {
        self.imp().conversation.borrow().as_ref() == Some(conversation)
    }

    fn removed(&self, waiting: Waiting) {
        let imp = self.imp();
        if let (Some(f), Some(conversation), Some(_)) =
            (&*imp.recording_removed.borrow(), &*imp.conversation.borrow(), &waiting.voice)
        {
            f(conversation, waiting);
        }
    }

    /// Adds files of this computer.
    pub fn add_files(&self, files: Vec<gio::File>) {
        let weak = self.downgrade();
        glib::spawn_future_local(async move {
            let mut refused = None;
            for file in files {
                match waiting::look(&file).await {
                    Some(waiting) => match weak.upgrade() {
                        Some(bar) => bar.add(waiting),
                        None => return,
                    },
                    None => refused = file.basename(),
                }
            }
            if let (Some(bar), Some(name)) = (weak.upgrade(), refused) {
                // Translators: a folder, or a file that this program may not read, was dropped.
                let text = gettext("“{name}” can't be sent.").replace("{name}", &isolated(&name.to_string_lossy()));
                bar.show_problem(Some(text));
            }
        });
    }

    /// Adds a picture that was pasted or dropped.
    pub fn add_texture(&self, texture: gdk::Texture) {
        let weak = self.downgrade();
        glib::spawn_future_local(async move {
            let pixels = texture.clone();
            let Ok(bytes) = gio::spawn_blocking(move || pixels.save_to_png_bytes().to_vec()).await else { return };
            let now = glib::DateTime::now_local().and_then(|now| now.format("%Y-%m-%d %H-%M-%S")).unwrap_or_default();
            // Translators: the name of the file of a picture that was pasted; {time} is a date and a time.
            let name = format!("{}.png", gettext("Picture {time}").replace("{time}", &now));
            if let Some(bar) = weak.upgrade() {
                let size = bytes.len() as u64;
                let file = NewFile::Bytes { name: name.clone(), bytes };
                bar.add(Waiting { file, name, size, texture: Some(texture), voice: None });
            }
        });
    }

    /// Called when files came or went, or something about them has become known.
    pub fn connect_changed(&self, f: impl Fn(&Self) + 'static) -> glib::SignalHandlerId {
        self.connect_local("changed", false, move |values| {
            if let Some(bar) = values.first().and_then(|value| value.get::<Self>().ok()) {
                f(&bar);
            }
            None
        })
    }

    fn add(&self, waiting: Waiting) {
        let is_first = self.is_empty();
        {
            let mut all = self.imp().waiting.borrow_mut();
            if all.len() >= MAX_FILES {
                return;
            }
            all.push(waiting);
        }
        self.changed();
        if is_first {
            self.ask_limit();
        }
    }

    fn remove(&self, place: usize) {
        let removed = {
            let mut all = self.imp().waiting.borrow_mut();
            if place < all.len() { Some(all.remove(place)) } else { None }
        };
        self.changed();
        if let Some(removed) = removed {
            self.removed(removed);
        }
    }

    /// What the server takes is asked when it matters.
    fn ask_limit(&self) {
        let Some(conversation) = self.imp().conversation.borrow().clone() else { return };
        let weak = self.downgrade();
        glib::spawn_future_local(async move {
            let answer = conversation.upload_limit().await;
            let Some(bar) =
                weak.upgrade().filter(|bar| bar.imp().conversation.borrow().as_ref() == Some(&conversation))
            else {
                return;
            };
            match answer {
                Ok(limit) => bar.imp().limit.set(limit),
                Err(error @ CommandError::NoUploadService) => {
                    bar.imp().refusal.replace(Some(error_text::command(&error)));
                }
                // Offline it waits, and the server says then what it takes.
                Err(error) => log::debug!("how large a file may be is not known: {error}"),
            }
            bar.changed();
        });
    }

    fn problem(&self) -> Option<String> {
        let imp = self.imp();
        if self.is_empty() {
            return None;
        }
        if let Some(refusal) = imp.refusal.borrow().clone() {
            return Some(refusal);
        }
        let limit = imp.limit.get()?;
        let all = imp.waiting.borrow();
        let large = all.iter().find(|waiting| waiting.size > limit)?;
        Some(
            gettext("“{name}” is too large: your server takes files of up to {size}.")
                .replace("{name}", &isolated(&large.name))
                .replace("{size}", &words::size(limit)),
        )
    }

    fn show_problem(&self, problem: Option<String>) {
        let label = &self.imp().problem;
        label.set_visible(problem.is_some());
        self.imp().revealer.set_reveal_child(problem.is_some() || !self.is_empty());
        if let Some(problem) = problem.filter(|problem| label.label() != *problem) {
            label.set_label(&problem);
            self.announce(&problem, gtk::AccessibleAnnouncementPriority::Medium);
        }
    }

    fn changed(&self) {
        let Some(chips) = self.imp().chips.try_get() else { return };
        while let Some(child) = chips.first_child() {
            chips.remove(&child);
        }
        let limit = self.imp().limit.get().unwrap_or(u64::MAX);
        for (place, waiting) in self.imp().waiting.borrow().iter().enumerate() {
            let weak = self.downgrade();
            chips.append(&chip::new(waiting, waiting.size > limit, move || {
                if let Some(bar) = weak.upgrade() {
                    bar.remove(place);
                }
            }));
        }
        if let Some(conversation) = &*self.imp().conversation.borrow() {
            mark(conversation, &self.imp().waiting.borrow());
        }
        self.show_problem(self.problem());
        self.emit_by_name::<()>("changed", &[]);
    }
}

/// The list of conversations says where a recording waits.
fn mark(conversation: &Conversation, waiting: &[Waiting]) {
    conversation.set_has_recording(waiting.iter().any(|waiting| waiting.voice.is_some()));
}
