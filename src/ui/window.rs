//! The window: conversations on the left, one of them on the right; before that, the way to sign in.

mod actions;

use std::{
    cell::{Cell, OnceCell, RefCell},
    time::Duration,
};

use adw::{prelude::*, subclass::prelude::*};
use gtk::{gio, glib};

use super::{Application, ConversationPage, Sidebar, SignInPage, error_text};
use crate::{
    engine::api::{BareJid, ConversationId, MessageId, TextFormat},
    model::{Conversation, FoundMessage, Messenger},
};

/// The window waits so long for the list, so that it appears with it; on a slow disk it appears without.
const PATIENCE: Duration = Duration::from_millis(150);

mod imp {
    use super::super::connection_banner::ConnectionBanner;
    use super::{Cell, ConversationPage, Messenger, OnceCell, RefCell, Sidebar, SignInPage, gio, glib};
    use adw::subclass::prelude::*;
    use gtk::{CompositeTemplate, prelude::*};

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/window.ui")]
    pub struct Window {
        #[template_child]
        pub(super) toasts: TemplateChild<adw::ToastOverlay>,
        #[template_child]
        pub(super) pages: TemplateChild<gtk::Stack>,
        #[template_child]
        pub(super) failure: TemplateChild<adw::StatusPage>,
        #[template_child]
        pub(super) sign_in: TemplateChild<adw::Bin>,
        #[template_child]
        pub(super) banner: TemplateChild<ConnectionBanner>,
        #[template_child]
        pub(super) split: TemplateChild<adw::NavigationSplitView>,
        /// There is room for a third pane.
        #[template_child]
        pub(super) wide: TemplateChild<adw::Breakpoint>,
        pub(super) messenger: OnceCell<Messenger>,
        pub(super) settings: OnceCell<gio::Settings>,
        pub(super) sidebar: OnceCell<Sidebar>,
        pub(super) conversation_page: OnceCell<ConversationPage>,
        pub(super) sign_in_page: OnceCell<SignInPage>,
        pub(super) has_failed: Cell<bool>,
        /// Follows the messenger.
        pub(super) handlers: RefCell<Vec<(glib::Object, glib::SignalHandlerId)>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Window {
        const NAME: &'static str = "StonechatWindow";
        type Type = super::Window;
        type ParentType = adw::ApplicationWindow;

        fn class_init(klass: &mut Self::Class) {
            ConnectionBanner::ensure_type();
            klass.bind_template();
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for Window {
        fn dispose(&self) {
            for (object, handler) in self.handlers.take() {
                object.disconnect(handler);
            }
        }
    }
    impl WidgetImpl for Window {}
    impl WindowImpl for Window {
        fn close_request(&self) -> glib::Propagation {
            self.obj().remember_size();
            self.parent_close_request()
        }
    }
    impl ApplicationWindowImpl for Window {}
    impl AdwApplicationWindowImpl for Window {}
}

glib::wrapper! {
    /// The window of a profile.
    pub struct Window(ObjectSubclass<imp::Window>)
        @extends adw::ApplicationWindow, gtk::ApplicationWindow, gtk::Window, gtk::Widget,
        @implements gio::ActionGroup, gio::ActionMap, gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget,
            gtk::Native, gtk::Root, gtk::ShortcutManager;
}

impl Window {
    #[must_use]
    pub fn new(application: &Application) -> Self {
        let window: Self = glib::Object::builder().property("application", application).build();
        let imp = window.imp();
        let _ = imp.messenger.set(application.messenger().clone());
        let _ = imp.settings.set(application.settings().clone());
        let settings = application.settings();
        window.set_default_size(settings.int("window-width"), settings.int("window-height"));
        window.set_maximized(settings.boolean("window-maximized"));
        window.add_actions();
        window.follow_messenger();
        window
    }

    /// Presents the window with the list in it, and then calls `after`.
    pub fn present_when_ready(&self, after: impl FnOnce() + 'static) {
        let messenger = self.messenger().clone();
        let window = self.clone();
        glib::spawn_future_local(async move {
            let loaded = async {
                let (sender, receiver) = futures::channel::oneshot::channel();
                let sender = Cell::new(Some(sender));
                let handler = messenger.connect_is_loaded_notify(move |_| {
                    if let Some(sender) = sender.take() {
                        let _ = sender.send(());
                    }
                });
                if !messenger.is_loaded() {
                    let _ = receiver.await;
                }
                messenger.disconnect(handler);
            };
            let _ = glib::future_with_timeout(PATIENCE, loaded).await;
            window.show_fitting_page();
            window.present();
            // Whatever comes after may not delay the first frame.
            glib::idle_add_local_once(after);
        });
    }

    /// Shows a conversation on the right.
    pub fn show_conversation(&self, conversation: &Conversation) {
        let imp = self.imp();
        self.show_fitting_page();
        let (Some(page), Some(sidebar)) = (imp.conversation_page.get(), imp.sidebar.get()) else { return };
        page.set_conversation(Some(conversation));
        sidebar.set_current(Some(conversation));
        imp.split.set_show_content(true);
        page.focus_composer();
    }

    /// Shows a message where it stands in its conversation.
    fn show_message(&self, found: &FoundMessage) {
        self.show_conversation(found.conversation());
        let imp = self.imp();
        if let (Some(page), Some(sidebar)) = (imp.conversation_page.get(), imp.sidebar.get()) {
            page.show_found(found.id(), &sidebar.words());
        }
    }

    /// The same from anywhere in the window: what is in front of it makes way.
    fn show_place(&self, conversation: ConversationId, message: MessageId) {
        let Some(conversation) = self.messenger().conversation(conversation) else { return };
        for dialog in self.dialogs().iter::<adw::Dialog>().filter_map(Result::ok).collect::<Vec<_>>() {
            dialog.close();
        }
        self.show_conversation(&conversation);
        if let Some(page) = self.imp().conversation_page.get() {
            page.show_found(message, "");
        }
    }

    /// Opens the conversation with an address; `body` is put into the composer where that is empty.
    pub fn open_address(&self, address: BareJid, body: Option<String>) {
        let window = self.clone();
        glib::spawn_future_local(async move {
            let Some(account) = window.messenger().default_account() else { return };
            match window.messenger().open_conversation(account.id(), address).await {
                Ok(conversation) => {
                    if let Some(body) = body.filter(|_| conversation.draft().is_none_or(|draft| draft.is_empty())) {
                        conversation.set_draft(&body, &TextFormat::default());
                    }
                    window.show_conversation(&conversation);
                }
                Err(error) => window.toast(&error_text::command(&error)),
            }
        });
    }

    /// Tells something that needs no answer.
    pub fn toast(&self, text: &str) {
        self.imp().toasts.add_toast(adw::Toast::builder().title(text).use_markup(false).build());
    }

    fn messenger(&self) -> &Messenger {
        self.imp().messenger.get().expect("the window is made with a messenger")
    }

    fn follow_messenger(&self) {
        let messenger = self.messenger();
        let on = |f: fn(&Self)| {
            let weak = self.downgrade();
            move || {
                if let Some(window) = weak.upgrade() {
                    f(&window);
                }
            }
        };
        let changed = on(Self::show_fitting_page);
        let handler = messenger.accounts().connect_items_changed(move |_, _, _, _| changed());
        let mut handlers = vec![(messenger.accounts().upcast::<glib::Object>(), handler)];
        let loaded = on(Self::show_fitting_page);
        handlers.push((messenger.clone().upcast(), messenger.connect_is_loaded_notify(move |_| loaded())));
        let unread = on(Self::update_title);
        handlers.push((messenger.clone().upcast(), messenger.connect_unread_notify(move |_| unread())));
        let weak = self.downgrade();
        let handler = messenger.connect_notice(move |_, notice| {
            if let Some(window) = weak.upgrade() {
                window.toast(&error_text::notice(notice));
            }
        });
        handlers.push((messenger.clone().upcast(), handler));
        let weak = self.downgrade();
        let handler = messenger.connect_start_failed(move |_, problem| {
            if let Some(window) = weak.upgrade() {
                window.imp().failure.set_description(Some(&glib::markup_escape_text(&error_text::start(problem))));
                window.imp().has_failed.set(true);
                window.show_fitting_page();
            }
        });
        handlers.push((messenger.clone().upcast(), handler));
        let weak = self.downgrade();
        let handler = messenger.connect_conversation_removed(move |_, conversation| {
            if let Some(window) = weak.upgrade() {
                window.leave(conversation);
            }
        });
        handlers.push((messenger.clone().upcast(), handler));
        self.imp().handlers.replace(handlers);
        self.imp().banner.set_messenger(messenger);
        self.show_fitting_page();
        self.update_title();
    }

    fn show_fitting_page(&self) {
        let imp = self.imp();
        let messenger = self.messenger();
        let page = if imp.has_failed.get() {
            "failed"
        } else if messenger.accounts().n_items() > 0 {
            self.build_main_page();
            "main"
        } else if messenger.is_loaded() {
            self.build_sign_in_page();
            "sign-in"
        } else {
            "loading"
        };
        if imp.pages.visible_child_name().as_deref() != Some(page) {
            imp.pages.set_visible_child_name(page);
            if page == "sign-in"
                && let Some(sign_in) = imp.sign_in_page.get()
            {
                sign_in.grab_focus();
            }
        }
    }

    fn build_sign_in_page(&self) {
        let imp = self.imp();
        if imp.sign_in_page.get().is_none() {
            let page = SignInPage::new(self.messenger());
            imp.sign_in.set_child(Some(&page));
            let _ = imp.sign_in_page.set(page);
        }
    }

    fn build_main_page(&self) {
        let imp = self.imp();
        if imp.sidebar.get().is_some() {
            return;
        }
        let sidebar = Sidebar::new(self.messenger());
        let weak = self.downgrade();
        sidebar.connect_conversation_chosen(move |conversation| {
            if let Some(window) = weak.upgrade() {
                window.show_conversation(conversation);
            }
        });
        let weak = self.downgrade();
        sidebar.connect_message_chosen(move |found| {
            if let Some(window) = weak.upgrade() {
                window.show_message(found);
            }
        });
        let weak = self.downgrade();
        sidebar.connect_contact_chosen(move |contact| {
            if let Some(window) = weak.upgrade() {
                window.open_address(contact.address().clone(), None);
            }
        });
        imp.split.set_sidebar(Some(&sidebar));
        let page = ConversationPage::new(self.messenger(), imp.settings.get().expect("given at the start"));
        let weak = self.downgrade();
        page.connect_notice(move |text| {
            if let Some(window) = weak.upgrade() {
                window.toast(text);
            }
        });
        let weak = self.downgrade();
        page.connect_toast(move |toast| {
            if let Some(window) = weak.upgrade() {
                window.imp().toasts.add_toast(toast.clone());
            }
        });
        imp.split.set_content(Some(&page));
        self.give_room(&page);
        let _ = imp.sidebar.set(sidebar);
        let _ = imp.conversation_page.set(page);
        let weak = self.downgrade();
        imp.split.connect_show_content_notify(move |split| {
            // Back in the list of a narrow window, no conversation is in front.
            if let Some(window) = weak.upgrade().filter(|_| split.is_collapsed() && !split.shows_content()) {
                window.show_nothing();
            }
        });
    }

    /// Tells the page whether a contact's details have room beside it.
    fn give_room(&self, page: &ConversationPage) {
        let wide = self.imp().wide.get();
        let details = page.details();
        details.set_has_room(self.current_breakpoint().as_ref() == Some(&wide));
        let weak = details.downgrade();
        let tell = move |has_room| {
            if let Some(details) = weak.upgrade() {
                details.set_has_room(has_room);
            }
        };
        let grown = tell.clone();
        wide.connect_apply(move |_| grown(true));
        wide.connect_unapply(move |_| tell(false));
    }

    fn show_nothing(&self) {
        let imp = self.imp();
        if let (Some(page), Some(sidebar)) = (imp.conversation_page.get(), imp.sidebar.get()) {
            page.set_conversation(None);
            sidebar.set_current(None);
        }
    }

    fn leave(&self, conversation: &Conversation) {
        let is_shown =
            self.imp().conversation_page.get().is_some_and(|page| page.conversation().as_ref() == Some(conversation));
        if is_shown {
            self.show_nothing();
            self.imp().split.set_show_content(false);
        }
    }

    fn update_title(&self) {
        let unread = self.messenger().unread();
        let title = if unread > 0 { format!("({unread}) Stonechat") } else { "Stonechat".to_owned() };
        self.set_title(Some(&title));
    }

    fn remember_size(&self) {
        let Some(settings) = self.imp().settings.get() else { return };
        let is_maximized = self.is_maximized();
        let mut kept = vec![settings.set_boolean("window-maximized", is_maximized)];
        if !is_maximized {
            let (width, height) = self.default_size();
            kept.push(settings.set_int("window-width", width));
            kept.push(settings.set_int("window-height", height));
        }
        for error in kept.into_iter().filter_map(Result::err) {
            log::warn!("the window's size can't be remembered: {error}");
        }
    }
}
