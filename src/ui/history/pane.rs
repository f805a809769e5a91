//! The history of one conversation with what belongs to it: the day, the way back to the newest message, what is selected.
//!
//! Knows the conversation, but neither its header nor its composer.

mod arrival;
mod floating;
mod pointing;
mod seen;
mod selecting;

use gtk::{glib, prelude::*, subclass::prelude::*};

use super::{Appearance, DatePopover, Facts, HistoryView, Place, selection::Selection, unread_line::UnreadLine};
use crate::{
    engine::api::{BareJid, Cursor, MessageId},
    model::{Conversation, History, Message},
    ui::message_row::MessageRow,
};

mod imp {
    use super::{
        BareJid, Conversation, Cursor, DatePopover, History, HistoryView, MessageId, Selection, UnreadLine, glib,
        selecting::Drag,
    };
    use gtk::{CompositeTemplate, prelude::*, subclass::prelude::*};
    use std::cell::{Cell, RefCell};

    #[derive(Default, CompositeTemplate, glib::Properties)]
    #[properties(wrapper_type = super::HistoryPane)]
    #[template(resource = "/im/stonechat/Stonechat/ui/history_pane.ui")]
    pub struct HistoryPane {
        #[template_child]
        pub(super) view: TemplateChild<HistoryView>,
        #[template_child]
        pub(super) empty: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) day_revealer: TemplateChild<gtk::Revealer>,
        #[template_child]
        pub(super) day: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) newest_revealer: TemplateChild<gtk::Revealer>,
        #[template_child]
        pub(super) newest: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) count: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) selected: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) root: TemplateChild<gtk::Box>,
        #[template_child]
        pub(super) content: TemplateChild<gtk::Widget>,
        /// Presses select messages.
        #[property(get)]
        pub(super) is_selecting: Cell<bool>,
        pub(super) conversation: RefCell<Option<Conversation>>,
        pub(super) history: RefCell<Option<History>>,
        pub(super) handlers: RefCell<Vec<(glib::Object, glib::SignalHandlerId)>>,
        pub(super) bindings: RefCell<Vec<glib::Binding>>,
        pub(super) unread_line: RefCell<UnreadLine>,
        pub(super) selection: RefCell<Selection>,
        /// The message that was pressed last, from which Shift selects.
        pub(super) pressed: Cell<Option<Cursor>>,
        pub(super) drag: RefCell<Drag>,
        /// Up to where the engine has been told that all was seen.
        pub(super) marked: Cell<Option<Cursor>>,
        /// The message that one has just jumped to.
        pub(super) pointed_at: Cell<Option<MessageId>>,
        /// Ends that.
        pub(super) pointing: RefCell<Option<glib::SourceId>>,
        pub(super) marked_words: RefCell<String>,
        /// What the person is called here themselves.
        pub(super) own_name: RefCell<String>,
        pub(super) own_address: RefCell<Option<BareJid>>,
        /// The person looks at this.
        pub(super) is_active: Cell<bool>,
        /// What is being loaded.
        pub(super) loading: RefCell<Option<glib::JoinHandle<()>>>,
        pub(super) last_value: Cell<f64>,
        pub(super) day_timeout: RefCell<Option<glib::SourceId>>,
        pub(super) date_popover: RefCell<Option<DatePopover>>,
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
            klass.install_action("history.copy", None, |pane, _, _| pane.copy_selected());
            klass.install_action("history.forward", None, |pane, _, _| pane.forward_selected());
            klass.install_action("history.leave-selection", None, |pane, _, _| {
                pane.leave_selection();
            });
            klass.install_action("history.select", Some(glib::VariantTy::INT64), |pane, _, message| {
                pane.select_by_id(message);
            });
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    #[glib::derived_properties]
    impl ObjectImpl for HistoryPane {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_up();
        }

        fn dispose(&self) {
            self.obj().leave();
            if let Some(popover) = self.date_popover.take() {
                popover.unparent();
            }
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
    /// What the person has selected with the mouse, of a message in sight.
    pub fn selection(&self) -> Option<String> {
        let view = &self.imp().view;
        let (first, last) = view.visible_range()?;
        (first..=last).find_map(|index| view.row(index).and_downcast::<MessageRow>()?.selection())
    }

    pub fn view(&self) -> HistoryView {
        self.imp().view.get()
    }

    /// What the person is called in the next conversation that is shown.
    pub fn set_own(&self, name: String, address: Option<BareJid>) {
        self.imp().own_name.replace(name);
        self.imp().own_address.replace(address);
    }

    /// Whose history it is.
    pub fn own_address(&self) -> Option<BareJid> {
        self.imp().own_address.borrow().clone()
    }

    /// Lets the person choose a day to go to.
    pub fn choose_date(&self) {
        let Some(history) = self.history().filter(|history| history.n_items() > 0) else { return };
        let popover = self.imp().date_popover.borrow_mut().get_or_insert_with(|| self.make_date_popover()).clone();
        let first = self.imp().view.visible_range().and_then(|(first, _)| history.message(first));
        popover.open(first.map(|message| message.time()));
    }

    fn make_date_popover(&self) -> DatePopover {
        let popover = DatePopover::new(&*self.imp().content);
        let weak = self.downgrade();
        popover.connect_chosen(move |_, time| {
            if let Some(pane) = weak.upgrade() {
                pane.show_time(time);
            }
        });
        popover
    }

    fn history(&self) -> Option<History> {
        self.imp().history.borrow().clone()
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
        imp.view.connect_to_oldest(move |_| {
            if let Some(pane) = weak.upgrade() {
                pane.show_oldest();
            }
        });
        let weak = self.downgrade();
        imp.newest.connect_clicked(move |_| {
            if let Some(pane) = weak.upgrade() {
                pane.show_newest();
            }
        });
        self.add_selecting();
    }

    fn bind(&self, row: &MessageRow, place: &Place) {
        let imp = self.imp();
        let facts = |item: &glib::Object| item.downcast_ref::<Message>().map(Facts::from);
        let Some(message) = place.item.downcast_ref::<Message>() else { return };
        let (previous, next) = (place.previous.as_ref().and_then(facts), place.next.as_ref().and_then(facts));
        let appearance = Appearance::of(previous, message.into(), next, imp.unread_line.borrow().from());
        let peer = imp.conversation.borrow().as_ref().map(|conversation| conversation.contact().display_name());
        let peer = peer.unwrap_or_default();
        let speaker = if message.is_outgoing() { imp.own_name.borrow().clone() } else { peer.clone() };
        row.set_own_address(imp.own_address.borrow().as_ref());
        row.bind(message, appearance, &speaker, &peer);
        self.show_selected(row);
        self.show_pointed(row);
    }
}
