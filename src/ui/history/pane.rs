//! The history of one conversation with what floats above it: the day, the way back to the newest message.
//!
//! Decides what counts as seen. Knows the conversation, but neither its header nor its composer.

use gtk::{glib, prelude::*, subclass::prelude::*};

use super::{Appearance, Facts, HistoryView, Place, day};
use crate::{
    engine::api::{CommandError, Cursor, MessageId},
    model::{Conversation, History, MAX_LOADED, Message},
    ui::message_row::MessageRow,
};

/// How long the day stays after one has stopped scrolling, in milliseconds.
const DAY_STAYS_MS: u64 = 1_500;
/// How near to the end one counts as being there, in pixels.
const NEAR_END: f64 = 60.0;

mod imp {
    use super::{Conversation, Cursor, History, HistoryView, glib};
    use gtk::{CompositeTemplate, prelude::*, subclass::prelude::*};
    use std::cell::{Cell, RefCell};

    #[derive(Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/history_pane.ui")]
    pub struct HistoryPane {
        #[template_child]
        pub(super) overlay: TemplateChild<gtk::Overlay>,
        #[template_child]
        pub(super) scroller: TemplateChild<gtk::ScrolledWindow>,
        #[template_child]
        pub(super) view: TemplateChild<HistoryView>,
        #[template_child]
        pub(super) empty: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) day_revealer: TemplateChild<gtk::Revealer>,
        #[template_child]
        pub(super) day: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) newest_revealer: TemplateChild<gtk::Revealer>,
        #[template_child]
        pub(super) newest: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) count: TemplateChild<gtk::Label>,
        pub(super) conversation: RefCell<Option<Conversation>>,
        pub(super) history: RefCell<Option<History>>,
        pub(super) handlers: RefCell<Vec<(glib::Object, glib::SignalHandlerId)>>,
        pub(super) bindings: RefCell<Vec<glib::Binding>>,
        /// The first message that was unread when the person came.
        pub(super) unread_from: Cell<Option<Cursor>>,
        /// Up to where the engine has been told that all was seen.
        pub(super) marked: Cell<Option<Cursor>>,
        /// The person looks at this.
        pub(super) is_active: Cell<bool>,
        /// What is being loaded.
        pub(super) loading: RefCell<Option<glib::JoinHandle<()>>>,
        pub(super) last_value: Cell<f64>,
        pub(super) day_timeout: RefCell<Option<glib::SourceId>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for HistoryPane {
        const NAME: &'static str = "StonechatHistoryPane";
        type Type = super::HistoryPane;
        type ParentType = gtk::Widget;

        fn class_init(klass: &mut Self::Class) {
            HistoryView::ensure_type();
            klass.bind_template();
            klass.set_css_name("historypane");
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for HistoryPane {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_up();
        }

        fn dispose(&self) {
            self.obj().leave();
            self.dispose_template();
        }
    }

    impl WidgetImpl for HistoryPane {}
}

