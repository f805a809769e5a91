//! The search in one conversation: a bar above its messages, from hit to hit.
//!
//! Looks for messages and says which of them to show; knows nothing of how they are shown.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::{gdk, glib};

use crate::{
    engine::api::{MessageId, MessageQuery},
    model::{Conversation, MessageSearch, Messenger},
};

/// Older hits are looked for when so few of those that were found are left.
const AHEAD: u32 = 10;

mod imp {
    use super::super::search_filters::SearchFilters;
    use super::{Conversation, MessageSearch, glib};
    use adw::subclass::prelude::*;
    use glib::subclass::Signal;
    use gtk::{CompositeTemplate, prelude::*};
    use std::{
        cell::{Cell, OnceCell, RefCell},
        sync::OnceLock,
    };

    #[derive(Default, CompositeTemplate, glib::Properties)]
    #[properties(wrapper_type = super::ConversationSearch)]
    #[template(resource = "/im/stonechat/Stonechat/ui/conversation_search.ui")]
    pub struct ConversationSearch {
        #[template_child]
        pub(super) bar: TemplateChild<gtk::SearchBar>,
        #[template_child]
        pub(super) entry: TemplateChild<gtk::SearchEntry>,
        #[template_child]
        pub(super) filters: TemplateChild<SearchFilters>,
        #[template_child]
        pub(super) place: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) older: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) newer: TemplateChild<gtk::Button>,
        /// The bar is there.
        #[property(get, set = Self::set_is_open, explicit_notify)]
        pub(super) is_open: Cell<bool>,
        pub(super) conversation: RefCell<Option<Conversation>>,
        pub(super) search: OnceCell<MessageSearch>,
        /// Which of the hits is shown.
        pub(super) current: Cell<u32>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ConversationSearch {
        const NAME: &'static str = "StonechatConversationSearch";
        type Type = super::ConversationSearch;
        type ParentType = adw::Bin;

        fn class_init(klass: &mut Self::Class) {
            SearchFilters::ensure_type();
            klass.bind_template();
            klass.install_action("found.older", None, |this, _, _| this.go(true));
            klass.install_action("found.newer", None, |this, _, _| this.go(false));
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    #[glib::derived_properties]
    impl ObjectImpl for ConversationSearch {
        fn signals() -> &'static [Signal] {
            static SIGNALS: OnceLock<Vec<Signal>> = OnceLock::new();
            SIGNALS.get_or_init(|| {
                vec![
                    Signal::builder("found").param_types([i64::static_type()]).build(),
                    Signal::builder("words-changed").param_types([String::static_type()]).build(),
                ]
            })
        }

        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_up();
        }
    }

    impl WidgetImpl for ConversationSearch {}
    impl BinImpl for ConversationSearch {}

    impl ConversationSearch {
        fn set_is_open(&self, is_open: bool) {
            if self.is_open.replace(is_open) != is_open {
                self.obj().opened_or_closed();
                self.obj().notify_is_open();
            }
        }
    }
}

glib::wrapper! {
    /// The bar with which one looks for something in a conversation.
    pub struct ConversationSearch(ObjectSubclass<imp::ConversationSearch>)
        @extends adw::Bin, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl ConversationSearch {
    /// Where messages are looked for; once.
    pub fn set_messenger(&self, messenger: &Messenger) {
        let search = MessageSearch::new(messenger);
        let weak = self.downgrade();
        search.connect_items_changed(move |_, position, _, _| {
            if let Some(this) = weak.upgrade() {
                this.found(position);
            }
        });
        let weak = self.downgrade();
        search.connect_is_loading_notify(move |_| {
            if let Some(this) = weak.upgrade() {
                this.show_place();
            }
        });
        let fresh = self.imp().search.set(search).is_ok();
        debug_assert!(fresh);
    }

    /// The search ends with the conversation that it was for.
    pub fn set_conversation(&self, conversation: Option<&Conversation>) {
        self.set_is_open(false);
        self.imp().filters.clear();
        self.imp().filters.set_peer(conversation.map(|conversation| conversation.contact().display_name()));
        self.imp().conversation.replace(conversation.cloned());
    }

    /// Opens the bar, or goes back to it.
    pub fn open(&self) {
        if self.imp().conversation.borrow().is_some() {
            self.set_is_open(true);
            self.imp().entry.grab_focus();
            self.imp().entry.select_region(0, -1);
        }
    }

    /// Called with the message to be shown.
    pub fn connect_found(&self, f: impl Fn(MessageId) + 'static) {
        self.connect_local("found", false, move |values| {
            f(MessageId(values[1].get().ok()?));
            None
        });
    }

    /// Called with the words that are looked for; none when the search ends.
    pub fn connect_words_changed(&self, f: impl Fn(&str) + 'static) {
        self.connect_local("words-changed", false, move |values| {
            f(values[1].get().ok()?);
            None
        });
    }

    fn set_up(&self) {
        let imp = self.imp();
        imp.bar.connect_entry(&*imp.entry);
        let weak = self.downgrade();
        imp.bar.connect_search_mode_enabled_notify(move |bar| {
            if let Some(this) = weak.upgrade() {
                this.set_is_open(bar.is_search_mode());
            }
        });
        let weak = self.downgrade();
        imp.entry.connect_search_changed(move |_| {
            if let Some(this) = weak.upgrade() {
                this.look();
            }
        });
        let weak = self.downgrade();
        imp.entry.connect_activate(move |_| {
            if let Some(this) = weak.upgrade() {
                this.go(true);
            }
        });
        let weak = self.downgrade();
        imp.filters.connect_changed(move |_| {
            if let Some(this) = weak.upgrade() {
                this.look();
            }
        });
        let keys = gtk::EventControllerKey::builder().propagation_phase(gtk::PropagationPhase::Capture).build();
        let weak = self.downgrade();
        keys.connect_key_pressed(move |_, key, _, modifiers| match weak.upgrade() {
            Some(this) if this.key_pressed(key, modifiers) => glib::Propagation::Stop,
            _ => glib::Propagation::Proceed,
        });
        imp.entry.add_controller(keys);
        self.show_place();
    }

    fn key_pressed(&self, key: gdk::Key, modifiers: gdk::ModifierType) -> bool {
        let with_shift = modifiers.contains(gdk::ModifierType::SHIFT_MASK);
        match key {
            gdk::Key::Up => self.go(true),
            gdk::Key::Down => self.go(false),
            gdk::Key::Return | gdk::Key::KP_Enter if with_shift => self.go(false),
            _ => return false,
        }
        true
    }

    fn opened_or_closed(&self) {
        let imp = self.imp();
        let is_open = self.is_open();
        imp.bar.set_search_mode(is_open);
        if !is_open {
            imp.entry.set_text("");
            imp.filters.clear();
            self.look();
        }
    }

    /// Looks for what the bar says.
    fn look(&self) {
        let imp = self.imp();
        let (Some(search), Some(conversation)) = (imp.search.get(), imp.conversation.borrow().clone()) else { return };
        let text = imp.entry.text().trim().to_owned();
        let mut query = MessageQuery { text, conversation: Some(conversation.id()), ..MessageQuery::default() };
        imp.filters.narrow(&mut query);
        self.emit_by_name::<()>("words-changed", &[&query.text]);
        search.set_query(query);
        self.show_place();
    }

    /// Other messages are found, from this place on; with the first of them one begins anew.
    fn found(&self, from: u32) {
        if from == 0 {
            self.imp().current.set(0);
            self.show_current();
        }
        self.show_place();
    }

    /// To the next older hit, or the next newer one.
    fn go(&self, older: bool) {
        let imp = self.imp();
        let Some(search) = imp.search.get() else { return };
        let (count, current) = (search.n_items(), imp.current.get());
        let next = if older { current + 1 } else { current.wrapping_sub(1) };
        if next < count {
            imp.current.set(next);
        }
        if next + AHEAD >= count {
            search.load_more();
        }
        self.show_current();
        self.show_place();
    }

    fn show_current(&self) {
        let hit = self.imp().search.get().and_then(|search| search.hit(self.imp().current.get()));
        if let Some(hit) = hit {
            self.emit_by_name::<()>("found", &[&hit.id().0]);
        }
    }

    /// Which hit of how many.
    fn show_place(&self) {
        let imp = self.imp();
        let Some(search) = imp.search.get() else { return };
        let (count, current) = (search.n_items(), imp.current.get());
        let is_asked = !search.query().is_empty();
        let text = match count {
            _ if !is_asked => String::new(),
            0 if search.is_loading() => String::new(),
            0 => gettext("Nothing found"),
            _ if search.has_more() => gettext("{n} of more than {count}"),
            _ => gettext("{n} of {count}"),
        };
        imp.place.set_label(&text.replace("{n}", &(current + 1).to_string()).replace("{count}", &count.to_string()));
        self.action_set_enabled("found.older", is_asked && current + 1 < count);
        self.action_set_enabled("found.newer", is_asked && count > 0 && current > 0);
    }
}