glib::wrapper! {
    /// A conversation's messages.
    pub struct HistoryPane(ObjectSubclass<imp::HistoryPane>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl HistoryPane {
    /// Shows another conversation: from where unread messages begin, else from the newest.
    pub fn set_conversation(&self, conversation: Option<&Conversation>) {
        let imp = self.imp();
        if imp.conversation.borrow().as_ref() == conversation {
            return;
        }
        self.leave();
        let Some(conversation) = conversation else { return };
        let history = conversation.history();
        imp.conversation.replace(Some(conversation.clone()));
        imp.history.replace(Some(history.clone()));
        self.follow(conversation, &history);
        self.start(async move |pane| {
            if let Err(error) = pane.enter(&history).await {
                log::warn!("a history could not be loaded: {error}");
            }
        });
    }

    /// Whether the person looks at this; only then messages count as seen.
    pub fn set_active(&self, is_active: bool) {
        if self.imp().is_active.replace(is_active) != is_active {
            self.mark_seen();
        }
    }

    /// Goes to the newest message and stays there.
    pub fn show_newest(&self) {
        let Some(history) = self.imp().history.borrow().clone() else { return };
        if history.is_at_newest() {
            self.imp().view.stick_to_end();
            return;
        }
        self.start(async move |pane| match history.load_newest().await {
            Ok(()) => pane.imp().view.stick_to_end(),
            Err(error) => log::warn!("the newest messages could not be loaded: {error}"),
        });
    }

    /// Shows one message in the middle.
    pub fn show_message(&self, message: MessageId) {
        let Some(history) = self.imp().history.borrow().clone() else { return };
        self.start(async move |pane| {
            if let Err(error) = history.jump_to(message).await {
                log::warn!("a message could not be found: {error}");
            }
            if let Some(position) = history.position_of(message) {
                pane.imp().view.jump_to(position, 0.5);
            }
        });
    }

    /// What the person has selected with the mouse, of a message in sight.
    pub fn selection(&self) -> Option<String> {
        let view = &self.imp().view;
        let (first, last) = view.visible_range()?;
        (first..=last).find_map(|index| view.row(index).and_downcast::<MessageRow>()?.selection())
    }

    /// The person has answered: what was unread is no more.
    pub fn clear_unread_line(&self) {
        if self.imp().unread_from.take().is_some() {
            self.imp().view.rebind();
        }
    }

    pub fn view(&self) -> HistoryView {
        self.imp().view.get()
    }

    fn set_up(&self) {
        let imp = self.imp();
        let weak = self.downgrade();
        imp.view.set_factory(
            || MessageRow::default().upcast(),
            move |row, place| {
                let (Some(row), Some(pane)) = (row.downcast_ref::<MessageRow>(), weak.upgrade()) else { return };
                match place {
                    Some(place) => pane.bind(row, &place),
                    None => row.unbind(),
                }
            },
        );
        let weak = self.downgrade();
        imp.view.connect_moved(move |_| {
            if let Some(pane) = weak.upgrade() {
                pane.moved();
            }
        });
        let weak = self.downgrade();
        imp.view.connect_load_older(move |_| {
            if let Some(pane) = weak.upgrade() {
                pane.load(true);
            }
        });
        let weak = self.downgrade();
        imp.view.connect_load_newer(move |_| {
            if let Some(pane) = weak.upgrade() {
                pane.load(false);
            }
        });
        let weak = self.downgrade();
        imp.view.connect_to_newest(move |_| {
            if let Some(pane) = weak.upgrade() {
                pane.show_newest();
            }
        });
        let weak = self.downgrade();
        imp.newest.connect_clicked(move |_| {
            if let Some(pane) = weak.upgrade() {
                pane.show_newest();
            }
        });
    }

    fn bind(&self, row: &MessageRow, place: &Place) {
        let facts = |item: &glib::Object| item.downcast_ref::<Message>().map(Facts::from);
        let Some(message) = place.item.downcast_ref::<Message>() else { return };
        let (previous, next) = (place.previous.as_ref().and_then(facts), place.next.as_ref().and_then(facts));
        let appearance = Appearance::of(previous, message.into(), next, self.imp().unread_from.get());
        let speaker =
            self.imp().conversation.borrow().as_ref().map(|conversation| conversation.contact().display_name());
        row.bind(message, appearance, speaker.as_deref().unwrap_or_default());
    }

    /// Loads what is to be shown first, then shows it.
    async fn enter(&self, history: &History) -> Result<(), CommandError> {
        let imp = self.imp();
        if !history.is_loaded() || !history.is_at_newest() {
            history.load_newest().await?;
        }
        let unread = imp.conversation.borrow().as_ref().map_or(0, Conversation::unread);
        let most = u32::try_from(MAX_LOADED).unwrap_or(u32::MAX);
        while unread > 0 && history.first_unread(unread).is_none() && history.n_items() < most {
            if !history.load_older().await? {
                break;
            }
        }
        let first_unread = history.first_unread(unread);
        imp.unread_from.set(first_unread.as_ref().map(Message::cursor));
        imp.view.set_model(Some(history));
        if let Some(position) = first_unread.and_then(|message| history.position_of(message.id())) {
            imp.view.jump_to(position, 0.1);
        }
        self.show_whether_empty();
        Ok(())
    }

    fn follow(&self, conversation: &Conversation, history: &History) {
        let imp = self.imp();
        let view = &*imp.view;
        let has_older = history.bind_property("has-older", view, "has-older").sync_create().build();
        let has_newer = history.bind_property("is-at-newest", view, "has-newer").sync_create().invert_boolean().build();
        let stuck = imp.view.bind_property("is-stuck", history, "follows-end").sync_create().build();
        let weak = self.downgrade();
        let on_unread = conversation.connect_unread_notify(move |_| {
            if let Some(pane) = weak.upgrade() {
                pane.unread_changed();
            }
        });
        let weak = self.downgrade();
        let on_items = history.connect_items_changed(move |_, _, _, _| {
            if let Some(pane) = weak.upgrade() {
                pane.show_whether_empty();
            }
        });
        let mut handlers = imp.handlers.borrow_mut();
        handlers.push((conversation.clone().upcast(), on_unread));
        handlers.push((history.clone().upcast(), on_items));
        drop(handlers);
        imp.bindings.replace(vec![has_older, has_newer, stuck]);
    }

    fn leave(&self) {
        let imp = self.imp();
        if let Some(loading) = imp.loading.take() {
            loading.abort();
        }
        if let Some(timeout) = imp.day_timeout.take() {
            timeout.remove();
        }
        for (object, handler) in imp.handlers.take() {
            object.disconnect(handler);
        }
        for binding in imp.bindings.take() {
            binding.unbind();
        }
        if let Some(view) = imp.view.try_get() {
            view.set_model(None::<&History>);
        }
        imp.conversation.take();
        imp.history.take();
        imp.unread_from.set(None);
        imp.marked.set(None);
    }

    /// One thing is loaded at a time; what was under way is given up.
    fn start<F: Future<Output = ()> + 'static>(&self, work: impl FnOnce(Self) -> F + 'static) {
        let weak = self.downgrade();
        let handle = glib::spawn_future_local(async move {
            if let Some(pane) = weak.upgrade() {
                work(pane).await;
            }
        });
        if let Some(old) = self.imp().loading.replace(Some(handle)) {
            old.abort();
        }
    }

    fn load(&self, older: bool) {
        let Some(history) = self.imp().history.borrow().clone() else { return };
        // The history itself knows whether a page is on its way.
        glib::spawn_future_local(async move {
            let result = if older { history.load_older().await } else { history.load_newer().await };
            if let Err(error) = result {
                log::warn!("a page of history could not be loaded: {error}");
            }
        });
    }

    fn moved(&self) {
        self.show_way_to_newest();
        self.show_day();
        self.mark_seen();
    }

    fn show_whether_empty(&self) {
        let imp = self.imp();
        let is_empty = imp.history.borrow().as_ref().is_some_and(|h| h.is_loaded() && h.n_items() == 0);
        imp.empty.set_visible(is_empty);
    }

    fn show_way_to_newest(&self) {
        let imp = self.imp();
        let distance = imp.view.distance_to_end();
        let is_far = distance > f64::from(imp.view.height()) / 2.0;
        imp.newest_revealer.set_reveal_child(is_far);
        imp.newest_revealer.set_can_target(is_far);
        let unread = imp.conversation.borrow().as_ref().map_or(0, Conversation::unread);
        imp.count.set_visible(unread > 0);
        imp.count.set_label(&unread.to_string());
    }

    /// The day of what is at the top, while one scrolls and as long as its own pill is not in sight.
    fn show_day(&self) {
        let imp = self.imp();
        let value = imp.view.vadjustment().map_or(0.0, |adjustment| adjustment.value());
        let has_scrolled = (imp.last_value.replace(value) - value).abs() > 0.5;
        let first = imp.view.visible_range().map(|(first, _)| first);
        let message = first.and_then(|first| imp.history.borrow().as_ref()?.message(first));
        let (Some(first), Some(message)) = (first, message) else {
            imp.day_revealer.set_reveal_child(false);
            return;
        };
        let begins_day = imp.view.row(first).and_downcast::<MessageRow>().is_some_and(|row| row.begins_day());
        let own_in_sight = begins_day && imp.view.row_y(first).is_some_and(|y| y > -24.0);
        if own_in_sight {
            imp.day_revealer.set_reveal_child(false);
        } else if has_scrolled && !imp.view.is_stuck() {
            imp.day.set_label(&day::day(message.time()));
            imp.day_revealer.set_reveal_child(true);
            let weak = self.downgrade();
            let timeout = glib::timeout_add_local_once(std::time::Duration::from_millis(DAY_STAYS_MS), move || {
                if let Some(pane) = weak.upgrade() {
                    pane.imp().day_timeout.take();
                    pane.imp().day_revealer.set_reveal_child(false);
                }
            });
            if let Some(old) = imp.day_timeout.replace(Some(timeout)) {
                old.remove();
            }
        }
    }

    fn unread_changed(&self) {
        let imp = self.imp();
        if !imp.is_active.get() && imp.unread_from.get().is_none() {
            let (conversation, history) = (imp.conversation.borrow().clone(), imp.history.borrow().clone());
            if let (Some(conversation), Some(history)) = (conversation, history)
                && history.is_at_newest()
                && let Some(first) = history.first_unread(conversation.unread())
            {
                imp.unread_from.set(Some(first.cursor()));
                imp.view.rebind();
            }
        }
        self.moved();
    }

    /// What has been in sight while the person was here has been seen.
    fn mark_seen(&self) {
        let imp = self.imp();
        let Some(conversation) = imp.conversation.borrow().clone() else { return };
        if !imp.is_active.get() || conversation.unread() == 0 {
            return;
        }
        let Some(history) = imp.history.borrow().clone() else { return };
        let seen = if imp.view.distance_to_end() < NEAR_END {
            history.last()
        } else {
            imp.view.visible_range().and_then(|(_, last)| history.message(last))
        };
        let Some(seen) = seen.map(|message| message.cursor()) else { return };
        if imp.marked.get().is_none_or(|marked| marked < seen) {
            imp.marked.set(Some(seen));
            conversation.mark_read(seen);
        }
    }
}
